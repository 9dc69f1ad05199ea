"""The way of one page: evened, turned upright, set straight, read, and where numbers are doubtful looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

import numpy as np

from analyzer.ocr.backends import Engine, Seen, Strength, make
from analyzer.ocr.backends import seen as seen_in
from analyzer.ocr.fillers import BLOT, Leader, blanks_of, is_blot, leaders_of, with_bullets, with_leaders
from analyzer.ocr.look import look_of
from analyzer.ocr.mending import mended, with_signs
from analyzer.ocr.pictures import (
    Grey,
    Levels,
    Lie,
    crisp,
    evened,
    hairlines_of,
    ink_of,
    is_blank,
    is_marked,
    levels_of,
    lie_of,
    straightened,
    turned,
    without_stamps,
)
from analyzer.ocr.readings import PageReading, ReadLine, Sheet
from analyzer.ocr.ruled import Rule, rules_in, without_rules
from analyzer.ocr.second_look import MOST_LEFT, doubtful, has_lost_power, left_over, read_again

_POOR = 0.8
"""Confidence below which a page may lie on its head or side: upright pages, bad ones too, come out above 0.9, others at 0.5 to 0.7."""
_BETTER = 0.12
_LEAST_TEXT = 12
"""Characters without which confidence says nothing."""
_GOOD = 0.9
_SAMPLE = 0.22
"""Half the share of the page's width and height that is read to find out which way up it is."""
_STEP = 8
"""Every which dot is asked where the print is."""
_TALL = 1.6
"""A line this many times higher than wide stands upright."""
_NOISE = 0.5
"""Confidence below which what seems a line is the edge of a stamp, a drawing or a speck."""
_SURE_ENOUGH = 0.6
"""Confidence in what was passed over at first."""


class PageReader:
    """Reads pages with engines of its own, so that each thread can have one."""

    def __init__(self, strength: Strength) -> None:
        self.strength = strength

    @cached_property
    def _engine(self) -> Engine:
        return make(self.strength)

    @cached_property
    def _cheap(self) -> Engine:
        return self._engine if self.strength == "fast" else make("fast")

    @cached_property
    def _careful(self) -> Engine:
        return self._engine if self.strength == "quality" else make("quality")

    def read(self, sheet: Sheet, hint: int = 0) -> PageReading:
        """What stands on a page. ``hint``: quarter turns that set other pages of the file upright."""
        plain = without_stamps(sheet.picture, sheet.scale)
        levels = levels_of(plain)
        grey = evened(plain, levels)
        clear = crisp(grey, levels)
        if is_marked(grey, levels):
            grey, levels = clear, Levels(255.0, 0.0, 0.0, 0.0, levels.spread)
        if is_blank(clear):
            return PageReading(*sheet.size, blank=True)
        lie = lie_of(ink_of(clear))
        turns = self._turns(grey, levels, lie, hint)
        laid = _laid(grey, levels, turns, lie.tilt, sheet.scale)
        seen = self._engine.lines(laid.page)
        if _is_poor(seen):
            better = self._best_turn(laid.page, levels, seen)
            if better:
                turns = (turns + better) % 4
                laid = _laid(grey, levels, turns, lie.tilt, sheet.scale)
                seen = self._engine.lines(laid.page)
        missed = sum(len(line.text) for line in seen if line.confidence < _NOISE and len(line.text) > 1)
        return PageReading(laid.width, laid.height, turns, lie.tilt, self._lines(laid, seen), laid.rules_in_points(), missed=missed)

    def _turns(self, grey: Grey, levels: Levels, lie: Lie, hint: int) -> int:
        """The quarters by which a sheet is probably to be turned: as others of its file or, on its side, as a part of it reads best."""
        if hint % 2 == lie.sideways:
            return hint
        if not lie.sideways:
            return 0
        part = _middle_of(straightened(turned(grey, 3), lie.tilt, levels.paper), levels)
        sure = _sureness(self._cheap.lines(part))
        return 3 if sure > _GOOD or sure >= _sureness(self._cheap.lines(turned(part, 2))) else 1

    def _best_turn(self, page: Grey, levels: Levels, seen: Sequence[Seen]) -> int:
        """By how many more quarters a page that is read poorly must be turned to be read well; 0 where none is better."""
        part = _middle_of(page, levels)
        found = {0: _sureness(seen)}
        for turns in (2, 1, 3):
            found[turns] = _sureness(self._cheap.lines(turned(part, turns)))
            if found[turns] > _GOOD:
                break
        best = max(found, key=lambda turns: found[turns])
        return best if found[best] > found[0] + _BETTER else 0

    def _lines(self, laid: _Laid, seen: Sequence[Seen]) -> list[ReadLine]:
        """All lines of a page, numbers looked at twice, with what the engine passes over."""
        lines = self._again(laid, laid.lines(seen))
        leaders = leaders_of(laid.bare, laid.scale, lines)
        lines += self._passed_over(laid, seen, lines, leaders)
        lines = with_bullets(laid.bare, laid.scale, with_leaders(lines, leaders))
        return with_signs(blanks_of(laid.bare, laid.scale, lines, laid.rules_in_points()))

    def _again(self, laid: _Laid, lines: list[ReadLine]) -> list[ReadLine]:
        """The lines, those with doubtful numbers as the better engine reads them in a larger picture."""
        chosen = doubtful(lines)
        closer = read_again(
            laid.page, [laid.pixels(lines[at]) for at in chosen], [lines[at].size * laid.scale for at in chosen], self._careful
        )
        for at, found in zip(chosen, closer, strict=True):
            if found and (found[1] > lines[at].confidence or has_lost_power(lines[at].text) > has_lost_power(found[0])):
                lines[at] = replace(lines[at], text=mended(found[0]), confidence=round(found[1], 4))
        return lines

    def _passed_over(self, laid: _Laid, seen: Sequence[Seen], lines: Sequence[ReadLine], leaders: Sequence[Leader]) -> list[ReadLine]:
        """What the engine finds in the ink that it passed over at first: mostly single digits and signs."""
        if not lines:
            return []
        size = median(line.size for line in lines)
        covered = [(float(line.x0), float(line.top), float(line.x1), float(line.bottom)) for line in seen]
        half = 0.3 * size
        k = laid.scale
        covered += [((one.x0 - 1) * k, (one.y - half) * k, (one.x1 + 1) * k, (one.y + half) * k) for one in leaders]
        patches = left_over(laid.bare, laid.scale, covered, size)
        blots = [patch.box for patch in patches if is_blot(laid.bare, patch.box, k)]
        patches = [patch for patch in patches if patch.box not in blots]
        if len(patches) > MOST_LEFT:
            patches = []
        closer = read_again(
            laid.bare, [patch.box for patch in patches], [max(patch.height, 0.8 * size * laid.scale) for patch in patches], self._engine
        )
        found = [
            seen_in(text, patch.box, sureness)
            for patch, (text, sureness) in ((patch, one) for patch, one in zip(patches, closer, strict=True) if one)
            if sureness >= _SURE_ENOUGH
        ]
        return laid.lines([*found, *(seen_in(BLOT, box, _GOOD) for box in blots)])


