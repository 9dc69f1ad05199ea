"""The command line: arguments in, report out, exit status back. Whatever is heavy is imported inside the verb that needs it."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Generic, Literal, Protocol, TypeVar

import typer
from typer.exceptions import TyperException

from analyzer import limits
from analyzer.errors import AnalyzerError, ExitStatus, UsageError
from analyzer.guard import Fault, Guard
from analyzer.inputs import STDIN, Input, gather
from analyzer.ocr import Mode
from analyzer.reports import (
    BUILT_IN,
    JOINED,
    Result,
    ending,
    file_bytes,
    form_of,
    free_name,
    known_forms,
    write_atomically,
)
from analyzer.resources import DEFAULT_PACK, known_packs, pack_dir, say, tool_version
from analyzer.stages import STAGES

if TYPE_CHECKING:
    from rich.status import Status

    from analyzer.findings import Failure, Outcome
    from analyzer.reports.terminal import Sheet
    from analyzer.rules import ElementRule, Pack

_Made = TypeVar("_Made")
_Source = TypeVar("_Source")
Language = Literal["auto", "zh", "en"]
FailOn = Literal["missing", "partial"]

INTERRUPTED = 130
READER_LEFT = 141
"""What a shell reports for a program whose reader closed the pipe (``analyzer … | head``)."""
_ROOT_OPTIONS = {"-h", "--help", "--version", "--install-completion", "--show-completion"}
_WIDEST, _PLAIN_WIDTH = 110, 100
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def locale_language() -> str:
    """``zh`` where the system speaks Chinese, else ``en``."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


LOCALE = locale_language()


_HELP_WIDTH = {"zh": 54, "en": 90}
"""Typer's plain help counts characters, and a Chinese one takes two cells; its help in boxes loses Chinese words at the ends of lines."""

app = typer.Typer(
    help=say(LOCALE, "help_app"),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _HELP_WIDTH[LOCALE]},
)

_Files = Annotated[list[str] | None, typer.Argument(metavar="FILE", help=say(LOCALE, "help_files"), show_default=False)]
_Lang = Annotated[Language, typer.Option(help=say(LOCALE, "help_lang"))]
_PackName = Annotated[str, typer.Option("--pack", help=say(LOCALE, "help_pack"))]
_Password = Annotated[str | None, typer.Option(help=say(LOCALE, "help_password"), show_default=False)]
_PasswordFile = Annotated[Path | None, typer.Option(metavar="FILE", help=say(LOCALE, "help_password_file"), show_default=False)]
_Limit = Annotated[list[str] | None, typer.Option(metavar="NAME=NUMBER", help=say(LOCALE, "help_limit"), show_default=False)]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=say(LOCALE, "help_quiet"))]
_FiledOn = Annotated[str | None, typer.Option(metavar="DATE", help=say(LOCALE, "help_filed_on"), show_default=False)]
_Ocr = Annotated[Mode, typer.Option("--ocr", help=say(LOCALE, "help_ocr"))]
_Inside = Annotated[bool, typer.Option("--inside", help=say(LOCALE, "help_inside"))]


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help=say(LOCALE, "help_version"))] = False,
) -> None:
    """Without a verb: the version, or three friendly lines."""
    if version:
        _write(f"analyzer {tool_version()}\n")
    elif context.invoked_subcommand is None:
        _write(say(LOCALE, "welcome") + "\n")


@app.command(help=say(LOCALE, "help_check"))
def check(
    files: _Files = None,
    form: Annotated[str | None, typer.Option("--format", "-f", metavar="FORM", help=say(LOCALE, "help_format"), show_default=False)] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="PATH", help=say(LOCALE, "help_output"), show_default=False)
    ] = None,
    lang: _Lang = "auto",
    pack: _PackName = DEFAULT_PACK,
    filed_on: _FiledOn = None,
    fail_on: Annotated[FailOn | None, typer.Option(help=say(LOCALE, "help_fail_on"), show_default=False)] = None,
    template: Annotated[Path | None, typer.Option(metavar="PATH", help=say(LOCALE, "help_template"), show_default=False)] = None,
    inside: _Inside = False,
    ocr: _Ocr = "auto",
    password: _Password = None,
    password_file: _PasswordFile = None,
    limit: _Limit = None,
    profile: Annotated[bool, typer.Option("--profile", help=say(LOCALE, "help_profile"))] = False,
    quiet: _Quiet = False,
) -> int:
    """Analyse files and report their gaps."""
    from analyzer.findings import Failure
    from analyzer.readers import Checking, Wanted, language_of

    language = _language(lang)
    _allow(limit, language)
    secret = _secret(password, password_file, language)
    inputs, barren = _gather(files, language, inside=inside, password=secret, quiet=quiet)
    sink = _sink(output, _known_form(form, language), language, inputs, quiet=quiet)
    writing = lang if output or sink.form not in BUILT_IN else language
    wanted = Wanted(_known_pack(pack, language), _date(filed_on, language), ocr)
    seconds: Counter[str] = Counter()
    gaps = False
    with Guard(Checking(wanted, sink.form, writing, template, profile)) as guard:
        run = _Run(guard, language, secret, quiet=quiet)
        for number, entry in enumerate(inputs, 1):
            made = run.attempt(entry, number, len(inputs))
            outcome, rendered, spent = (made, None, {}) if isinstance(made, Failure) else made
            seconds.update(spent)
            sink.take(Result(entry.name, entry.stem, language_of(outcome, writing, LOCALE), outcome, rendered))
            gaps |= fail_on is not None and _falls_short(outcome, fail_on)
    sink.close()
    _tell_stages(seconds, language)
    return run.status(barren=barren, gaps=gaps)


