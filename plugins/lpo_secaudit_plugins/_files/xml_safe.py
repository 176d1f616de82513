"""XML of the other side: no entities, no external DTD, bounded in size, depth and elements."""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError  # types only; parsing is defusedxml's

from lpo_secaudit.errors import InputError, LimitExceededError

__all__ = ["local", "parse_xml", "text_of"]

MAX_DEPTH = 200
MAX_ELEMENTS = 3_000_000


def parse_xml(raw: bytes, name: str) -> Element:
    """The root element.

    Raises:
        InputError: not well-formed, or it declares entities or refers to other files.
        LimitExceededError: nested deeper than 200, or more than 3 million elements.
    """
    from defusedxml import ElementTree as SafeTree
    from defusedxml.common import DefusedXmlException

    root: Element | None = None
    depth = elements = 0
    try:
        # nmap and OpenVAS name a DTD that is never fetched, so a DOCTYPE as such is let through;
        # entities, the part that harms, are refused.
        for event, element in SafeTree.iterparse(
            io.BytesIO(raw),
            events=("start", "end"),
            forbid_dtd=False,
            forbid_entities=True,
            forbid_external=True,
        ):
            if event == "start":
                depth += 1
                elements += 1
                if root is None:
                    root = element
                if depth > MAX_DEPTH or elements > MAX_ELEMENTS:
                    raise LimitExceededError(
                        f"XML nests deeper than {MAX_DEPTH} or has more than {MAX_ELEMENTS} elements",
                        where=name,
                    )
            else:
                depth -= 1
    except DefusedXmlException as error:
        raise InputError(
            f"XML declares what may harm its reader: {type(error).__name__}",
            where=name,
            hint="results of scanners need no entities; ask for the tool's own output",
        ) from error
    except ParseError as error:
        line, column = getattr(error, "position", (1, 0))
        raise InputError(
            f"not well-formed XML: {error}",
            where=f"{name}:{line}:{column}",
            hint="the file may have been cut off or edited; ask for the tool's own output",
        ) from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise InputError(f"not readable as XML: {error}", where=name) from error
    if root is None:
        raise InputError("XML without an element", where=name)
    return root


def local(element: Element) -> str:
    """The element's name without its namespace: versions of one format differ in it."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def children(element: Element, name: str) -> Iterator[Element]:
    """Direct children of a local name."""
    return (child for child in element if local(child) == name)


def text_of(element: Element | None, *path: str) -> str:
    """All text within the element at a path of local names; "" where there is none."""
    for step in path:
        if element is None:
            return ""
        element = next(children(element, step), None)
    return "" if element is None else " ".join("".join(element.itertext()).split())
