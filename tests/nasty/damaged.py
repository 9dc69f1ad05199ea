"""Files that are cut short, wrong inside, or made to exhaust whoever reads them."""

from __future__ import annotations

import re
import zlib
from binascii import hexlify

from nasty.cases import nasty
from nasty.paper import HEADER, Paper, bound, lines, stream

BODY = (
    "1. Objectives",
    "The primary objective of this study is to assess the safety of the cells in adults",
    "with osteoarthritis of the knee over twelve months. Sixty adults are enrolled.",
)
_DRAWN = lines(80, BODY)
_READ = "the text is read"
_NEITHER = "a report or a failure that says so"
_DAMAGED = "damaged_pdf"
_ANY = ("report", "blank_pages", "damaged_pdf", "no_pages", "no_text_layer")


def whole(pages: int = 1) -> Paper:
    """A file with nothing wrong."""
    paper = Paper()
    for number in range(pages):
        paper.page(lines(80 + 60 * number, BODY))  # else they would look like running heads
    return paper


def drawing(content: bytes, resources: bytes = b"", entries: bytes = b"") -> bytes:
    """A file of one page."""
    paper = Paper()
    paper.page(content, resources, entries)
    return paper.file()


# --- what is no PDF, or not at its beginning


@nasty("zero_bytes.pdf", "nothing in it", "the sentence for empty files", "empty_file")
def _() -> bytes:
    return b""


@nasty("header_only.pdf", "a header and nothing else", "the sentence for damaged files", _DAMAGED)
def _() -> bytes:
    return HEADER


@nasty("a_text.pdf", "a text file that is called PDF", "the sentence for other files", "not_a_pdf")
def _() -> bytes:
    return "\n".join(BODY).encode()


@nasty("a_pdf.docx", "a PDF that is called a Word file", _READ)
def _() -> bytes:
    return whole().file()


@nasty("nul_bytes.pdf", "4 KB of zeros, as an interrupted copy leaves them", "the sentence for other files", "not_a_pdf")
def _() -> bytes:
    return bytes(4096)


@nasty("mail_before_header.pdf", "the lines of a mail before the header, so that all places are wrong", _READ)
def _() -> bytes:
    return b"Content-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\n" + whole().file()


@nasty("far_header.pdf", "three thousand bytes before the header", _NEITHER, "not_a_pdf", *_ANY)
def _() -> bytes:
    return b"x" * 3000 + whole().file()


@nasty("two_files.pdf", "a second PDF is appended to the first", "one of the two is read")
def _() -> bytes:
    return whole().file() + whole(2).file()


@nasty("version_9.pdf", "the header promises PDF 9.7", _READ)
def _() -> bytes:
    return whole().file().replace(b"%PDF-1.7", b"%PDF-9.7")


@nasty("line_ends.pdf", "a transfer as text has changed all line ends", _NEITHER, "report", _DAMAGED)
def _() -> bytes:
    return whole().file().replace(b"\n", b"\r\n")


# --- the table of objects


@nasty("cut_in_half.pdf", "the second half is missing", "the pages that are there are read, with a warning")
def _() -> bytes:
    made = whole(4).file()
    return made[: len(made) // 2]


@nasty("cut_tail.pdf", "the table of objects is cut off", "the text is read, with a warning")
def _() -> bytes:
    made = whole().file()
    return made[: made.index(b"xref\n")]


@nasty("wrong_places.pdf", "all places in the table of objects are seven bytes too low", _READ)
def _() -> bytes:
    return whole().file().replace(HEADER, HEADER + b"% more\n", 1)


@nasty("start_nowhere.pdf", "the table of objects is said to stand far behind the end", _READ)
def _() -> bytes:
    made = whole().file()
    return made[: made.rindex(b"startxref")] + b"startxref\n99999999\n%%EOF\n"


@nasty("start_negative.pdf", "the table of objects is said to stand before the beginning", _READ)
def _() -> bytes:
    made = whole().file()
    return made[: made.rindex(b"startxref")] + b"startxref\n-1\n%%EOF\n"


@nasty("table_loop.pdf", "the table of objects names itself as its predecessor", _NEITHER, *_ANY)
def _() -> bytes:
    made = whole().file()
    return made.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % made.index(b"xref\n"))