def _tell_stages(seconds: Mapping[str, float], language: str) -> None:
    """Where the time went, on stderr; nothing when nothing was measured."""
    total = sum(seconds.values())
    for name in STAGES:
        if name in seconds:
            _complain(f"{1000 * seconds[name]:8.1f} ms {seconds[name] / total:6.1%}  {say(language, f'stage_{name}')}")


@app.command(help=say(LOCALE, "help_text"))
def text(
    files: _Files = None,
    lang: _Lang = "auto",
    pack: _PackName = DEFAULT_PACK,
    inside: _Inside = False,
    ocr: _Ocr = "auto",
    password: _Password = None,
    password_file: _PasswordFile = None,
    limit: _Limit = None,
    quiet: _Quiet = False,
) -> int:
    """Show what was read."""
    from analyzer.findings import Failure
    from analyzer.readers import Showing, Wanted

    language = _language(lang)
    _allow(limit, language)
    secret = _secret(password, password_file, language)
    inputs, barren = _gather(files, language, inside=inside, password=secret, quiet=quiet)
    wanted = Wanted(_known_pack(pack, language), ocr=ocr)
    with Guard(Showing(wanted, language, _width(), sys.stdout.isatty())) as guard:
        run = _Run(guard, language, secret, quiet=quiet)
        for number, entry in enumerate(inputs, 1):
            shown = run.attempt(entry, number, len(inputs))
            if isinstance(shown, Failure):
                continue
            if len(inputs) > 1:
                _write(f"== {_showable(entry.name)}\n\n")
            _write(shown)
            if number < len(inputs):
                _write("\n")
    return run.status(barren=barren)


