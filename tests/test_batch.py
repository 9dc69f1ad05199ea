"""Bulk triage: one outcome for each document whatever happens, and nothing lost."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from faults import EVIL, drop, options

from analyzer.batch.edition import Editions
from analyzer.batch.export import INDEX, REPORTS, TABLE, WORKBOOK
from analyzer.batch.limits import Limits
from analyzer.batch.records import unpack
from analyzer.batch.run import Options, Tally, Watcher, triage
from analyzer.batch.screen import closing_words, progress_line
from analyzer.batch.show import Wanted, selected
from analyzer.batch.store import FILE, DiskFull, OutputBusy, OutputUnwritable, Store, StoreDamaged, StoreMissing, StoreTooNew
from analyzer.cli import main
from analyzer.pipeline import Analyzer
from analyzer.resources import PACKAGE

TESTS = Path(__file__).parent
EXAMPLES = TESTS.parent / "examples"


def outcomes(out: Path) -> dict[str, str]:
    """Of each document its first file's name, and its failure code or the JSON of its report."""
    with Store(out, write=False) as store:
        return {Path(one.name).name: one.summary.code or unpack(store.body(one.key)).decode() for one in store.listed()}


def codes(out: Path) -> dict[str, str]:
    """Of each document its failure code, ``ok`` for a report."""
    return {name: "ok" if code.startswith("{") else code for name, code in outcomes(out).items()}


def test_real_documents_get_the_reports_that_check_gives(tmp_path: Path) -> None:
    files = tmp_path / "in"
    files.mkdir()
    for path in EXAMPLES.glob("*.pdf"):
        shutil.copy(path, files / path.name)
    shutil.copy(files / "knee_zh.pdf", files / "z renamed copy.pdf")
    (files / "z note.pdf").write_text("no PDF")
    out = tmp_path / "out"
    filed_on = date(2026, 4, 30)
    tally = triage([str(files)], out, Options("rscpq", "en", 2, pages=True, filed_on=filed_on))
    assert (tally.analysed, tally.failed, tally.kept) == (3, 1, {"documents": 3, "failed": 1, "files": 4})
    with gzip.open(out / REPORTS, "rt", encoding="utf-8") as whole:
        lines = list(map(json.loads, whole))
    analyzer = Analyzer(filed_on=filed_on)
    reports = {line["document"]["path"]: line for line in lines if "error" not in line}
    assert len(reports) == 2
    for path, report in reports.items():
        assert report == analyzer.analyze(path).model_dump(mode="json")
        assert report["filed_on"] == "2026-04-30"
    assert [line["error"]["code"] for line in lines if "error" in line] == ["not_a_pdf"]
    with Store(out, write=False) as store:
        listed = {Path(one.name).name: one for one in store.listed()}
        assert [Path(name).name for name in listed["knee_zh.pdf"].names] == ["knee_zh.pdf", "z renamed copy.pdf"]
        assert listed["fistula_en.pdf"].summary.institution == "Example University Hospital"
        assert (out / "pages" / listed["knee_zh.pdf"].key[:2] / f"{listed['knee_zh.pdf'].key}.html").is_file()


def test_each_fault_costs_its_document_alone(tmp_path: Path) -> None:
    good = [f"good {number}.pdf" for number in range(12)]
    bad = {
        "crash.pdf": "crashed",
        "abort.pdf": "crashed",
        "leave.pdf": "crashed",
        "hang.pdf": "timed_out",
        "bomb.pdf": "out_of_memory",
        "exception.pdf": "fault",
        "vanish.pdf": "file_missing",
        "always-killed.pdf": "killed",
        "once-killed.pdf": "ok",
    }
    folder = drop(tmp_path / "in", *good, *bad)
    told: dict[str, str] = {}

    class Ear(Watcher):
        def failed(self, name: str, sentence: str) -> None:
            told[Path(name).name] = sentence

    tally = triage([str(folder), str(folder / "never there.pdf")], tmp_path / "out", options(), Ear())
    assert codes(tmp_path / "out") == dict.fromkeys(good, "ok") | bad | {"never there.pdf": "file_missing"}
    assert tally.failed == len(told) == 9
    assert "SIGSEGV" in told["crash.pdf"]
    assert "2 s" in told["hang.pdf"] and "--time-limit" in told["hang.pdf"]
    assert "1024 MB" in told["bomb.pdf"]
    assert "ZeroDivisionError" in told["exception.pdf"]