@nasty("table_size.pdf", "the table of objects claims two billion entries", _NEITHER, *_ANY)
def _() -> bytes:
    made = whole().file()
    return made.replace(b"xref\n0 7", b"xref\n0 2000000000").replace(b"/Size 7", b"/Size 2000000000")


@nasty("no_endobj.pdf", "the words endobj and endstream are missing", _NEITHER, *_ANY)
def _() -> bytes:
    return whole().file().replace(b"\nendobj", b"").replace(b"endstream", b"")


@nasty("same_number.pdf", "every object has the number 1", _NEITHER, *_ANY)
def _() -> bytes:
    return re.sub(rb"\d+ 0 obj", b"1 0 obj", whole().file())


@nasty("revised.pdf", "an incremental update replaces the page", "the new text is read, the old one is not")
def _() -> bytes:
    made = whole().file()
    place = len(made)
    new = lines(80, ("1. Objectives", "The revised objective is to assess efficacy in ninety adults with osteoarthritis."))
    added = b"5 0 obj\n" + stream(new) + b"\nendobj\n"
    table = b"xref\n5 1\n%010d 00000 n \n" % place
    return (
        made
        + added
        + table
        + b"trailer\n<</Size 7/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (made.index(b"xref\n"), place + len(added))
    )


@nasty("revision_cut.pdf", "an incremental update is cut short", _READ)
def _() -> bytes:
    return whole().file() + b"5 0 obj\n<</Length 400>>stream\nBT /F 11 Tf 72 700"


@nasty("linearised_wrong.pdf", "said to be linearised, with lengths and places that are all wrong", _READ)
def _() -> bytes:
    paper = whole()
    paper.add(b"<</Linearized 1/L 99/H[1 99999999]/O 3/E 1/N 77/T 5>>")
    bodies = paper.chapters()
    return bound(bodies, header=HEADER + b"9 0 obj\n%b\nendobj\n" % bodies[-1])


def _packed_objects(*, damage: bool) -> bytes:
    bodies = whole().chapters()
    packed = {number: bodies[number - 1] for number in (1, 2, 3, 4, 6)}
    places, content = [], b""
    for number, body in packed.items():
        places.append(b"%d %d" % (number, len(content)))
        content += body + b"\n"
    head = b" ".join(places) + b" "
    holder = zlib.compress(head + content, 9)
    if damage:
        holder = holder[:20] + b"\xff" * 30 + holder[50:]
    made = HEADER + b"5 0 obj\n%b\nendobj\n" % bodies[4]
    starts = {5: len(HEADER), 7: len(made)}
    made += b"7 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>stream\n" % (len(packed), len(head), len(holder))
    made += holder + b"\nendstream\nendobj\n"
    starts[8] = len(made)
    inside = list(packed)
    rows = [(2, 7, inside.index(number)) if number in packed else (1, starts[number], 0) for number in range(1, 9)]
    table = b"".join(bytes((kind,)) + place.to_bytes(4, "big") + bytes((last,)) for kind, place, last in [(0, 0, 255), *rows])
    made += b"8 0 obj\n<</Type/XRef/Size 9/W[1 4 1]/Root 1 0 R/Length %d>>stream\n%b\nendstream\nendobj\n" % (len(table), table)
    return made + b"startxref\n%d\n%%%%EOF\n" % starts[8]


@nasty("packed_objects.pdf", "all but the drawing stands in an object stream; nothing wrong", _READ)
def _() -> bytes:
    return _packed_objects(damage=False)


@nasty("packed_objects_damaged.pdf", "the object stream is damaged", _NEITHER, *_ANY)
def _() -> bytes:
    return _packed_objects(damage=True)


# --- the tree of pages


def _tree(kids: bytes, count: int = 1) -> bytes:
    paper = whole()
    paper.objects[1] = b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count)
    return paper.file()


@nasty("no_catalog.pdf", "the catalog is missing", _NEITHER, *_ANY)
def _() -> bytes:
    return whole().file().replace(b"/Type/Catalog/Pages", b"/Type/Nothing/Pagez")


@nasty("root_is_a_page.pdf", "the trailer names a page as the catalog", _NEITHER, *_ANY)
def _() -> bytes:
    return whole().file().replace(b"/Root 1 0 R", b"/Root 6 0 R")


@nasty("no_kids.pdf", "a tree without pages", "the sentence for files without pages", "no_pages", _DAMAGED)
def _() -> bytes:
    return _tree(b"", 0)