@app.command(help=say(LOCALE, "help_compare"))
def compare(
    old: Annotated[str, typer.Argument(metavar="OLD", help=say(LOCALE, "help_compare_old"), show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", help=say(LOCALE, "help_compare_new"), show_default=False)],
    form: Annotated[
        str | None, typer.Option("--format", "-f", metavar="FORM", help=say(LOCALE, "help_compare_format"), show_default=False)
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="PATH", help=say(LOCALE, "help_output"), show_default=False)
    ] = None,
    lang: _Lang = "auto",
    pack: _PackName = DEFAULT_PACK,
    password: _Password = None,
    password_file: _PasswordFile = None,
    limit: _Limit = None,
    quiet: _Quiet = False,
) -> int:
    """Tell what changed from one version of a protocol to the next."""
    from analyzer.findings import Failure
    from analyzer.readers import Comparing, Wanted
    from analyzer.reports.comparison import render, sheet, view

    language = _language(lang)
    _allow(limit, language)
    inputs = [_single(old, language), _single(new, language)]
    target = Path(output).expanduser() if output else None
    form = _comparison_form(form, target, language, inputs)
    with Guard(Comparing(Wanted(_known_pack(pack, language)))) as guard:
        run = _Run(guard, language, _secret(password, password_file, language), quiet=quiet)
        _, compared = (run.attempt(entry, number, 2) for number, entry in enumerate(inputs, 1))
    if compared is not None and not isinstance(compared, Failure):
        if lang == "auto" and (target or form != "terminal"):
            language = "en" if compared.new.language == "en" else "zh"
        if target:
            _save(target, render(compared, form, language), language)
            _note(target, language, quiet=quiet)
        elif form == "terminal":
            _show(sheet(view(compared, language), _width()))
        else:
            _write(render(compared, form, language))
    return run.status(barren=False)


@app.command(help=say(LOCALE, "help_explain"))
def explain(
    element: Annotated[str | None, typer.Argument(help=say(LOCALE, "help_element"), show_default=False)] = None,
    lang: _Lang = "auto",
    pack: _PackName = DEFAULT_PACK,
) -> int:
    """Show what an element requires."""
    from analyzer.reports.terminal import element_list_sheet, element_sheet
    from analyzer.rules import load_pack

    language = _language(lang)
    loaded = _in_language(language, load_pack, _known_pack(pack, language))
    rule = _element(loaded, element) if element else None
    if rule:
        _show(element_sheet(rule, language, _width()))
        return ExitStatus.OK
    if element:
        _complain(say(language, "explain_unknown", element=element))
    _show(element_list_sheet(loaded, language, _width()))
    return ExitStatus.USAGE if element else ExitStatus.OK


@app.command(help=say(LOCALE, "help_train"))
def train(
    corpora: Annotated[Path | None, typer.Option(help=say(LOCALE, "help_corpora"), show_default=False)] = None,
    extra: Annotated[list[Path] | None, typer.Option(help=say(LOCALE, "help_extra"), show_default=False)] = None,
    out: Annotated[Path | None, typer.Option(help=say(LOCALE, "help_out"), show_default=False)] = None,
    seed: Annotated[int | None, typer.Option(help=say(LOCALE, "help_seed"), show_default=False)] = None,
) -> int:
    """Train a model."""
    from analyzer.training.verbs import run_train

    _write(run_train(corpora=corpora, extra=extra or [], out=out, seed=seed, language=LOCALE, tell=_complain) + "\n")
    return ExitStatus.OK


@app.command(help=say(LOCALE, "help_evaluate"))
def evaluate(
    gold: Annotated[Path | None, typer.Argument(metavar="GOLD", help=say(LOCALE, "help_gold"), show_default=False)] = None,
    evidence: Annotated[Path | None, typer.Argument(metavar="FOLDER", help=say(LOCALE, "help_evidence"), show_default=False)] = None,
    corpora: Annotated[Path | None, typer.Option(help=say(LOCALE, "help_corpora"), show_default=False)] = None,
    extra: Annotated[list[Path] | None, typer.Option(help=say(LOCALE, "help_extra"), show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=say(LOCALE, "help_json"))] = False,
) -> int:
    """Print how good the program is."""
    import json

    from analyzer.training.verbs import run_evaluate, table

    figures = run_evaluate(corpora=corpora, extra=extra or [], gold=gold, evidence=evidence, language=LOCALE)
    _write((json.dumps(figures, ensure_ascii=False, indent=1) if as_json else table(figures, LOCALE)) + "\n")
    return ExitStatus.OK


@app.command(help=say(LOCALE, "help_label"))
def label(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say(LOCALE, "help_files"))],
    output: Annotated[Path | None, typer.Option("--output", "-o", help=say(LOCALE, "help_label_output"), show_default=False)] = None,
    password: _Password = None,
    password_file: _PasswordFile = None,
) -> int:
    """Write a labelling sheet."""
    from analyzer.training.verbs import run_label

    sheet = run_label(file, password=_secret(password, password_file, LOCALE))
    if output is None:
        _write(sheet)
    else:
        write_atomically(output, sheet.encode())
    return ExitStatus.OK


_Pack = Annotated[str, typer.Argument(metavar="PACK", help=say(LOCALE, "help_pack_name"))]
pack_app = typer.Typer(help=say(LOCALE, "help_pack_group"), rich_markup_mode=None, no_args_is_help=True)
app.add_typer(pack_app, name="pack")


@pack_app.command("list", help=say(LOCALE, "help_pack_list"))
def pack_list(lang: _Lang = "auto") -> int:
    """Show which packs there are."""
    from analyzer.reports.packs import list_sheet
    from analyzer.rules import load_folder

    language = _language(lang)
    _show(list_sheet({name: _in_language(language, load_folder, folder) for name, folder in known_packs().items()}, language, _width()))
    return ExitStatus.OK


@pack_app.command("show", help=say(LOCALE, "help_pack_show"))
def pack_show(pack: _Pack, lang: _Lang = "auto") -> int:
    """Show what a pack asks for."""
    from analyzer.reports.packs import pack_sheet
    from analyzer.rules import load_pack

    language = _language(lang)
    _show(pack_sheet(_in_language(language, load_pack, _known_pack(pack, language)), language, _width()))
    return ExitStatus.OK


@pack_app.command("check", help=say(LOCALE, "help_pack_check"))
def pack_check(pack: _Pack, lang: _Lang = "auto") -> int:
    """Show the problems of a pack; errors give the status that gaps have."""
    from analyzer.pack_tools import check as problems_of
    from analyzer.reports.packs import problems_sheet

    language = _language(lang)
    folder = pack_dir(_known_pack(pack, language))
    problems = problems_of(folder)
    _show(problems_sheet(problems, folder, language, _width()))
    return ExitStatus.GAPS if any(problem.level == "error" for problem in problems) else ExitStatus.OK


