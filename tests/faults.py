"""A worker's work with faults in it: what happens to a document is told by the name of its file."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from samples import element, report

from analyzer.batch.desk import Analyse, Setup, guarded, read_bytes
from analyzer.batch.limits import Limits
from analyzer.batch.records import Record, Task, record_of_report
from analyzer.batch.run import Options
from analyzer.findings import Report

ANALYST = "faults:analyst"
EVIL = '=HYPERLINK("http://evil","</script><img src=x onerror=alert(1)>")'


def options(**more: Any) -> Options:
    """Two jobs whose work is told by the files' names."""
    chosen: dict[str, Any] = {"pack": "mini", "language": "en", "jobs": 2, "limits": Limits(seconds=2, megabytes=1024), "analyst": ANALYST}
    return Options(**chosen | more)


def drop(folder: Path, *names: str) -> Path:
    """Files with these names, each with bytes of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        (folder / name).write_bytes(f"%PDF-1.4 {name} {'x' * number}\n%%EOF".encode())
    return folder


def analyst(setup: Setup) -> Analyse:
    """The faulty one: see ``_fault``."""
    return guarded(_work, setup)


def _work(task: Task) -> Record:
    name = Path(task.path).name
    _fault(name, task.path)
    data = task.data or read_bytes(task.path)
    made = report_of(name, task, len(data))
    return record_of_report(task, made, institution=EVIL if "evil" in name else "Example Hospital", seconds=0, page=False)


def report_of(name: str, task: Task, size: int) -> Report:
    """A report that depends on the file alone."""
    verdict = ("adequate", "partial", "missing")[size % 3]
    return report([element("objectives", verdict), element("outcomes", "adequate")], path=task.name, sha256=task.key, pages=size)


def _fault(name: str, path: str) -> None:
    if "slow" in name:
        time.sleep(0.03)
    if "crash" in name:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "abort" in name:
        os.abort()
    if "leave" in name:
        os._exit(7)
    if "hang" in name:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        time.sleep(1000)
    if "bomb" in name:
        bytearray(10 << 30)
    if "exception" in name:
        raise ZeroDivisionError(name)
    if "vanish" in name:
        Path(path).unlink()
    if "always-killed" in name or ("once-killed" in name and not Path(f"{path}.seen").exists()):
        Path(f"{path}.seen").touch()
        os.kill(os.getpid(), signal.SIGKILL)
