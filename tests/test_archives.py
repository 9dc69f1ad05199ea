"""What people drop beside PDFs: archives, pictures, other formats, and files that are not what their name says."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from pdfs import pdf
from PIL import Image
from samples import report
from word_files import p, word

from analyzer import cli, errors
from analyzer.batch.sources import find, look_at
from analyzer.inputs import gather
from analyzer.reading import read
from analyzer.reading.archives import inside, member_at
from analyzer.reading.images import pdf_of
from analyzer.reading.intake import drawable
from analyzer.reading.kinds import Kind, sort_of
from analyzer.reports import Context
from analyzer.reports.letter import render as letter
from analyzer.resources import say

PDF = pdf(lambda sheet: sheet.text(72, 80, "Study protocol"))
WORD = word(p("Study protocol"))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def zipped(files: Mapping[str, bytes], *, encoding: str | None = None) -> bytes:
    """A zip file; with ``encoding``, names stand in it as the programs of a Chinese Windows write them."""
    target = io.BytesIO()
    written = [name.encode(encoding or "utf-8") for name in files]
    shown = [f"{number:03}".ljust(len(name), "_") for number, name in enumerate(written)] if encoding else list(files)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in zip(shown, files.values(), strict=True):
            archive.writestr(name, content)
    data = target.getvalue()
    for stand_in, raw in zip(shown, written, strict=True) if encoding else ():
        data = data.replace(stand_in.encode(), raw)
    return data


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(path: str) -> list[str]:
    """What is found in an archive."""
    return [name for name, _ in inside(path)]


# --- what a file is


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"<!DOCTYPE html><html><body>404 Not Found</body></html>", errors.WebPage),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><html xmlns='x'>", errors.WebPage),
        ("\ufeff<html>登录</html>".encode("utf-16"), errors.WebPage),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related;\n", errors.WebPage),
        (OLE + "WordDocument".encode("utf-16-le"), errors.OldWord),
        (b"<html xmlns:w='urn:schemas-microsoft-com:office:word'>", errors.OldWord),
        (b"<?xml version='1.0'?><?mso-application progid=\"Word.Document\"?>", errors.OldWord),
        (OLE + "EncryptedPackage".encode("utf-16-le"), errors.LockedWord),
        (OLE + "Workbook".encode("utf-16-le"), errors.OtherFormat),
        (b"{\\rtf1 words}", errors.OtherFormat),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}), errors.OtherFormat),
        (zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), errors.OtherFormat),
        (zipped({"OFD.xml": b"<x/>"}), errors.OtherFormat),
        (b"\0\0\0\x18ftypheic" + bytes(40), errors.OtherFormat),
        (b"Rar!\x1a\x07\x01\0", errors.OtherArchive),
        (b"7z\xbc\xaf\x27\x1c", errors.OtherArchive),
        (b'{"code": 401, "message": "log in"}', errors.NotAPdf),
        (b"", errors.EmptyFile),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_other_files_are_refused_with_what_they_are(content: bytes, error: type[errors.UnreadableFile], language: str) -> None:
    with pytest.raises(error) as caught:
        read("protocol.pdf", content)
    sentence = say(language, f"error_{error.code}", **caught.value.details)
    assert sentence.startswith("protocol.pdf") and "{" not in sentence


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    for name, content in (("really.docx", PDF), ("really.pdf", WORD)):
        (tmp_path / name).write_bytes(content)
        assert read(tmp_path / name).text == "Study protocol\n"


def test_a_pdf_stored_in_a_zip_file_does_not_make_it_a_pdf() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.pdf", PDF)
    assert b"%PDF" in target.getvalue()[:1024] and sort_of(target.getvalue()).kind is Kind.ZIP


# --- zip files


def test_a_zip_file_tells_what_is_in_it_and_how_to_have_it_analysed() -> None:
    with pytest.raises(errors.Archive) as caught:
        read("a.zip", zipped({"2026/plan.pdf": PDF, "方案.docx": WORD, "readme.txt": b"x", "__MACOSX/._plan.pdf": b"x", ".b.pdf": b""}))
    assert (caught.value.details["count"], caught.value.details["names"]) == (2, "2026/plan.pdf; 方案.docx")
    with pytest.raises(errors.ArchiveBarren) as bare:
        read("a.zip", zipped({"readme.txt": b"x"}))
    assert bare.value.details["names"] == "readme.txt"
    for content in (PDF[:0] + b"PK\x03\x04 cut", zipped({"a.pdf": PDF})[:-40]):
        with pytest.raises(errors.ArchiveDamaged):
            read("a.zip", content)


def test_what_is_inside_is_read_by_its_name_in_the_archive(folder: Path) -> None:
    Path("a.zip").write_bytes(zipped({"2026/plan.pdf": PDF, "方案.docx": WORD, "plan.letter.docx": WORD, "~$方案.docx": b"x"}))
    assert names("a.zip") == ["a.zip/2026/plan.pdf", "a.zip/方案.docx"]
    assert read("a.zip/2026/plan.pdf").text == read("a.zip/方案.docx").text == "Study protocol\n"
    for missing in ("a.zip/no.pdf", "b.zip/plan.pdf", "a.zip/2026"):
        with pytest.raises(errors.FileMissing):
            read(missing)


def test_names_of_a_chinese_windows_are_shown_rightly(folder: Path) -> None:
    Path("a.zip").write_bytes(zipped({"方案/终稿（二）.pdf": PDF, "caf\u00e9.pdf": PDF}, encoding="gbk"))
    Path("b.zip").write_bytes(zipped({"中文.pdf": PDF}, encoding="utf-8"))
    assert names("a.zip")[0] == "a.zip/方案/终稿（二）.pdf"
    assert names("b.zip") == ["b.zip/中文.pdf"]
    assert read("a.zip/方案/终稿（二）.pdf").text == "Study protocol\n"


def test_an_entry_leads_nowhere_else(folder: Path) -> None:
    Path("a.zip").write_bytes(zipped({"../../evil.pdf": PDF, "/etc/x.pdf": PDF, "C:\\y.pdf": PDF, "z\x1b[2J\u202e.pdf": PDF, "y.pdf": PDF}))
    assert names("a.zip") == ["a.zip/evil.pdf", "a.zip/etc/x.pdf", "a.zip/y.pdf", "a.zip/z[2J.pdf", "a.zip/y (2).pdf"]
    assert member_at("a.zip/evil.pdf") == PDF
    assert [path.name for path in folder.iterdir()] == ["a.zip"]


def test_a_zip_file_in_a_zip_file_is_looked_into_but_no_deeper(folder: Path) -> None:
    inner = zipped({"b.pdf": PDF, "deeper.zip": zipped({"c.pdf": PDF})})
    Path("a.zip").write_bytes(zipped({"inner.zip": inner, "broken.zip": b"PK\x03\x04"}))
    found = dict(inside("a.zip"))
    assert [name for name, error in found.items() if error is None] == ["a.zip/inner.zip/b.pdf"]
    assert isinstance(found["a.zip/inner.zip/deeper.zip"], errors.ArchiveTooDeep)
    assert isinstance(found["a.zip/broken.zip"], errors.ArchiveDamaged)
    assert read("a.zip/inner.zip/b.pdf").text == "Study protocol\n"


def test_bombs_are_left_closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.zip").write_bytes(zipped({"bomb.pdf": b"%PDF" + bytes(30_000_000)}))
    with pytest.raises(errors.OverSwelling):
        member_at("a.zip/bomb.pdf")
    Path("b.zip").write_bytes(zipped({f"{number}.pdf": b"%PDF" + bytes(900_000) for number in range(3)}))
    for setting, error in (("unpacked_total_megabytes=1", None), ("archive_files=2", errors.OverArchiveFiles)):
        monkeypatch.setenv("ANALYZER_LIMITS", setting)
        if error:
            with pytest.raises(error):
                inside("b.zip")
        else:
            assert len(inside("b.zip")) == 3
    Path("c.zip").write_bytes(zipped({f"{number}.zip": zipped({"x.txt": bytes(range(256)) * 3000}) for number in range(4)}))
    Path("d.zip").write_bytes(zipped({"a.pdf": bytes(range(256)) * 5000}))
    monkeypatch.setenv("ANALYZER_LIMITS", "unpacked_megabytes=1")
    with pytest.raises(errors.OverUnpackedMegabytes):
        member_at("d.zip/a.pdf")


def test_a_locked_archive_asks_for_its_password(folder: Path) -> None:
    data = bytearray(zipped({"a.pdf": PDF}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    Path("a.zip").write_bytes(data)
    assert names("a.zip") == ["a.zip/a.pdf"]
    for password in (None, "wrong"):
        with pytest.raises(errors.ArchiveLocked):
            read("a.zip/a.pdf", password=password)


def test_protocols_attached_to_a_pdf_stand_beside_it(folder: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=io.BytesIO(PDF))
    for name, content in (("inner.pdf", PDF), ("notes.txt", b"x"), ("../方案.docx", WORD)):
        writer.add_attachment(name, content)
    writer.write("cover.pdf")
    assert sorted(names("cover.pdf")) == ["cover.pdf", "cover.pdf/inner.pdf", "cover.pdf/方案.docx"]
    assert read("cover.pdf/方案.docx").text == "Study protocol\n"
    Path("plain.pdf").write_bytes(PDF)
    assert names("plain.pdf") == []


def test_archives_are_opened_only_on_request(folder: Path) -> None:
    Path("a.zip").write_bytes(zipped({"x.pdf": PDF}))
    Path("empty.zip").write_bytes(zipped({"x.txt": b""}))
    Path("b.pdf").write_bytes(PDF)
    assert [entry.path for entry in gather(["."]).inputs] == ["./b.pdf"]
    assert [entry.path for entry in gather(["."], archives=True).inputs] == ["./a.zip/x.pdf", "./b.pdf", "./empty.zip"]
    assert [entry.path for entry in gather(["a.zip"]).inputs] == ["a.zip"]
    assert [entry.path for entry in find(["."], archives=True)] == ["./a.zip/x.pdf", "./b.pdf", "./empty.zip"]
    found = [look_at(entry, lambda path: None) for entry in find(["a.zip", "b.pdf"], archives=True)]
    assert [entry.error for entry in found] == [None, None] and found[0].key == found[1].key


def run(*arguments: str) -> int:
    """The exit status of the command line."""
    return cli.main(list(arguments))


def test_check_analyses_what_is_inside(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.zip").write_bytes(zipped({"plan.pdf": PDF, "no.pdf": b"<html>", "plan.docx": WORD}))
    assert run("check", "a.zip", "--lang", "en", "--pack", "mini") == errors.ExitStatus.UNREAD
    assert "--inside" in capfd.readouterr().err
    assert run("check", "a.zip", "--inside", "--lang", "en", "--pack", "mini", "--format", "jsonl") == errors.ExitStatus.UNREAD
    told = capfd.readouterr()
    assert told.out.count("schema_version") == 2 and "a.zip/no.pdf: this is a web page" in told.err


# --- Word files among reports


def test_a_word_file_has_no_pages_to_mark_or_show(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("plan.docx").write_bytes(WORD)
    options = ("--lang", "en", "--pack", "mini", "-o")
    assert run("check", "plan.docx", "--format", "pdf", *options, "marked/") == errors.ExitStatus.UNREAD
    assert "only a PDF can be marked" in capfd.readouterr().err
    assert run("check", "plan.docx", *options, "plan.html") == errors.ExitStatus.OK
    assert "no pictures of pages" in Path("plan.html").read_text("utf-8")


def test_a_letter_never_takes_the_place_of_a_protocol_and_is_passed_over(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("plan.docx").write_bytes(WORD)
    options = ("--lang", "en", "--pack", "mini", "-o")
    assert run("check", "plan.docx", *options, "plan.docx") == errors.ExitStatus.USAGE
    assert run("check", "plan.docx", "--format", "docx", *options, "./") == errors.ExitStatus.OK
    assert Path("plan.docx").read_bytes() == WORD and Path("plan.letter.docx").is_file()
    Path("renamed.docx").write_bytes(letter(report(), Context("en", "plan.pdf", PDF)))
    assert [entry.path for entry in gather(["."]).inputs] == ["./plan.docx"]
    assert run("check", "plan.docx", *options, "renamed.docx") == errors.ExitStatus.OK


# --- pictures


def picture(form: str, mode: str = "L", size: tuple[int, int] = (300, 400), **more: object) -> bytes:
    """A picture file, black on the left."""
    image = Image.new("RGBA", size, (255, 255, 255, 0 if mode == "RGBA" else 255))
    image.paste("black", (0, 0, 40, size[1]))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    target = io.BytesIO()
    image.convert(mode).save(target, form, **more)
    return target.getvalue()


def drawn(data: bytes) -> Iterator[Image.Image]:
    """The pages of a PDF as pictures, one pixel per point."""
    import pypdfium2 as pdfium

    with pdfium.PdfDocument(data) as document:
        for page in document:
            yield page.render(scale=1).to_pil().convert("L")


@pytest.mark.parametrize(("form", "mode"), [("JPEG", "L"), ("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "1"), ("PNG", "RGBA"), ("TIFF", "L"), ("BMP", "RGB"), ("WEBP", "RGB"), ("PNG", "P"), ("TIFF", "I;16")])  # fmt: skip
def test_a_picture_becomes_a_page(form: str, mode: str) -> None:
    (page,) = drawn(drawable(picture(form, mode), "scan"))
    assert page.size == (632, 842)
    assert page.getpixel((30, 400)) < 60 and page.getpixel((500, 400)) > 200  # type: ignore[operator]


def test_pages_of_a_tiff_resolution_and_orientation() -> None:
    frames = [Image.new("1", (800, 1000), 1) for _ in range(3)]
    target = io.BytesIO()
    frames[0].save(target, "TIFF", save_all=True, append_images=frames[1:], dpi=(100, 100))
    assert [page.size for page in drawn(pdf_of(target.getvalue(), "scan.tif"))] == [(576, 720)] * 3
    turned = Image.Exif()
    turned[0x0112] = 6
    (page,) = drawn(pdf_of(picture("JPEG", exif=turned), "photo.jpg"))
    assert page.size == (842, 632) and page.getpixel((400, 30)) < 60  # type: ignore[operator]


def test_broken_and_huge_pictures_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (picture("PNG")[:60], b"\xff\xd8\xff\xe0 nothing", b"II*\0" + bytes(40)):
        with pytest.raises(errors.DamagedImage):
            read("scan.png", data)
    monkeypatch.setenv("ANALYZER_LIMITS", "image_megapixels=1")
    with pytest.raises(errors.OverImageMegapixels):
        read("scan.png", picture("PNG", "1", (2000, 2000)))


def test_a_picture_is_read_by_ocr_or_tells_how(monkeypatch: pytest.MonkeyPatch) -> None:
    import analyzer.reading

    monkeypatch.setattr(analyzer.reading, "installed", lambda: False)
    with pytest.raises(errors.ImageUnread):
        read("scan.png", picture("PNG"))
