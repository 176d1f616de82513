"""Optical character recognition of scanned pages by the tesseract program, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from lpo_secaudit.contracts.readers.limits import Deadline, Limits
from lpo_secaudit.contracts.readers.pdf_layout import Line

__all__ = ["available", "recognise"]

_DPI = 200
_MOST_PIXELS = 40_000_000
_SECONDS_A_PAGE = 60


def available() -> str | None:
    """The path of the tesseract program; None where it is not installed."""
    return shutil.which("tesseract")


def recognise(pdf: Any, pages: Sequence[int], limits: Limits) -> Iterator[tuple[int, list[Line]]]:
    """(0-based page, lines) for each page that could be read; nothing where tesseract is missing.

    Args:
        pdf: an open pypdfium2 document.
        pages: 0-based numbers of pages that are pictures.
    """
    program = available()
    if program is None:
        return
    deadline = Deadline(limits.ocr_seconds)
    environment = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    if "TESSDATA_PREFIX" in os.environ:
        environment["TESSDATA_PREFIX"] = os.environ["TESSDATA_PREFIX"]
    for number in pages[: limits.ocr_pages]:
        deadline.check()
        picture = _picture(pdf, number)
        if picture is None:
            continue
        try:
            done = subprocess.run(  # a fixed command; the picture goes in by a pipe
                [program, "stdin", "stdout", "--psm", "3", "tsv"],
                input=picture,
                capture_output=True,
                timeout=_SECONDS_A_PAGE,
                check=False,
                env=environment,
            )
        except (subprocess.TimeoutExpired, OSError):
            continue
        if done.returncode == 0:
            yield number, _lines(done.stdout.decode("utf-8", errors="replace"), number)


def _picture(pdf: Any, number: int) -> bytes | None:
    """The page as a grey PGM picture."""
    page = pdf[number]
    try:
        width, height = page.get_size()
        scale = _DPI / 72
        if width * height * scale * scale > _MOST_PIXELS:
            scale = (_MOST_PIXELS / (width * height)) ** 0.5
        if scale < 0.5:
            return None
        bitmap = page.render(scale=scale, grayscale=True)
        try:
            stride, rows = bitmap.stride, bitmap.height
            raw = bytes(bitmap.buffer)
            body = b"".join(raw[y * stride : y * stride + bitmap.width] for y in range(rows))
            return b"P5 %d %d 255\n" % (bitmap.width, rows) + body
        finally:
            bitmap.close()
    finally:
        page.close()


def _lines(table: str, page: int) -> list[Line]:
    """Lines from tesseract's table of words (level 5 rows, grouped by block, paragraph, line)."""
    found: dict[tuple[str, ...], list[tuple[str, float, float, float, float]]] = {}
    for row in table.split("\n")[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        left, top, width, height = (float(c) * 72 / _DPI for c in cells[6:10])
        found.setdefault(tuple(cells[2:5]), []).append((cells[11], left, left + width, top, height))
    lines = []
    for words in found.values():
        size = sorted(w[4] for w in words)[len(words) // 2] * 1.3
        bottom = max(w[3] + w[4] for w in words)
        lines.append(
            Line(
                page,
                " ".join(w[0] for w in words),
                words[0][1],
                words[-1][2],
                bottom,
                round(size / 4) * 4 or 8,
                False,
            )
        )
    return lines
