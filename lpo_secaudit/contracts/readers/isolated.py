"""Reading in a child process, so that a hostile file can crash, hang or bloat nothing but that."""

from __future__ import annotations

import hashlib
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.readers import load, read_bytes
from lpo_secaudit.contracts.readers.limits import Limits, too_slow
from lpo_secaudit.contracts.readers.sniff import sniff
from lpo_secaudit.contracts.readers.worker import draft_from_json, request_line
from lpo_secaudit.errors import DocumentError

__all__ = ["IsolatedReader"]

_GRACE_SECONDS = 5.0
_RENEW_AFTER = 200
"""Documents after which the child is replaced: what a parser leaks goes with it."""


class IsolatedReader:
    """Reads documents one after another in a child process with limits on memory and time.

    Use it as a context manager. Plain text and Markdown are read in this process: no foreign
    parser is involved. Not for use by several threads at once.

        with IsolatedReader() as reader:
            document = reader.read_document(path)
    """

    def __init__(self, limits: Limits | None = None, *, ocr: bool = True) -> None:
        self.limits = limits or Limits()
        self.ocr = ocr
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process, if there is one."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue

    def read_document(self, path: Path | str) -> Document:
        """Read a file.

        Raises:
            InputError: it cannot be opened.
            DocumentError: as `read_bytes`.
        """
        path = Path(path)
        return self.read_bytes(load(path, self.limits), path.name)

    def read_bytes(self, data: bytes, name: str) -> Document:
        """Read a document from its bytes.

        Raises:
            DocumentError: of any kind; too-slow also where the child had to be killed, broken
                also where it crashed.
        """
        from lpo_secaudit.contracts.structure import build_document

        # Pipes cannot be waited for on Windows; there the limits of the readers themselves must do.
        alone = not sys.executable or os.name == "nt"
        if alone or sniff(data, name) in ("text", "markdown"):
            return read_bytes(data, name, self.limits, ocr=self.ocr)
        answer = json.loads(self._ask(data, name))
        if "error" in answer:
            kind, message, hint = answer["error"]
            raise DocumentError(str(kind), str(message), where=name, hint=hint)
        draft = draft_from_json(answer["draft"])
        digest = hashlib.sha256(data).hexdigest()
        try:
            return build_document(draft, name=name, sha256=digest, limits=self.limits)
        except DocumentError as error:
            raise _named(error, name) from error

    def _ask(self, data: bytes, name: str) -> bytes:
        child = self._running()
        self._served += 1
        request = request_line(name, data, self.limits, ocr=self.ocr)
        # The child may stop reading before the request is through; a thread keeps both ends moving.
        writer = threading.Thread(target=_write, args=(child, request, data), daemon=True)
        writer.start()
        seconds = self.limits.seconds + (self.limits.ocr_seconds if self.ocr else 0) + _GRACE_SECONDS
        try:
            answer = _receive(child, time.monotonic() + seconds, 16 * self.limits.characters + 2**20)
        except TimeoutError:
            self.close()
            raise _named(too_slow(seconds), name) from None
        finally:
            if self._child is not None and self._child.poll() is None:
                writer.join(timeout=_GRACE_SECONDS)
        if answer is None:
            code = child.wait()
            self.close()
            raise DocumentError(
                "broken",
                f"the parser stopped on it ({'signal ' + str(-code) if code < 0 else 'exit ' + str(code)})",
                where=name,
                hint="it is damaged, made to attack, or needs too much memory; ask for another copy",
            )
        if self._served >= _RENEW_AFTER:
            self.close()
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._served = 0
            # The child finds the same packages as this process, and nothing else of its environment.
            environment = {
                key: os.environ[key]
                for key in ("PATH", "TMPDIR", "LANG", "TESSDATA_PREFIX")
                if key in os.environ
            }
            environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
            self._child = subprocess.Popen(
                [sys.executable, "-s", "-m", "lpo_secaudit.contracts.readers.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        return self._child


def _named(error: DocumentError, name: str) -> DocumentError:
    return DocumentError(error.kind, error.message, where=name, hint=error.hint)


def _write(child: subprocess.Popen[bytes], request: bytes, data: bytes) -> None:
    if child.stdin is None:
        return
    try:
        child.stdin.write(request)
        child.stdin.write(data)
        child.stdin.flush()
    except (BrokenPipeError, ValueError, OSError):
        return  # the child has ended; the reader of its answer says so


def _receive(child: subprocess.Popen[bytes], end: float, most: int) -> bytes | None:
    """The next answer; None where the child ended without one.

    Raises:
        TimeoutError: nothing complete came before `end` (monotonic seconds).
    """
    if child.stdout is None:
        return None
    descriptor = child.stdout.fileno()
    received = bytearray()
    size = -1
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(timeout=max(0.0, end - time.monotonic())):
                raise TimeoutError
            piece = os.read(descriptor, 1 << 20)
            if not piece:
                return None
            received += piece
            if size < 0 and (line := received.find(b"\n")) >= 0:
                size = int(received[:line])
                del received[: line + 1]
            if size > most or len(received) > most:
                return None
            if 0 <= size <= len(received):
                return bytes(received)
