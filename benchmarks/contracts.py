"""How fast and in how much memory contracts are read: `python benchmarks/contracts.py [PDF ...]`.

Prints, for one core:

1. a 50-page PDF: bare text extraction by pypdfium2 (the physical limit), reading into a Document,
   clause analysis; the whole against its bound of 3 times the bare extraction or 1 s;
2. words per second of reading and of analysis, for PDF and for text;
3. memory after each hundred of many contracts in one run: own process and the reading child.

Without arguments the PDF is a fictional agreement made here; a real one given as argument is taken
instead, its pages repeated until there are fifty.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from lpo_secaudit.contracts.analysis import analyze_document
from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.library import standard_library
from lpo_secaudit.contracts.model import standard_models
from lpo_secaudit.contracts.readers import read_bytes
from lpo_secaudit.contracts.readers.isolated import IsolatedReader

PAGES = 50
LINES_A_PAGE = 46
BOUND_SECONDS = 1.0
BOUND_FACTOR = 3.0
T = TypeVar("T")

DUTIES = (
    "Provider shall process Personal Data only on documented instructions of Customer.",
    "Provider shall notify Customer without undue delay and in any event within 48 hours after becoming",
    "aware of a Security Incident, and shall describe its nature, its consequences and the measures taken.",
    "Customer may audit Provider's compliance once a year on thirty (30) days' written notice.",
    "Neither party is liable for indirect damages, and liability is limited to the fees of twelve months.",
    "Provider shall not engage another processor without the prior written authorisation of Customer.",
    "The services are described in the statement of work and are performed during business hours.",
    "Invoices are payable within thirty days of receipt, and late payments bear interest at the legal rate.",
    "Notices under this agreement are given in writing to the address stated on the first page.",
    "Within ninety days after the end of the services Provider shall delete or return all Personal Data.",
)


def lines() -> Iterator[str]:
    section = 0
    while True:
        section += 1
        yield f"{section}. Section of the agreement"
        for number, duty in enumerate(DUTIES, 1):
            yield f"{section}.{number} {duty}" if number != 3 else duty


def fictional_pdf(pages: int) -> bytes:
    """A PDF of numbered clauses in Helvetica, 46 lines a page."""
    source = lines()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for _ in range(pages):
        rows = [next(source).replace("(", "\\(").replace(")", "\\)") for _ in range(LINES_A_PAGE)]
        shown = "".join(f"({row}) Tj T*\n" for row in rows)
        content = f"BT /F 10 Tf 14 TL 60 740 Td\n{shown}ET".encode("latin-1")
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(content), content))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]"
            b"/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Kids[%b]/Count %d>>" % (b" ".join(kids), pages)
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer <</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    return out.getvalue()


def repeated_pdf(data: bytes, pages: int) -> bytes:
    """The pages of a PDF again and again, until there are so many."""
    import pypdfium2

    source, target = pypdfium2.PdfDocument(data), pypdfium2.PdfDocument.new()
    while len(target) < pages:
        target.import_pages(source, list(range(min(len(source), pages - len(target)))))
    out = io.BytesIO()
    target.save(out)
    target.close()
    source.close()
    return out.getvalue()


def bare_extraction(data: bytes) -> int:
    import pypdfium2

    pdf = pypdfium2.PdfDocument(data)
    characters = 0
    for page in pdf:
        text = page.get_textpage()
        characters += len(text.get_text_range())
        text.close()
        page.close()
    pdf.close()
    return characters


def timed(call: Callable[[], T], runs: int) -> tuple[float, T]:
    """Least processor time of several runs, and the last result."""
    best, result = float("inf"), None
    for _ in range(runs):
        started = time.process_time()
        result = call()
        best = min(best, time.process_time() - started)
    assert result is not None
    return best, result


def one_pdf(name: str, data: bytes, runs: int) -> None:
    bare, _ = timed(lambda: bare_extraction(data), runs)
    reading, document = timed(lambda: read_bytes(data, "x.pdf", ocr=False), runs)
    analysis, _ = timed(lambda: analyze_document(document, standard_library()), runs)
    words = len(document.text.split())
    bound = max(BOUND_SECONDS, BOUND_FACTOR * bare)
    whole = reading + analysis
    print(f"{name}: {len(document.pages)} pages, {words:,} words")
    print(f"  bare extraction  {bare:6.2f} s   {words / bare:12,.0f} words/s")
    print(f"  reading          {reading:6.2f} s   {words / reading:12,.0f} words/s")
    print(f"  analysis         {analysis:6.2f} s   {words / analysis:12,.0f} words/s")
    print(
        f"  whole            {whole:6.2f} s   {words / whole:12,.0f} words/s"
        f"   bound {bound:.2f} s: {'kept' if whole <= bound else 'NOT KEPT'}"
    )
    as_text(document, runs)


def as_text(document: Document, runs: int) -> None:
    data = document.text.encode()
    reading, again = timed(lambda: read_bytes(data, "x.txt"), runs)
    words = len(again.text.split())
    print(f"  the same as text: reading {words / reading:,.0f} words/s")


def memory(contracts: int) -> None:
    import psutil  # type: ignore[import-untyped,unused-ignore]

    own = psutil.Process()
    data = fictional_pdf(2)
    library = standard_library()
    print(f"memory over {contracts} contracts of 2 pages in one run:")
    with IsolatedReader(ocr=False) as reader:
        for number in range(1, contracts + 1):
            analyze_document(reader.read_bytes(data, f"{number}.pdf"), library)
            if number % max(1, contracts // 10) == 0:
                mine = own.memory_info().rss / 2**20
                child = sum(c.memory_info().rss for c in own.children()) / 2**20
                print(f"  {number:5}  own {mine:6.1f} MiB   child {child:6.1f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pdf", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--contracts", type=int, default=1000, help="for the memory part; 0 leaves it out")
    arguments = parser.parse_args()
    started = time.process_time()
    standard_library()
    library = time.process_time()
    standard_models()
    print(
        f"once a process: clause library {library - started:.2f} s,"
        f" trained models {time.process_time() - library:.2f} s"
    )
    for path in arguments.pdf:
        one_pdf(path.name, repeated_pdf(path.read_bytes(), PAGES), arguments.runs)
    if not arguments.pdf:
        one_pdf("fictional agreement", fictional_pdf(PAGES), arguments.runs)
    if arguments.contracts:
        memory(arguments.contracts)


if __name__ == "__main__":
    main()
