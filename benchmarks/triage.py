"""How bulk triage stands up to many documents, to being killed, and to a second run. Each verb prints its figures as JSON.

    python benchmarks/triage.py throughput --documents 5000    two jobs against one, memory, and a second run; real analysis
    python benchmarks/triage.py memory --documents 5000        peak memory of the master, and the second run; workers that answer at once
    python benchmarks/triage.py second --documents 5000        first and second run over an unchanged folder, real analysis
    python benchmarks/triage.py kills --documents 150          30 kills of the whole process group, real analysis

The documents are variations of the PDFs in ``--source`` (folders; ``examples/`` unless told otherwise): the same pages, other bytes.
How far a run is goes to stderr. One job reads only a sample, the first ``--sample`` of the documents, in which each source has its share.

Rates count from the first outcome to the last, so that neither starting nor writing the lists counts; ``seconds`` count all. Where other
work goes on, look at ``by_processor``: it has the processor time of the master and the workers, and the speed-up that follows from it for
two cores of one's own (the master works on one of them, too). It knows nothing of caches and memory that cores share.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from analyzer.batch.desk import Analyse, Setup
from analyzer.batch.export import INDEX, REPORTS, TABLE, WORKBOOK
from analyzer.batch.records import Task, unpack
from analyzer.batch.run import Options, Tally, Watcher, triage
from analyzer.batch.store import FILE, Store
from analyzer.resources import PACKAGE

ROOT = Path(__file__).resolve().parent.parent
KILLS = 30
REAL = "analyzer.batch.desk:analyst"


def variations(sources: Sequence[Path], folder: Path, count: int) -> None:
    """Fill ``folder`` with ``count`` documents, the sources in turn."""
    originals = [path.read_bytes() for source in sources for path in sorted(source.glob("*.pdf")) if not path.match("*.scan.pdf")]
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.pdf").write_bytes(originals[number % len(originals)] + f"\n% variation {number}\n".encode())
    megabytes = sum(len(originals[number % len(originals)]) for number in range(count)) / 2**20
    say(f"{count} documents from {len(originals)}, {megabytes:.0f} MB")


def say(words: str) -> None:
    """Tell whoever waits."""
    print(time.strftime("%H:%M:%S"), words, file=sys.stderr, flush=True)


def instant(setup: Setup) -> Analyse:
    """A worker that answers at once with a record as large as a real one."""
    from analyzer.batch.desk import analyst

    path = min((PACKAGE.parent / "examples").glob("*.pdf"))
    key = hashlib.sha256(path.read_bytes()).hexdigest()
    model = analyst(setup)(Task(key, str(path), path.name))
    return lambda task: replace(model, key=task.key)


class Meter(Watcher):
    """Notes the master's memory and the times of outcomes on the way."""

    def __init__(self) -> None:
        self.start = self.told = time.perf_counter()
        self.now: dict[int, float] = {}
        self.peaks: dict[int, float] = {}
        self.first: tuple[float, int] | None = None
        self.last = (self.start, 0)

    def progress(self, tally: Tally) -> None:
        step, time_now = tally.analysed // _STEP * _STEP, time.perf_counter()
        if step not in self.now:
            self.now[step], self.peaks[step] = resident(), peak()
        if tally.analysed > self.last[1]:
            self.last = (time_now, tally.analysed)
            self.first = self.first or self.last
        if time_now - self.told > _TELL:
            self.told = time_now
            say(f"  {tally.analysed} of {tally.total or '?'}, {self.rate():.2f} a second, master {resident():.0f} MB")

    def rate(self) -> float:
        """Documents a second between the first outcome and the last."""
        if self.first is None or self.last[0] == self.first[0]:
            return 0.0
        return (self.last[1] - self.first[1]) / (self.last[0] - self.first[0])


_STEP, _TELL = 500, 15.0


