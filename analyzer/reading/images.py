"""Pictures of pages (JPEG, PNG, TIFF, BMP, WebP) -> a PDF of these pages, for OCR and for pictures in reports."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from analyzer import limits
from analyzer.errors import DamagedImage, LimitExceeded, OverImageMegapixels, OverPages

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
_LONG_SIDE = 842.0
"""Points; a picture that does not say how large it is printed is taken for a sheet of A4."""
_PLAUSIBLE = range(100, 1300)
"""Dots per inch of scans; the 72 or 96 of cameras and screens says nothing of paper."""
_QUALITY = 92


def pdf_of(data: bytes, path: str) -> bytes:
    """The PDF, a page for each page of the picture; the same picture gives the same pages.

    Raises DamagedImage, OverImageMegapixels or OverPages.
    """
    import pypdfium2 as pdfium

    made = pdfium.PdfDocument.new()
    try:
        for jpeg, width, height in _pages(data, path):
            page = made.new_page(width, height)
            picture = pdfium.PdfImage.new(made)
            picture.load_jpeg(BytesIO(jpeg), pages=[page], inline=True)
            picture.set_matrix(pdfium.PdfMatrix().scale(width, height))
            page.insert_obj(picture)
            page.gen_content()
            page.close()
        target = BytesIO()
        made.save(target)
        return target.getvalue()
    finally:
        made.close()


def _pages(data: bytes, path: str) -> Iterator[tuple[bytes, float, float]]:
    """Each page as a JPEG, upright, with the width and height of its print in points."""
    from PIL import Image, ImageSequence

    allowed = limits.current()
    usual = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None  # the limits are ours
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            found = getattr(picture, "n_frames", 1)
            if found > allowed.pages:
                raise OverPages(path=path, limit=allowed.pages, found=found)
            for frame in ImageSequence.Iterator(picture):
                if frame.width * frame.height > allowed.image_megapixels * 1_000_000:
                    raise OverImageMegapixels(path=path, limit=allowed.image_megapixels)
                yield _page(frame)
                limits.progress()
    except LimitExceeded:
        raise
    except Exception as error:  # Pillow fails in many ways over broken pictures
        raise DamagedImage(path=path) from error
    finally:
        Image.MAX_IMAGE_PIXELS = usual


def _page(frame: Image.Image) -> tuple[bytes, float, float]:
    from PIL import ImageOps

    dots = frame.info.get("dpi", (0, 0))[0]
    upright = ImageOps.exif_transpose(frame)
    sheet = _plain(upright)
    target = BytesIO()
    sheet.save(target, "JPEG", quality=_QUALITY)
    scale = 72 / dots if dots and int(dots) in _PLAUSIBLE else _LONG_SIDE / max(sheet.size)
    return target.getvalue(), sheet.width * scale, sheet.height * scale


def _plain(picture: Image.Image) -> Image.Image:
    """The picture in greys or colours of 8 bits, on white paper."""
    from PIL import Image

    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layers = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("RGB")
    if picture.mode.startswith("I;16"):
        return picture.point(lambda grey: grey / 256).convert("L")
    if picture.mode in {"L", "RGB"}:
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")
