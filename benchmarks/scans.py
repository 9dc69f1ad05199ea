"""Scans made of digital PDFs: their pages as pictures, askew, grainy, stamped, marked or turned, for measuring and for tests.

    python -m benchmarks.scans FILE.pdf [FILE.pdf …] --into FOLDER [--font FILE] [--pages N]

For each ``NAME.VARIANT.pdf`` the folder gets a copy as ``NAME.digital.pdf`` and a scan for each of the ``KINDS``, ``NAME.KIND.pdf``.
The same file and kind give the same scan.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFilter, ImageFont

_RED = (200, 30, 40)


@dataclass(frozen=True, slots=True)
class Scanner:
    """How pages come out. Lengths in points, greys from 0 to 255, ``turns`` clockwise quarters by page number."""

    dpi: int = 150
    tilt: float = 0.0
    """Degrees by which sheets lie askew, now one way, now the other."""
    paper: int = 255
    ink: int = 0
    grain: float = 0.0
    shadow: int = 0
    """Greys by which one side is darker than the other."""
    blur: float = 0.0
    quality: int = 75
    """Of the JPEG."""
    seals: tuple[int, ...] = ()
    """Numbers of the pages with a red seal on them."""
    watermark: int = 0
    """Greys by which a word across the page is darker than paper."""
    turns: tuple[tuple[int, int], ...] = ()
    colour: bool = False

    def angle(self, number: int) -> float:
        """Degrees counter-clockwise by which the page with this number lies askew."""
        return self.tilt * (1 if number % 2 else -0.6)


KINDS = {
    "plain": Scanner(150, tilt=0.7, paper=240, ink=25, grain=5, quality=70),
    "stamped": Scanner(200, tilt=1.8, paper=232, ink=40, grain=7, shadow=25, seals=(1, 3), watermark=38, turns=((2, 1),), colour=True),
    "faint": Scanner(170, tilt=3.0, paper=222, ink=95, grain=6, blur=0.6, quality=55, turns=((3, 2), (4, 3))),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the scans."""
    parser = argparse.ArgumentParser(prog="benchmarks.scans", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--font", help="for seals and watermarks")
    parser.add_argument("--pages", type=int, help="at most so many of each file")
    options = parser.parse_args(arguments)
    options.into.mkdir(parents=True, exist_ok=True)
    for path in options.files:
        name = path.name.partition(".")[0]
        content = chosen(path.read_bytes(), range(1, options.pages + 1)) if options.pages else path.read_bytes()
        (options.into / f"{name}.digital.pdf").write_bytes(content)
        for kind, scanner in KINDS.items():
            (options.into / f"{name}.{kind}.pdf").write_bytes(scanned(content, scanner, font=options.font))


def chosen(content: bytes, numbers: Sequence[int]) -> bytes:
    """The PDF that holds only the pages with these numbers, counted from 1."""
    source, target = pdfium.PdfDocument(content), pdfium.PdfDocument.new()
    target.import_pages(source, [number - 1 for number in numbers if number <= len(source)])
    written = BytesIO()
    target.save(written)
    return written.getvalue()


def scanned(content: bytes, scanner: Scanner, *, font: str | None = None) -> bytes:
    """A PDF of pictures of the pages of a PDF. ``font``: file with the letters of the seals."""
    with pdfium.PdfDocument(content) as pdf:
        pictures = [picture(pdf, number, scanner, font=font) for number in range(1, len(pdf) + 1)]
    return bound(pictures, scanner.dpi, scanner.quality)


def bound(pictures: Sequence[Image.Image], dpi: int = 150, quality: int = 75) -> bytes:
    """A PDF with one picture on each page."""
    target = BytesIO()
    pictures[0].save(target, "PDF", save_all=True, append_images=pictures[1:], resolution=dpi, quality=quality)
    return target.getvalue()


def picture(pdf: pdfium.PdfDocument, number: int, scanner: Scanner, *, font: str | None = None) -> Image.Image:
    """The page with this number, counted from 1, as a scanner sees it."""
    page = pdf[number - 1].render(scale=scanner.dpi / 72).to_pil().convert("RGB")
    chance = np.random.default_rng(number)
    if scanner.watermark:
        page = _marked(page, scanner, font)
    page = page.point([round(scanner.ink + value * (scanner.paper - scanner.ink) / 255) for value in range(256)] * 3)
    if number in scanner.seals:
        _stamp(page, scanner.dpi / 72, chance, font)
    angle = scanner.angle(number)
    if angle:
        page = page.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(scanner.paper,) * 3)
    if scanner.blur:
        page = page.filter(ImageFilter.GaussianBlur(scanner.blur))
    page = _lit(page, scanner, chance)
    page = page.rotate(-90 * dict(scanner.turns).get(number, 0), expand=True)
    return page if scanner.colour else page.convert("L")