@pack_app.command("test", help=say(LOCALE, "help_pack_test"))
def pack_test(pack: _Pack, lang: _Lang = "auto") -> int:
    """Run the examples of a pack; a failed one gives the status that gaps have."""
    from analyzer.pack_tools import condition_trials, trials
    from analyzer.reports.packs import trials_sheet
    from analyzer.rules import load_pack

    language = _language(lang)
    loaded = _in_language(language, load_pack, _known_pack(pack, language))
    tried = [*trials(loaded), *condition_trials(loaded, loaded.conditions_used())]
    _show(trials_sheet(tried, pack_dir(pack), language, _width()))
    return ExitStatus.OK if all(trial.passed for trial in tried) else ExitStatus.GAPS


@pack_app.command("new", help=say(LOCALE, "help_pack_new"))
def pack_new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=say(LOCALE, "help_pack_folder"))],
    lang: _Lang = "auto",
) -> int:
    """Write a starter pack."""
    from analyzer.pack_tools import begin

    language = _language(lang)
    try:
        written = begin(folder)
    except FileExistsError as error:
        raise _refusal(language, "usage_pack_folder_taken", path=folder) from error
    except OSError as error:
        raise _refusal(language, "usage_output_unwritable", path=folder) from error
    for path in written:
        _write(say(language, "pack_written", path=_showable(str(path))) + "\n")
    _write(say(language, "pack_next", path=_showable(str(folder))) + "\n")
    return ExitStatus.OK


_Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help=say(LOCALE, "help_triage_out"), show_default=False)]
_Jobs = Annotated[int | None, typer.Option(min=1, metavar="N", help=say(LOCALE, "help_jobs"), show_default=False)]
_TimeLimit = Annotated[float, typer.Option(min=1, metavar="S", help=say(LOCALE, "help_time_limit"))]
_MemoryLimit = Annotated[int, typer.Option(min=64, metavar="MB", help=say(LOCALE, "help_memory_limit"))]
_PagesToo = Annotated[bool, typer.Option("--pages", help=say(LOCALE, "help_pages"))]
triage_app = typer.Typer(help=say(LOCALE, "help_triage_group"), rich_markup_mode=None, no_args_is_help=True)
app.add_typer(triage_app, name="triage")


@triage_app.command("run", help=say(LOCALE, "help_triage"))
def triage_run(
    files: Annotated[list[str] | None, typer.Argument(metavar="FILE", help=say(LOCALE, "help_triage_files"), show_default=False)] = None,
    out: _Out = None,
    jobs: _Jobs = None,
    time_limit: _TimeLimit = 120,
    memory_limit: _MemoryLimit = 2048,
    resume: Annotated[bool, typer.Option("--resume/--fresh", help=say(LOCALE, "help_resume"))] = True,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help=say(LOCALE, "help_retry_failed"))] = False,
    pages: _PagesToo = False,
    inside: _Inside = False,
    ocr: _Ocr = "auto",
    password: _Password = None,
    password_file: _PasswordFile = None,
    limit: _Limit = None,
    engine: Annotated[Literal["local", "dask"], typer.Option(help=say(LOCALE, "help_engine"))] = "local",
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help=say(LOCALE, "help_scheduler"), show_default=False)] = None,
    pack: _PackName = DEFAULT_PACK,
    filed_on: _FiledOn = None,
    lang: _Lang = "auto",
    quiet: _Quiet = False,
) -> int:
    """Analyse many protocols into a folder."""
    from analyzer.batch.limits import Limits
    from analyzer.batch.run import Options
    from analyzer.batch.verbs import run_triage

    language = _language(lang)
    _allow(limit, language)
    options = Options(
        _known_pack(pack, language), language, jobs, Limits(time_limit, memory_limit), not resume, retry_failed, pages, engine, scheduler,
        archives=inside, filed_on=_date(filed_on, language), ocr=ocr, password=_secret(password, password_file, language),
    )  # fmt: skip
    return _told_in(language, lambda: run_triage(files or [], out, options, tell=_complain, quiet=quiet))


