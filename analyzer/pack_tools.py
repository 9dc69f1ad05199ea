"""For those who write packs: list and show them, check one, run its examples, begin a new one."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from analyzer import patterns
from analyzer.conditions import Conditions
from analyzer.document import Document, Page, Passage, Section
from analyzer.errors import BrokenPack
from analyzer.matching import Matcher, Stance
from analyzer.resources import PACKAGE, load_yaml
from analyzer.rules import CriterionRule, ElementRule, Language, Pack, PackInfo, Patterns, Text, faults_in, line_of, load_folder, whole_word
from analyzer.text import HAN

Level = Literal["error", "hint"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
ENOUGH_EXAMPLES = 2
_STARTER = PACKAGE / "packs" / "common" / "starter"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a pack that should be mended: an ``error`` keeps a rule from working, a ``hint`` may be meant.

    ``kind`` is the key of its sentence in ``strings`` (``pack_problem_…``), ``details`` fill it.
    """

    file: Path
    line: int
    level: Level
    kind: str
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Trial:
    """One example of a criterion or condition, tried: the stances of its hits, and whether they are as the author says."""

    name: str
    kind: Literal["adequate", "inadequate", "holds", "fails"]
    language: Language
    sentence: str
    stances: tuple[Stance, ...]
    passed: bool
    file: Path | None = None
    line: int = 0


def trials(pack: Pack) -> Iterator[Trial]:
    """Every example of a pack, tried as ``try_example`` does it."""
    matchers = {}
    for element, criterion in pack.criteria():
        name = f"{element.id}.{criterion.id}"
        matchers[name] = Matcher(pack.model_copy(update={"elements": [element.model_copy(update={"criteria": [criterion]})]}))
        for kind, by_language in (("adequate", criterion.examples.adequate), ("inadequate", criterion.examples.inadequate)):
            for language in LANGUAGES:
                for sentence in by_language.get(language, []):
                    stances = _stances(matchers[name], criterion, language, sentence)
                    passed = ("satisfies" in stances) == (kind == "adequate")
                    file = pack.files.get(element.id)
                    yield Trial(name, kind, language, sentence, stances, passed, file, _line_with(file, sentence))  # type: ignore[arg-type]


def condition_trials(pack: Pack, names: Iterable[str] | None = None) -> Iterator[Trial]:
    """Every example of the conditions of a pack (of those that are ``names``), tried in the first section the condition is looked for in.

    A condition that the document model decides is tried by its words alone.
    """
    for name in pack.conditions if names is None else names:
        rule = pack.conditions[name].model_copy(update={"classifier": None})
        conditions = Conditions(pack.model_copy(update={"conditions": {name: rule}}), [name])
        matcher = Matcher(pack.model_copy(update={"elements": []}), conditions.criteria())
        for kind, by_language in (("holds", rule.examples.holds), ("fails", rule.examples.fails)):
            for language in LANGUAGES:
                for sentences in by_language.get(language, []):
                    document, passages = example_document(rule.look_in, language, sentences)
                    (found,) = conditions.decide(matcher.match(document, passages), {}, lambda passage: None)
                    yield Trial(name, kind, language, sentences, (), found.holds == (kind == "holds"))  # type: ignore[arg-type]


def _stances(matcher: Matcher, criterion: CriterionRule, language: Language, sentence: str) -> tuple[Stance, ...]:
    document, passages = example_document(criterion.look_in, language, sentence)
    return tuple(hit.stance for hit in matcher.match(document, passages))


def example_document(look_in: Sequence[str], language: Language, sentence: str) -> tuple[Document, list[Passage]]:
    """A document that says only ``sentence`` (each of its lines a passage) under a heading that says nothing.

    The heading stands for the first section in ``look_in``, or for any.
    """
    heading = "1.\n"
    text = heading + sentence + "\n"
    passages: list[Passage] = []
    start = len(heading)
    for line in sentence.split("\n"):
        passages.append(Passage(start, start + len(line), 0, "row" if "\t" in line else "sentence"))
        start += len(line) + 1
    return Document(
        path="example",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
        origin=array("i", range(len(text))),
        pages=[Page(1, 595.0, 842.0, 0, len(text), "digital", text)],
        lines=[],
        sections=[Section(heading.strip(), 1, look_in[0] if look_in else "other", 0, len(heading), len(text))],
        language=language,
    ), passages


