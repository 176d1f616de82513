"""controls/places.yaml: places named in a text, places of cloud regions, and what lies in what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files

from lpo_secaudit.formats.schema import validate_file
from lpo_secaudit.formats.yaml import parse_yaml

__all__ = ["Gazetteer", "load_places"]

MAX_TEXT = 20_000
_TOKEN = re.compile(r"[^\W_]+(?:\.[^\W_]+)*\.?")


def load_places(raw: bytes | None = None, name: str = "places.yaml") -> Gazetteer:
    """The places of the package, or those of a file's bytes.

    Raises:
        InputError: the file is not valid.
    """
    return _bundled() if raw is None else _parse(raw, name)


@cache
def _bundled() -> Gazetteer:
    return _parse((files("lpo_secaudit.controls") / "places.yaml").read_bytes(), "places.yaml")


def _parse(raw: bytes, name: str) -> Gazetteer:
    file = parse_yaml(raw, name)
    validate_file(file, "places")
    value = file.value
    return Gazetteer(
        {area: frozenset(codes) for area, codes in value["areas"].items()},
        {code: tuple(names) for code, names in value["names"].items()},
        dict(value["cloud_regions"]),
        raw,
    )


@dataclass(frozen=True)
class Gazetteer:
    """Places by code.

    Attributes:
        areas: code of an area to the codes of the countries in it.
        names: code to names, lower case; "=X" counts only as written.
        cloud_regions: id of a cloud's region to the code of its country.
        raw: the bytes they were read from; recorded with an audit, for replay.
    """

    areas: Mapping[str, frozenset[str]]
    names: Mapping[str, tuple[str, ...]]
    cloud_regions: Mapping[str, str]
    raw: bytes = field(default=b"", repr=False)

    def find(self, text: str) -> frozenset[str]:
        """Codes of the places that a text names."""
        exact = _TOKEN.findall(text[:MAX_TEXT])
        plain = [t.rstrip(".").lower() for t in exact]
        found = set()
        for start, word in enumerate(exact):
            found |= self._exact.get(word, set()) | self._exact.get(word.rstrip("."), set())
            for words, code in self._plain.get(plain[start], ()):
                if tuple(plain[start : start + len(words)]) == words:
                    found.add(code)
        return frozenset(found)

    def of_region(self, region: str | None) -> str | None:
        """Code of the country of a cloud region; None where it is not known."""
        return self.cloud_regions.get(region) if region else None

    def lies_in(self, code: str, places: Iterable[str]) -> bool:
        """Whether a country, or a whole area, lies in one of some places."""
        members = self.areas.get(code, frozenset((code,)))
        allowed = {c for place in places for c in self.areas.get(place, frozenset((place,)))}
        return members <= allowed

    @cached_property
    def _exact(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for code, names in self.names.items():
            for name in names:
                if name.startswith("="):
                    found.setdefault(name[1:], set()).add(code)
        return found

    @cached_property
    def _plain(self) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for code, names in self.names.items():
            for name in names:
                if not name.startswith("="):
                    words = tuple(name.split())
                    found.setdefault(words[0], []).append((words, code))
        return found
