"""Word files made for tests, from the XML that Word would have written; ``twin`` sets a Markdown protocol as one."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import groupby
from xml.sax.saxutils import escape

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
_XML = ("<w:", "<m:", "<mc:")
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{level}"><w:name w:val="heading {level}"/>'
    f'<w:pPr><w:outlineLvl w:val="{level - 1}"/></w:pPr><w:rPr><w:b/><w:sz w:val="{34 - 4 * level}"/></w:rPr></w:style>'
    for level in (1, 2, 3)
) + (
    '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/><w:rPr><w:sz w:val="21"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="t"><w:name w:val="Title"/><w:rPr><w:b/><w:sz w:val="36"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>'
)


_STRICT = (
    ("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main"),
    ("http://schemas.openxmlformats.org/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/"),
)


def word(
    body: str, parts: Mapping[str, str] | None = None, extra: Mapping[str, bytes] | None = None, head: str = "", *, strict: bool = False
) -> bytes:
    """A Word file with this body; ``parts`` holds the content of ``numbering``, ``footnotes`` …, ``extra`` whole files of the package.

    ``head`` stands before the root of the text; ``strict`` is how Word saves "Strict Open XML".
    """
    contents = {"styles": STYLES} | dict(parts or {})
    roots = {
        "styles": "styles",
        "numbering": "numbering",
        "footnotes": "footnotes",
        "endnotes": "endnotes",
        "header": "hdr",
        "settings": "settings",
    }
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/word/{name}.xml" ContentType="{_WORD}.{name if name != "document" else "document.main"}+xml"/>'
            for name in ("document", *contents)
        )
        + "</Types>",
        "_rels/.rels": _relations({"word/document.xml": "officeDocument"}),
        "word/_rels/document.xml.rels": _relations({f"{name}.xml": name for name in contents}),
        "word/document.xml": f"{head}<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
    }
    files |= {f"word/{name}.xml": f"<w:{roots[name]} {NAMESPACES}>{content}</w:{roots[name]}>" for name, content in contents.items()}
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (files | dict(extra or {})).items():
            package.writestr(name, _strictly(content) if strict and isinstance(content, str) else content)
    return target.getvalue()


def _strictly(content: str) -> str:
    for usual, other in _STRICT:
        content = content.replace(usual, other)
    return content


def _relations(targets: Mapping[str, str]) -> str:
    entries = (
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>' for number, (target, kind) in enumerate(targets.items())
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(entries)}</Relationships>'


def r(text: str, look: str = "") -> str:
    """A run; ``look`` is the content of its ``w:rPr``."""
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def p(*content: str, style: str = "", properties: str = "") -> str:
    """A paragraph; content that is no XML is text."""
    runs = "".join(part if part.startswith(_XML) else r(part) for part in content)
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{runs}</w:p>"


def item(text: str, level: int = 0, number: int = 1, style: str = "") -> str:
    """A paragraph of a list."""
    return p(text, style=style, properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def cell(*content: str, properties: str = "") -> str:
    """A cell of a table; content that is no XML is a paragraph."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(part if part.startswith(_XML) else p(part) for part in content)}</w:tc>"


def table(*rows: Sequence[str]) -> str:
    """A table; cells that are no XML are text."""
    made = ("".join(part if part.startswith("<w:tc>") else cell(part) for part in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in made)}</w:tbl>"


def levels(*texts: tuple[str, str], more: Mapping[int, str] | None = None) -> str:
    """The levels of a list, each as its form and text; ``more`` is further XML for some of them."""
    return "".join(
        f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{(more or {}).get(index, "")}<w:lvlText w:val="{text}"/></w:lvl>'
        for index, (form, text) in enumerate(texts)
    )


def numbering(*lists: str) -> str:
    """The part ``numbering``: list 1, list 2 …, each with these levels."""
    kinds = "".join(f'<w:abstractNum w:abstractNumId="{index}">{content}</w:abstractNum>' for index, content in enumerate(lists, 1))
    return kinds + "".join(f'<w:num w:numId="{index}"><w:abstractNumId w:val="{index}"/></w:num>' for index in range(1, len(lists) + 1))


_OUTLINE = re.compile(r"(#{1,4}) (.*)")


def twin(markdown: str) -> bytes:
    """A protocol in the Markdown of the examples as Word would hold it: headings by style, lists by automatic numbers."""
    body = []
    lines = [line.strip() for line in markdown.splitlines() if line.strip() and not line.startswith("<!--")]
    for is_table, group in groupby(lines, lambda line: line.startswith("|")):
        if is_table:
            rows = [[part.strip() for part in line.strip("|").split("|")] for line in group]
            body.append(table(*(row for row in rows if not set("".join(row)) <= set("-: "))))
            continue
        for line in group:
            heading = _OUTLINE.fullmatch(line)
            if heading:
                level = len(heading[1])
                body.append(p(heading[2], style="t" if level == 1 else str(level - 1)))
            else:
                body.append(item(line[2:]) if line.startswith("- ") else p(line))
    return word("".join(body), {"numbering": numbering(levels(("bullet", "\uf0b7")))})
