"""The same outcomes from a Dask cluster as from this machine, also when a part of it dies."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults import drop, options

from analyzer.batch.cluster import ClusterUnreachable, ClusterVersions
from analyzer.batch.records import unpack
from analyzer.batch.run import Tally, Watcher, triage
from analyzer.batch.store import Store

distributed = pytest.importorskip("distributed", reason="the extra “cluster” is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Three worker processes that find the tests' modules."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as made:
        yield made


def outcomes(out: Path) -> dict[str, str]:
    """Of each document its failure code or the JSON of its report."""
    with Store(out, write=False) as store:
        return {one.key: one.summary.code or unpack(store.body(one.key)).decode() for one in store.listed()}


def test_a_killed_worker_loses_nothing(tmp_path: Path, cluster: Any) -> None:
    names = [*(f"slow {number:02}.pdf" for number in range(60)), "crash.pdf", "exception.pdf", "bomb.pdf"]
    folder = drop(tmp_path / "in", *names)
    triage([str(folder)], tmp_path / "local", options())
    killed: list[int] = []

    class Killer(Watcher):
        def progress(self, tally: Tally) -> None:
            if tally.analysed > 10 and not killed:
                with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
                    killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

    triage([str(folder)], tmp_path / "dask", options(engine="dask", scheduler=cluster.scheduler_address), Killer())
    assert killed
    assert outcomes(tmp_path / "dask") == outcomes(tmp_path / "local")
    assert len(outcomes(tmp_path / "dask")) == len(names)


def test_other_versions_on_the_workers_are_refused(tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.batch.edition._model_digest", lambda: "another")
    with pytest.raises(ClusterVersions):
        triage([str(drop(tmp_path / "in", "a.pdf"))], tmp_path / "out", options(engine="dask", scheduler=cluster.scheduler_address))


def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.batch.cluster._CONNECT", 0.5)
    with pytest.raises(ClusterUnreachable):
        triage([str(drop(tmp_path / "in", "a.pdf"))], tmp_path / "out", options(engine="dask", scheduler="tcp://127.0.0.1:9"))
    assert threading.active_count() < 50
