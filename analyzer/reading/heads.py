"""Running heads, footers, page numbers and watermarks: what stands on pages without being read with them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from analyzer.reading.layout import Run

_EDGE = 0.15
"""Share of the page height, at top and bottom, in which running heads stand."""
_MARGIN = 0.08
"""Share of the page height, at top and bottom, in which bodies seldom begin or end."""
_MOST_LINES = 6
"""Lines that a running head may have."""
_SAME_PLACE = 4.0
"""Points by which a running head may move from page to page."""
_COMMON = 0.4
_ROMAN, _NUMBER = re.compile(r"[ivxlc]+"), re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"(?:[-–—]#[-–—]|(?:page|第)#页?(?:[/,，、|(（]?(?:of|共|总)?#?页?[)）]?)?|#/#|#of#)")


@dataclass(frozen=True, slots=True)
class PageRuns:
    """The runs of one page with their texts; tables are runs too."""

    height: float
    runs: Sequence[Run]
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    page: int
    index: int
    key: str
    from_edge: float
    size: float


def running_heads(pages: Sequence[PageRuns]) -> list[set[int]]:
    """For each page, the indexes of its runs that are no part of the body."""
    left_out: list[set[int]] = [set() for _ in pages]
    for at_top in (True, False):
        for candidate in _repeated_at_edge(pages, at_top):
            left_out[candidate.page].add(candidate.index)
    for page, index in _watermarks(pages):
        left_out[page].add(index)
    return left_out


def masked(text: str) -> str:
    """Text without blanks, digits as #: the same for running heads that only count."""
    bare = "".join(text.lower().split())
    if _ROMAN.fullmatch(bare):
        return "#"
    return _NUMBER.sub("#", bare)


def _repeated_at_edge(pages: Sequence[PageRuns], at_top: bool) -> list[_Candidate]:
    candidates = [candidate for number, page in enumerate(pages) for candidate in _at_edge(number, page, at_top)]
    by_key: dict[str, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_key[candidate.key].append(candidate)
    repeated: dict[tuple[int, int], int] = {}
    for group in by_key.values():
        for candidate in group:
            places = {other.page for other in group if abs(other.from_edge - candidate.from_edge) <= _SAME_PLACE}
            if len(places) >= 3 or len(places) >= max(2, _COMMON * len(pages)):
                repeated[candidate.page, candidate.index] = len(places)
    on_page: dict[int, set[int]] = defaultdict(set)
    for page_number, index in repeated:
        on_page[page_number].add(index)
    apart = {number: _stand_apart(pages[number], lines, at_top) for number, lines in on_page.items()}
    heads = [
        candidate
        for candidate in candidates
        if (count := repeated.get((candidate.page, candidate.index))) and _is_head(candidate, by_key[candidate.key], count, apart, pages)
    ]
    zones = _zones(heads, len(pages))
    chosen = {(head.page, head.index) for head in heads}
    known = {(head.key, round(head.size)) for head in heads if len(head.key) > 5}
    alike = [c for c in candidates if (c.page, c.index) not in chosen and ((c.key, round(c.size)) in known or _in_zone(c, zones))]
    chosen |= {(c.page, c.index) for c in alike}
    numbers = [c for c in candidates if (c.page, c.index) not in chosen and _PAGE_NUMBER.fullmatch(c.key)]
    return [*heads, *alike, *numbers]


def _at_edge(number: int, page: PageRuns, at_top: bool) -> list[_Candidate]:
    zone, height = _EDGE * page.height, page.height
    distances = [run.top for run in page.runs] if at_top else [height - run.bottom for run in page.runs]
    near = [(index, distance) for index, distance in enumerate(distances) if distance < zone]
    near = [(index, distance) for index, distance in near if page.runs[index].upright or page.runs[index].table is not None]
    outermost = sorted({round(distance) for _, distance in near})[:_MOST_LINES]
    return [
        _Candidate(number, index, masked(page.texts[index]), distance, page.runs[index].size)
        for index, distance in near
        if round(distance) in outermost
    ]


def _stand_apart(page: PageRuns, repeated: set[int], at_top: bool) -> bool:
    """Whether a gap parts the repeated lines at an edge from the body, as none parts a table's first row from its second."""
    if not repeated:
        return False
    rest = [run for index, run in enumerate(page.runs) if index not in repeated]
    if not rest:
        return True
    size = median(page.runs[index].size for index in repeated)
    if at_top:
        return min([run.top for run in rest]) - max(page.runs[index].bottom for index in repeated) > 0.7 * size
    return min(page.runs[index].top for index in repeated) - max([run.bottom for run in rest]) > 0.7 * size


def _is_head(candidate: _Candidate, group: Sequence[_Candidate], places: int, apart: dict[int, bool], pages: Sequence[PageRuns]) -> bool:
    """Whether a repeated line is a running head: on nearly all pages and close to the edge, or apart from the body on most of its pages."""
    if places >= max(3, 0.8 * len(pages)) and candidate.from_edge < _MARGIN * pages[candidate.page].height:
        return True
    on_pages = {other.page for other in group}
    return sum(apart.get(page, False) for page in on_pages) > 0.5 * len(on_pages)


def _zones(heads: Sequence[_Candidate], pages: int) -> list[tuple[float, float]]:
    """Distance from the edge and font size of the lines that hold a running head on most pages."""
    places: dict[tuple[int, int], set[int]] = defaultdict(set)
    for head in heads:
        places[round(head.from_edge), round(head.size)].add(head.page)
    return [(float(place), float(size)) for (place, size), on in places.items() if len(on) >= max(3, 0.6 * pages)]


def _in_zone(candidate: _Candidate, zones: Sequence[tuple[float, float]]) -> bool:
    return any(abs(candidate.from_edge - place) < 1.5 and abs(candidate.size - size) < 1 for place, size in zones)


def _watermarks(pages: Sequence[PageRuns]) -> list[tuple[int, int]]:
    body = Counter[int]()
    for page in pages:
        for run, text in zip(page.runs, page.texts, strict=True):
            if text:
                body[round(run.size)] += (len(text) + 7) // 8
    usual = body.most_common(1)[0][0] if body else 10
    marks: dict[tuple[str, int, int, int], list[tuple[int, int]]] = defaultdict(list)
    found = []
    for number, page in enumerate(pages):
        for index, (run, text) in enumerate(zip(page.runs, page.texts, strict=True)):
            if run.table is not None:
                continue
            slanted = 5 < run.angle % 90 < 85
            if slanted and run.size >= max(20, 1.5 * usual):
                found.append((number, index))
            elif slanted or run.size > 1.8 * usual:
                marks[masked(text), round(run.x0 / 6), round(run.top / 6), round(run.angle / 10)].append((number, index))
    return found + [place for places in marks.values() if len(places) >= max(3, _COMMON * len(pages)) for place in places]