@triage_app.command("show", help=say(LOCALE, "help_triage_show"))
def triage_show(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=say(LOCALE, "help_show_folder"))],
    missing: Annotated[list[str] | None, typer.Option(metavar="ELEMENT", help=say(LOCALE, "help_show_missing"), show_default=False)] = None,
    partial: Annotated[list[str] | None, typer.Option(metavar="ELEMENT", help=say(LOCALE, "help_show_partial"), show_default=False)] = None,
    severity: Annotated[
        Literal["critical", "major", "minor"] | None, typer.Option(help=say(LOCALE, "help_show_severity"), show_default=False)
    ] = None,
    min_score: Annotated[float | None, typer.Option(help=say(LOCALE, "help_show_least"), show_default=False)] = None,
    max_score: Annotated[float | None, typer.Option(help=say(LOCALE, "help_show_most"), show_default=False)] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help=say(LOCALE, "help_show_since"), show_default=False)] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help=say(LOCALE, "help_show_until"), show_default=False)] = None,
    institution: Annotated[str | None, typer.Option(help=say(LOCALE, "help_show_institution"), show_default=False)] = None,
    review: Annotated[bool, typer.Option("--review", help=say(LOCALE, "help_show_review"))] = False,
    failed: Annotated[bool, typer.Option("--failed", help=say(LOCALE, "help_show_failed"))] = False,
    sort: Annotated[
        Literal["score", "file", "title", "date", "severity", "institution"], typer.Option(help=say(LOCALE, "help_show_sort"))
    ] = "score",
    reverse: Annotated[bool, typer.Option("--reverse", help=say(LOCALE, "help_show_reverse"))] = False,
    limit: Annotated[int | None, typer.Option(min=1, help=say(LOCALE, "help_show_limit"), show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=say(LOCALE, "help_show_json"))] = False,
    lang: _Lang = "auto",
) -> int:
    """Filter and rank the outcomes of a folder."""
    from analyzer.batch.show import Wanted, found_in, json_lines, sheet_of

    language = _language(lang)
    wanted = Wanted(
        tuple(map(_folded, missing or [])), tuple(map(_folded, partial or [])), severity, min_score, max_score, since, until, institution,
        review, failed,
    )  # fmt: skip

    def show() -> int:
        with found_in(folder, wanted, sort, reverse=reverse, language=language) as (store, found):
            if as_json:
                for line in json_lines(found[:limit]):
                    _write(line)
            else:
                _show(sheet_of(store, found, language, _width(), limit=limit))
        return ExitStatus.OK

    return _told_in(language, show)


@app.command(help=say(LOCALE, "help_watch"))
def watch(
    inbox: Annotated[Path, typer.Argument(metavar="INBOX", help=say(LOCALE, "help_watch_inbox"))],
    out: _Out = None,
    interval: Annotated[float, typer.Option(min=0.1, metavar="S", help=say(LOCALE, "help_watch_interval"))] = 2.0,
    once: Annotated[bool, typer.Option("--once", help=say(LOCALE, "help_watch_once"))] = False,
    jobs: _Jobs = None,
    time_limit: _TimeLimit = 120,
    memory_limit: _MemoryLimit = 2048,
    pages: Annotated[bool, typer.Option("--pages/--no-pages", help=say(LOCALE, "help_pages"))] = True,
    pack: _PackName = DEFAULT_PACK,
    ocr: _Ocr = "auto",
    password: _Password = None,
    password_file: _PasswordFile = None,
    limit: _Limit = None,
    filed_on: _FiledOn = None,
    lang: _Lang = "auto",
    quiet: _Quiet = False,
) -> int:
    """Analyse each PDF that is put into a folder."""
    from analyzer.batch.limits import Limits
    from analyzer.batch.run import Options
    from analyzer.batch.verbs import run_watch

    language = _language(lang)
    _allow(limit, language)
    options = Options(
        _known_pack(pack, language), language, jobs, Limits(time_limit, memory_limit),
        pages=pages, filed_on=_date(filed_on, language), ocr=ocr, password=_secret(password, password_file, language),
    )  # fmt: skip
    return _told_in(language, lambda: run_watch(inbox, out, options, interval=interval, once=once, tell=_complain, quiet=quiet))


def _told_in(language: str, work: Callable[[], int]) -> int:
    """Do the work; an error will be told in ``language``."""
    try:
        return work()
    except AnalyzerError as error:
        error.details.setdefault("language", language)
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; a bug is 4, never the 1 that means gaps."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        status = int(app(_with_verb(sys.argv[1:] if arguments is None else arguments), prog_name="analyzer", standalone_mode=False) or 0)
    except AnalyzerError as error:
        _complain(_sentence(error, str(error.details.pop("language", LOCALE))))
        return int(error.status)
    except TyperException as error:
        _complain(say(LOCALE, "error_usage", reason=say(LOCALE, "usage_wrong", detail=error.format_message())))
        return int(ExitStatus.USAGE)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception:
        _complain(say(LOCALE, "error_bug"))
        traceback.print_exc()
        return int(ExitStatus.BUG)
    if status == INTERRUPTED:
        _complain(say(LOCALE, "error_interrupted"))
    return status