@nasty("page_missing.pdf", "the second of three pages does not exist", "two pages are read, a warning names the other")
def _() -> bytes:
    return _tree(b"6 0 R 99 0 R 6 0 R", 3)


@nasty("page_is_a_number.pdf", "a page that is the number 7", "one page is read", *_ANY)
def _() -> bytes:
    return _tree(b"6 0 R 7", 2)


@nasty("tree_loop.pdf", "the tree of pages is its own branch", _NEITHER, *_ANY)
def _() -> bytes:
    return _tree(b"2 0 R 6 0 R", 2)


@nasty("parent_loop.pdf", "two branches are each other's parent", _NEITHER, *_ANY)
def _() -> bytes:
    paper = whole()
    branch = paper.add(b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>")
    paper.objects[1] = b"<</Type/Pages/Parent %d 0 R/Kids[%d 0 R 6 0 R]/Count 2>>" % (branch, branch)
    return paper.file()


@nasty("count_too_high.pdf", "five pages are promised and one is there", "it is read, a warning names the others")
def _() -> bytes:
    return _tree(b"6 0 R", 5)


@nasty("count_enormous.pdf", "two billion pages are promised", "the sentence for too many pages, or the page is read", "over_pages", *_ANY)
def _() -> bytes:
    return _tree(b"6 0 R", 2_000_000_000)


@nasty("count_negative.pdf", "minus three pages are promised", _NEITHER, *_ANY)
def _() -> bytes:
    return _tree(b"6 0 R", -3)


@nasty("tree_deep.pdf", "three hundred branches one within the other", _NEITHER, *_ANY)
def _() -> bytes:
    paper = whole()
    below = 6
    for _ in range(300):
        below = paper.add(b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % below)
    paper.objects[1] = b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % below
    return paper.file()


def _boxed(box: bytes, more: bytes = b"") -> bytes:
    paper = Paper()
    paper.page(_DRAWN, entries=more, box=box)
    return paper.file()


@nasty("box_enormous.pdf", "a page of a billion points each way", "the text is read, no picture of that size is made", *_ANY)
def _() -> bytes:
    return _boxed(b"0 0 1000000000 1000000000")


@nasty("box_of_nothing.pdf", "a page without width and height", _NEITHER, *_ANY)
def _() -> bytes:
    return _boxed(b"0 0 0 0")


@nasty("box_inside_out.pdf", "the corners of the page are given in the wrong order", _READ)
def _() -> bytes:
    return _boxed(b"595 842 0 0")


@nasty("box_is_text.pdf", "the corners of the page are no numbers", _NEITHER, *_ANY)
def _() -> bytes:
    return _boxed(b"(a) /b nan inf")


@nasty("box_thread.pdf", "a page as wide as a hair and a kilometre long", _NEITHER, *_ANY)
def _() -> bytes:
    return _boxed(b"0 0 0.01 3000000")


@nasty("turned_by_17.pdf", "the page is turned by 17 degrees and its unit is a million points", _NEITHER, *_ANY)
def _() -> bytes:
    return _boxed(b"0 0 595 842", b"/Rotate 17/UserUnit 1000000")


# --- drawings


@nasty("no_numbers.pdf", "positions that are no numbers, or endless", _READ)
def _() -> bytes:
    mad = b"BT /F 11 Tf 1 0 0 1 NaN inf Tm (Nowhere) Tj 1e400 -1e400 Td (Endless) Tj ET q 1e38 0 0 1e38 1e38 1e38 cm BT /F 1e30 Tf (Vast) Tj ET Q "
    return drawing(mad + _DRAWN)


@nasty("odd_operators.pdf", "operators that do not exist, too few and too many operands", _READ)
def _() -> bytes:
    return drawing(b"xyzzy 1 2 3 Tj (a) (b) (c) Td /F Tf 11 Tf [ 3 /x ] TJ q cm re Q W* f* BX foo EX ) > >> ] } " + _DRAWN)


@nasty("unbalanced.pdf", "more Q than q, ET without BT", _READ)
def _() -> bytes:
    return drawing(b"Q Q Q ET ET EMC EMC Q " + _DRAWN + b"q q q BT BT BT /X BMC")


@nasty("deep_arrays.pdf", "twenty thousand arrays one within the other, in the page and in its drawing", _NEITHER, *_ANY)
def _() -> bytes:
    return drawing(b"[" * 20000 + b"]" * 20000 + _DRAWN, entries=b"/Deep" + b"[" * 20000 + b"]" * 20000)


@nasty("deep_dictionaries.pdf", "five thousand dictionaries one within the other", _NEITHER, *_ANY)
def _() -> bytes:
    return drawing(_DRAWN, entries=b"/Deep" + b"<</A" * 5000 + b" 1" + b">>" * 5000)


@nasty("deep_states.pdf", "fifty thousand times q", _READ)
def _() -> bytes:
    paper = Paper()
    paper.page(b"q " * 50000 + _DRAWN, packed=True)
    return paper.file()


@nasty("deep_brackets.pdf", "a string with thousands of open brackets", _NEITHER, *_ANY)
def _() -> bytes:
    return drawing(_DRAWN + b"BT (" + b"(" * 20000 + b" Tj ET")


@nasty("picture_in_line.pdf", "a picture within the drawing that has no end", _NEITHER, *_ANY)
def _() -> bytes:
    return drawing(_DRAWN + b"BI /W 100000 /H 100000 /BPC 8 /CS /RGB ID abc")


_FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 600 850]/Resources<</Font<<%b>>/XObject<</X %d 0 R>>>>"


