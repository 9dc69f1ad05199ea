"""What was read on the picture of a page. Plain data, which can be kept as JSON.

All lengths are points from the top left of the page set straight: turned clockwise by ``turns`` quarters from how the file shows it, then
turned about its middle until lines that were askew by ``tilt`` degrees (counter-clockwise) lie level.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Sheet:
    """The picture of a page as the file shows it (height, width, 3; red first), with ``scale`` pixels per point."""

    picture: npt.NDArray[np.uint8]
    scale: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        return self.picture.shape[1] / self.scale, self.picture.shape[0] / self.scale


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of text: its ink's box, how sure the engine is (0 to 1), font size and width of strokes in points."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    confidence: float
    size: float
    weight: float


@dataclass(frozen=True, slots=True)
class PageReading:
    """The lines of a page in no particular order, and its ruling lines (x0, top, x1, bottom). ``blank``: there is nothing on the sheet."""

    width: float
    height: float
    turns: int = 0
    tilt: float = 0.0
    lines: list[ReadLine] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)
    blank: bool = False
    missed: int = 0
    """Characters of what may be lines, but was read too badly to be kept."""

    @property
    def confidence(self) -> float:
        """How sure the engine is of the page as a whole, each character counting the same; 0 for the missed, and where there is no text."""
        weights = [len(line.text) for line in self.lines]
        total = sum(weights) + self.missed
        return sum(line.confidence * weight for line, weight in zip(self.lines, weights, strict=True)) / total if total else 0.0

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> PageReading:
        """The reading that ``plain`` gave. Raises TypeError, KeyError or ValueError for anything else."""
        lines = [ReadLine(str(line["text"]), *(float(line[name]) for name in _MEASURES)) for line in data["lines"]]
        rules = [(float(x0), float(top), float(x1), float(bottom)) for x0, top, x1, bottom in data["rules"]]
        return cls(
            float(data["width"]), float(data["height"]), int(data["turns"]) % 4, float(data["tilt"]), lines, rules, bool(data["blank"]),
            max(0, int(data["missed"])),
        )  # fmt: skip


_MEASURES = ("x0", "top", "x1", "bottom", "confidence", "size", "weight")
