"""The engines that read a picture, behind one small interface. Each is imported when it is first made; both work without a network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from io import BytesIO
from typing import Any, Literal, Protocol

from analyzer.ocr.pictures import Grey

Strength = Literal["fast", "quality"]
CHOICE = "ANALYZER_OCR_ENGINE"
"""Environment variable that names the engine to use where several are installed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A line of text in a picture: its box in pixels and how sure the engine is, 0 to 1."""

    text: str
    x0: int
    top: int
    x1: int
    bottom: int
    confidence: float


def seen(text: str, box: Sequence[float], confidence: float) -> Seen:
    """A line in a box of x0, top, x1, bottom."""
    x0, top, x1, bottom = (round(side) for side in box)
    return Seen(text, x0, top, x1, bottom, confidence)


class Engine(Protocol):
    """Finds and reads the lines of a picture."""

    def lines(self, page: Grey) -> list[Seen]:
        """The lines of a grey picture, in no particular order."""
        ...


class FasterPaddle:
    """``faster-paddle``: PP-OCRv6, its ``tiny`` models for speed, ``small`` for quality."""

    package, module = "faster-paddle", "faster_paddle"

    def __init__(self, strength: Strength) -> None:
        import faster_paddle

        self._engine = faster_paddle.OcrEngine(model_size="tiny" if strength == "fast" else "small", threads=1, det_min_side=0)

    def lines(self, page: Grey) -> list[Seen]:
        found = self._engine.ocr(_bitmap(page))["bounds"].values()
        return [seen(one["text"], (*one["topLeftCoord"], *one["bottomRightCoord"]), one["confidence"]) for one in found]


class RapidOcr:
    """``rapidocr`` on onnxruntime: PP-OCRv6 ``small`` for both, as its wheel holds no other. Its classifier turns good lines over: off."""

    package, module = "rapidocr", "rapidocr"

    def __init__(self, strength: Strength) -> None:
        from rapidocr import RapidOCR

        del strength
        one = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        self._engine = RapidOCR(params={"Global.log_level": "critical", **one})

    def lines(self, page: Grey) -> list[Seen]:
        import numpy as np

        found: Any = self._engine(np.repeat(page[..., None], 3, axis=2), use_cls=False)
        if found.boxes is None:
            return []
        return [
            seen(text, (*box.min(axis=0), *box.max(axis=0)), float(score))
            for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        ]


_KNOWN = (FasterPaddle, RapidOcr)


@cache
def installed() -> str | None:
    """Name and version of the engine in use, or None where none is installed."""
    chosen = _chosen()
    return f"{chosen.package} {version(chosen.package)}" if chosen else None


def make(strength: Strength) -> Engine:
    """A new engine, which works on one core; one thread may use it at a time. Raises ImportError where none is installed."""
    chosen = _chosen()
    if chosen is None:
        raise ImportError("no OCR engine is installed")
    return chosen(strength)


def _chosen() -> type[FasterPaddle] | type[RapidOcr] | None:
    wanted = os.environ.get(CHOICE)
    return next((known for known in _KNOWN if wanted in (None, "", known.package) and _is_there(known)), None)


def _is_there(known: type[FasterPaddle] | type[RapidOcr]) -> bool:
    try:
        return find_spec(known.module) is not None and bool(version(known.package))
    except (PackageNotFoundError, ValueError):
        return False


def _bitmap(page: Grey) -> bytes:
    """The picture as a BMP file, which costs nothing to write or read."""
    from PIL import Image

    target = BytesIO()
    Image.fromarray(page).save(target, "BMP")
    return target.getvalue()
