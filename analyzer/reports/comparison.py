"""A comparison as its readers see it: ``view`` finds the words, the other functions set them for terminal, web page, Word and programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.comparison import Comparison, CriterionChange, Piece, SectionChange, Status, TextChange, ValueChange, pieces
from analyzer.reports.terminal import BAD, FAIR, GOOD, STRONG, Sheet, clean, quoted, shorten, value_words
from analyzer.resources import say, strings

if TYPE_CHECKING:
    from analyzer.findings import Bilingual, Evidence

FORMS = ("terminal", "html", "json", "docx")
ENDINGS = {".html": "html", ".htm": "html", ".json": "json", ".docx": "docx", ".txt": "terminal"}
_LOOK = {"solved": "good", "open": "fair", "new_gap": "bad", "lost": "bad"}
_ORDER: tuple[Status, ...] = ("lost", "new_gap", "solved", "open")
_SYMBOL = {"good": "✓", "fair": "!", "bad": "✗", "": "·"}
_LONGEST_QUOTE = 240
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: a ``lead`` in colour, the words, lines below them, and for a sentence what became of it."""

    words: str
    lead: str = ""
    look: str = ""
    notes: list[str] = field(default_factory=list)
    change: list[Piece] = field(default_factory=list)
    page: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Changes under one heading; ``deep`` sets it below another."""

    heading: str
    entries: list[Entry]
    deep: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """All words of a comparison in one language, clean of what cannot be shown."""

    language: str
    title: str
    facts: list[str]
    notes: list[str]
    summary: str
    parts: list[Part]


def render(comparison: Comparison, form: str, language: str) -> bytes:
    """The comparison as a file of one of ``FORMS``."""
    drawn: dict[str, Callable[[], bytes]] = {
        "json": lambda: json_bytes(comparison),
        "html": lambda: html_bytes(view(comparison, language)),
        "docx": lambda: docx_bytes(view(comparison, language)),
        "terminal": lambda: text_bytes(view(comparison, language)),
    }
    return drawn[form]()


def view(comparison: Comparison, language: str) -> View:
    """Find the words for a comparison."""
    return _Words(language).view(comparison)


class _Words:
    def __init__(self, language: str) -> None:
        self.language = language

    def view(self, comparison: Comparison) -> View:
        """Everything that is said, in the order in which it is read."""
        sides = (("compare_old", comparison.old), ("compare_new", comparison.new))
        facts = []
        for key, side in sides:
            known = [clean(Path(side.path).name), self._say("page_count", pages=side.pages)]
            known += [self._say("version_label", version=clean(side.version))] if side.version else []
            known += [clean(side.date)] if side.date else []
            facts.append(self._say("labelled", label=self._say(key), text=" · ".join(known)))
        parts = [] if comparison.nothing_changed else [part for part in self._parts(comparison) if part.entries or part.heading]
        return View(
            language=self.language,
            title=self._say("compare_title", title=clean(comparison.new.title or comparison.old.title or Path(comparison.new.path).name)),
            facts=facts,
            notes=[self._say(f"compare_note_{code}") for code in comparison.notes],
            summary=self._summary(comparison),
            parts=parts,
        )

    def _summary(self, comparison: Comparison) -> str:
        found = Counter(change.status for change in comparison.criteria) + Counter(change.status for change in comparison.contradictions)
        counts = {status: found[status] for status in _ORDER}
        if comparison.nothing_changed:
            return self._say("compare_nothing", open=counts["open"])
        changed = sum(len(section.changes) for section in comparison.sections)
        return self._say("compare_summary", **counts, values=len(comparison.values), changes=changed, sections=len(comparison.sections))

    def _parts(self, comparison: Comparison) -> Iterator[Part]:
        gaps = sorted(comparison.criteria, key=lambda change: _ORDER.index(change.status))
        named = (
            ("compare_gaps", [self._gap(change) for change in gaps]),
            ("compare_verdicts", [self._verdict(change.name, change.old, change.new) for change in comparison.verdicts]),
            ("compare_values", [self._value(change) for change in comparison.values]),
            ("compare_conditions", [self._condition(change.name, change.new, change.evidence) for change in comparison.conditions]),
            (
                "heading_inconsistencies",
                [
                    self._status(change.status, self._both(change.message), [self._place(evidence) for evidence in change.evidence])
                    for change in comparison.contradictions
                ],
            ),
        )
        yield from (Part(self._say(key), entries) for key, entries in named if entries)
        if comparison.sections:
            yield Part(self._say("compare_text"), [])
        yield from (self._section(section) for section in comparison.sections)
        if not comparison.text_compared:
            yield Part(self._say("compare_text"), [Entry(self._say("compare_text_unknown"))])

    def _gap(self, change: CriterionChange) -> Entry:
        name = self._say("labelled", label=self._both(change.element_name), text=self._both(change.name))
        notes = []
        if change.old and change.status != "open":
            notes.append(self._say("labelled", label=self._say("compare_old"), text=self._place(change.old)))
        if change.new:
            notes.append(self._say("labelled", label=self._say("compare_new"), text=self._place(change.new)))
        if change.advice and change.status != "solved":
            notes.append(self._say("advice", text=self._both(change.advice)))
        if change.same_words:
            notes.append(self._say("compare_same_words"))
        return self._status(change.status, name, notes)

    def _status(self, status: str, words: str, notes: list[str]) -> Entry:
        return Entry(words, self._say(f"compare_{status}"), _LOOK[status], notes)

    def _verdict(self, name: Bilingual, old: str | None, new: str | None) -> Entry:
        words = [self._word("verdict", verdict) if verdict else self._say("compare_not_stated") for verdict in (old, new)]
        return Entry(self._say("labelled", label=self._both(name), text=self._say("compare_from_to", old=words[0], new=words[1])))

    def _condition(self, name: Bilingual, holds: bool | None, evidence: list[Evidence]) -> Entry:
        key = "compare_holds" if holds else "compare_holds_not"
        return Entry(self._say(key, name=self._both(name)), notes=[self._place(found) for found in evidence])

    def _value(self, change: ValueChange) -> Entry:
        sides = (change.old, change.new)
        known = f"value_{change.name}" in strings(self.language)
        label = value_words(change.name, "", self.language) if known else self._word("sheet_fact", change.name)
        shown = [self._shown(change.name, value, label if known else "") for value in sides]
        pages = [found.page for found in (change.old_evidence, change.new_evidence) if found]
        words = self._say("labelled", label=label.strip(), text=self._say("compare_from_to", old=shown[0], new=shown[1]))
        return Entry(words, page=self._pages(*pages) if pages else "")

    def _shown(self, name: str, value: Any, label: str) -> str:
        if value is None:
            return self._say("compare_not_stated")
        if label:
            return clean(value_words(name, value, self.language).removeprefix(label.rstrip()))
        return clean(self._say("list_separator").join(value) if isinstance(value, list) else str(value))

    def _section(self, section: SectionChange) -> Part:
        old, new = section.old_heading, section.new_heading
        heading = clean((new if new is not None else old) or self._say("before_first_heading"))
        pages = [page for page in (section.old_page, section.new_page) if page is not None]
        where = self._say("in_brackets", text=self._pages(*pages)) if pages else ""
        kind = "" if section.kind == "changed" else self._say("in_brackets", text=self._say(f"compare_{section.kind}"))
        return Part(heading + where + kind, [self._text(change) for change in section.changes], deep=True)

    def _text(self, change: TextChange) -> Entry:
        look = {"added": "good", "removed": "bad", "changed": "fair"}[change.kind]
        found: list[Piece] = [(kind, _kept(words)) for kind, words in pieces(change)]
        pages = [page for page in (change.old_page, change.new_page) if page is not None]
        return Entry("", self._say(f"compare_{change.kind}"), look, change=found, page=self._pages(*pages))

    def _pages(self, *pages: int) -> str:
        first, *rest = [self._say("page", page=page) for page in dict.fromkeys(pages)]
        return self._say("compare_from_to", old=first, new=rest[0]) if rest else first

    def _place(self, evidence: Evidence) -> str:
        quote = self._say("quotation", quote=shorten(quoted(evidence), _LONGEST_QUOTE))
        return f"{self._say('page', page=evidence.page)} {quote}"

    def _say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def _word(self, kind: str, code: str) -> str:
        return strings(self.language).get(f"{kind}_{code}", code)

    def _both(self, words: Bilingual) -> str:
        return clean(words.zh if self.language == "zh" else words.en)


def _kept(words: str) -> str:
    """Clean words that keep the spaces at their ends."""
    inner = clean(words)
    before, after = words[:1].isspace(), words[-1:].isspace()
    return f"{' ' * before}{inner}{' ' * after}" if inner else " " * bool(words)


def json_bytes(comparison: Comparison) -> bytes:
    """The comparison for programs: UTF-8, Chinese as it is."""
    return (json.dumps(comparison.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def sheet(seen: View, width: int) -> Sheet:
    """The comparison for a terminal of this width; what was removed stands in ``[-…-]``, what was added in ``{+…+}``."""
    paper = Sheet(seen.language, width)
    styles = {"good": GOOD, "fair": FAIR, "bad": BAD, "": ""}
    paper.put((seen.title, STRONG), hang=0)
    for fact in seen.facts:
        paper.put(fact, hang=2)
    for note in seen.notes:
        paper.put(("! ", FAIR), note)
    paper.blank()
    paper.put((seen.summary, STRONG), hang=0)
    for part in seen.parts:
        if part.deep:
            paper.put((part.heading, STRONG), indent=2)
        else:
            paper.heading(part.heading)
        for entry in part.entries:
            lead = [(f"{_SYMBOL[entry.look]} {entry.lead}  ", styles[entry.look])] if entry.lead else []
            marked = [_marked(kind, words) for kind, words in entry.change]
            page = f" {paper.say('in_brackets', text=entry.page).strip()}" if entry.page else ""
            paper.put(*lead, entry.words, *marked, page, indent=4 if part.deep else 2)
            for note in entry.notes:
                paper.put(note, indent=6 if part.deep else 4)
    return paper


def _marked(kind: str, words: str) -> tuple[str, str]:
    if kind == "old":
        return f"[-{words}-]", BAD
    return (f"{{+{words}+}}", GOOD) if kind == "new" else (words, "")


def text_bytes(seen: View) -> bytes:
    """The comparison as plain text."""
    from analyzer.reports.terminal import rendered

    return rendered(sheet(seen, _WIDTH), colour=False).encode("utf-8", "replace")


def html_bytes(seen: View) -> bytes:
    """The comparison as a web page of one file, without scripts; every word is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from analyzer.resources import PACKAGE

    loader = FileSystemLoader(PACKAGE / "reports")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.get_template("comparison.html.j2").render(seen=seen, symbols=_SYMBOL)
    return page.encode("utf-8", "replace")


