"""Keeping secrets out of evidence while letting equal ones be seen to be equal."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from lpo_secaudit_plugins.aws.values import as_json

__all__ = ["Redactor", "secrets_in"]

_HEADER = r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
_GITHUB = r"gh[pousr]_[A-Za-z0-9]{36}"
_SLACK = r"xox[abprs]-[A-Za-z0-9-]{10,80}"
_GITLAB = r"glpat-[\w-]{20}"
_JWT = r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"

# Two lists, for two errors. `_KINDS` accuses: a word that merely ends like a token must not count, and
# what an assignment looks like may. `_KEYS` rewrites evidence: it stops at no word boundary, since a key
# left standing is worse than a word lost, but leaves access key ids, which are names, and guesses.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("aws-access-key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("private-key", re.compile(_HEADER)),
    ("token", re.compile(rf"\b(?:{_GITHUB}|{_SLACK}|{_GITLAB})")),
    ("jwt", re.compile(rf"\b{_JWT}")),
    ("url-password", re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,80}:[^\s:/@]{1,80}@")),
    (
        "password",
        re.compile(
            r"(?i)(?:passwd|password|pwd|secret|token|api[_-]?key|access[_-]?key)[\w-]{0,20}[\"']?\s{0,4}[:=]\s{0,4}"
            r"[\"']?(?![\s\"'$({<])\S{6}"
        ),
    ),
)
_KEYS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    (
        "private-key",
        ("PRIVATE KEY-----",),
        re.compile(
            # RFC 1421 headers, then base64; line ends may be written out as \n.
            _HEADER + r"(?:[\s\\nr]{1,8}(?:Proc-Type|DEK-Info):[\w ,-]{1,100}){0,4}"
            r"[A-Za-z0-9+/=\s\\]{0,20000}"
            r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
        ),
    ),
    ("token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), re.compile(_GITHUB)),
    ("token", ("xox",), re.compile(_SLACK)),
    ("token", ("glpat-",), re.compile(_GITLAB)),
    ("jwt", ("eyJ",), re.compile(_JWT)),
    ("url-password", ("@",), re.compile(r"://[^\s:/@\"]{1,80}:[^\s:/@\"]{1,80}(?=@)")),
)
"""What is a secret by its shape alone, wherever it stands: (kind, texts of which it has one, pattern)."""

MAX_LINES = 20_000
MAX_LINE = 4_000


class Redactor:
    """Replaces values: by a keyed digest where the engagement has a key, else by their length.

    A digest without a key would let anybody try likely passwords against it. The key is the
    firm's own, so results stay equal from run to run and nobody else can compare.
    """

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    def value(self, secret: Any) -> dict[str, Any]:
        """What stands in evidence instead of a secret: {redacted, length} and, with a key, hmac_sha256."""
        text = secret if isinstance(secret, str) else repr(secret)
        raw = text.encode("utf-8", "surrogatepass")
        shown: dict[str, Any] = {"redacted": True, "length": len(raw)}
        if self._key is not None:
            shown["hmac_sha256"] = hmac.new(self._key, raw, hashlib.sha256).hexdigest()
        return shown

    def at(self, data: Any, path: str) -> Any:
        """A copy of `data` in which every leaf at or below the dotted `path` is replaced.

        Lists on the way are gone through; object keys stay.
        """
        if isinstance(data, list):
            return [self.at(item, path) for item in data]
        if not isinstance(data, Mapping):
            return data if path else (None if data is None else self.value(data))
        if not path:
            return {key: self.at(value, "") for key, value in data.items()}
        step, _, rest = path.partition(".")
        return {key: self.at(value, rest) if key == step else value for key, value in data.items()}

    def scrub(self, data: Any) -> Any:
        """A copy in which keys and tokens within texts are replaced; the rest of each text stays.

        For what no row calls secret: policies, descriptions, tags.
        """
        if isinstance(data, str):
            for kind, hints, pattern in _KEYS:
                if any(hint in data for hint in hints):
                    data = pattern.sub(partial(self._mark, kind), data)
            return data
        if isinstance(data, Mapping):
            return {self.scrub(key): self.scrub(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.scrub(item) for item in data]
        return data

    def scrubbed_json(self, data: Any) -> str:
        """One line of JSON with `data` as `as_json` and `scrub` leave it.

        Raises:
            ValueError: `data` is nested too deeply.
        """
        plain = as_json(data)
        raw = json.dumps(plain, sort_keys=True, separators=(",", ":"))
        if any(any(hint in raw for hint in hints) and pattern.search(raw) for _, hints, pattern in _KEYS):
            raw = json.dumps(self.scrub(plain), sort_keys=True, separators=(",", ":"))
        return raw

    def _mark(self, kind: str, match: re.Match[str]) -> str:
        start = "://" if match[0].startswith("://") else ""
        shown = self.value(match[0].removeprefix(start))
        return f"{start}[{kind} redacted: {shown.get('hmac_sha256') or shown['length']}]"


def secrets_in(text: str) -> list[dict[str, Any]]:
    """Where text looks as if it held a secret: [{line, kind}], never the secret."""
    found = []
    for number, line in enumerate(text.splitlines()[:MAX_LINES], 1):
        for kind, pattern in _KINDS:
            if pattern.search(line[:MAX_LINE]):
                found.append({"line": number, "kind": kind})
    return found
