"""Damaged copies of files that are whole: each must come to a report or to a failure that has a name.

    python -m benchmarks.fuzz [FILE|FOLDER …] [--mutants 5000] [--seed 1] [--keep FOLDER] [--json]

The sources are files that the analyzer reads; without any, those in ``examples`` and ``tests/nasty/files``. A mutant has flipped bytes,
a part lost, doubled, moved or overwritten, other numbers, other references between its objects, or a stream that was unpacked, changed
and packed again; often several of these. It is read in the guarded process of ``check`` under the usual limits, and its report is drawn
as JSON, as a page or as marked PDF by turns. Prints how often each outcome came, and the slowest; a fault of the program is told with
its number (the same seed, sources and number give the same mutant) and makes the status 1. ``--keep`` writes the mutants of the faults,
and those that broke the process, into a folder.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import AnalyzerError
from analyzer.guard import Fault, Guard
from analyzer.readers import Checked, Checking, Wanted
from analyzer.reports.machine import jsonl_bytes

ROOT = Path(__file__).parent.parent
_SOURCES = (ROOT / "examples", ROOT / "tests" / "nasty" / "files")
_FORMS = ("json", "html", "pdf")
_BROKE = frozenset({"crashed", "over_megabytes", "over_seconds", "over_total_seconds"})
_REPORT, _FAULT = "report", "FAULT"
_NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
_REFERENCE = re.compile(rb"(?<!\d)(\d{1,6})(?= \d R\b)")
_NAME = re.compile(rb"/[A-Za-z][A-Za-z0-9]*")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_LENGTH = re.compile(rb"/Length \d+")
_ODD_NUMBERS = (b"0", b"-1", b"1", b"65536", b"2147483647", b"-2147483648", b"99999999999999999999", b"1e30", b"0.0000001", b"nan")
_PUNCTUATION = (b"<<", b">>", b"[", b"]", b"(", b")", b"obj", b"endobj", b"stream", b"endstream", b"null", b"\x00", b"%", b"q ", b"Q ")

Mutation = Callable[[bytes, random.Random], bytes]


def flipped(data: bytes, chance: random.Random) -> bytes:
    """Some bytes have another value."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 10, 100))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    """The end, or rarely the beginning, is missing."""
    place = chance.randrange(len(data))
    return data[:place] if chance.random() < 0.8 else data[place:]


def lost(data: bytes, chance: random.Random) -> bytes:
    """A part is missing."""
    first, last = _part(data, chance)
    return data[:first] + data[last:]


def doubled(data: bytes, chance: random.Random) -> bytes:
    """A part comes twice or more."""
    first, last = _part(data, chance)
    return data[:first] + data[first:last] * chance.choice((2, 3, 20)) + data[last:]


def moved(data: bytes, chance: random.Random) -> bytes:
    """A part stands elsewhere."""
    first, last = _part(data, chance)
    rest = data[:first] + data[last:]
    place = chance.randrange(len(rest) + 1)
    return rest[:place] + data[first:last] + rest[place:]


def overwritten(data: bytes, chance: random.Random) -> bytes:
    """A part is noise or zeros."""
    first, last = _part(data, chance)
    filling = chance.randbytes(last - first) if chance.random() < 0.5 else bytes(last - first)
    return data[:first] + filling + data[last:]


def other_numbers(data: bytes, chance: random.Random) -> bytes:
    """Numbers are replaced by odd ones."""
    return _replaced(_NUMBER, data, chance, lambda: chance.choice(_ODD_NUMBERS))


def other_references(data: bytes, chance: random.Random) -> bytes:
    """Objects refer to others than they should."""
    known = [found.group(1) for found in _REFERENCE.finditer(data)] or [b"1"]
    return _replaced(_REFERENCE, data, chance, lambda: chance.choice((*known[:50], b"0", b"999999")))


def other_names(data: bytes, chance: random.Random) -> bytes:
    """Keys and types change places."""
    known = [found.group() for found in _NAME.finditer(data)][:500] or [b"/Type"]
    return _replaced(_NAME, data, chance, lambda: chance.choice(known))


def punctuated(data: bytes, chance: random.Random) -> bytes:
    """Brackets and keywords stand where they should not."""
    for _ in range(chance.choice((1, 2, 5))):
        place = chance.randrange(len(data) + 1)
        data = data[:place] + chance.choice(_PUNCTUATION) + data[place:]
    return data


def repacked(data: bytes, chance: random.Random) -> bytes:
    """What a packed stream holds is changed."""
    streams = list(_STREAM.finditer(data))
    chance.shuffle(streams)
    for stream in streams[:20]:
        with suppress(zlib.error):
            plain = zlib.decompress(stream.group(1))
            if plain:
                packed = zlib.compress(chance.choice(_SIMPLE)(plain, chance))
                length = b"/Length %d" % len(packed)
                before = data[: stream.start(1)]
                heads = list(_LENGTH.finditer(before[-400:]))
                if heads:
                    at = max(0, len(before) - 400)
                    before = before[: at + heads[-1].start()] + length + before[at + heads[-1].end() :]
                return before + packed + data[stream.end(1) :]
    return flipped(data, chance)


_SIMPLE: tuple[Mutation, ...] = (
    flipped, cut, lost, doubled, moved, overwritten, other_numbers, other_references, other_names, punctuated,
)  # fmt: skip
_ALL: tuple[Mutation, ...] = (*_SIMPLE, repacked, repacked, repacked)


def _part(data: bytes, chance: random.Random) -> tuple[int, int]:
    first = chance.randrange(len(data))
    return first, min(len(data), first + chance.choice((1, 16, 256, 4096, max(1, len(data) // 4))))


def _replaced(pattern: re.Pattern[bytes], data: bytes, chance: random.Random, make: Callable[[], bytes]) -> bytes:
    """Some of what the pattern finds is replaced."""
    found = list(pattern.finditer(data))
    for match in sorted(chance.sample(found, min(len(found), chance.choice((1, 2, 8)))), key=lambda match: -match.start()):
        data = data[: match.start()] + make() + data[match.end() :]
    return data


def mutant(sources: Sequence[bytes], seed: int, number: int) -> bytes:
    """The mutant of this number: one of the sources, changed once to three times."""
    chance = random.Random(f"{seed} {number}")
    data = chance.choice(sources)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if data:
            data = chance.choice(_ALL)(data, chance)
    return data


@dataclass(slots=True)
class Figures:
    """How the mutants fared. ``slowest``: seconds and number of the mutant that took longest."""

    outcomes: Counter[str]
    faults: dict[int, str]
    broke: list[int]
    slowest: tuple[float, int]
    seconds: float


def fuzz(sources: Sequence[bytes], mutants: int, seed: int, *, tell: Callable[[int], None], keep: Path | None = None) -> Figures:
    """Read so many mutants; ``tell`` is called with the number of each, and those that went wrong are written into ``keep`` at once."""
    figures = Figures(Counter(), {}, [], (0.0, -1), 0.0)
    began = time.monotonic()
    with ExitStack() as stack:
        guards = [stack.enter_context(Guard(Checking(Wanted("rscpq", ocr="never"), form, "auto", None, False))) for form in _FORMS]
        for number in range(mutants):
            tell(number)
            start = time.monotonic()
            data = mutant(sources, seed, number)
            outcome = _outcome(guards[number % len(guards)], data, number, figures)
            if keep and outcome in {*_BROKE, _FAULT}:
                (keep / f"{seed}-{number}.pdf").write_bytes(data)
            figures.outcomes[outcome] += 1
            if outcome in _BROKE:
                figures.broke.append(number)
            figures.slowest = max(figures.slowest, (time.monotonic() - start, number))
    figures.seconds = time.monotonic() - began
    return figures


def _outcome(guard: Guard[Checked], data: bytes, number: int, figures: Figures) -> str:
    try:
        checked = guard(f"mutant {number}.pdf", data=data, password=None)
        jsonl_bytes(checked.report)
        return _REPORT
    except AnalyzerError as error:
        return error.code
    except Fault as fault:
        figures.faults[number] = fault.trace
        return _FAULT


def _sources(paths: Sequence[Path]) -> Iterator[bytes]:
    for path in paths:
        files = sorted(path.rglob("*.pdf")) if path.is_dir() else [path]
        yield from (data for data in (file.read_bytes() for file in files) if data)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; status 1 where the program had a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", type=Path, default=_SOURCES)
    parser.add_argument("--mutants", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args(arguments)
    sources = list(_sources(wanted.sources))

    def tell(number: int) -> None:
        if sys.stderr.isatty() and number % 20 == 0:
            sys.stderr.write(f"\r{number}/{wanted.mutants}")

    if not sources:
        parser.error("no PDF in the sources")
    if wanted.keep:
        wanted.keep.mkdir(parents=True, exist_ok=True)
    figures = fuzz(sources, wanted.mutants, wanted.seed, tell=tell, keep=wanted.keep)
    if wanted.json:
        sys.stdout.write(json.dumps({"outcomes": figures.outcomes, "faults": figures.faults, "broke": figures.broke}) + "\n")
        return int(bool(figures.faults))
    for outcome, count in figures.outcomes.most_common():
        sys.stdout.write(f"{count:7} {outcome}\n")
    sys.stdout.write(f"{wanted.mutants} mutants of {len(sources)} files in {figures.seconds:.0f} s; ")
    sys.stdout.write(
        f"slowest: number {figures.slowest[1]} with {figures.slowest[0]:.1f} s; broke the process: {figures.broke or 'none'}\n"
    )
    for number, trace in figures.faults.items():
        sys.stdout.write(f"\nmutant {number}\n{trace}")
    return int(bool(figures.faults))


if __name__ == "__main__":
    raise SystemExit(main())
