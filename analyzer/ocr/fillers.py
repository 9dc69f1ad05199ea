"""Print that engines pass over: dots that lead to page numbers, lines left blank to be filled in, bullets, the blots of a schedule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analyzer.ocr.look import widths
from analyzer.ocr.pictures import Grey
from analyzer.ocr.readings import ReadLine

_SOME_DOTS = re.compile(r"[.·…•]{2,}")
_DOTS_WITHIN = re.compile(r"[\s.·…•:。]*(?:[.·•]{2,}|…)[\s.·…•:。]*")
_DOTS_AT_END, _DOTS_AT_START = re.compile(r"[\s.·…•。]+$"), re.compile(r"^[\s.·…•。]+")
_PAGE_NUMBER = re.compile(r"[\s.·…•。]*(?:\d{1,3}|[ivxlc]{1,6})\b")
_FEWEST = 4
"""Dots that make a leader."""
_DOT = 0.28
"""Ems that a dot measures at most."""
_DARK = 190
_UNDERSCORE = 0.5
"""Width of an underscore in ems."""
_LONGEST_BLANK = 260.0
"""Points; longer rules part things."""


@dataclass(frozen=True, slots=True)
class Leader:
    """A row of dots: where it begins and ends, its middle, and how many there are. In points."""

    x0: float
    x1: float
    y: float
    dots: int


def leaders_of(page: Grey, scale: float, lines: Sequence[ReadLine]) -> list[Leader]:
    """The rows of dots beside lines, on a page where at least some dots were read. ``page`` has no rules."""
    if not any(_SOME_DOTS.search(line.text) for line in lines):
        return []
    found: list[Leader] = []
    for line in lines:
        middle = (line.top + line.bottom) / 2
        if not any(abs(leader.y - middle) < 0.6 * line.size for leader in found):
            found += _in_row(page, scale, line)
    return [leader for leader in found if not any(_reads_on(line, leader) for line in lines)]


def _reads_on(line: ReadLine, leader: Leader) -> bool:
    """Whether a line was read across a row of dots, and found none."""
    level = line.top < leader.y < line.bottom and line.x0 < leader.x0 - line.size and line.x1 > leader.x1
    return level and not _SOME_DOTS.search(line.text)


def _in_row(page: Grey, scale: float, line: ReadLine) -> Iterator[Leader]:
    from scipy import ndimage

    top, bottom = max(0, round((line.top - 0.1 * line.size) * scale)), round((line.bottom + 0.1 * line.size) * scale)
    left = round(line.x0 * scale)
    labels, _ = ndimage.label(page[top:bottom, left:] < _DARK, np.ones((3, 3)))
    largest = _DOT * line.size * scale + 1
    middles = sorted(
        ((columns.start + columns.stop) / 2, (rows.start + rows.stop) / 2)
        for rows, columns in ndimage.find_objects(labels)
        if rows.stop - rows.start <= largest and columns.stop - columns.start <= largest and rows.start > 0 and rows.stop < bottom - top
    )
    chain: list[tuple[float, float]] = []
    step = 0.0
    for x, y in [*middles, (1e9, 0.0)]:
        if len(chain) == 1:
            step = x - chain[0][0]
        if chain and (
            abs(x - chain[-1][0] - step) > 0.3 * step + 1
            or step > 0.9 * line.size * scale
            or abs(y - chain[-1][1]) > 0.12 * line.size * scale + 1
        ):
            if len(chain) >= _FEWEST and _is_alone(labels, chain, largest):
                yield _leader(chain, left, top, scale)
            chain = chain[-1:] if x - chain[-1][0] <= 0.9 * line.size * scale else []
            step = x - chain[0][0] if chain else 0.0
        chain.append((x, y))


def _is_alone(labels: npt.NDArray[np.int32], chain: Sequence[tuple[float, float]], largest: float) -> bool:
    """Whether there is no ink but dots between the ends of a chain."""
    first, last = int(chain[0][0]), int(chain[-1][0]) + 1
    y = sum(y for _, y in chain) / len(chain)
    part = labels[:, first:last] > 0
    rest = int(part.sum() - part[max(0, int(y - 0.7 * largest)) : int(y + 0.7 * largest) + 1].sum())
    return rest <= len(chain)


def _leader(chain: Sequence[tuple[float, float]], left: int, top: int, scale: float) -> Leader:
    y = sum(y for _, y in chain) / len(chain)
    return Leader((left + chain[0][0]) / scale, (left + chain[-1][0]) / scale, (top + y) / scale, len(chain))


def with_leaders(lines: Sequence[ReadLine], leaders: Sequence[Leader]) -> list[ReadLine]:
    """The lines, each row of dots joined with what stands before and behind it."""
    rest = list(lines)
    for leader in leaders:
        row = sorted((line for line in rest if _is_level(line, leader)), key=lambda line: line.x0)
        before = [line for line in row if line.x0 < leader.x0]
        behind = next((line for line in row if line.x0 >= leader.x0 and line.x1 > leader.x1 and _ends(line, leader)), None)
        if not before:
            continue
        line = before[-1]
        inside = [other for other in row if other.x0 >= leader.x0 and other.x1 <= leader.x1 + 1]
        rest = [other for other in rest if other not in (line, behind) and other not in inside]
        rest.append(_joined(line, leader, behind))
    return rest


def _is_level(line: ReadLine, leader: Leader) -> bool:
    return line.top - 0.3 * line.size < leader.y < line.bottom + 0.3 * line.size


def _ends(line: ReadLine, leader: Leader) -> bool:
    """Whether a line behind a row of dots is the number of a page."""
    return line.x0 < leader.x1 + 4 * line.size and _PAGE_NUMBER.match(line.text) is not None


def _joined(line: ReadLine, leader: Leader, behind: ReadLine | None) -> ReadLine:
    dots = "." * leader.dots
    if behind is None and line.x1 > leader.x1 + 0.3 * line.size:
        places = list(_DOTS_WITHIN.finditer(line.text))
        if places:
            place = max(places, key=lambda match: match.end() - match.start())
            return replace(line, text=f"{line.text[: place.start()]} {dots} {line.text[place.end() :]}".strip())
        number = re.search(r"(?<=\D)(?:\d{1,3}|[ivx]{1,5})$", line.text)
        cut = number.start() if number else len(line.text)
        return replace(line, text=f"{line.text[:cut].rstrip()} {dots} {line.text[cut:]}".strip())
    text = f"{_DOTS_AT_END.sub('', line.text)} {dots}"
    if behind is None:
        return replace(line, text=text, x1=max(line.x1, leader.x1))
    sureness = min(line.confidence, behind.confidence) if _DOTS_AT_START.sub("", behind.text) else line.confidence
    whole = f"{text} {_DOTS_AT_START.sub('', behind.text)}".strip()
    return replace(
        line, text=whole, x1=behind.x1, top=min(line.top, behind.top), bottom=max(line.bottom, behind.bottom), confidence=sureness
    )


def blanks_of(page: Grey, scale: float, lines: Sequence[ReadLine], rules: Sequence[tuple[float, float, float, float]]) -> list[ReadLine]:
    """Rules under nothing on the base of a line of text, as underscores: in the line where it goes on, else beside it.

    ``page`` has no rules; uprights and what meets them make tables. All in points.
    """
    upright = [x0 for x0, _, x1, _ in rules if x0 == x1]
    found = list(lines)
    for x0, y, x1, bottom in sorted(rules):
        if y != bottom or not 0 < x1 - x0 < _LONGEST_BLANK or any(x0 - 4 < x < x1 + 4 for x in upright):
            continue
        row = [line for line in found if line.top + 0.5 * line.size < y < line.bottom + 0.45 * line.size and "\t" not in line.text]
        if not row:
            continue
        nearest = min(row, key=lambda line: max(line.x0 - x1, x0 - line.x1, 0.0))
        size = nearest.size
        if not _is_bare(page, scale, (x0, y - 0.85 * size, x1, y - 0.12 * size)):
            continue
        marks = "_" * max(2, round((x1 - x0) / (_UNDERSCORE * size)))
        if nearest.x0 < x0 and x1 < nearest.x1 - 0.3 * size:
            found[found.index(nearest)] = replace(nearest, text=_inserted(nearest, x0, x1, marks))
        elif not any(line.x0 < (x0 + x1) / 2 < line.x1 for line in row):
            found.append(ReadLine(marks, x0, y - 0.8 * size, x1, y + 0.1 * size, nearest.confidence, size, nearest.weight))
        elif nearest.x0 < x0:
            found[found.index(nearest)] = replace(nearest, text=nearest.text.rstrip("_ ") + marks, x1=max(nearest.x1, x1))
    return found


def _is_bare(page: Grey, scale: float, box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = (max(0, round(side * scale)) for side in box)
    part = page[top:bottom, left + 2 : max(left + 3, right - 2)]
    return part.size == 0 or float((part < _DARK).mean()) < 0.004


def _inserted(line: ReadLine, x0: float, x1: float, marks: str) -> str:
    """The text with ``marks`` where its characters leave room from ``x0`` to ``x1``."""
    text = line.text
    ems = [0.0 if character == "_" else width for character, width in zip(text, widths(text), strict=True)]
    unit = (line.x1 - line.x0 - (x1 - x0)) / max(1.0, sum(ems))
    reached, place = line.x0, len(text)
    for index, width in enumerate(ems):
        if reached + unit * width / 2 >= x0:
            place = index
            break
        reached += unit * width
    near = [at for at in range(max(0, place - 2), min(len(text), place + 2) + 1) if "_" in text[max(0, at - 1) : at + 1]]
    if near:
        start = end = near[0]
        while start and text[start - 1] in "_ ":
            start -= 1
        while end < len(text) and text[end] in "_ ":
            end += 1
        return text[:start] + marks + text[end:]
    punctuation = [at for at in range(max(1, place - 2), min(len(text), place + 2) + 1) if text[at - 1] in ":：=为"]
    place = punctuation[0] if punctuation else place
    return text[:place] + marks + text[place:]


def with_bullets(page: Grey, scale: float, lines: Sequence[ReadLine]) -> list[ReadLine]:
    """The lines, those of a list with the dots that stand before them. ``page`` has no rules."""
    dots = [_dot_before(page, scale, line) for line in lines]
    if sum(dot is not None or line.text.startswith(_BULLET) for dot, line in zip(dots, lines, strict=True)) < _COMPANY:
        return list(lines)
    return [
        line if dot is None else replace(line, text=f"{_BULLET} {_MISREAD_BULLET.sub('', line.text)}", x0=min(dot, line.x0))
        for line, dot in zip(lines, dots, strict=True)
    ]


_BULLET, _COMPANY = "•", 2
_MISREAD_BULLET = re.compile(r"^(?:[·・•*°。]\s*|[.\-–oO]\s+)(?=\S)")
_BULLET_SIDES, _BULLET_ROOM = (0.08, 0.5), (2.2, 0.6)
"""Ems that bullets measure, and before and behind the beginning of a line where they are looked for."""


def _dot_before(page: Grey, scale: float, line: ReadLine) -> float | None:
    """Where a dot begins that is alone before the words of a line, half way up; in points."""
    from scipy import ndimage

    em = line.size * scale
    left = max(0, round(line.x0 * scale - _BULLET_ROOM[0] * em))
    top = max(0, round(line.top * scale))
    labels, count = ndimage.label(page[top : round(line.bottom * scale), left : round(line.x0 * scale + _BULLET_ROOM[1] * em)] < _DARK)
    if not 1 <= count <= _MOST_BLOTS:
        return None
    (rows, columns), *others = sorted(ndimage.find_objects(labels), key=lambda place: place[1].start)
    dot = labels[rows, columns] > 0
    shortest, longest = min(dot.shape), max(dot.shape)
    if not (max(2.0, _BULLET_SIDES[0] * em) <= shortest and longest <= min(_BULLET_SIDES[1] * em, 1.7 * shortest)):
        return None
    middle = top + (rows.start + rows.stop) / 2 - (line.top + line.bottom) / 2 * scale
    clear = min((place[1].start for place in others), default=labels.shape[1]) - columns.stop
    solid = _is_round(dot) if shortest >= _PLAIN else float(dot.mean()) > _FILLED
    return (left + columns.start) / scale if solid and abs(middle) < _OFF * em and clear > _OFF * em else None


_PLAIN, _FILLED = 8, 0.55
"""Pixels across from which it can be seen whether a dot is round; of a smaller one, the share of its box that is ink."""
_OFF = 0.22
"""Ems: how far a bullet may be from half way up, and is from the words at least."""
_MOST_BLOTS = 8


def is_blot(page: Grey, box: tuple[float, float, float, float], scale: float) -> bool:
    """Whether a box (x0, top, x1, bottom; pixels) holds a filled circle as large as a letter and nothing else."""
    x0, top, x1, bottom = (max(0, round(side)) for side in box)
    ink = page[top:bottom, x0:x1] < _DARK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return False
    part = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _BLOT[0] * scale <= min(part.shape) and max(part.shape) <= _BLOT[1] * scale and _is_round(part)


BLOT = "●"
_BLOT = (3.5, 16.0)
"""Points across."""
_ROUND = 0.9
"""The share of a box that is inked where a circle would ink it, and blank elsewhere."""


def _is_round(ink: npt.NDArray[np.bool_]) -> bool:
    tall, wide = ink.shape
    y, x = np.ogrid[:tall, :wide]
    circle = ((y + 0.5) / tall - 0.5) ** 2 + ((x + 0.5) / wide - 0.5) ** 2 <= 0.25
    return 0.75 < tall / wide < 1.34 and float((ink == circle).mean()) >= _ROUND