def _with_verb(arguments: Sequence[str]) -> list[str]:
    """``analyzer FILE`` and ``analyzer --format json FILE`` mean ``check``."""
    verbs = {command.callback.__name__ for command in app.registered_commands if command.callback} | {"pack", "triage"}
    if arguments[:1] == ["triage"] and arguments[1:2] not in ([], ["show"], ["run"]):
        return ["triage", "run", *arguments[1:]]
    if not arguments or arguments[0] in verbs | _ROOT_OPTIONS:
        return list(arguments)
    return ["check", *arguments]


def _language(chosen: Language) -> str:
    return LOCALE if chosen == "auto" else chosen


def _gather(
    files: Sequence[str] | None, language: str, *, inside: bool = False, password: str | None = None, quiet: bool = True
) -> tuple[list[Input], bool]:
    """The files that are meant, and whether some argument led to none."""
    if not files:
        raise _refusal(language, "usage_no_files")
    gathered = gather(files, archives=inside, password=password)
    if not quiet:
        for folder, names in gathered.passed_over.items():
            _complain(_passed_over(folder, names, language))
    if any(entry.path == STDIN for entry in gathered.inputs) and sys.stdin.isatty():
        raise _refusal(language, "usage_stdin_is_terminal")
    if not gathered.inputs:
        raise _refusal(language, "usage_nothing_found", path=say(language, "list_separator").join(gathered.barren))
    for path in gathered.barren:
        _complain(say(language, "usage_nothing_found", path=path))
    return gathered.inputs, bool(gathered.barren)


_NAMED = 5
"""Files that were passed over and are told by name."""


def _passed_over(folder: str, names: Sequence[str], language: str) -> str:
    told = [os.fsencode(name).decode("utf-8", "replace") for name in names[:_NAMED]]
    if len(names) > _NAMED:
        told.append(say(language, "note_more", count=len(names) - _NAMED))
    return say(language, "note_passed_over", path=folder, names=say(language, "list_separator").join(told))


def _allow(settings: Sequence[str] | None, language: str) -> None:
    """Set the limits that the command line, or the environment, asks for."""
    try:
        limits.change(settings or [])
    except limits.BadLimit as error:
        names = say(language, "list_separator").join(limits.NAMES)
        raise _refusal(language, "usage_limit", setting=error, names=names) from error


def _secret(password: str | None, path: Path | None, language: str) -> str | None:
    """The password: from the command line, from a file, or from the environment."""
    if password:
        return password
    if path is None:
        return os.environ.get("ANALYZER_PASSWORD") or None
    try:
        with path.expanduser().open(encoding="utf-8-sig") as file:
            return file.readline().rstrip("\r\n") or None
    except (OSError, UnicodeDecodeError) as error:
        raise _refusal(language, "usage_password_file", path=path) from error


def _single(name: str, language: str) -> Input:
    """The one file that is meant."""
    inputs, _ = _gather([name], language)
    if len(inputs) > 1:
        raise _refusal(language, "usage_one_file", path=name)
    return inputs[0]


def _comparison_form(form: str | None, target: Path | None, language: str, inputs: Sequence[Input]) -> str:
    """The form of a comparison; refuses a place that it cannot be written to before any work is done."""
    from analyzer.reports.comparison import ENDINGS, FORMS

    chosen = form or (ENDINGS.get(target.suffix.lower(), "terminal") if target else "terminal")
    if chosen not in FORMS:
        raise _refusal(language, "usage_compare_form", form=chosen, known=say(language, "list_separator").join(FORMS))
    if target is None:
        if chosen == "docx" and sys.stdout.isatty():
            raise _refusal(language, "usage_not_for_a_terminal", form=chosen)
        return chosen
    if _would_spoil_a_word_file(target):
        raise _refusal(language, "usage_output_is_docx", path=target)
    if _would_spoil_a_pdf(target, chosen, inputs):
        raise _refusal(language, "usage_output_is_pdf", path=target)
    if target.is_dir() or not os.access(target.parent, os.W_OK | os.X_OK):
        raise _refusal(language, "usage_output_unwritable", path=target)
    return chosen


def _known_pack(name: str, language: str) -> str:
    if not (pack_dir(name) / "pack.yaml").is_file():
        raise _refusal(language, "usage_unknown_pack", pack=name, known=say(language, "list_separator").join(known_packs()))
    return name


def _date(filed_on: str | None, language: str) -> date | None:
    try:
        return date.fromisoformat(filed_on) if filed_on else None
    except ValueError as error:
        raise _refusal(language, "usage_filed_on", date=filed_on) from error


