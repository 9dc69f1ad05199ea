"""The smallest writer of PDFs that can also write what no program should: objects as bytes, the file around them right or wrong."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
WIDTH, HEIGHT = 595, 842


@dataclass
class Paper:
    """The objects of a file, numbered from 1; object 1 is the catalog, 2 the page tree, 3 Helvetica, 4 Helvetica-Bold."""

    objects: list[bytes] = field(default_factory=lambda: [b"", b"", font(b"Helvetica"), font(b"Helvetica-Bold")])
    pages: list[int] = field(default_factory=list)
    catalog: bytes = b""
    """What stands in the catalog beside the page tree."""
    fonts: bytes = b"/F 3 0 R/B 4 0 R"

    def add(self, body: bytes) -> int:
        """A new object; gives its number."""
        self.objects.append(body)
        return len(self.objects)

    def stream(self, data: bytes, entries: bytes = b"", *, packed: bool = False) -> int:
        """A new stream; gives its number."""
        return self.add(stream(data, entries, packed=packed))

    def page(
        self, content: bytes, resources: bytes = b"", entries: bytes = b"", *, box: bytes = b"0 0 595 842", packed: bool = False
    ) -> int:
        """A new page with this drawing; gives its number."""
        drawing = self.stream(content, packed=packed)
        return self.bare_page(b"/Contents %d 0 R/MediaBox[%b]%b" % (drawing, box, entries), resources)

    def bare_page(self, entries: bytes, resources: bytes = b"") -> int:
        """A new page with these entries; gives its number."""
        number = self.add(b"<</Type/Page/Parent 2 0 R/Resources<</Font<<%b>>%b>>%b>>" % (self.fonts, resources, entries))
        self.pages.append(number)
        return number

    def font(self, name: bytes, body: bytes) -> None:
        """A font that drawings may call by ``name``; to be told before the pages."""
        self.fonts += b"/%b %d 0 R" % (name, self.add(body))

    def chapters(self) -> list[bytes]:
        """The bodies of all objects, catalog and page tree included."""
        kids = b" ".join(b"%d 0 R" % number for number in self.pages)
        catalog = b"<</Type/Catalog/Pages 2 0 R%b>>" % self.catalog
        tree = b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, len(self.pages))
        return [self.objects[0] or catalog, self.objects[1] or tree, *self.objects[2:]]

    def file(self, trailer: bytes = b"") -> bytes:
        """The file, with all in its place."""
        return bound(self.chapters(), trailer)


def bound(objects: Iterable[bytes], trailer: bytes = b"", header: bytes = HEADER) -> bytes:
    """A file of these objects, the first being number 1, with a table of where they stand."""
    made = bytearray(header)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, trailer, start)
    return bytes(made)


def stream(data: bytes, entries: bytes = b"", *, packed: bool = False) -> bytes:
    """The body of a stream object."""
    if packed:
        data, entries = zlib.compress(data, 9), entries + b"/Filter/FlateDecode"
    return b"<</Length %d%b>>stream\n%b\nendstream" % (len(data), entries, data)


def font(name: bytes, entries: bytes = b"/Encoding/WinAnsiEncoding") -> bytes:
    """A standard font, which is not embedded."""
    return b"<</Type/Font/Subtype/Type1/BaseFont/%b%b>>" % (name, entries)


def cid_font(name: bytes, cmap: bytes, collection: bytes, entries: bytes = b"") -> bytes:
    """A font of ideographs, which is not embedded; ``collection`` is its ordering, such as ``GB1``."""
    described = (
        b"<</Type/FontDescriptor/FontName/%b/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>"
        % name
    )
    system = b"<</Registry(Adobe)/Ordering(%b)/Supplement 2>>" % collection
    below = b"<</Type/Font/Subtype/CIDFontType0/BaseFont/%b/CIDSystemInfo%b/DW 1000/FontDescriptor%b>>" % (name, system, described)
    return b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/%b/DescendantFonts[%b]%b>>" % (name, cmap, below, entries)


def line(x: float, y: float, words: bytes, size: float = 11, name: bytes = b"F", before: bytes = b"") -> bytes:
    """A drawn line of text, its baseline ``y`` points below the top of the page; ``words`` are already in the font's encoding."""
    return b"q BT %b /%b %g Tf 1 0 0 1 %g %g Tm %b Tj ET Q\n" % (before, name, size, x, HEIGHT - y, literal(words))


def literal(words: bytes) -> bytes:
    """Bytes as a string of the file."""
    return b"<%b>" % words.hex().encode()


def lines(top: float, words: Iterable[str], size: float = 11, name: bytes = b"F", x: float = 72) -> bytes:
    """Lines of English one below the other."""
    return b"".join(line(x, top + 1.4 * size * row, text.encode("cp1252"), size, name) for row, text in enumerate(words))