def _line_with(file: Path | None, sentence: str) -> int:
    """The line of a file on which an example stands; 0 when it cannot be told."""
    if file is None:
        return 0
    lines = _lines(file)
    return next((number for number, line in enumerate(lines, 1) if sentence in line), 0)


@cache
def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


def check(folder: Path) -> list[Problem]:
    """All problems of the pack in a folder, in the order of its files. Nothing is raised for what is wrong inside them."""
    broken = [_as_problem(fault) for fault in faults_in(folder)]
    if broken:
        return broken
    doubled = [problem for path in sorted(folder.rglob("*.yaml")) for problem in _doubled_keys(path)]
    try:
        pack = load_folder(folder)
    except BrokenPack as error:
        return [*doubled, _as_problem(error)]
    own = {path.resolve() for path in folder.rglob("*.yaml")}
    mine = [element for element in pack.elements if pack.files[element.id].resolve() in own]
    places = {element.id: _Place(pack.files[element.id]) for element in mine}
    found = [*doubled, *_of_info(pack.info, folder / "pack.yaml")]
    for element in mine:
        found.extend(_of_element(element, places[element.id]))
    found.extend(_exploding(mine, places))
    return found


@dataclass(frozen=True)
class _Place:
    """A file of an element, and the lines of what stands in it."""

    file: Path

    def problem(self, kind: str, criterion: str | None, *keys: str, level: Level = "hint", **details: object) -> Problem:
        """A problem of a criterion (or of the element itself) at the place ``keys`` within it."""
        location: tuple[str | int, ...] = keys
        if criterion is not None:
            ids = [entry.get("id") for entry in load_yaml(self.file).get("criteria", [])]
            location = ("criteria", ids.index(criterion), *keys) if criterion in ids else ()
            details["criterion"] = criterion
        return Problem(self.file, line_of(self.file, location), level, kind, details)

    def holds(self, criterion: str) -> bool:
        """Whether the file says anything of a criterion, which may be inherited."""
        return any(entry.get("id") == criterion for entry in load_yaml(self.file).get("criteria", []))


def _as_problem(error: BrokenPack) -> Problem:
    details = error.details
    return Problem(Path(str(details["file"])), int(str(details["line"])), "error", "broken", {"expected": details["expected"]})


def _doubled_keys(path: Path) -> Iterator[Problem]:
    """Keys that stand twice in one mapping: YAML silently keeps the last."""
    import yaml

    def walk(node: Any) -> Iterator[Problem]:
        if isinstance(node, yaml.MappingNode):
            counts = Counter(key.value for key, _ in node.value)
            for key, value in node.value:
                if counts[key.value] > 1:
                    counts[key.value] = 0
                    yield Problem(path, key.start_mark.line + 1, "error", "doubled_key", {"key": key.value})
                yield from walk(value)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from walk(item)

    yield from walk(yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader))


def _of_info(info: PackInfo, path: Path) -> Iterator[Problem]:
    for language in _untranslated(info.name):
        yield Problem(path, line_of(path, ("name",)), "hint", "untranslated", {"field": "name", "language": language})


def _of_element(element: ElementRule, place: _Place) -> Iterator[Problem]:
    for field in ("name", "why"):
        for language in _untranslated(getattr(element, field)):
            yield place.problem("untranslated", None, field, field=field, language=language)
    for criterion in element.criteria:
        if place.holds(criterion.id):
            yield from _of_criterion(criterion, place)