def resident() -> float:
    """Megabytes that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def peak() -> float:
    """The most megabytes this process has held."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def workers_seconds() -> float:
    """Processor time of all workers that have ended: the fork server, their parent, knows it."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    numbers = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split() for child in children]
    return sum(int(fields[at]) for fields in numbers for at in (13, 14)) / os.sysconf("SC_CLK_TCK")


def master(folder: str, out: str, jobs: str, analyst: str, documents: str) -> None:
    """One run in this process over so many documents of the folder; its figures go to stdout."""
    meter = Meter()
    tally = triage([_sample(Path(folder), int(documents), Path(out))], Path(out), Options("rscpq", "en", int(jobs), analyst=analyst), meter)
    seconds = time.perf_counter() - meter.start
    figures = {
        "jobs": int(jobs),
        "seconds": round(seconds, 2),
        "analysed": tally.analysed,
        "failed": tally.failed,
        "per_second": round(meter.rate(), 3),
        "processor": {"master": round(time.process_time(), 2), "workers": round(workers_seconds(), 2)},
        "peak_mb": round(peak()),
        "mb_at": {step: round(size) for step, size in meter.now.items()},
        "peak_mb_at": {step: round(size) for step, size in meter.peaks.items()},
    }
    print(json.dumps(figures))


def _sample(folder: Path, documents: int, out: Path) -> str:
    """The folder, or a list of the first documents in it where they are more."""
    paths = sorted(map(str, folder.glob("*.pdf")))
    if documents >= len(paths):
        return str(folder)
    listed = out.with_suffix(".txt")
    listed.write_text("\n".join(paths[:documents]), "utf-8")
    return str(listed)


def command(folder: Path, out: Path, jobs: int, analyst: str = REAL, documents: int = 10**9) -> list[str]:
    """How to start a run in a process of its own."""
    return [sys.executable, __file__, "master", str(folder), str(out), str(jobs), analyst, str(documents)]


def run(folder: Path, out: Path, jobs: int, analyst: str = REAL, documents: int = 10**9) -> dict[str, Any]:
    """The figures of a run."""
    say(f"{jobs} jobs into {out.name}")
    done = subprocess.run(command(folder, out, jobs, analyst, documents), stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    say(f"  {figures['seconds']} s")
    return figures


def throughput(folder: Path, place: Path, sample: int) -> dict[str, Any]:
    """One job on a sample against two on everything, and everything once more."""
    one = run(folder, place / "one", 1, documents=sample)
    two = run(folder, place / "two", 2)
    again = run(folder, place / "two", 2)
    return {
        "one": one,
        "two": two,
        "again": again,
        "speed_up": round(two["per_second"] / one["per_second"], 2),
        "by_processor": _by_processor(one, two),
        "share_of_second_run": round(again["seconds"] / two["seconds"], 4),
        "kb_per_document": kilobytes(place / "two"),
        "load": os.getloadavg(),
    }


def kilobytes(out: Path) -> dict[str, float]:
    """What a document takes in each of the lists and in the store, and in the JSON Lines when they are unpacked."""
    with Store(out, write=False) as store:
        documents = store.counts()["documents"]
    sizes = {name: (out / name).stat().st_size for name in (FILE, REPORTS, TABLE, WORKBOOK, INDEX)}
    with gzip.open(out / REPORTS) as whole:
        sizes[f"{REPORTS} unpacked"] = sum(map(len, whole))
    return {name: round(size / 1024 / documents, 1) for name, size in sizes.items()}


def _by_processor(one: dict[str, Any], two: dict[str, Any]) -> dict[str, float]:
    """Milliseconds of the processor per document, and what they allow."""
    alone = 1000 * one["processor"]["workers"] / one["analysed"]
    worker, master_share = (1000 * two["processor"][name] / two["analysed"] for name in ("workers", "master"))
    return {
        "worker_ms_one_job": round(alone, 1),
        "worker_ms_two_jobs": round(worker, 1),
        "master_ms": round(master_share, 1),
        "speed_up": round(2 * alone / (worker + master_share), 2),
        "speed_up_at_equal_worker_time": round(2 * worker / (worker + master_share), 2),
    }


def second(folder: Path, place: Path, analyst: str = REAL) -> dict[str, Any]:
    """A first run and a second over the same files."""
    first, again = (run(folder, place / "out", 2, analyst) for _ in range(2))
    return {"first": first, "second": again, "share": round(again["seconds"] / first["seconds"], 4)}


def outcomes(out: Path) -> dict[str, bytes]:
    """Every outcome by document."""
    with Store(out, write=False) as store:
        return {listed.key: unpack(store.body(listed.key)) for listed in store.listed()}


def kills(folder: Path, place: Path) -> dict[str, Any]:
    """Kill the run again and again, then let it end, and compare with an undisturbed one."""
    calm = run(folder, place / "calm", 2)
    chance, out, intact, kept = random.Random(30), place / "out", 0, []
    span = 2 * calm["seconds"] / KILLS
    for _ in range(KILLS):
        started = subprocess.Popen(command(folder, out, 2), start_new_session=True, stdout=subprocess.DEVNULL)
        time.sleep(1 + chance.random() * max(span, 4))
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        if (out / FILE).is_file():
            database = sqlite3.connect(out / FILE)
            intact += database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            kept.append(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] and _count(database))
            database.close()
    run(folder, out, 2)
    mine, theirs = outcomes(out), outcomes(place / "calm")
    return {"kills": KILLS, "intact": intact, "kept": kept, "documents": len(mine), "equal": mine == theirs}


def _count(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM documents").fetchone()[0])


def main() -> None:
    """Read the verb and print its figures."""
    if sys.argv[1:2] == ["master"]:
        master(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["throughput", "memory", "second", "kills"])
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--source", type=Path, nargs="+", default=[ROOT / "examples"], metavar="FOLDER")
    parser.add_argument("--sample", type=int, default=300, metavar="N", help="documents that one job reads")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        variations(options.source, place / "in", options.documents)
        verbs = {
            "throughput": lambda: throughput(place / "in", place, options.sample),
            "memory": lambda: second(place / "in", place, "triage:instant"),
            "second": lambda: second(place / "in", place),
            "kills": lambda: kills(place / "in", place),
        }
        print(json.dumps({"documents": options.documents, **verbs[options.verb]()}, indent=1))


if __name__ == "__main__":
    main()
