"""Files that carry something beside their pages: attached files, scripts, forms of another kind, signatures."""

from __future__ import annotations

from nasty.cases import nasty
from nasty.damaged import BODY, drawing, whole
from nasty.paper import Paper, lines

LONG = (*BODY, *("Visits take place at baseline and after four, twelve, twenty-six and fifty-two weeks." for _ in range(24)))
"""More than a cover has."""


def attaching(paper: Paper, name: bytes, data: bytes) -> None:
    """Attach a file."""
    file = paper.stream(data, b"/Type/EmbeddedFile")
    place = paper.add(b"<</Type/Filespec/F(%b)/UF(%b)/EF<</F %d 0 R>>>>" % (name, name, file))
    paper.catalog += b"/Names<</EmbeddedFiles<</Names[(%b) %d 0 R]>>>>" % (name, place)


@nasty("attached.pdf", "a Word file is attached to a protocol", "the protocol is read, a warning names the attached file")
def _() -> bytes:
    paper = Paper()
    paper.page(lines(60, LONG))
    attaching(paper, b"consent form.docx", b"not opened")
    return paper.file()


@nasty(
    "attached_evil_name.pdf",
    "the attached file is called ../../evil, with control characters",
    "the name is told without them, nothing is written",
)
def _() -> bytes:
    paper = Paper()
    paper.page(lines(60, LONG))
    attaching(paper, b"../../evil\\033[2J.pdf", b"%PDF-1.4")
    return paper.file()


@nasty(
    "portfolio.pdf",
    "a cover that asks for Acrobat, and a protocol attached to it",
    "the sentence that names the protocol and --inside",
    "portfolio",
)
def _() -> bytes:
    paper = Paper()
    paper.page(lines(80, ("For the best experience, open this PDF portfolio in Acrobat or Adobe Reader.",)))
    attaching(paper, b"protocol.pdf", whole().file())
    paper.catalog += b"/Collection<</Type/Collection/View/D>>"
    return paper.file()


@nasty("portfolio_of_itself.pdf", "a file whose attachment is its own beginning", "the sentence for portfolios", "portfolio")
def _() -> bytes:
    paper = Paper()
    paper.page(b"")
    attaching(paper, b"again.pdf", paper.file())
    return paper.file()


@nasty("scripts.pdf", "JavaScript that runs when the file is opened", "the text is read, a warning tells of scripts")
def _() -> bytes:
    paper = whole()
    script = paper.add(b"<</S/JavaScript/JS(app.alert\\('evil'\\); while \\(true\\);)>>")
    paper.catalog = b"/OpenAction %d 0 R/Names<</JavaScript<</Names[(a) %d 0 R]>>>>" % (script, script)
    return paper.file()


@nasty("launch.pdf", "an order to start a program when the file is opened", "nothing is started, a warning tells of it")
def _() -> bytes:
    paper = whole()
    paper.catalog = b"/OpenAction<</S/Launch/F(calc.exe)/Win<</F(calc.exe)>>>>"
    return paper.file()


@nasty("links_out.pdf", "links to a web page, to a file and to another PDF", "the text is read, nothing is fetched")
def _() -> bytes:
    actions = (
        b"/S/URI/URI(http://example.invalid/)",
        b"/S/GoToR/F(//example.invalid/share/x.pdf)/D[0/Fit]",
        b"/S/SubmitForm/F(http://example.invalid/)",
    )
    links = b"".join(b"<</Type/Annot/Subtype/Link/Rect[72 700 300 720]/A<<%b>>>>" % action for action in actions)
    return drawing(lines(80, BODY), entries=b"/Annots[%b]" % links)


_XDP = (
    b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template xmlns="http://www.xfa.org/schema/xfa-template/3.3/">'
    b'<subform name="form1"><field name="objective"><value><text>The primary objective</text></value></field></subform></template></xdp:xdp>'
)


def _form(paper: Paper, more: bytes = b"") -> bytes:
    packets = paper.stream(_XDP)
    paper.catalog = b"/AcroForm<</Fields[]/XFA %d 0 R>>%b" % (packets, more)
    return paper.file()


@nasty("xfa_dynamic.pdf", "an XFA form whose only page asks to wait", "the sentence that tells to print it to a new PDF", "dynamic_form")
def _() -> bytes:
    paper = Paper()
    notice = (
        "Please wait... If this message is not eventually replaced by the proper contents of the document,",
        "your PDF viewer may not be able to display it.",
    )
    paper.page(lines(80, notice))
    return _form(paper, b"/NeedsRendering true")


@nasty("xfa_static.pdf", "an XFA form with drawn pages", "the pages are read, a warning tells of the form")
def _() -> bytes:
    paper = Paper()
    paper.page(lines(60, LONG))
    return _form(paper)


@nasty("signature.pdf", "a field for a signature, with a signature of zeros", "the text is read")
def _() -> bytes:
    paper = Paper()
    value = paper.add(b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 1 2 3]/Contents<%b>>>" % (b"00" * 500))
    field = paper.add(b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature)/V %d 0 R/Rect[0 0 0 0]/F 132>>" % value)
    paper.page(lines(80, BODY), entries=b"/Annots[%d 0 R]" % field)
    paper.catalog = b"/AcroForm<</SigFlags 3/Fields[%d 0 R]>>" % field
    return paper.file()


@nasty("fields_in_a_ring.pdf", "fields of a form that are each other's parent", "the text is read")
def _() -> bytes:
    paper = Paper()
    first = len(paper.objects) + 1
    for other in (first + 1, first):
        paper.add(b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(b)/Rect[72 600 300 620]/Parent %d 0 R/Kids[%d 0 R]>>" % (other, other))
    paper.page(lines(80, BODY), entries=b"/Annots[%d 0 R %d 0 R]" % (first, first + 1))
    paper.catalog = b"/AcroForm<</Fields[%d 0 R]/NeedAppearances true>>" % first
    return paper.file()


@nasty("bookmarks_in_a_ring.pdf", "bookmarks that follow each other in a ring", "the text is read")
def _() -> bytes:
    paper = whole()
    first = len(paper.objects) + 1
    paper.add(b"<</Title(a)/Next %d 0 R/First %d 0 R>>" % (first + 1, first))
    paper.add(b"<</Title(b)/Next %d 0 R/Dest[6 0 R/Fit]>>" % first)
    paper.catalog = b"/Outlines<</First %d 0 R/Last %d 0 R/Count 999999>>" % (first, first)
    return paper.file()
