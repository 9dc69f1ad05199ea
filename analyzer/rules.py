"""Packs: what a committee asks for, as data. YAML in, ``Pack`` out; an error names file, line and what was expected.

``docs/packs.md`` is the guide for those who write packs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from analyzer.anchors import alternatives
from analyzer.errors import BrokenPack
from analyzer.remembered import yaml_content
from analyzer.resources import PACKAGE, pack_dir

Language = Literal["zh", "en"]
Severity = Literal["critical", "major", "minor"]
Group = Literal["headline", "further", "document_structure"]
Domain = Literal["R", "S", "C", "P", "Q"]
ALWAYS = "always"
_ESSENTIAL_IF = "if:"
_SHOWN_CHOICES = 12
_TESTED = "bundled"
"""Context of validation for files that come with the program: the tests compile their patterns, so that no start has to."""


def _compiles(pattern: str, info: ValidationInfo) -> str:
    if info.context == _TESTED:
        return pattern
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from error
    return pattern


def _essential(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, str) and re.fullmatch(_ESSENTIAL_IF + "[a-z_]+", value)):
        return value
    raise ValueError("true, false or if:<condition>")


Pattern = Annotated[str, AfterValidator(_compiles)]
Essential = Annotated[bool | Annotated[str, Field(pattern=f"^{_ESSENTIAL_IF}[a-z_]+$")], BeforeValidator(_essential)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Model):
    """The same words in both languages."""

    zh: str
    en: str


def whole_word(pattern: str) -> str:
    """``pattern`` where no Latin letter stands on either side; ``\\b`` is useless beside Chinese."""
    return rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])"


FLAGS = re.IGNORECASE | re.MULTILINE


class Patterns(_Model):
    """Regular expressions per language, matched without regard to case; ``any`` holds those good for both."""

    zh: list[Pattern] = []
    en: list[Pattern] = []
    any: list[Pattern] = []

    def sources(self) -> list[str]:
        """All patterns, taken apart at their outermost ``|``; English ones need a place where no Latin letter stands on either side."""
        plain = (part for pattern in (*self.zh, *self.any) for part in alternatives(pattern))
        return [*plain, *(whole_word(part) for pattern in self.en for part in alternatives(pattern))]

    @cached_property
    def expression(self) -> re.Pattern[str] | None:
        """One alternation of all patterns."""
        parts = self.sources()
        return re.compile("|".join(f"(?:{part})" for part in parts), FLAGS) if parts else None

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """The first match in ``text[start:end]``, or None."""
        if self.expression is None:
            return None
        return self.expression.search(text, start, len(text) if end is None else end)


class Examples(_Model):
    """Sentences that do, and that do not, satisfy a criterion; the tests run them."""

    adequate: dict[Language, list[str]]
    inadequate: dict[Language, list[str]]


class Clause(_Model):
    """Where a requirement comes from. Only ``verified`` clauses may be quoted as settled; the others are told as "check"."""

    source: str
    ref: str
    status: Literal["verified", "secondary", "from_memory"]
    since: date | None = Field(default=None, alias="from")
    """First day on which a filing is under this clause; open when left out."""
    until: date | None = None
    """Last such day."""

    def in_force(self, filed_on: date) -> bool:
        """Whether a protocol filed on this day is under the clause."""
        return (self.since is None or self.since <= filed_on) and (self.until is None or filed_on <= self.until)


class Rule(_Model):
    """Words that make a statement. ``cues`` find the sentence, every one of ``needs`` must be in it or beside it, ``never`` voids it."""

    look_in: list[str] = []
    """Canonical sections in which a cue counts; empty means anywhere in the body."""
    cues: Patterns = Patterns()
    needs: list[Patterns] = []
    never: Patterns = Patterns()
    when_negated: Literal["unmet", "met"] = "unmet"
    when_other_study: Literal["unmet", "met"] = "unmet"
    """Whether what is said of other studies counts (the source of an assumption is one)."""


class CriterionRule(Rule):
    """One thing an element must say."""

    id: Id
    name: Text
    essential: Essential = False
    """``if:<condition>``: essential where the condition holds; elsewhere it is not asked for, and only counts when it is met."""
    counts: bool = True
    """Whether the criterion enters the verdict of its element."""
    cues: Patterns
    advice: Text
    examples: Examples

    @property
    def condition(self) -> str | None:
        """The condition on which it is essential, or None."""
        return self.essential.removeprefix(_ESSENTIAL_IF) if isinstance(self.essential, str) else None

    def is_essential(self, holding: Collection[str]) -> bool:
        """Whether it is essential where these conditions hold."""
        return self.condition in holding if self.condition else bool(self.essential)


class Alternative(_Model):
    """``criteria`` met while all of ``unmet`` are not make the element adequate, essential ones or not.

    An exploratory design needs no power; an open-label one that says why needs no blinding.
    """

    criteria: list[str] = Field(min_length=1)
    unmet: list[str] = []


class VerdictRule(_Model):
    """Share or number of criteria that make an element adequate once all essential ones are met."""

    share: float = 0.7
    at_least: int | None = None
    also: Alternative | None = None


class ElementRule(_Model):
    """A required element of a protocol and its criteria."""

    id: Id
    domain: Domain
    group: Group = "headline"
    name: Text
    severity: Severity
    applies: str = ALWAYS
    """``always``, or the condition without which the element is not asked for."""
    what: Text | None = None
    """What the element is, in a sentence."""
    why: Text
    verdict: VerdictRule = VerdictRule()
    clauses: list[Clause] = []
    known_problems: list[Text] = []
    """What the rules of this element are known to get wrong."""
    criteria: list[CriterionRule] = Field(min_length=1)


class ConditionExamples(_Model):
    """Sentences that do, and that do not, make a condition hold; the tests run them."""

    holds: dict[Language, list[str]] = {}
    fails: dict[Language, list[str]] = {}


class ConditionRule(Rule):
    """Something about the study that is decided from the document itself: it holds when more sentences speak for it than against it.

    ``cues`` (with ``needs`` and ``never``) speak for it; ``against`` speaks against it, and so does a cue that is denied.
    """

    name: Text
    against: Patterns = Patterns()
    at_least: int = Field(default=1, ge=1)
    """Sentences that must speak for it."""
    when_silent: bool = False
    """Whether it holds when nothing speaks for or against it, or as much for as against."""
    by_heading: bool = False
    """Whether words in the heading above a sentence count like its own."""
    classifier: Literal["protocol", "cells"] | None = None
    """The label of the trained document model that decides instead of the words."""
    examples: ConditionExamples = ConditionExamples()


class ContextCues(_Model):
    """Words that change what a cue means, see ``matching``."""

    negation_before: Patterns
    negation_after: Patterns
    not_negation: Patterns
    deferral: Patterns
    placeholder: Patterns
    other_study: Patterns
    own_study: Patterns

    def found_in(self, text: str, start: int, end: int) -> list[str]:
        """Names of those that stand in ``text[start:end]``."""
        return [name for name in ContextCues.model_fields if getattr(self, name).search(text, start, end)]


class TriageLine(_Model):
    """Matches when at least so many elements have one of these verdicts, severities and groups (left out: any), or the score is low."""

    verdict: list[Literal["adequate", "partial", "missing"]] = ["missing"]
    severity: list[Severity] = []
    group: list[Group] = []
    elements: list[Id] = []
    at_least: int = Field(default=1, ge=1)
    score_below: float | None = Field(default=None, ge=0, le=1)
    """When given, the line matches by the overall score alone."""


class TriageRule(_Model):
    """``return`` when one of its lines matches, else ``revise`` when one of its lines does, else ``ready``."""

    returned: list[TriageLine] = Field(default=[TriageLine(severity=["critical"])], alias="return")
    revise: list[TriageLine] = [TriageLine(verdict=["missing", "partial"])]
    not_a_protocol: Literal["ready", "revise", "return"] = "return"
    """The class of a file that does not look like a protocol."""


class ScoreRule(_Model):
    """The overall score: the mean share of criteria met over the elements that apply, each weighing as its severity says."""

    critical: float = Field(default=1, ge=0)
    major: float = Field(default=1, ge=0)
    minor: float = Field(default=1, ge=0)

    def weight(self, severity: Severity) -> float:
        """How much an element of this severity weighs."""
        return {"critical": self.critical, "major": self.major, "minor": self.minor}[severity]


class Notice(_Model):
    """Something a reader must know about the requirements themselves, for protocols filed ``from`` .. ``until``."""

    id: Id
    since: date | None = Field(default=None, alias="from")
    until: date | None = None
    text: Text

    def in_force(self, filed_on: date) -> bool:
        """Whether it concerns a protocol filed on this day."""
        return (self.since is None or self.since <= filed_on) and (self.until is None or filed_on <= self.until)


class PackInfo(_Model):
    """What ``pack.yaml`` says."""

    id: Id
    version: str
    name: Text
    extends: str | None = None
    """Another pack, by name or by path from this folder, whose elements this one takes over."""
    keep: list[Id] | None = None
    """Which of its elements, in this order; left out: all."""
    drop: list[Id] = []
    """Which of them not."""
    order: list[Id] = []
    """Elements that come first, in this order; the others follow in the order of the inherited list and of the files."""
    score: ScoreRule = ScoreRule()
    triage: TriageRule = TriageRule()
    notices: list[Notice] = []


class Pack(BaseModel):
    """All rules of one list."""

    model_config = ConfigDict(frozen=True)

    info: PackInfo
    elements: list[ElementRule]
    cues: ContextCues
    conditions: dict[str, ConditionRule] = {}
    files: dict[str, Path] = {}
    """Where each element was written or last changed, by its id."""

    @property
    def label(self) -> str:
        """Name and version as the report gives them."""
        return f"{self.info.id} {self.info.version}"

    def criteria(self) -> Iterator[tuple[ElementRule, CriterionRule]]:
        """Every criterion with its element, in the order of the pack."""
        for element in self.elements:
            for criterion in element.criteria:
                yield element, criterion

    def element(self, element_id: str) -> ElementRule | None:
        """The element with this id, or None."""
        return next((element for element in self.elements if element.id == element_id), None)

    def conditions_used(self) -> list[str]:
        """The conditions that some element or criterion depends on, in the order in which they are defined."""
        used = {element.applies for element in self.elements} | {criterion.condition for _, criterion in self.criteria()}
        return [condition for condition in self.conditions if condition in used]


class PartOfText(_Model):
    """Words in one language or both."""

    zh: str | None = None
    en: str | None = None


class PartOfExamples(_Model):
    """Examples that take the place of those of the same kind and language."""

    adequate: dict[Language, list[str]] = {}
    inadequate: dict[Language, list[str]] = {}


class CriterionChange(Rule):
    """What an extending pack changes in a criterion, or a new criterion in full. Lists given here take the place of inherited ones."""

    id: Id
    remove: bool = False
    """Drop the criterion."""
    add_cues: Patterns = Patterns()
    """Cues beside the inherited ones."""
    name: PartOfText = PartOfText()
    essential: Essential = False
    counts: bool = True
    advice: PartOfText = PartOfText()
    examples: PartOfExamples = PartOfExamples()


class ElementChange(_Model):
    """What an extending pack changes in an inherited element."""

    change: Id
    """The id of the element."""
    domain: Domain | None = None
    group: Group | None = None
    name: PartOfText = PartOfText()
    severity: Severity | None = None
    applies: str = ALWAYS
    what: PartOfText = PartOfText()
    why: PartOfText = PartOfText()
    verdict: VerdictRule = VerdictRule()
    clauses: list[Clause] = []
    known_problems: list[Text] = []
    criteria: list[CriterionChange] = []


@cache
def _known_keys() -> list[str]:
    """Every key that a file of a pack may hold."""
    return sorted({key for model in pack_schema()["$defs"].values() for key in model.get("properties", {})})


def load_pack(name: str) -> Pack:
    """The bundled or installed pack of this name, or the pack in the folder ``name``.

    Raises BrokenPack with ``file``, ``line`` and ``expected`` when a file cannot be used.
    """
    return load_folder(pack_dir(name))


def load_folder(folder: Path, above: tuple[Path, ...] = ()) -> Pack:
    """The pack in a folder; ``above`` are the packs that extend it. Raises BrokenPack."""
    path = folder / "pack.yaml"
    if not path.is_file():
        raise BrokenPack(file=str(path), line=0, expected="pack.yaml")
    info = _load(path, PackInfo)
    base = _base(info, path, above)
    kept = [element for element in base.elements if element.id not in info.drop] if base else []
    if base and info.keep is not None:
        kept = [element for name in info.keep if (element := base.element(name))]
    elements = {element.id: element for element in kept}
    files = {element.id: base.files[element.id] for element in kept} if base else {}
    for file in load_order(folder):
        element = _element(file, elements, files, folder)
        elements[element.id], files[element.id] = element, file
    common = PACKAGE / "packs" / "common"
    conditions = dict(base.conditions) if base else load_conditions(common / "conditions.yaml")
    if (folder / "conditions.yaml").is_file():
        conditions |= load_conditions(folder / "conditions.yaml")
    first = {name: place for place, name in enumerate(info.order)}
    ordered = sorted(elements.values(), key=lambda element: first.get(element.id, len(first)))
    pack = Pack(info=info, elements=ordered, cues=_load(common / "cues.yaml", ContextCues), conditions=conditions, files=files)
    _check_references(pack)
    return pack


def pack_schema() -> dict[str, Any]:
    """The JSON Schema of the files of a pack, for editors that complete YAML."""
    from pydantic.json_schema import models_json_schema

    models = (PackInfo, ElementRule, ElementChange, ConditionRule)
    _, schema = models_json_schema([(model, "validation") for model in models], title="A file of a pack")
    conditions = {"type": "object", "additionalProperties": {"$ref": "#/$defs/ConditionRule"}}
    choices = [{"$ref": f"#/$defs/{model.__name__}"} for model in models[:-1]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "anyOf": [*choices, conditions]}


def load_order(folder: Path) -> list[Path]:
    """The element files of a pack in the order of their names; a leading number in the name orders them."""
    return sorted((folder / "elements").glob("*.yaml"))


def load_conditions(path: Path) -> dict[str, ConditionRule]:
    """The conditions in a file, by their ids. Raises BrokenPack."""
    raw = _read(path)
    if not isinstance(raw, dict):
        raise BrokenPack(file=str(path), line=1, expected="<condition>: …")
    return {str(name): _validate(path, ConditionRule, content, (name,)) for name, content in raw.items()}


def _base(info: PackInfo, path: Path, above: tuple[Path, ...]) -> Pack | None:
    """The pack that this one extends."""
    if info.extends is None:
        if info.keep is not None or info.drop:
            raise _broken(path, ("keep" if info.keep is not None else "drop",), "extends")
        return None
    folder = pack_dir(info.extends)
    if not (folder / "pack.yaml").is_file():
        folder = path.parent / info.extends
    if folder.resolve() in {path.parent.resolve(), *above}:
        raise _broken(path, ("extends",), "extends: a pack that does not extend this one")
    if not (folder / "pack.yaml").is_file():
        raise _broken(path, ("extends",), f"extends: a pack ({info.extends}?)")
    base = load_folder(folder, (*above, path.parent.resolve()))
    for field in ("keep", "drop"):
        for index, name in enumerate(getattr(info, field) or []):
            if base.element(name) is None:
                raise _broken(path, (field, index), f"{field}: {_choices(name, [element.id for element in base.elements])}")
    return base


def _element(path: Path, known: dict[str, ElementRule], files: dict[str, Path], folder: Path) -> ElementRule:
    """The element in a file: a new one, one in place of an inherited one, or an inherited one changed."""
    raw = _read(path)
    if isinstance(raw, dict) and "change" in raw:
        _validate(path, ElementChange, raw)
        if raw["change"] not in known:
            raise _broken(path, ("change",), f"change: {_choices(raw['change'], known)}")
        return _changed(path, known[raw["change"]], raw)
    element = _validate(path, ElementRule, raw)
    if element.id in files and files[element.id].parent == folder / "elements":
        raise _broken(path, ("id",), f"id: {element.id} ({files[element.id].name})")
    return element


def _changed(path: Path, element: ElementRule, change: dict[str, Any]) -> ElementRule:
    """An element with what a file changes in it: mappings are merged, lists take the place of lists, criteria are found by their ids."""
    plain = element.model_dump(mode="python", exclude_unset=True, by_alias=True)
    criteria: dict[str, dict[str, Any]] = {criterion["id"]: criterion for criterion in plain["criteria"]}
    for index, given in enumerate(change.get("criteria") or []):
        more = {key: value for key, value in given.items() if key not in ("remove", "add_cues")}
        if given.get("remove"):
            if criteria.pop(given["id"], None) is None:
                raise _broken(path, ("criteria", index, "id"), f"id: {_choices(given['id'], criteria)}")
            continue
        merged = _merged(criteria.get(given["id"], {}), more)
        for language, patterns in (given.get("add_cues") or {}).items():
            cues = merged.setdefault("cues", {})
            cues[language] = [*cues.get(language, []), *patterns]
        _validate(path, CriterionRule, merged, ("criteria", index))
        criteria[given["id"]] = merged
    rest = {key: value for key, value in change.items() if key not in ("change", "criteria")}
    return _validate(path, ElementRule, _merged(plain, rest) | {"criteria": list(criteria.values())})


def _merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _check_references(pack: Pack) -> None:
    """Refuse names that lead nowhere: conditions, criteria of an alternative, elements of the triage rule."""
    for element in pack.elements:
        path = pack.files[element.id]
        ids = [criterion.id for criterion in element.criteria]
        for index, criterion in enumerate(element.criteria):
            if criterion.id in ids[:index]:
                raise _broken(path, ("criteria", index, "id"), f"id: {criterion.id}, {index + 1} × ")
            if criterion.condition and criterion.condition not in pack.conditions:
                raise _broken(path, ("criteria", index, "essential"), f"essential: {_choices(criterion.condition, pack.conditions)}")
        if element.applies != ALWAYS and element.applies not in pack.conditions:
            raise _broken(path, ("applies",), f"applies: {_choices(element.applies, [ALWAYS, *pack.conditions])}")
        also = element.verdict.also
        for name in [*also.criteria, *also.unmet] if also else []:
            if name not in ids:
                raise _broken(path, ("verdict", "also"), f"also: {_choices(name, ids)}")


def _choices(name: object, known: Collection[str]) -> str:
    """What was expected instead of an unknown name: the likeliest, or all."""
    from difflib import get_close_matches

    near = get_close_matches(str(name), known, n=1) or list(known)
    return f"{' | '.join(near if len(near) <= _SHOWN_CHOICES else [*near[:_SHOWN_CHOICES], '…'])} ({name}?)"


_Loaded = TypeVar("_Loaded", bound=BaseModel)


def _load(path: Path, model: type[_Loaded]) -> _Loaded:
    return _validate(path, model, _read(path))


def _read(path: Path) -> Any:
    """A YAML file as plain values. Raises BrokenPack."""
    import yaml

    try:
        return yaml_content(path)
    except yaml.YAMLError as error:
        in_brackets = str(getattr(error, "context", "")).startswith("while parsing a flow")
        mark = getattr(error, "context_mark" if in_brackets else "problem_mark", None)
        raise BrokenPack(file=str(path), line=mark.line + 1 if mark else 0, expected=str(getattr(error, "problem", error))) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenPack(file=str(path), line=0, expected="UTF-8") from error


def _validate(path: Path, model: type[_Loaded], raw: Any, inside: tuple[str | int, ...] = ()) -> _Loaded:
    """``raw``, which stands in the file at the place ``inside``, as a model. Raises BrokenPack."""
    try:
        return model.model_validate(raw, context=_TESTED if path.is_relative_to(PACKAGE) else None)
    except ValidationError as error:
        raise next(_faults(path, error, inside)) from error


def faults_in(folder: Path) -> list[BrokenPack]:
    """Everything that is wrong with the form of the files of a pack, file by file, where ``load_folder`` raises the first only."""
    found: list[BrokenPack] = []
    for path in (folder / "pack.yaml", *load_order(folder)):
        try:
            raw = _read(path)
            model: type[BaseModel] = ElementRule
            if path.name == "pack.yaml":
                model = PackInfo
            elif isinstance(raw, dict) and "change" in raw:
                model = ElementChange
            model.model_validate(raw)
        except ValidationError as error:
            found.extend(_faults(path, error, ()))
        except BrokenPack as error:
            found.append(error)
    return found


def _faults(path: Path, error: ValidationError, inside: tuple[str | int, ...]) -> Iterator[BrokenPack]:
    """The errors of pydantic as errors of ours, each with the line it is about."""
    for fault in error.errors():
        location = tuple(part for part in fault["loc"] if not str(part).startswith(("function-", "constrained-")))
        yield _broken(path, (*inside, *location), _expected(location, fault["type"], fault["msg"], fault.get("ctx", {})))


_SHAPES = {"string_type": '"…"', "list_type": "[…]", "dict_type": "{…}", "model_type": "{…}", "bool_type": "true | false", "missing": "…"}


def _expected(location: tuple[str | int, ...], kind: str, message: str, context: dict[str, Any]) -> str:
    """What should stand at a place, in signs rather than in words of one language."""
    where = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        return f"{'.'.join(str(part) for part in location[:-1])}: {_choices(location[-1], _known_keys())}".removeprefix(": ")
    wanted = _SHAPES.get(kind) or context.get("expected") or message.removeprefix("Value error, ")
    return f"{where}: {wanted}" if where else str(wanted)


def _broken(path: Path, location: tuple[str | int, ...], expected: str) -> BrokenPack:
    return BrokenPack(file=str(path), line=line_of(path, location), expected=expected)


def line_of(path: Path, location: tuple[str | int, ...]) -> int:
    """The line of a place in a YAML file, given as keys and indexes from the outside in; the nearest above it when it is missing."""
    import yaml

    node = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    line = node.start_mark.line if node is not None else 0
    for part in location:
        if isinstance(node, yaml.MappingNode):
            named = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if named is None:
                break
            line, node = named[0].start_mark.line, named[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1
