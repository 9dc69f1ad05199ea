"""Files whose text is drawn in ways that lead readers astray."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from nasty.cases import nasty
from nasty.paper import Paper, cid_font, font, line, lines, literal

BODY = (
    "The primary objective of this study is to assess the safety of the cells in adults",
    "with osteoarthritis of the knee over twelve months.",
)
ZH = "本研究的主要目的是评价间充质干细胞治疗膝骨关节炎的安全性。"
ZH_TRADITIONAL = "本研究的主要目的是評價間充質幹細胞治療膝骨關節炎的安全性。"
HIDDEN = "Hidden claim: the sample size of 500 patients is justified."
_CMAP = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def %b endcmap end end"
_ONE_BYTE = b"1 begincodespacerange <00><ff> endcodespacerange "
_EITHER = ("report", "no_text_layer")
_UNREADABLE = "the page counts as unreadable, its letters are no evidence"


def utf16(text: str) -> bytes:
    """As fonts with a Uni…-UCS2 CMap want it."""
    return text.encode("utf-16-be")


def page(content: bytes, **fonts: bytes) -> bytes:
    """A file of one page."""
    paper = Paper()
    for name, body in fonts.items():
        paper.font(name.encode(), body)
    paper.page(content)
    return paper.file()


def mapped(mapping: bytes, words: tuple[str, ...] = BODY) -> bytes:
    """English in Helvetica with a ToUnicode map of its own."""
    paper = Paper()
    cmap = paper.stream(_CMAP % (_ONE_BYTE + mapping))
    paper.font(b"L", font(b"Helvetica", b"/Encoding/WinAnsiEncoding/ToUnicode %d 0 R" % cmap))
    paper.page(lines(80, words, name=b"L"))
    return paper.file()


SONG = cid_font(b"STSong-Light", b"UniGB-UCS2-H", b"GB1")
SONG_DOWN = cid_font(b"STSong-Light", b"UniGB-UCS2-V", b"GB1")


@nasty("map_to_private_use.pdf", "the font maps its letters to private-use characters", _UNREADABLE, *_EITHER)
def _() -> bytes:
    return mapped(b"1 beginbfrange <20><7e><E000> endbfrange")


@nasty("map_to_nothing.pdf", "the font maps its letters to control characters", "no control character reaches the report", *_EITHER)
def _() -> bytes:
    return mapped(b"1 beginbfrange <20><7e><0001> endbfrange")


@nasty("map_in_cipher.pdf", "the font maps each letter to the third one after it", _UNREADABLE, *_EITHER)
def _() -> bytes:
    return mapped(b"1 beginbfrange <20><7e><0023> endbfrange", BODY * 4)


@nasty("map_to_a_flood.pdf", "the font maps each letter to 200 letters", "the flood is bounded, nothing hangs", *_EITHER)
def _() -> bytes:
    return mapped(b"1 beginbfrange <20><7e><" + b"0041" * 200 + b"> endbfrange")


@nasty("map_cut_short.pdf", "the ToUnicode map ends in the middle of an entry", "the page is read as far as the font tells")
def _() -> bytes:
    return mapped(b"40 beginbfchar <54> <0054> <68> <00")


@nasty("no_map.pdf", "an embedded TrueType font without ToUnicode", "the page is read or counts as unreadable", *_EITHER)
def _() -> bytes:
    import reportlab
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(TTFont("Vera", Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"))
    target = BytesIO()
    canvas = Canvas(target, invariant=1)
    canvas.setFont("Vera", 11)
    for row, words in enumerate(BODY):
        canvas.drawString(72, 700 - 16 * row, words)
    canvas.save()
    return re.sub(rb"/ToUnicode \d+ 0 R", lambda found: b" " * len(found.group()), target.getvalue())


def _cid(name: str, cmap: str, collection: str, encoding: str, text: str, must: str = "the Chinese text is read", *outcomes: str) -> None:
    @nasty(f"cid_{cmap.lower().replace('-', '_')}.pdf", f"{name} is not embedded, its CMap is {cmap}", must, *outcomes)
    def _() -> bytes:
        return page(line(72, 80, text.encode(encoding), name=b"S"), S=cid_font(name.encode(), cmap.encode(), collection.encode()))


_cid("STSong-Light", "GBK-EUC-H", "GB1", "gbk", ZH)
_cid("STSong-Light", "GB-EUC-H", "GB1", "gb2312", ZH)
_cid("STSong-Light", "UniGB-UCS2-H", "GB1", "utf-16-be", ZH)
_cid("SimSun", "GBK2K-H", "GB1", "gb18030", ZH)
_cid("MSung-Light", "B5pc-H", "CNS1", "big5", ZH_TRADITIONAL)
_cid("MSung-Light", "ETen-B5-H", "CNS1", "big5", ZH_TRADITIONAL)
_cid("MHei-Medium", "UniCNS-UTF16-H", "CNS1", "utf-16-be", ZH_TRADITIONAL)
_cid("STSong-Light", "UniGB-UTF8-H", "GB1", "utf-8", ZH, f"the CMap is unknown: {_UNREADABLE}", *_EITHER)


def _type_3(letters: bytes, name_of: dict[int, bytes]) -> bytes:
    paper = Paper()
    shapes = {code: paper.stream(b"600 0 0 0 500 700 d1 0 0 500 700 re f") for code in sorted(set(letters))}
    procedures = b"".join(b"/%b %d 0 R" % (name_of[code], number) for code, number in shapes.items())
    differences = b"".join(b"%d/%b " % (code, name_of[code]) for code in shapes)
    paper.font(
        b"T",
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 600 700]/FontMatrix[.001 0 0 .001 0 0]/CharProcs<<%b>>"
        b"/Encoding<</Differences[%b]>>/FirstChar 0/LastChar 127/Widths[%b]>>" % (procedures, differences, b"600 " * 128),
    )
    paper.page(line(72, 80, letters, name=b"T"))
    return paper.file()


_TYPE_3 = b"Objectives: safety of cells"


@nasty("type_3.pdf", "a Type 3 font whose glyphs have the names of letters", "the text is read")
def _() -> bytes:
    return _type_3(_TYPE_3, {code: bytes([code]) for code in _TYPE_3} | {32: b"space", 58: b"colon"})


@nasty(
    "type_3_nameless.pdf",
    "a Type 3 font whose glyphs are called g1, g2 …, without ToUnicode",
    "the text is read by its codes, or the page counts as unreadable",
    *_EITHER,
)
def _() -> bytes:
    return _type_3(_TYPE_3, {code: b"g%d" % code for code in _TYPE_3})


@nasty("ligatures.pdf", "fi, ffi and fl are single glyphs, mapped to two letters, to U+FB03, and by name only", "the words are whole")
def _() -> bytes:
    paper = Paper()
    mapping = b"3 beginbfchar <01> <00660069> <02> <FB03> <03> <FB02> endbfchar 1 beginbfrange <20><7e><0020> endbfrange"
    cmap = paper.stream(_CMAP % (_ONE_BYTE + mapping))
    looks = b"/Encoding<</Type/Encoding/BaseEncoding/WinAnsiEncoding/Differences[1/fi/ffi/fl]>>/FirstChar 0/LastChar 126/Widths[%b]"
    looks %= b"500 " * 127
    paper.font(b"L", font(b"Helvetica", looks + b"/ToUnicode %d 0 R" % cmap))
    paper.font(b"N", font(b"Helvetica", looks))
    drawn = b"The e\x02cacy was con\x01rmed and brie\x03y described"
    paper.page(line(72, 80, drawn, name=b"L") + line(72, 110, b"Safety \x01ndings were con\x01rmed and brie\x03y told", name=b"N"))
    return paper.file()


@nasty("spaced_zh.pdf", "headings with blanks between the characters: 研 究 目 的", "研究目的 is one word and a heading")
def _() -> bytes:
    headings = line(72, 80, utf16("一、研 究 目 的"), 15, b"S") + line(72, 180, utf16("二、 样\u3000本\u3000量"), 15, b"S")
    bodies = line(72, 110, utf16(ZH), name=b"S") + line(72, 210, utf16("样本量按主要终点的均数差估算，每组三十例，合计六十例。"), name=b"S")
    return page(headings + bodies, S=SONG)


@nasty("spaced_en.pdf", "headings with blanks between the letters: O B J E C T I V E S", "they are words and headings, two words stay two")
def _() -> bytes:
    drawn = line(72, 80, b"1. O B J E C T I V E S", 15, b"B") + lines(110, BODY)
    drawn += line(72, 180, b"S T U D Y   D E S I G N", 15, b"B") + lines(
        210, ("This is a randomised trial in two parallel groups of thirty adults each.",)
    )
    return page(drawn)


@nasty("tracked.pdf", "headings whose letters are set apart by the operator Tc", "they are words and headings")
def _() -> bytes:
    return page(line(72, 80, b"1. OBJECTIVES", 15, b"B", b"4 Tc") + lines(110, BODY))


@nasty("vertical.pdf", "Chinese in columns from right to left, with a vertical CMap", "the columns are read in their order")
def _() -> bytes:
    columns = ("一、研究目的", "本研究的主要目的是评价间充质干细胞", "治疗膝骨关节炎的安全性与有效性。")
    drawn = b"".join(b"BT /V 14 Tf 1 0 0 1 %d 780 Tm %b Tj ET\n" % (500 - 30 * at, literal(utf16(text))) for at, text in enumerate(columns))
    return page(drawn, V=SONG_DOWN)


@nasty("stacked.pdf", "a column of single characters, each drawn by itself", "the column is read downwards")
def _() -> bytes:
    return page(b"".join(line(500, 80 + 16 * at, utf16(sign), 14, b"S") for at, sign in enumerate("研究目的与意义")), S=SONG)


@nasty("double_lines.pdf", "bold made by drawing each line twice, a little apart", "each line is read once")
def _() -> bytes:
    drawn = b"".join(line(72 + shift, 80, b"1. Study objectives", 15) for shift in (0, 0.35))
    return page(drawn + lines(110, BODY))


@nasty("double_letters.pdf", "bold made by drawing each character three times", "each character is read once")
def _() -> bytes:
    drawn = b"".join(line(72 + 15 * at + shift, 80, utf16(sign), 15, b"S") for at, sign in enumerate("研究目的") for shift in (0, 0.3, 0.6))
    return page(drawn + line(72, 110, utf16(ZH), name=b"S"), S=SONG)


def _with_claim(before: bytes = b"", *, size: float = 11, top: float = 60, ground: bytes = b"", resources: bytes = b"") -> bytes:
    paper = Paper()
    paper.page(ground + line(72, top, HIDDEN.encode(), size, before=before) + lines(110, BODY), resources)
    return paper.file()


_LEFT_OUT = "the claim is no evidence, a warning names the page"


@nasty("invisible.pdf", "text in rendering mode 3 with nothing under it", _LEFT_OUT)
def _() -> bytes:
    return _with_claim(b"3 Tr")


@nasty("clip_only.pdf", "text in rendering mode 7, which only clips", _LEFT_OUT)
def _() -> bytes:
    return _with_claim(b"7 Tr")


@nasty("white.pdf", "white text on white paper", _LEFT_OUT)
def _() -> bytes:
    return _with_claim(b"1 1 1 rg")


@nasty("white_in_a_line.pdf", "the second half of a line is white", "the visible half is read, the white one left out with a warning")
def _() -> bytes:
    return page(b"BT /F 11 Tf 72 760 Td (Sixty adults are enrolled. ) Tj 1 g %b Tj ET 0 g\n" % literal(HIDDEN.encode()) + lines(110, BODY))


@nasty("transparent.pdf", "text of no opacity", _LEFT_OUT)
def _() -> bytes:
    return _with_claim(b"/X gs", resources=b"/ExtGState<</X<</ca 0>>>>")


@nasty("tiny.pdf", "text a tenth of a point high", _LEFT_OUT)
def _() -> bytes:
    return _with_claim(size=0.1)


@nasty("off_the_page.pdf", "text below the edge of the page", _LEFT_OUT)
def _() -> bytes:
    return _with_claim(top=900)


@nasty("white_on_dark.pdf", "white text on a dark bar", "the text is seen, so it is read")
def _() -> bytes:
    return _with_claim(b"1 g", ground=b"0 0 .4 rg 60 770 420 30 re f ")


_PICTURE = b"q 595 0 0 842 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xf0 EI Q\n"


@nasty(
    "ocr_layer.pdf", "invisible text under the picture of the page, as OCR leaves it", "the text tells what the picture shows: it is read"
)
def _() -> bytes:
    return page(_PICTURE + b"".join(line(72, 80 + 16 * row, words.encode(), before=b"3 Tr") for row, words in enumerate(BODY * 4)))


@nasty("under_a_picture.pdf", "text that a picture was drawn over", "it is taken for the text of the picture and read")
def _() -> bytes:
    return page(lines(80, BODY * 4) + _PICTURE)


def _turned(across: int, up: int, x: float, y: float) -> bytes:
    return b"".join(
        b"BT /F 11 Tf %d %d %d %d %g %g Tm %b Tj ET\n"
        % (across, up, -up, across, x + 15 * row * up, y - 15 * row * across, literal(words.encode()))
        for row, words in enumerate(BODY)
    )


@nasty("turned_left.pdf", "text that runs up the page", "the lines are read in their order")
def _() -> bytes:
    return page(_turned(0, 1, 300, 100))


@nasty("turned_right.pdf", "text that runs down the page", "the lines are read in their order")
def _() -> bytes:
    return page(_turned(0, -1, 300, 700))


@nasty("upside_down.pdf", "text that stands on its head", "its words are read")
def _() -> bytes:
    return page(_turned(-1, 0, 500, 400))


@nasty("right_to_left.pdf", "Hebrew and Arabic words among English ones", "the English words and numbers stay as they are")
def _() -> bytes:
    paper = Paper()
    cmap = paper.stream(_CMAP % b"1 begincodespacerange <0000><ffff> endcodespacerange 1 beginbfrange <0000><ffff><0000> endbfrange")
    paper.font(b"U", cid_font(b"Some", b"Identity-H", b"Identity", b"/ToUnicode %d 0 R" % cmap))
    words = ("The term פרוטוקול means protocol, dose 10 mg", "ACTION العربية dose 20 mg daily", "جرعة")
    paper.page(b"".join(line(72, 80 + 30 * row, utf16(text), name=b"U") for row, text in enumerate(words)))
    return paper.file()


@nasty("form_fields.pdf", "what was filled into a form stands in its fields, not on the page", "the entries are read with the page")
def _() -> bytes:
    paper = Paper()
    entry = "The sample size is 60 adults, 30 in each group."
    looks = paper.stream(
        b"/Tx BMC BT /F 11 Tf 2 6 Td %b Tj ET EMC" % literal(entry.encode()),
        b"/Type/XObject/Subtype/Form/BBox[0 0 400 20]/Resources<</Font<<%b>>>>" % paper.fonts,
    )
    field = paper.add(
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(sample)/V(%b)/F 4/Rect[72 600 472 620]/AP<</N %d 0 R>>/DA(/F 11 Tf)>>"
        % (entry.encode(), looks)
    )
    paper.page(lines(80, BODY) + lines(200, ("Sample size:",)), entries=b"/Annots[%d 0 R]" % field)
    paper.catalog = b"/AcroForm<</Fields[%d 0 R]/DA(/F 11 Tf)/DR<</Font<<%b>>>>>>" % (field, paper.fonts)
    return paper.file()
