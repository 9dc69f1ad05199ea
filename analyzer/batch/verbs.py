"""What the verbs ``triage`` and ``watch`` do; ``cli.py`` only reads their options."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from analyzer.batch.run import Options, triage
from analyzer.batch.screen import Screen, closing_words
from analyzer.batch.sources import barren
from analyzer.batch.store import Store
from analyzer.errors import ExitStatus, UsageError
from analyzer.resources import say

INTERRUPTED = 130


def run_triage(arguments: Sequence[str], out: Path | None, options: Options, *, tell: Callable[[str], None], quiet: bool) -> int:
    """Triage the files and say how it went; gives the exit status. Raises what ``run.triage`` raises, and UsageError."""
    language = options.language
    if out is None:
        raise UsageError(reason=say(language, "usage_no_out"))
    if not arguments and not options.retry_failed:
        raise UsageError(reason=say(language, "usage_no_files"))
    if not arguments:
        Store(out, write=False).close()
    empty = barren(arguments, archives=options.archives)
    for argument in empty:
        tell(say(language, "usage_nothing_found", path=argument))
    if empty and len(empty) == len(arguments):
        return ExitStatus.USAGE
    with Screen(language, tell, quiet=quiet) as screen:
        tally = triage(arguments, out, options, screen)
    if not quiet:
        for sentence in closing_words(tally, out, [*arguments, *_given(options)], language):
            tell(sentence)
    if tally.interrupted:
        return INTERRUPTED
    if tally.kept["failed"]:
        return ExitStatus.UNREAD
    return ExitStatus.USAGE if empty else ExitStatus.OK


def run_watch(
    inbox: Path, out: Path | None, options: Options, *, interval: float, once: bool, tell: Callable[[str], None], quiet: bool
) -> int:
    """Watch the folder until Ctrl-C, or (``once``) until nothing is left to do; gives the exit status. Raises as ``run_triage`` does."""
    from analyzer.batch.watch import watch

    language = options.language
    if out is None:
        raise UsageError(reason=say(language, "usage_no_out"))
    if not inbox.is_dir():
        raise UsageError(reason=say(language, "usage_not_a_folder", path=inbox))
    if out.resolve() == inbox.resolve():
        raise UsageError(reason=say(language, "usage_out_in_inbox", path=out))
    if not quiet:
        tell(say(language, "watch_started", inbox=inbox, out=out))
    failed = watch(inbox, out, options, interval=interval, once=once, tell=(lambda words: None) if quiet else tell)
    if not quiet and not once:
        tell(say(language, "watch_ended", command=shlex.join(["analyzer", "watch", str(inbox), "--out", str(out), *_given(options)])))
    return ExitStatus.UNREAD if failed else ExitStatus.OK


def _given(options: Options) -> Iterator[str]:
    """The options that a command to go on must repeat, for it to mean the same."""
    if options.archives:
        yield "--inside"
    if options.filed_on:
        yield from ("--filed-on", options.filed_on.isoformat())
    if options.ocr != "auto":
        yield from ("--ocr", options.ocr)
