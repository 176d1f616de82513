"""What each reader makes of the particulars of its format."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.contracts.readers import Limits, read_bytes, read_document
from lpo_secaudit.contracts.readers.docx_numbering import figure
from lpo_secaudit.contracts.readers.pdf_layout import Line, paragraphs_of
from lpo_secaudit.errors import DocumentError, InputError
from tests.contracts import hostile, sample

W = hostile.W


# -- text ------------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf")), min_size=1, max_size=300))
@settings(max_examples=60, deadline=None)
def test_plain_text_is_the_file_character_for_character(text: str) -> None:
    try:
        document = read_bytes(("x " + text).encode(), "x.txt")
    except DocumentError as error:
        assert error.kind == "unsupported"  # begins like another format
        return
    assert document.text == "x " + text
    for sentence in document.sentences:
        assert 0 <= sentence.start < sentence.end <= len(document.text)
        assert sentence.section < len(document.sections)
        assert sentence.lead_in < len(document.sentences)


def test_line_ends_and_marks_stay_as_they_are() -> None:
    raw = "\ufeff1. Term.\r\nThe term is one year.\r\n".encode()
    assert read_bytes(raw, "x.txt").text == raw.decode()


def test_other_encodings_are_read_and_told() -> None:
    assert read_bytes("Gebühr 5 €".encode("utf-16"), "x.txt").text.endswith("Gebühr 5 €")
    document = read_bytes("Gebühr 5 €".encode("cp1252"), "x.txt")
    assert document.text == "Gebühr 5 €"
    assert any("Windows-1252" in note for note in document.notes)


def test_a_missing_file_and_a_folder_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_document(tmp_path / "none.pdf")
    with pytest.raises(DocumentError, match="not a file"):
        read_document(tmp_path)


def test_a_file_larger_than_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_bytes(b"word " * 1000)
    with pytest.raises(DocumentError) as caught:
        read_document(path, Limits(bytes=1000))
    assert caught.value.kind == "too-large"


# -- DOCX ------------------------------------------------------------------------------------------


def docx_text(inner: str, **parts: bytes) -> str:
    return read_bytes(hostile.docx(hostile.body(inner), **parts), "x.docx").text


def test_lists_get_the_numbers_that_word_shows() -> None:
    document = read_bytes(sample.as_docx(), "x.docx")
    expected = [f"{n} {t}".strip() for kind, n, t in sample.numbered() if kind in "hpi"]
    lines = document.text.split("\n\n")
    assert [line for line in lines if line in set(expected)] == expected


def test_tracked_changes_are_read_as_accepted_and_told() -> None:
    inner = (
        '<w:p><w:r><w:t xml:space="preserve">within </w:t></w:r>'
        '<w:del w:author="P. Roe"><w:r><w:delText>24 hours</w:delText></w:r></w:del>'
        '<w:ins w:author="P. Roe"><w:r><w:t>30 days</w:t></w:r></w:ins></w:p>'
    )
    document = read_bytes(hostile.docx(hostile.body(inner)), "x.docx")
    assert document.text.strip() == "within 30 days"
    notes = " ".join(document.notes)
    assert "1 insertions, 1 deletions" in notes
    assert "“24 hours”" in notes
    assert "P. Roe" in notes


def test_a_deleted_paragraph_end_joins_two_paragraphs() -> None:
    inner = (
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>"
        "<w:r><w:t xml:space='preserve'>Provider shall </w:t></w:r></w:p>"
        "<w:p><w:r><w:t>notify Customer.</w:t></w:r></w:p>"
    )
    assert docx_text(inner).strip() == "Provider shall notify Customer."


def test_hidden_text_is_left_out_and_told() -> None:
    inner = "<w:p><w:r><w:t>Seen.</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>unseen</w:t></w:r></w:p>"
    document = read_bytes(hostile.docx(hostile.body(inner)), "x.docx")
    assert document.text.strip() == "Seen."
    assert any("6 characters are formatted as hidden" in note for note in document.notes)


def test_tables_footnotes_and_text_boxes_are_read() -> None:
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    inner = (
        "<w:tbl><w:tr>" + cell.format("Purpose") + cell.format("Review") + "</w:tr></w:tbl>"
        "<w:p><w:r><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></w:r></w:p>"
    )
    notes = (
        f'<w:footnotes xmlns:w="{W}"><w:footnote w:type="separator"><w:p/></w:footnote>'
        "<w:footnote><w:p><w:r><w:t>Except on Sundays.</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    lines = docx_text(inner, footnotes=notes.encode()).split("\n\n")
    assert [line.strip() for line in lines] == [
        "Purpose",
        "Review",
        "In a box.",
        "[Footnote 1] Except on Sundays.",
    ]


@pytest.mark.parametrize(
    ("number", "style", "shown"),
    [(4, "lowerRoman", "iv"), (28, "lowerLetter", "bb"), (9, "upperRoman", "IX"), (3, "decimalZero", "03")],
)
def test_figures(number: int, style: str, shown: str) -> None:
    assert figure(number, style) == shown


# -- HTML ------------------------------------------------------------------------------------------


def test_html_lists_nest_and_unseen_text_is_left_out() -> None:
    page = (
        "<html><head><title>no</title></head><body><nav>menu</nav><h1>DPA</h1><ol start=3><li>Security"
        "<ol type=i><li>logs</li><li>keys</li></ol></li><li value=9>Audit</li></ol>"
        "<p style='display:none'>not seen</p><!-- nor this --><p>A&amp;B<br>next</p></body></html>"
    )
    document = read_bytes(page.encode(), "x.html")
    assert document.text.split() == [
        "DPA",
        "3.",
        "Security",
        "(i)",
        "logs",
        "(ii)",
        "keys",
        "9.",
        "Audit",
        "A&B",
        "next",
    ]
    assert [s.path for s in document.sections if s.path] == ["3", "3(i)", "3(ii)", "9"]
    assert any("invisible" in note for note in document.notes)


def test_html_in_another_encoding() -> None:
    page = '<html><meta charset="iso-8859-1"><p>Gebühr</p></html>'.encode("iso-8859-1")
    assert read_bytes(page, "x.html").text.strip() == "Gebühr"


# -- PDF -------------------------------------------------------------------------------------------


def line(
    text: str, x: float, y: float, *, page: int = 0, width: float | None = None, bold: bool = False
) -> Line:
    return Line(page, text, x, x + (width if width is not None else 5.0 * len(text)), y, 10.0, bold)


def texts(*pages: list[Line]) -> list[str]:
    return [paragraph.text for paragraph in paragraphs_of(pages)]


def test_words_parted_at_line_ends_are_joined_and_compounds_keep_their_hyphen() -> None:
    found = texts(
        [
            line("the infor-", 72, 100, width=400),
            line("mation given to a sub-", 72, 112, width=400),
            line("processor by the information owner.", 72, 124, width=300),
        ]
    )
    assert found == ["the information given to a sub-processor by the information owner."]


def test_a_list_is_parted_where_its_numbers_go_on() -> None:
    found = texts(
        [
            line("6. Ensure encryption of the data wherever it is found appropriate", 72, 100, width=450),
            line("7. Maintain confidentiality of all Sub-", 72, 112, width=450),
            line("Processors", 84, 124),
        ]
    )
    assert found == [
        "6. Ensure encryption of the data wherever it is found appropriate",
        "7. Maintain confidentiality of all Sub-Processors",
    ]


def test_a_line_that_had_room_for_the_next_word_ends_its_paragraph() -> None:
    found = texts(
        [
            line("Categories of data", 72, 100),
            line("Names and addresses of the customers of Customer and of its employees", 72, 112, width=450),
            line("as well as their letters", 72, 124),
        ]
    )
    assert [len(text.split()) for text in found] == [3, 17]


def test_the_order_of_the_file_is_kept_where_it_goes_down_column_by_column() -> None:
    left = [line(f"left {n}", 72, 100 + 12 * n) for n in range(3)]
    right = [line(f"right {n}", 320, 100 + 12 * n) for n in range(3)]
    joined = " ".join(texts([*left, *right]))
    assert joined == "left 0 left 1 left 2 right 0 right 1 right 2"


def test_columns_are_read_one_after_the_other() -> None:
    left = [
        line(f"left line {n} of a long sentence that goes on", 72, 100 + 12 * n, width=220) for n in range(8)
    ]
    right = [line(f"right line {n} of another sentence here", 320, 100 + 12 * n, width=220) for n in range(8)]
    mixed = [part for pair in zip(left, right, strict=True) for part in pair]
    joined = " ".join(texts(mixed))
    assert joined.index("left line 7") < joined.index("right line 0")


def test_running_lines_are_left_out_and_a_sentence_goes_on_over_the_page() -> None:
    pages = [
        [
            line("Acme Agreement", 72, 30, page=n),
            line(f"{word} begins here and", 72, 100, page=n, width=450),
            line(f"Page {n + 1} of 3", 280, 760, page=n),
        ]
        for n, word in enumerate(("one", "another", "a third"))
    ]
    found = texts(*pages)
    assert found == ["one begins here and another begins here and a third begins here and"]


def test_page_ranges_cover_the_text() -> None:
    document = read_bytes(hostile.many_pages(3), "x.pdf")
    assert [p.number for p in document.pages] == [1, 2, 3]
    assert document.pages[0].start == 0
    assert document.pages[-1].end == len(document.text)
    assert all(a.end == b.start for a, b in zip(document.pages, document.pages[1:], strict=False))
    assert document.page_at(document.pages[1].start) == 2


def test_what_is_filled_into_a_form_is_read() -> None:
    form = hostile.pdf(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/DR<</Font<</F 4 0 R>>>>/DA(/F 12 Tf 0 g)>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R"
        b"/Annots[6 0 R]>>",
        hostile.FONT,
        hostile.stream(b"BT /F 12 Tf 72 700 Td (Provider shall notify Customer within) Tj ET"),
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(n)/V(48 hours)/Rect[270 696 400 714]/DA(/F 12 Tf 0 g)/F 4>>",
    )
    document = read_bytes(form, "form.pdf")
    assert document.text.split() == ["Provider", "shall", "notify", "Customer", "within", "48", "hours"]
    assert any("form fields" in note for note in document.notes)


def scanned_pdf(text: str) -> bytes:
    """A page that is a picture of words: the text is drawn by pdfium and set anew as an image."""
    import pypdfium2

    content = f"BT /F 24 Tf 72 700 Td ({text}) Tj ET".encode()
    source = pypdfium2.PdfDocument(hostile.page_of(content))
    bitmap = source[0].render(scale=2, grayscale=True)
    rows = bytes(bitmap.buffer)
    pixels = b"".join(
        rows[y * bitmap.stride : y * bitmap.stride + bitmap.width] for y in range(bitmap.height)
    )
    image = hostile.stream(
        pixels,
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
        % (bitmap.width, bitmap.height),
    )
    source.close()
    return hostile.pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>",
        image,
        hostile.stream(b"612 0 0 792 0 0 cm /I Do"),
    )


def test_a_scan_without_recognition_is_an_error_of_its_own() -> None:
    with pytest.raises(DocumentError) as caught:
        read_bytes(scanned_pdf("Provider shall notify"), "scan.pdf", ocr=False)
    assert caught.value.kind == "image-only"
    assert "tesseract" in (caught.value.hint or "")


@pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed (an optional extra)"
)
def test_a_scan_is_recognised_and_says_so() -> None:
    document = read_bytes(scanned_pdf("Provider shall notify Customer"), "scan.pdf")
    assert "shall notify Customer" in document.text
    assert document.ocr
    assert any("optical character recognition" in note for note in document.notes)


# -- mail ------------------------------------------------------------------------------------------


def test_attachments_are_read_under_their_names() -> None:
    document = read_bytes(sample.as_mail(), "m.eml")
    assert document.format == "email"
    assert "Attachment: agreement.docx" in document.text
    assert "4.1 Provider shall notify Customer" in document.text
    assert "legal@northwind.example" not in document.text
    assert any("legal@northwind.example" in note for note in document.notes)


def test_an_unreadable_attachment_is_told_and_the_rest_is_read() -> None:
    from email import message_from_bytes
    from email.policy import default

    message = message_from_bytes(sample.as_mail(), policy=default)
    message.add_attachment(b"%PDF-1.4 nothing", maintype="application", subtype="pdf", filename="a.pdf")
    document = read_bytes(message.as_bytes(), "m.eml")
    assert any("a.pdf was not read" in note and "broken" in note for note in document.notes)
    assert "Governing law" in document.text


def test_sample_is_what_python_docx_reads_too() -> None:
    """The fixture is a real Word file, not only one that our own reader likes."""
    import docx

    word = docx.Document(io.BytesIO(sample.as_docx()))
    assert word.paragraphs[0].text == "Data Processing Agreement"