@nasty("form_of_itself.pdf", "a form that draws itself", _READ)
def _() -> bytes:
    paper = Paper()
    number = len(paper.objects) + 1
    paper.stream(b"/X Do " + _DRAWN, _FORM % (paper.fonts, number))
    paper.page(b"/X Do", b"/XObject<</X %d 0 R>>" % number)
    return paper.file()


@nasty("forms_in_a_ring.pdf", "two forms that draw each other", _READ)
def _() -> bytes:
    paper = Paper()
    first = len(paper.objects) + 1
    paper.stream(b"/X Do " + _DRAWN, _FORM % (paper.fonts, first + 1))
    paper.stream(b"/X Do ", _FORM % (paper.fonts, first))
    paper.page(b"/X Do", b"/XObject<</X %d 0 R>>" % first)
    return paper.file()


@nasty("glyph_of_itself.pdf", "a glyph of a Type 3 font that writes itself", _NEITHER, *_ANY)
def _() -> bytes:
    paper = Paper()
    glyph = paper.stream(b"600 0 d0 BT /T 1 Tf (a) Tj ET")
    paper.font(
        b"T",
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/CharProcs<</a %d 0 R>>/Encoding<</Differences[97/a]>>"
        b"/FirstChar 97/LastChar 97/Widths[1]/Resources<</Font<</T %d 0 R>>>>>>" % (glyph, glyph + 1),
    )
    paper.page(b"BT /T 20 Tf 72 700 Td (aaa) Tj ET " + _DRAWN)
    return paper.file()


@nasty("pattern_of_itself.pdf", "a pattern that is filled with itself", _READ)
def _() -> bytes:
    paper = Paper()
    number = len(paper.objects) + 1
    paper.stream(
        b"/Pattern cs /P scn 0 0 10 10 re f",
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 10 10]/XStep .0001/YStep .0001/Resources<</Pattern<</P %d 0 R>>>>"
        % number,
    )
    paper.page(b"/Pattern cs /P scn 0 0 600 850 re f 0 g " + _DRAWN, b"/Pattern<</P %d 0 R>>" % number)
    return paper.file()


# --- fonts


@nasty("font_missing.pdf", "a font is used that is nowhere defined", _NEITHER, *_ANY)
def _() -> bytes:
    return drawing(_DRAWN.replace(b"/F ", b"/Nowhere "))


@nasty("font_is_a_page.pdf", "the font is the page itself", _NEITHER, *_ANY)
def _() -> bytes:
    paper = whole()
    paper.objects[5] = paper.objects[5].replace(b"/F 3 0 R", b"/F 6 0 R")
    return paper.file()


@nasty("font_broken.pdf", "an embedded font of random bytes", _NEITHER, *_ANY)
def _() -> bytes:
    paper = Paper()
    noise = b"\0\1\0\0" + bytes(range(256)) * 8
    program = paper.stream(noise, b"/Length1 %d" % len(noise))
    described = b"<</Type/FontDescriptor/FontName/AAAAAA+Garbage/Flags 32/FontBBox[0 0 1000 1000]/FontFile2 %d 0 R>>" % program
    paper.font(
        b"G",
        b"<</Type/Font/Subtype/TrueType/BaseFont/AAAAAA+Garbage/FirstChar 0/LastChar 255/Widths[%b]/Encoding/WinAnsiEncoding/FontDescriptor%b>>"
        % (b"500 " * 256, described),
    )
    paper.page(lines(80, BODY, name=b"G"))
    return paper.file()