def _in_language(language: str, load: Callable[[_Source], _Made], pack: _Source) -> _Made:
    """Load from a pack; an error will be told in ``language``."""
    try:
        return load(pack)
    except AnalyzerError as error:
        error.details.setdefault("language", language)
        raise


def _element(pack: Pack, wanted: str) -> ElementRule | None:
    """The element with this id or name, however it is written."""
    key = _folded(wanted)
    return next((element for element in pack.elements if key in map(_folded, (element.id, element.name.zh, element.name.en))), None)


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


@dataclass(slots=True)
class _Run(Generic[_Made]):
    """Reads files one by one and remembers what went wrong; no file stops the others."""

    read: Guard[_Made]
    language: str
    password: str | None
    quiet: bool
    unread: bool = False
    broke: bool = False
    _status: Status | None = None
    _words: str = ""

    def __post_init__(self) -> None:
        self.read.tell = self.tell_pages

    def attempt(self, entry: Input, number: int, total: int) -> _Made | Failure:
        """What ``read`` makes of a file, or the failure that was also told on stderr."""
        name = say(self.language, "stdin") if entry.path == STDIN else entry.name
        try:
            if entry.error:
                raise entry.error
            path, data = entry.source()
            self.read.start()  # before a thread draws the progress
            with self._progress(name, number, total):
                return self.read(path, data=data, password=self.password)
        except AnalyzerError as error:
            if error.status != ExitStatus.UNREAD:
                error.details.setdefault("language", self.language)
                raise
            self.unread = True
            code, message = error.code, _sentence(error, self.language, path=name)
            _complain(message)
        except Exception as error:
            self.broke = True
            code, message = AnalyzerError.code, say(self.language, "error_unexpected", path=name)
            _complain(message)
            _complain(error.trace if isinstance(error, Fault) else traceback.format_exc())
        from analyzer.findings import Failure

        return Failure.of(entry.name, code, message)

    def status(self, *, barren: bool, gaps: bool = False) -> ExitStatus:
        """The loudest of what happened."""
        states = [
            (self.broke, ExitStatus.BUG),
            (self.unread, ExitStatus.UNREAD),
            (barren, ExitStatus.USAGE),
            (gaps, ExitStatus.GAPS),
        ]
        return next((status for happened, status in states if happened), ExitStatus.OK)

    def _progress(self, name: str, number: int, total: int) -> AbstractContextManager[object]:
        if self.quiet or not sys.stderr.isatty():
            return nullcontext()
        from rich.console import Console
        from rich.text import Text

        key = "progress" if total == 1 else "progress_of"
        self._words = _showable(say(self.language, key, path=name, number=number, total=total))
        self._status = Console(stderr=True).status(Text(self._words))
        return self._status

    def tell_pages(self, done: int, total: int) -> None:
        """How many of the scanned pages of the present file are read."""
        if self._status is not None:
            from rich.text import Text

            self._status.update(Text(f"{self._words} {say(self.language, 'progress_ocr', done=done, total=total)}"))


class _Sink(Protocol):
    """Where results go."""

    form: str

    def take(self, result: Result) -> None:
        """Accept the result of the next file."""

    def close(self) -> None:
        """All files are done."""


@dataclass(slots=True)
class _Stdout:
    """Reports on stdout, each as soon as it is there; JSON of several files is one array and waits for the last."""

    form: str
    language: str
    results: list[Result] = field(default_factory=list)

    def take(self, result: Result) -> None:
        self.results.append(result)
        if self.form == "jsonl" or self.form not in BUILT_IN:
            _write(file_bytes([result], self.form, self.language, _width()))
        elif self.form == "terminal":
            from analyzer.findings import Failure
            from analyzer.reports.terminal import result_sheet

            if not isinstance(result.outcome, Failure):
                _show(result_sheet(result, _width()))
                _write("\n")

    def close(self) -> None:
        if self.form == "json":
            _write(file_bytes(self.results, "json", self.language, _width()))
        elif self.form == "terminal" and len(self.results) > 1:
            from analyzer.reports.terminal import summary_sheet

            _show(summary_sheet(self.results, self.language, _width()))


@dataclass(slots=True)
class _File:
    """All reports in one file, written when the last is done."""

    path: Path
    form: str
    language: str
    quiet: bool
    results: list[Result] = field(default_factory=list)

    def take(self, result: Result) -> None:
        self.results.append(result)

    def close(self) -> None:
        if self.form not in BUILT_IN and not any(result.rendered for result in self.results):
            return
        _save(self.path, file_bytes(self.results, self.form, self.language, _PLAIN_WIDTH), self.language)
        _note(self.path, self.language, quiet=self.quiet)


