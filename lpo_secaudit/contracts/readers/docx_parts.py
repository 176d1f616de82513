"""The parts of a DOCX file, read within limits: zip bombs and XML bombs end here."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import TreeBuilder  # builds only; defusedxml parses

from lpo_secaudit.contracts.readers.limits import Limits, too_large
from lpo_secaudit.errors import DocumentError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Package", "W", "attribute"]

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Documents saved as "Strict Open XML" name the same things in another namespace (ISO/IEC 29500-1).
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_MAIN = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MOST_PARTS = 5000
_PIECE = 1 << 20


@dataclass(slots=True)
class Package:
    """An open DOCX; counts what it unpacks."""

    limits: Limits
    _zip: zipfile.ZipFile = field(init=False)
    _names: frozenset[str] = field(init=False)
    _unpacked: int = 0

    @classmethod
    def open(cls, data: bytes, limits: Limits) -> Package:
        """Raises DocumentError: broken, unsupported (another kind of archive), too-large."""
        package = cls(limits)
        try:
            package._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise DocumentError("broken", f"not a readable archive: {error}") from error
        infos = package._zip.infolist()
        if len(infos) > _MOST_PARTS:
            raise too_large(f"an archive of {len(infos):,} parts", f"{_MOST_PARTS:,} parts")
        if any(info.flag_bits & 1 for info in infos):
            raise DocumentError("encrypted", "the archive is encrypted", hint="save it without a password")
        package._names = frozenset(info.filename for info in infos)
        if "word/document.xml" not in package._names:
            kind = next(
                (
                    k
                    for k in ("xl/workbook.xml", "ppt/presentation.xml", "content.xml")
                    if k in package._names
                ),
                "",
            )
            what = {"xl/workbook.xml": "a spreadsheet", "ppt/presentation.xml": "a presentation"}.get(
                kind, "an archive"
            )
            what = "an OpenDocument file" if kind == "content.xml" else what
            raise DocumentError("unsupported", f"{what}, not a Word document", hint="save it as DOCX or PDF")
        return package

    def part(self, name: str) -> Element | None:
        """The root element of an XML part; None where the package has no such part.

        Raises:
            DocumentError: too-large, too-deep, broken (also for entities and DTDs, which Word
                never writes).
        """
        if name not in self._names:
            return None
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import DefusedXMLParser

        # What the archive itself declares ends most bombs before a byte is unpacked.
        if self._unpacked + self._zip.getinfo(name).file_size > self.limits.unpacked_bytes:
            raise self._bomb()
        parser = DefusedXMLParser(target=_Builder(self.limits.depth), forbid_dtd=True)
        try:
            with self._zip.open(name) as stream:
                while piece := stream.read(_PIECE):
                    self._unpacked += len(piece)
                    if self._unpacked > self.limits.unpacked_bytes:
                        raise self._bomb()
                    parser.feed(piece.replace(_STRICT, _MAIN))
            root: Element = parser.close()
        except DefusedXmlException as error:
            raise DocumentError(
                "broken", f"{name} holds entities or a DTD, which may be an attack"
            ) from error
        except DocumentError:
            raise
        except (SyntaxError, zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
            raise DocumentError("broken", f"{name} cannot be read: {str(error)[:120]}") from error
        except Exception as error:  # zlib.error has no public base
            raise DocumentError("broken", f"{name} cannot be unpacked: {str(error)[:120]}") from error
        return root

    def _bomb(self) -> DocumentError:
        most = f"{self.limits.unpacked_bytes:,} bytes"
        return too_large(f"unpacks to more than {most}", most)


class _Builder(TreeBuilder):
    """Builds the tree and stops where elements nest too deeply; readers of the tree recurse."""

    def __init__(self, deepest: int) -> None:
        super().__init__()
        self._deepest, self._depth = deepest, 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        if self._depth > self._deepest:
            raise DocumentError("too-deep", f"elements nest deeper than {self._deepest}")
        element: Element = super().start(tag, attrs)
        return element

    def end(self, tag: str) -> Element:
        self._depth -= 1
        element: Element = super().end(tag)
        return element


def attribute(element: Element | None, name: str = "val") -> str | None:
    """A `w:` attribute; None where there is no element or attribute."""
    return None if element is None else element.get(W + name)