def _lit(page: Image.Image, scanner: Scanner, chance: np.random.Generator) -> Image.Image:
    """The page with shadow and grain."""
    values = np.asarray(page, dtype=np.float32)
    height, width = values.shape[:2]
    values = values - np.linspace(0, scanner.shadow, width, dtype=np.float32)[None, :, None]
    values = values + chance.normal(0, scanner.grain, (height, width, 1)).astype(np.float32)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def _marked(page: Image.Image, scanner: Scanner, font: str | None) -> Image.Image:
    """The page with a pale word across it, under the print."""
    layer = Image.new("L", page.size, 255)
    words = "内部资料 严禁外传" if font else "CONFIDENTIAL"
    size = page.width / 9
    ImageDraw.Draw(layer).text((page.width / 2, page.height / 2), words, fill=255 - scanner.watermark, font=_font(font, size), anchor="mm")
    layer = layer.rotate(40, Image.Resampling.BICUBIC, fillcolor=255)
    return Image.merge("RGB", [Image.fromarray(np.minimum(np.asarray(band), np.asarray(layer))) for band in page.split()])


def _stamp(page: Image.Image, scale: float, chance: np.random.Generator, font: str | None) -> None:
    """Press a round seal of 42 mm on the page, over its text."""
    radius = 60 * scale
    x = float(chance.uniform(0.35, 0.65)) * page.width
    y = float(chance.uniform(0.3, 0.7)) * page.height
    side = round(2 * radius + 8)
    seal = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(seal)
    centre = side / 2
    draw.ellipse((4, 4, side - 4, side - 4), outline=255, width=round(2.6 * scale))
    points = [
        (centre + math.sin(math.pi * step / 5) * length, centre - math.cos(math.pi * step / 5) * length)
        for step in range(10)
        for length in [radius * (0.3 if step % 2 == 0 else 0.12)]
    ]
    draw.polygon(points, fill=255)
    words = "某某医院伦理委员会" if font else "ETHICS COMMITTEE OF THE"
    for index, letter in enumerate(words):
        turn = -110 + 220 * index / (len(words) - 1)
        tile = Image.new("L", seal.size, 0)
        ImageDraw.Draw(tile).text((centre, centre - 0.78 * radius), letter, fill=255, font=_font(font, 13 * scale), anchor="mm")
        seal = Image.fromarray(np.maximum(np.asarray(seal), np.asarray(tile.rotate(-turn))))
    ImageDraw.Draw(seal).text(
        (centre, centre + 0.55 * radius), "专用章" if font else "APPROVED", fill=255, font=_font(font, 12 * scale), anchor="mm"
    )
    pressed = np.asarray(seal, dtype=np.float32)[..., None] / 255 * chance.uniform(0.55, 0.9)
    left, top = round(x - side / 2), round(y - side / 2)
    under = page.crop((left, top, left + side, top + side))
    paper = np.asarray(under, dtype=np.float32)
    paint = np.minimum(paper, paper * np.array(_RED, dtype=np.float32) / 255)
    page.paste(Image.fromarray((paper * (1 - pressed) + paint * pressed).astype(np.uint8)), (left, top))


def _font(path: str | None, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(path, round(size)) if path else ImageFont.load_default(round(size))


if __name__ == "__main__":
    main()