@dataclass(frozen=True)
class _Laid:
    """A page set straight: as the engine sees it, in black on white without its rules, and these, in pixels."""

    page: Grey
    bare: Grey
    rules: list[Rule]
    scale: float

    @property
    def width(self) -> float:
        return float(self.page.shape[1] / self.scale)

    @property
    def height(self) -> float:
        return float(self.page.shape[0] / self.scale)

    def lines(self, seen: Sequence[Seen]) -> list[ReadLine]:
        """The lines with what their print looks like, in points."""
        found = []
        for line in seen:
            box = line.x0, line.top, line.x1, line.bottom
            blot = len(line.text) <= 1 and is_blot(self.bare, box, self.scale)
            text = BLOT if blot else mended(line.text) if line.confidence >= _NOISE else ""
            look = look_of(self.bare, box, text) if text else None
            if look is not None:
                sure = max(line.confidence, _GOOD) if blot else line.confidence
                x0, top, x1, bottom = (round(side / self.scale, 2) for side in (look.x0, look.top, look.x1, look.bottom))
                size, stroke = round(look.size / self.scale, 2), round(look.stroke / self.scale, 3)
                found.append(ReadLine(text, x0, top, x1, bottom, round(sure, 4), size, stroke))
        return found

    def pixels(self, line: ReadLine) -> tuple[float, float, float, float]:
        """The box of a line in the picture."""
        return line.x0 * self.scale, line.top * self.scale, line.x1 * self.scale, line.bottom * self.scale

    def rules_in_points(self) -> list[Rule]:
        """The rules, in points."""
        return [(x0 / self.scale, top / self.scale, x1 / self.scale, bottom / self.scale) for x0, top, x1, bottom in self.rules]


def _laid(grey: Grey, levels: Levels, turns: int, tilt: float, scale: float) -> _Laid:
    page = straightened(turned(grey, turns), tilt, levels.paper)
    clear = crisp(page, levels)
    rules = rules_in(hairlines_of(page, levels), scale)
    return _Laid(page, without_rules(clear, rules, scale), rules, scale)


def _middle_of(page: Grey, levels: Levels) -> Grey:
    """A part of the page in the midst of its print."""
    height, width = page.shape
    ys, xs = np.nonzero(page[::_STEP, ::_STEP] < (levels.paper + levels.ink) / 2)
    x, y = (_STEP * int(np.median(xs)), _STEP * int(np.median(ys))) if len(xs) else (width // 2, height // 2)
    across, down = round(_SAMPLE * width), round(_SAMPLE * height)
    left, top = max(0, x - across), max(0, y - down)
    return page[top : top + 2 * down, left : left + 2 * across]


def _sureness(seen: Sequence[Seen]) -> float:
    """How sure the engine is of all it read; lines that stand upright count as misread, though it may have turned them by itself."""
    total = sum(len(line.text) for line in seen)
    sure = sum(line.confidence * len(line.text) for line in seen if not _stands(line))
    return sure / total if total >= _LEAST_TEXT else 0.0


def _stands(line: Seen) -> bool:
    return len(line.text) > 2 and line.bottom - line.top > _TALL * (line.x1 - line.x0)


def _is_poor(seen: Sequence[Seen]) -> bool:
    """Whether a page may have to be turned."""
    return _sureness(seen) < _POOR