def test_workers_are_replaced_when_they_have_read_their_share(tmp_path: Path) -> None:
    names = [f"{number}.pdf" for number in range(9)]
    triage([str(drop(tmp_path / "in", *names))], tmp_path / "out", options(limits=Limits(seconds=20, documents=1)))
    assert codes(tmp_path / "out") == dict.fromkeys(names, "ok")


def test_a_second_run_does_only_what_is_new_changed_or_outdated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, out = drop(tmp_path / "in", "a.pdf", "b.pdf", "crash.pdf"), tmp_path / "out"
    assert triage([str(folder)], out, options()).analysed == 3
    written = (out / INDEX).stat().st_mtime_ns
    assert triage([str(folder)], out, options()).analysed == 0
    assert (out / INDEX).stat().st_mtime_ns == written
    drop(folder, "new.pdf")
    (folder / "b.pdf").write_bytes(b"%PDF-1.4 another version")
    assert triage([str(folder)], out, options()).analysed == 2
    assert sorted(codes(out)) == ["a.pdf", "b.pdf", "crash.pdf", "new.pdf"]
    assert triage([str(folder)], out, options(retry_failed=True)).analysed == 1
    (folder / "crash.pdf").rename(folder / "mended.pdf")
    assert triage([str(folder / "mended.pdf")], out, options(retry_failed=True)).analysed == 1
    assert codes(out)["crash.pdf"] == "ok"
    monkeypatch.setattr("analyzer.batch.edition._model_digest", lambda: "a newer model")
    assert triage([str(folder)], out, options()).analysed == 4
    assert triage([str(folder)], out, options(fresh=True)).analysed == 4


def test_what_was_read_under_other_clauses_is_outdated(tmp_path: Path) -> None:
    """But not what was read on another day under the same."""
    folder, out = drop(tmp_path / "in", "a.pdf", "b.pdf"), tmp_path / "out"
    days = (date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1), date(2026, 7, 1), date(2026, 4, 1))
    analysed = [triage([str(folder)], out, options(pack="rscpq", filed_on=day)).analysed for day in days]
    assert analysed == [2, 0, 2, 0, 2]


def test_the_edition_changes_when_a_clause_or_notice_does(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE / "packs" / "mini", tmp_path / "own")
    info = tmp_path / "own" / "pack.yaml"
    notice = "notices:\n  - {id: old, from: 2020-02-01, until: 2020-02-29, text: {zh: a, en: a}}\n"
    info.write_text(info.read_text("utf-8") + notice, "utf-8")
    editions = Editions(str(tmp_path / "own"))
    days = [date(2020, month, day) for month, day in ((1, 31), (2, 1), (2, 29), (3, 1), (12, 31))]
    first, inside, still_inside, after, long_after = map(editions.on, days)
    assert len({first, inside, after}) == 3
    assert inside == still_inside
    assert after == long_after


def test_the_edition_changes_with_a_rule_that_a_pack_inherits(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE / "packs" / "mini", tmp_path / "parent")
    (tmp_path / "child").mkdir()
    (tmp_path / "child" / "pack.yaml").write_text(
        'id: child\nversion: "1"\nname: {zh: a, en: a}\nextends: ../parent\nkeep: [objectives]\n', "utf-8"
    )
    before = Editions(str(tmp_path / "child")).on(date(2026, 1, 1))
    change = tmp_path / "parent" / "elements" / "objectives.yaml"
    change.parent.mkdir(exist_ok=True)
    change.write_text("change: objectives\nseverity: minor\n", "utf-8")
    assert Editions(str(tmp_path / "child")).on(date(2026, 1, 1)) != before


def test_only_the_failures_are_tried_again_without_naming_files(tmp_path: Path) -> None:
    folder, out = drop(tmp_path / "in", "a.pdf", "once-killed.pdf", "exception.pdf"), tmp_path / "out"
    triage([str(folder)], out, options())
    assert triage([], out, options(retry_failed=True)).files == 1


def test_lists_may_come_from_a_file_with_names_that_are_no_text(tmp_path: Path) -> None:
    folder = drop(tmp_path / "in", "a.pdf", "b.pdf")
    odd = os.fsdecode(os.fsencode(folder) + b"/\xff.pdf")
    Path(odd).write_bytes(b"%PDF-1.4 odd")
    names = tmp_path / "list.txt"
    names.write_bytes(b"# two of three\n" + os.fsencode(odd) + f"\n{folder}/b.pdf\n\n".encode())
    triage([str(names)], tmp_path / "out", options())
    assert sorted(codes(tmp_path / "out").values()) == ["ok", "ok"]
    assert triage([str(names)], tmp_path / "out", options()).analysed == 0


