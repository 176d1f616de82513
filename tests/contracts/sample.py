"""One agreement of two fictional companies, and the same in every format that contracts come in."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator

# (kind, text): h heading of a numbered section, p numbered paragraph, i item, q quiet paragraph,
# a annex heading, r row of a table with two cells parted by "|"
AGREEMENT: tuple[tuple[str, str], ...] = (
    ("t", "Data Processing Agreement"),
    (
        "q",
        "This agreement is made between Harbour & Finch LLP (“Customer”) and Northwind Document "
        "Review Ltd (“Provider”).",
    ),
    ("h", "Definitions"),
    (
        "p",
        "“Personal Data” means any information relating to an identified or identifiable natural "
        "person that Provider processes on behalf of Customer.",
    ),
    (
        "p",
        "“Security Incident” means a breach of security leading to the accidental or unlawful "
        "destruction, loss, alteration, unauthorised disclosure of, or access to, Personal Data.",
    ),
    ("h", "Processing"),
    (
        "p",
        "Provider shall process Personal Data only on documented instructions from Customer, "
        "including with regard to transfers of Personal Data to a third country.",
    ),
    (
        "p",
        "Provider shall immediately inform Customer if, in its opinion, an instruction infringes "
        "data protection law.",
    ),
    (
        "p",
        "Provider shall ensure that persons authorised to process the Personal Data have committed "
        "themselves to confidentiality.",
    ),
    ("h", "Security"),
    (
        "p",
        "Provider shall maintain appropriate technical and organisational measures, including:",
    ),
    ("i", "encryption of Personal Data at rest and in transit;"),
    ("i", "multi-factor authentication for all remote access; and"),
    ("i", "logging of access, kept for twelve (12) months."),
    ("p", "Provider shall train its personnel on privacy and security at least once a year."),
    ("h", "Security Incidents"),
    (
        "p",
        "Provider shall notify Customer without undue delay, and in any event within forty-eight "
        "(48) hours, after becoming aware of a Security Incident.",
    ),
    ("p", "The notification shall contain at least:"),
    (
        "i",
        "the nature of the Security Incident and the categories and number of data subjects concerned;",
    ),
    ("i", "the likely consequences; and"),
    ("i", "the measures taken or proposed to address it."),
    (
        "p",
        "Provider shall cooperate with Customer’s investigation and shall take all steps to contain"
        " and remediate the Security Incident.",
    ),
    ("h", "Sub-processors"),
    (
        "p",
        "Provider shall not engage a sub-processor without Customer’s prior specific written "
        "authorisation and shall inform Customer of any intended addition at least thirty (30) days"
        " in advance, so that Customer may object.",
    ),
    (
        "p",
        "Provider shall impose on each sub-processor the same data protection obligations as set "
        "out in this agreement and remains fully liable for the acts and omissions of its "
        "sub-processors.",
    ),
    ("h", "Audit"),
    (
        "p",
        "Provider shall make available to Customer all information necessary to demonstrate "
        "compliance and shall allow for audits, including inspections, by Customer on ten (10) "
        "days’ written notice.",
    ),
    ("h", "Return and deletion"),
    (
        "p",
        "Within thirty (30) days after the end of the services Provider shall, at Customer’s "
        "choice, return or delete all Personal Data and certify the deletion in writing.",
    ),
    ("h", "Liability and insurance"),
    (
        "p",
        "The total liability of either party is limited to the fees paid in the twelve (12) months "
        "before the claim. This limit does not apply to breaches of data protection obligations.",
    ),
    (
        "p",
        "Provider shall carry cyber liability insurance with limits of not less than USD 5,000,000 "
        "per claim.",
    ),
    ("h", "Governing law"),
    ("p", "This agreement is governed by the laws of Ireland."),
    ("a", "Annex I: Details of processing"),
    ("r", "Subject matter and purpose|Review of documents for litigation"),
    ("r", "Categories of data subjects|Employees, customers and opponents of Customer’s clients"),
    ("r", "Types of personal data|Names, addresses, correspondence and case files"),
)


def numbered() -> Iterator[tuple[str, str, str]]:
    """(kind, number, text) as a reader sees them: 1., 1.1, (a)."""
    section = paragraph = item = 0
    for kind, text in AGREEMENT:
        number = ""
        if kind == "h":
            section, paragraph = section + 1, 0
            number = f"{section}."
        elif kind == "p":
            paragraph, item = paragraph + 1, 0
            number = f"{section}.{paragraph}"
        elif kind == "i":
            item += 1
            number = f"({chr(96 + item)})"
        yield kind, number, text


def as_text() -> bytes:
    lines = [f"{number} {text.replace('|', chr(10) * 2)}".strip() for _, number, text in numbered()]
    return ("\n\n".join(lines) + "\n").encode()


def as_wrapped_text() -> bytes:
    import textwrap

    lines = (f"{number} {text.replace('|', chr(10) * 2)}".strip() for _, number, text in numbered())
    return "\n\n".join(
        "\n".join(textwrap.wrap(p, 78)) for block in lines for p in block.split("\n\n")
    ).encode()


def as_markdown() -> bytes:
    lines = []
    for kind, number, text in numbered():
        if kind in "tha":
            lines.append(f"{'#' if kind == 't' else '##'} {number} {text}".replace("  ", " "))
        elif kind == "r":
            lines += text.split("|")
        else:
            lines.append(f"{number} {text}".strip())
    return ("\n\n".join(lines) + "\n").encode()


def as_html() -> bytes:
    parts = ["<!DOCTYPE html><html><head><title>x</title><style>p{margin:0}</style></head><body>"]
    open_list = False
    for kind, number, text in numbered():
        if open_list and kind != "i":
            parts.append("</ol>")
            open_list = False
        escaped = html.escape(text)
        if kind in "ta":
            parts.append(f"<h1>{escaped}</h1>")
        elif kind == "h":
            parts.append(f"<h2>{number} {escaped}</h2>")
        elif kind == "i":
            if not open_list:
                parts.append('<ol type="a">')
                open_list = True
            parts.append(f"<li>{escaped}</li>")
        elif kind == "r":
            left, right = escaped.split("|")
            parts.append(f"<table><tr><td>{left}</td><td>{right}</td></tr></table>")
        else:
            parts.append(f"<p>{number} <span>{escaped}</span></p>")
    return ("".join(parts) + "</body></html>").encode()


_NUMBERING = """<w:abstractNum xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 w:abstractNumId="90"><w:multiLevelType w:val="multilevel"/>
 <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
 <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>
 <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%3)"/></w:lvl>