def _of_criterion(criterion: CriterionRule, place: _Place) -> Iterator[Problem]:
    for field in ("name", "advice"):
        for language in _untranslated(getattr(criterion, field)):
            yield place.problem("untranslated", criterion.id, field, field=field, language=language)
    for section in criterion.look_in:
        if section not in canonical_sections():
            yield place.problem("unknown_section", criterion.id, "look_in", level="error", section=section)
    for language in LANGUAGES:
        if not (getattr(criterion.cues, language) or criterion.cues.any):
            yield place.problem("no_cues", criterion.id, "cues", level="error", language=language)
        for kind in ("adequate", "inadequate"):
            count = len(getattr(criterion.examples, kind).get(language, []))
            if count < ENOUGH_EXAMPLES:
                wanted = ENOUGH_EXAMPLES
                yield place.problem("few_examples", criterion.id, "examples", of=kind, language=language, count=count, wanted=wanted)
        yield from _shadowed(criterion, language, place)


def _untranslated(text: Text) -> list[Language]:
    """The languages in which a text seems to be missing: no Chinese character in ``zh``, or Chinese in ``en``."""
    missing: list[Language] = []
    if not text.zh.strip() or (not HAN.search(text.zh) and text.zh == text.en and " " in text.zh):
        missing.append("zh")
    if not text.en.strip() or HAN.search(text.en):
        missing.append("en")
    return missing


def _shadowed(criterion: CriterionRule, language: Language, place: _Place) -> Iterator[Problem]:
    """Cues of one language that another cue of the criterion makes needless, or that ``never`` makes useless."""
    cues = [*getattr(criterion.cues, language), *criterion.cues.any]
    alone = [Patterns.model_validate({language if cue in getattr(criterion.cues, language) else "any": [cue]}) for cue in cues]
    for index, cue in enumerate(cues):
        if index >= len(getattr(criterion.cues, language)) and language != LANGUAGES[0]:
            continue  # a cue for both languages is told of once
        samples = patterns.samples(cue)
        if not samples:
            continue
        for other, pattern in enumerate(alone):
            twins = cues[other] == cue and other > index
            if other != index and not twins and all(pattern.search(sample) for sample in samples):
                yield place.problem("shadowed", criterion.id, "cues", cue=cue, other=cues[other])
                break
        if all(criterion.never.search(sample) for sample in samples):
            yield place.problem("never_counts", criterion.id, "cues", cue=cue)


def _exploding(elements: Iterable[ElementRule], places: dict[str, _Place]) -> Iterator[Problem]:
    """Patterns that take unbearably long on some text."""
    where: dict[str, tuple[str, str, str]] = {}
    for element in elements:
        for criterion in filter(lambda criterion: places[element.id].holds(criterion.id), element.criteria):
            for field, group in (("cues", criterion.cues), ("never", criterion.never), *(("needs", need) for need in criterion.needs)):
                for pattern in (*group.zh, *group.any, *map(whole_word, group.en)):
                    where.setdefault(pattern, (element.id, criterion.id, field))
    for pattern in patterns.exploding(list(where)):
        element_id, criterion_id, field = where[pattern]
        yield places[element_id].problem("explodes", criterion_id, field, level="error", pattern=pattern, seconds=f"{patterns.BEARABLE:g}")


@cache
def canonical_sections() -> frozenset[str]:
    """The labels that a section can have."""
    return frozenset(load_yaml(PACKAGE / "packs" / "common" / "headings.yaml")) | {"other"}


def begin(folder: Path) -> list[Path]:
    """Write a starter pack into a folder that is new or empty, and give the files written.

    Raises FileExistsError when the folder holds something, OSError when it cannot be written to.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(folder)
    name = re.sub(r"[^a-z0-9_]+", "_", folder.resolve().name.lower()).strip("_")
    written = []
    for source in sorted(_STARTER.rglob("*.yaml")):
        target = folder / source.relative_to(_STARTER)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text("utf-8")
        target.write_text(text.replace("id: my_pack", f"id: {name}") if name[:1].isalpha() else text, "utf-8")
        written.append(target)
    return written
