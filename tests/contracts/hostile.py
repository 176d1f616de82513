"""Files made to hurt a reader; each is small on disk and built here, so that none has to be kept."""

from __future__ import annotations

import io
import zipfile
import zlib

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(document: bytes | str, **parts: bytes) -> bytes:
    """A DOCX with the given `word/document.xml`, and further parts by name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", document)
        for name, data in parts.items():
            archive.writestr(f"word/{name}.xml", data)
    return stream.getvalue()


def body(inner: str) -> str:
    return f'<w:document xmlns:w="{W}"><w:body>{inner}</w:body></w:document>'


def zip_bomb(megabytes: int = 300) -> bytes:
    """A DOCX of some hundred kilobytes that unpacks to as many megabytes as said."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as part,
    ):
        part.write(body("").encode()[:-24])
        for _ in range(megabytes):
            part.write(b" " * 2**20)
    return stream.getvalue()


def xml_bomb() -> bytes:
    """Entities within entities: "a billion laughs"."""
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return docx(f"<!DOCTYPE d [{entities}]>" + body("<w:p><w:r><w:t>&a9;</w:t></w:r></w:p>"))


def external_entity() -> bytes:
    return docx(
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        + body("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>")
    )


def deep_docx(depth: int = 50_000) -> bytes:
    return docx(body("<w:sdt><w:sdtContent>" * depth + "</w:sdtContent></w:sdt>" * depth))


def deep_html(depth: int = 200_000) -> bytes:
    return b"<div>" * depth + b"x" + b"</div>" * depth


def deep_mail(depth: int = 40) -> bytes:
    """Messages within messages."""
    inner = b"From: a@b.example\r\nSubject: end\r\n\r\nText.\r\n"
    for number in range(depth):
        mark = b"m%d" % number
        inner = (
            b"From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=" + mark + b"\r\n\r\n--" + mark + b"\r\n"
            b"Content-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--" + mark + b"--\r\n"
        )
    return inner


def pdf(*objects: bytes) -> bytes:
    """A PDF from the bodies of its objects 1, 2, 3 ...; object 1 is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer <</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d %b>>stream\n%b\nendstream" % (len(data), extra, data)


FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def page_of(content: bytes, extra: bytes = b"") -> bytes:
    """A PDF of one page with a content stream."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>",
        FONT,
        stream(content, extra),
    )


def many_pages(count: int = 10_000) -> bytes:
    """Pages that share one content stream."""
    kids = b" ".join(b"%d 0 R" % (5 + n) for n in range(count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 3 0 R>>>>/Contents 4 0 R>>"
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count),
        FONT,
        stream(b"BT /F 12 Tf 72 700 Td (Provider shall keep the data.) Tj ET"),
        *([page] * count),
    )


def pdf_bomb(megabytes: int = 400) -> bytes:
    """A content stream that unpacks to as many megabytes as said."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 2**20) for _ in range(megabytes)) + packer.flush()
    return page_of(packed, b"/Filter/FlateDecode")


def nested_pdf_bomb() -> bytes:
    """The same, packed twice: a few hundred bytes for a gigabyte."""
    packed = zlib.compress(zlib.compress(b" " * (600 * 2**20), 9), 9)
    return page_of(packed, b"/Filter[/FlateDecode/FlateDecode]")


def circular_pdf() -> bytes:
    """A page tree that is its own child."""
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>")


def deep_pdf(depth: int = 100_000) -> bytes:
    return pdf(b"<</Type/Catalog/Pages " + b"[" * depth + b"]" * depth + b">>")


def encrypted_pdf() -> bytes:
    """Says that it is encrypted with keys that nobody has."""
    blank = b"0" * 64
    text = pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")
    encrypt = (
        b"/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + blank + b">/U<" + blank + b">>>"
        b"/ID[<00><00>]"
    )
    return text.replace(b"/Root 1 0 R", b"/Root 1 0 R " + encrypt)