def docx_bytes(seen: View) -> bytes:
    """The comparison as a Word document in the styles of the bundled letter; removed words are struck out, added ones underlined."""
    from docx.shared import RGBColor

    from analyzer.reading.kinds import LETTER
    from analyzer.reports.filling import opened
    from analyzer.reports.letter import template_path

    document = opened(template_path(seen.language), seen.language)
    for child in [child for child in document.element.body if not child.tag.endswith("}sectPr")]:
        document.element.body.remove(child)
    colours = {"good": RGBColor(0x00, 0x70, 0x30), "fair": RGBColor(0x8A, 0x5A, 0x00), "bad": RGBColor(0xB0, 0x1E, 0x1E)}

    def put(words: Iterable[tuple[str, str]], style: str) -> None:
        paragraph = document.add_paragraph(style=style)
        for look, text in words:
            run = paragraph.add_run(text)
            if look in ("old", "new"):
                run.font.strike, run.font.underline = look == "old", look == "new"
                run.font.color.rgb = colours["bad" if look == "old" else "good"]
            elif look:
                run.font.bold = True
                run.font.color.rgb = colours[look]

    put([("", seen.title)], "Title")
    for fact in seen.facts:
        put([("", fact)], "Addressee")
    for note in seen.notes:
        put([("", note)], "Note")
    put([("", seen.summary)], "Subject")
    for part in seen.parts:
        put([("", part.heading)], "Heading 2" if part.deep else "Heading 1")
        for entry in part.entries:
            lead = [(entry.look, f"{entry.lead} ")] if entry.lead else []
            page = [("", say(seen.language, "in_brackets", text=entry.page))] if entry.page else []
            put([*lead, ("", entry.words), *(("" if kind == "same" else kind, words) for kind, words in entry.change), *page], "Item")
            for note in entry.notes:
                put([("", note)], "Quote")
    document.core_properties.title = seen.title
    document.core_properties.identifier = LETTER
    target = BytesIO()
    document.save(target)
    return target.getvalue()
