"""How bulk triage stands up to many documents, to being killed, and to a second run. Each verb prints its figures as JSON.

    python benchmarks/triage.py throughput --documents 5000    two jobs against one, real analysis
    python benchmarks/triage.py memory --documents 5000        peak memory of the master, and the second run; workers that answer at once
    python benchmarks/triage.py second --documents 5000        first and second run over an unchanged folder, real analysis
    python benchmarks/triage.py kills --documents 150          30 kills of the whole process group, real analysis

The documents are variations of the PDFs in ``--source`` (a folder; ``examples/`` unless told otherwise): the same pages, other bytes.
"""

from __future__ import annotations

import argparse
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
from dataclasses import replace
from pathlib import Path
from typing import Any

from analyzer.batch.desk import Analyse, Setup
from analyzer.batch.records import Task, unpack
from analyzer.batch.run import Options, Tally, Watcher, triage
from analyzer.batch.store import FILE, Store
from analyzer.resources import PACKAGE

ROOT = Path(__file__).resolve().parent.parent
KILLS = 30
REAL = "analyzer.batch.desk:analyst"


def variations(source: Path, folder: Path, count: int) -> None:
    """Fill ``folder`` with ``count`` documents."""
    originals = [path.read_bytes() for path in sorted(source.glob("*.pdf"))]
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.pdf").write_bytes(originals[number % len(originals)] + f"\n% variation {number}\n".encode())


def instant(setup: Setup) -> Analyse:
    """A worker that answers at once with a record as large as a real one."""
    from analyzer.batch.desk import analyst

    path = min((PACKAGE.parent / "examples").glob("*.pdf"))
    key = hashlib.sha256(path.read_bytes()).hexdigest()
    model = analyst(setup)(Task(key, str(path), path.name))
    return lambda task: replace(model, key=task.key)


class Meter(Watcher):
    """Notes the master's memory on the way."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.megabytes: dict[int, float] = {}

    def progress(self, tally: Tally) -> None:
        step = tally.analysed // 500 * 500
        if step not in self.megabytes:
            self.megabytes[step] = resident()


def resident() -> float:
    """Megabytes that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def peak() -> float:
    """The most megabytes this process has held."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def master(folder: str, out: str, jobs: str, analyst: str) -> None:
    """One run in this process; its figures go to stdout."""
    meter = Meter()
    tally = triage([folder], Path(out), Options("rscpq", "en", int(jobs), analyst=analyst), meter)
    seconds = time.perf_counter() - meter.start
    figures = {
        "jobs": int(jobs),
        "seconds": round(seconds, 2),
        "analysed": tally.analysed,
        "failed": tally.failed,
        "peak_mb": round(peak()),
    }
    print(json.dumps({**figures, "mb_at": {step: round(size) for step, size in meter.megabytes.items()}}))


def command(folder: Path, out: Path, jobs: int, analyst: str = REAL) -> list[str]:
    """How to start a run in a process of its own."""
    return [sys.executable, __file__, "master", str(folder), str(out), str(jobs), analyst]


def run(folder: Path, out: Path, jobs: int, analyst: str = REAL) -> dict[str, Any]:
    """The figures of a run."""
    done = subprocess.run(command(folder, out, jobs, analyst), stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def throughput(folder: Path, place: Path) -> dict[str, Any]:
    """One job against two."""
    one, two = (run(folder, place / f"jobs{jobs}", jobs) for jobs in (1, 2))
    return {"one": one, "two": two, "speed_up": round(one["seconds"] / two["seconds"], 2), "load": os.getloadavg()}


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
    parser.add_argument("--source", type=Path, default=ROOT / "examples")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        variations(options.source, place / "in", options.documents)
        verbs = {
            "throughput": lambda: throughput(place / "in", place),
            "memory": lambda: second(place / "in", place, "triage:instant"),
            "second": lambda: second(place / "in", place),
            "kills": lambda: kills(place / "in", place),
        }
        print(json.dumps({"documents": options.documents, **verbs[options.verb]()}, indent=1))


if __name__ == "__main__":
    main()