RUN = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from faults import options
from analyzer.batch.run import triage
from analyzer.batch.screen import closing_words
if __name__ == "__main__":
    tally = triage([sys.argv[1]], Path(sys.argv[2]), options())
    print(*closing_words(tally, Path(sys.argv[2]), [sys.argv[1]], "en"), sep="\\n")
    sys.exit(130 if tally.interrupted else 0)
"""


def started(folder: Path, out: Path) -> subprocess.Popen[str]:
    """A run in a process group of its own."""
    script = RUN.format(tests=str(TESTS))
    return subprocess.Popen(
        [sys.executable, "-c", script, str(folder), str(out)], cwd=TESTS.parent, start_new_session=True, stdout=subprocess.PIPE, text=True
    )


def kept_documents(out: Path) -> int:
    """How many outcomes are in the store now."""
    if not (out / FILE).is_file():
        return 0
    database = sqlite3.connect(out / FILE, timeout=30)
    try:
        return int(database.execute("SELECT count(*) FROM documents").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        database.close()


def wait_for(out: Path, documents: int) -> None:
    """Wait until the store holds so many outcomes."""
    until = time.monotonic() + 60
    while kept_documents(out) < documents and time.monotonic() < until:
        time.sleep(0.01)


def intact(out: Path) -> bool:
    """Whether SQLite finds the store whole."""
    database = sqlite3.connect(out / FILE)
    try:
        return bool(database.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    finally:
        database.close()


def test_sigkill_at_any_instant_loses_at_most_what_is_in_flight(tmp_path: Path) -> None:
    names = [f"slow {number:02}.pdf" for number in range(60)]
    folder = drop(tmp_path / "in", *names, "crash.pdf")
    triage([str(folder)], tmp_path / "calm", options())
    out, chance = tmp_path / "out", random.Random(6)
    for kill in range(3):
        run = started(folder, out)
        wait_for(out, 15 * (kill + 1))
        time.sleep(chance.random() / 20)
        before = kept_documents(out)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        assert intact(out)
        assert before <= kept_documents(out)
    run = started(folder, out)
    assert run.wait() == 0
    assert outcomes(out) == outcomes(tmp_path / "calm")
    assert len(outcomes(out)) == 61


def test_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(tmp_path: Path) -> None:
    folder, out = drop(tmp_path / "in", *(f"slow {number:02}.pdf" for number in range(80))), tmp_path / "out"
    run = started(folder, out)
    wait_for(out, 10)
    os.killpg(run.pid, signal.SIGINT)
    said = run.communicate()[0]
    assert run.returncode == 130
    assert f"analyzer triage '{folder}' --out '{out}'".replace("'", "") in said.replace("'", "")
    assert 10 <= kept_documents(out) < 80
    assert set(codes(out).values()) == {"ok"}
    assert triage([str(folder)], out, options()).kept["documents"] == 80


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    folder, out = drop(tmp_path / "in", "a.pdf"), tmp_path / "out"
    with Store(out, write=True), pytest.raises(OutputBusy):
        triage([str(folder)], out, options())
    assert triage([str(folder)], out, options()).analysed == 1


def test_an_output_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = drop(tmp_path / "in", "a.pdf")
    with pytest.raises(OutputUnwritable):
        triage([str(folder)], folder / "a.pdf" / "out", options())
    with pytest.raises(StoreMissing):
        Store(tmp_path / "nothing", write=False)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / FILE).write_bytes(b"this is not a database, but long enough to be read as one" * 20)
    with pytest.raises(StoreDamaged):
        triage([str(folder)], tmp_path / "damaged", options())
    assert main(["triage", str(folder), "--out", str(folder / "a.pdf" / "out"), "--lang", "en"]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_stops_the_run_and_the_next_goes_on(tmp_path: Path, small_disk: Path) -> None:
    folder, out = drop(tmp_path / "in", *(f"{number}.pdf" for number in range(40))), small_disk / "out"
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 4_050_000)
    with pytest.raises(DiskFull):
        triage([str(folder)], out, options())
    assert not list(out.glob(".analyzer-*"))
    ballast.unlink()
    assert triage([str(folder)], out, options()).kept["documents"] == 40
    assert intact(out)


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    folder, out = drop(tmp_path / "in", "a.pdf"), tmp_path / "out"
    triage([str(folder)], out, options())
    database = sqlite3.connect(out / FILE)
    database.create_function("as_before", 1, lambda body: zlib.compress(unpack(body)))
    database.executescript("ALTER TABLE documents DROP COLUMN page; UPDATE documents SET body = as_before(body); PRAGMA user_version = 1;")
    database.close()
    assert triage([str(folder)], out, options()).analysed == 0
    assert list(codes(out).values()) == ["ok"]
    database = sqlite3.connect(out / FILE)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreTooNew):
        triage([str(folder)], out, options())


def test_lists_hold_words_of_strangers_as_plain_text(tmp_path: Path) -> None:
    folder, out = drop(tmp_path / "in", "evil.pdf", "=1+1.pdf", "crash.pdf"), tmp_path / "out"
    triage([str(folder)], out, options())
    rows = list(csv.DictReader((out / TABLE).read_text("utf-8-sig").splitlines()))
    by_name = {Path(row["File"]).name: row for row in rows}
    assert by_name["evil.pdf"]["Institution"] == f"'{EVIL}"
    assert by_name["evil.pdf"]["Conclusion"] in {"READY for review", "REVISE before review", "RETURN to the applicant"}
    assert by_name["crash.pdf"]["Why not analysed"].startswith(str(folder / "crash.pdf"))
    sheet: Any = openpyxl.load_workbook(out / WORKBOOK).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == EVIL]
    assert [cell.data_type for cell in cells] == ["s"]
    page = (out / INDEX).read_text("utf-8")
    assert "<img" not in page and "\\u003cimg" in page


def test_show_filters_and_ranks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = drop(tmp_path / "in", *(f"{letter}.pdf" for letter in "abcdef"), "evil.pdf", "crash.pdf"), tmp_path / "out"
    triage([str(folder)], out, options())
    with Store(out, write=False) as store:
        every = selected(store, Wanted(), "score", reverse=False)
        assert len(every) == 8 and every[-1].summary.code == "crashed"
        missing = selected(store, Wanted(missing=("objectives",)), "file", reverse=False)
        assert missing and all(one.summary.verdicts["objectives"] == "missing" for one in missing)
        names = [one.name for one in missing]
        assert names == sorted(names)
        assert [Path(one.name).name for one in selected(store, Wanted(failed=True), "score", reverse=False)] == ["crash.pdf"]
        assert [Path(one.name).name for one in selected(store, Wanted(institution="hyperlink"), "score", reverse=False)] == ["evil.pdf"]
        assert selected(store, Wanted(least=101), "score", reverse=False) == []
        assert len(selected(store, Wanted(severity="critical"), "score", reverse=False)) < 7
    assert main(["triage", "show", str(out), "--missing", "Objectives", "--lang", "en", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(missing)
    assert main(["triage", "show", str(out), "--lang", "zh"]) == 0
    assert "crash.pdf" in capsys.readouterr().out
    assert main(["triage", "show", str(out), "--missing", "nonsense", "--lang", "en"]) == 2
    assert "objectives" in capsys.readouterr().err


def test_the_command_tells_what_was_done_and_what_failed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder, out = drop(tmp_path / "in", "bad.pdf"), tmp_path / "out"
    shutil.copy(EXAMPLES / "knee_zh.pdf", folder)
    assert main(["triage", str(folder), "--lang", "en"]) == 2
    assert main(["triage", "--out", str(out), "--lang", "en"]) == 2
    assert main(["triage", str(tmp_path / "absent.pdf"), "--out", str(tmp_path / "other"), "--lang", "en"]) == 3
    capfd.readouterr()
    assert main(["triage", str(folder), "--out", str(out), "--lang", "en", "--pack", "mini", "--jobs", "1"]) == 3
    said = capfd.readouterr().err
    assert "bad.pdf" in said and "1 documents could not be analysed" in said and f"analyzer triage --retry-failed --out {out}" in said


def test_progress_tells_rate_rest_and_failures() -> None:
    line = progress_line(Tally(files=52, analysed=50, failed=3, busy=2, total=200), 2.0, "en")
    assert "50 of 200" in line and "120/min" in line and "0:01:15 left" in line and "3 not analysed" in line
    assert "█" * 6 + "░" in line
    stopped = Tally(interrupted=True, kept={"documents": 1, "failed": 0, "files": 1})
    assert "analyzer triage 'my folder' --out out" in closing_words(stopped, Path("out"), ["my folder"], "en")[-1]