@dataclass(slots=True)
class _Folder:
    """A file for each report, written as soon as it is there."""

    path: Path
    form: str
    language: str
    quiet: bool
    taken: set[str] = field(default_factory=set)

    def take(self, result: Result) -> None:
        if self.form not in BUILT_IN and result.rendered is None:
            return
        path = self.path / free_name(result.stem, ending(self.form), self.taken)
        _save(path, file_bytes([result], self.form, self.language, _PLAIN_WIDTH), self.language)

    def close(self) -> None:
        _note(self.path, self.language, quiet=self.quiet)


def _sink(output: str | None, form: str | None, language: str, inputs: Sequence[Input], *, quiet: bool) -> _Sink:
    """Where the reports go; refuses a place that cannot be written to before any work is done."""
    if output is None:
        form = form or "terminal"
        _refuse_a_heap(form, language, inputs)
        if form not in {*BUILT_IN, *JOINED} and sys.stdout.isatty():
            raise _refusal(language, "usage_not_for_a_terminal", form=form)
        return _Stdout(form, language)
    path = Path(output).expanduser()
    if path.is_dir() or output.endswith(("/", os.sep)):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _refusal(language, "usage_output_unwritable", path=output) from error
        return _Folder(path, form or "json", language, quiet)
    form = form or form_of(path.name) or "terminal"
    if _would_spoil_a_word_file(path):
        raise _refusal(language, "usage_output_is_docx", path=output)
    if _would_spoil_a_pdf(path, form, inputs):
        raise _refusal(language, "usage_output_is_pdf", path=output)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _refusal(language, "usage_output_unwritable", path=output)
    _refuse_a_heap(form, language, inputs)
    return _File(path, form, language, quiet)


def _known_form(form: str | None, language: str) -> str | None:
    if form is not None and form not in known_forms():
        raise _refusal(language, "usage_unknown_form", form=form, known=say(language, "list_separator").join(known_forms()))
    return form


def _refuse_a_heap(form: str, language: str, inputs: Sequence[Input]) -> None:
    """Most forms hold one report each."""
    if len(inputs) > 1 and form not in {*BUILT_IN, *JOINED}:
        raise _refusal(language, "usage_one_per_file", form=form)


def _would_spoil_a_pdf(path: Path, form: str, inputs: Sequence[Input]) -> bool:
    """Whether writing there would replace a PDF that is not a marked copy of ours, or call something a PDF that is none."""
    if os.path.realpath(path) in {os.path.realpath(entry.path) for entry in inputs}:
        return True
    if path.suffix.lower() != ".pdf":
        return False
    if form != "pdf":
        return True
    from analyzer.reports.marked_pdf import is_marked

    return path.is_file() and not is_marked(path)


def _would_spoil_a_word_file(path: Path) -> bool:
    """Whether writing there would replace a Word file that we did not write."""
    if path.suffix.lower() not in {".docx", ".docm"} or not path.is_file():
        return False
    from analyzer.reading.kinds import is_letter

    return not is_letter(str(path))


def _save(path: Path, data: bytes, language: str) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise _refusal(language, "usage_output_unwritable", path=str(path)) from error


def _note(path: Path, language: str, *, quiet: bool) -> None:
    if not quiet:
        _complain(say(language, "written", path=path))


def _falls_short(outcome: Outcome, limit: FailOn) -> bool:
    bad = {"missing", limit}
    return any(element.verdict in bad for element in getattr(outcome, "elements", []))


def _refusal(language: str, key: str, **values: object) -> UsageError:
    return UsageError(reason=say(language, key, **values), language=language)


def _sentence(error: AnalyzerError, language: str, **values: object) -> str:
    return say(language, f"error_{error.code}", **{**error.details, **values})


def _width() -> int:
    """The width of the terminal, of which stderr knows when stdout is piped to a pager."""
    screen = next((stream for stream in (sys.stdout, sys.stderr) if stream.isatty()), None)
    known = os.get_terminal_size(screen.fileno()).columns if screen else 0
    wanted = os.environ.get("COLUMNS", "")
    return min(int(wanted) if wanted.isdecimal() else known or _PLAIN_WIDTH, _WIDEST)


def _show(sheet: Sheet) -> None:
    from analyzer.reports.terminal import rendered

    _write(rendered(sheet, colour=sys.stdout.isatty()))


def _write(words: str | bytes) -> None:
    """Put words, or a file's bytes, on stdout; nothing else goes there."""
    try:
        if isinstance(words, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(words)
        else:
            sys.stdout.write(words)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(READER_LEFT) from None


def _complain(words: str) -> None:
    print(_showable(words), file=sys.stderr)


def _showable(words: str) -> str:
    """Words without control characters, which a file's name may hold."""
    return _CONTROL.sub("", words)


if __name__ == "__main__":
    sys.exit(main())