@nasty("font_enormous.pdf", "letters ten million points high beside ordinary ones", _READ)
def _() -> bytes:
    return drawing(lines(500, ("X",), 1e7) + _DRAWN)


@nasty("widths_mad.pdf", "widths of letters that are negative, or millions", _NEITHER, *_ANY)
def _() -> bytes:
    paper = Paper()
    paper.font(
        b"W", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FirstChar 0/LastChar 255/Widths[%b]>>" % (b"-900000 5000000 0 nan " * 64)
    )
    paper.page(lines(80, BODY, name=b"W") + lines(300, BODY))
    return paper.file()


# --- streams


@nasty("flate_wrong.pdf", "one of two packed drawings is damaged in the middle", "what can be unpacked is read")
def _() -> bytes:
    paper = Paper()
    for top in (80, 160):
        paper.page(lines(top, BODY), packed=True)
    made = bytearray(paper.file())
    at = made.index(b"FlateDecode") + 60
    made[at : at + 8] = b"\xff" * 8
    return bytes(made)


@nasty("length_wrong.pdf", "the lengths of streams are wrong: 3, and 99999999", _NEITHER, *_ANY)
def _() -> bytes:
    paper = whole(2)
    for index, length in ((4, b"3"), (6, b"99999999")):
        paper.objects[index] = re.sub(rb"/Length \d+", b"/Length " + length, paper.objects[index])
    return paper.file()


@nasty("length_of_itself.pdf", "the length of a stream is the stream itself", _NEITHER, *_ANY)
def _() -> bytes:
    paper = whole()
    paper.objects[4] = paper.objects[4].replace(b"/Length %d" % len(_DRAWN), b"/Length 5 0 R")
    return paper.file()


def _filtered(entries: bytes, data: bytes) -> bytes:
    paper = Paper()
    number = paper.stream(data, entries)
    paper.bare_page(b"/Contents %d 0 R/MediaBox[0 0 595 842]" % number)
    return paper.file()


@nasty("filters_chained.pdf", "the drawing is packed twice and written in hexadecimal", _READ)
def _() -> bytes:
    packed = zlib.compress(zlib.compress(_DRAWN, 9), 9)
    return _filtered(b"/Filter[/ASCIIHexDecode/FlateDecode/FlateDecode]", hexlify(packed) + b">")


@nasty("filters_hundred.pdf", "a hundred filters one after the other", _NEITHER, *_ANY)
def _() -> bytes:
    return _filtered(b"/Filter[%b]" % (b"/ASCIIHexDecode" * 100), b"41" * 50 + b">")


@nasty("filter_unknown.pdf", "a filter that does not exist", _NEITHER, *_ANY)
def _() -> bytes:
    return _filtered(b"/Filter/RotDecode", _DRAWN)


@nasty("predictor_mad.pdf", "a predictor with a billion columns", _NEITHER, *_ANY)
def _() -> bytes:
    return _filtered(
        b"/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 1000000000/Colors 64/BitsPerComponent 16>>", zlib.compress(_DRAWN)
    )


@nasty("contents_loop.pdf", "the drawing is a list that holds itself", _NEITHER, *_ANY)
def _() -> bytes:
    paper = Paper()
    drawn = paper.stream(_DRAWN)
    ring = paper.add(b"[%d 0 R %d 0 R]" % (len(paper.objects) + 1, drawn))
    paper.bare_page(b"/Contents %d 0 R/MediaBox[0 0 595 842]" % ring)
    return paper.file()


@nasty("picture_vast.pdf", "a picture said to have ten billion pixels", "the text is read, the picture is not unpacked")
def _() -> bytes:
    paper = Paper()
    entries = b"/Type/XObject/Subtype/Image/Width 100000/Height 100000/ColorSpace/DeviceRGB/BitsPerComponent 8"
    picture = paper.stream(bytes(500), entries, packed=True)
    paper.page(b"q 200 0 0 200 72 200 cm /I Do Q " + _DRAWN, b"/XObject<</I %d 0 R>>" % picture)
    return paper.file()