</w:abstractNum>"""


def as_docx() -> bytes:
    """With numbers as Word keeps them: as a list of three levels, not as text."""
    import docx
    from docx.oxml import OxmlElement, parse_xml
    from docx.oxml.ns import qn

    word = docx.Document()
    numbering = word.part.numbering_part.element
    numbering.insert(0, parse_xml(_NUMBERING))
    number = parse_xml(
        '<w:num xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" w:numId="90">'
        '<w:abstractNumId w:val="90"/></w:num>'
    )
    numbering.append(number)

    def listed(paragraph: object, level: int) -> None:
        properties = paragraph._p.get_or_add_pPr()  # type: ignore[attr-defined]
        node = OxmlElement("w:numPr")
        for tag, value in (("w:ilvl", level), ("w:numId", 90)):
            child = OxmlElement(tag)
            child.set(qn("w:val"), str(value))
            node.append(child)
        properties.append(node)

    for kind, text in AGREEMENT:
        if kind == "t":
            word.add_heading(text, 0)
        elif kind == "a":
            word.add_heading(text, 1)
        elif kind == "h":
            listed(word.add_heading(text, 2), 0)
        elif kind == "p":
            listed(word.add_paragraph(text), 1)
        elif kind == "i":
            listed(word.add_paragraph(text), 2)
        elif kind == "r":
            cells = word.add_table(1, 2).rows[0].cells
            cells[0].text, cells[1].text = text.split("|")
        else:
            word.add_paragraph(text)
    section = word.sections[0]
    section.header.paragraphs[0].text = "Northwind Document Review Ltd – Confidential"
    section.footer.paragraphs[0].text = "DPA version 3"
    stream = io.BytesIO()
    word.save(stream)
    return stream.getvalue()


def as_mail() -> bytes:
    """The DOCX attached to a short message."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"] = "legal@northwind.example"
    message["To"] = "office@harbourfinch.example"
    message["Subject"] = "Signed agreement"
    message.set_content("Please find the agreement attached.\n")
    message.add_attachment(
        as_docx(),
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.wordprocessingml.document",
        filename="agreement.docx",
    )
    return message.as_bytes()
