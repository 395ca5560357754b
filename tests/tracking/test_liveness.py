"""Runs of killed processes, with real processes and a real embedded MLflow."""

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import psutil
import pytest
from mlflow import MlflowClient
from mlflow.entities import RunInfo

from pipeline.tracking import connection
from pipeline.tracking.liveness import close_dead, set_status
from pipeline.tracking.processes import lives, process_tags
from pipeline.tracking.stores.mlflow import STORE
from pipeline.tracking.tracker import Measurement, RunFacts
from tests.support import warm
from tests.support.metas import images

LATE = 4_102_444_800_000  # the year 2100: later than the start of any run
WRITER = f"""
import sys
from pathlib import Path
from pipeline.tracking.stores.mlflow import STORE
from pipeline.tracking.tracker import Measurement, RunFacts
from tests.support.metas import images

facts = RunFacts(sys.argv[1], {{"seed": 1}}, {{"run_key": "k"}}, images(), Path("data"))
with STORE.open_run(facts) as tracker:
    tracker.log_metrics([Measurement(1, {LATE} - 1, {{"loss": 0.5}})])
    tracker.log_metrics([Measurement(2, {LATE}, {{"loss": 0.25}})])
    print(tracker.run_id, flush=True)
    sys.stdin.readline()
"""


class Writer:
    """A process that opens a run, logs two points, and waits to be killed."""

    def __init__(self, name: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.snippet", WRITER, name],
            cwd=folder,
            env=os.environ | warm.variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.run_id = self._process.stdout.readline().strip()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@dataclass(frozen=True)
class Killed:
    """A run and its records: while its process lived, and after it was killed."""

    run_id: str
    before: RunInfo
    after: RunInfo


@pytest.fixture(scope="module")
def killed(here, client) -> Killed:
    process = Writer("killed", here)
    try:
        close_dead(client)
        before = client.get_run(process.run_id).info
    finally:
        process.kill()
    close_dead(client)
    return Killed(process.run_id, before, client.get_run(process.run_id).info)


def test_run_of_another_living_process_stays_running(killed):
    assert killed.before.status == "RUNNING"


def test_killed_run_ends_with_its_last_metric(killed):
    assert (killed.after.status, killed.after.end_time) == ("KILLED", LATE)


def test_killed_run_resumes_in_another_process(here, client, killed):
    set_status(client, killed.run_id, "RUNNING", end_time=0)  # as the kill left it
    facts = RunFacts("killed", {"seed": 1}, {"run_key": "k"}, images(), Path("data"))
    with STORE.open_run(facts) as tracker:
        tracker.log_metrics(
            [Measurement(step, LATE + step, {"loss": 0.5**step}) for step in (1, 2, 3)]
        )
    assert tracker.run_id == killed.run_id
    assert client.get_run(killed.run_id).info.status == "FINISHED"
    with closing(sqlite3.connect(here / "mlruns/mlflow.db")) as connection:
        points = list(
            connection.execute(
                "SELECT step, value FROM metrics WHERE run_uuid = ? ORDER BY step",
                (killed.run_id,),
            )
        )
    assert points == [(1, 0.5), (2, 0.25), (3, 0.125)]


def test_one_of_several_processes_resumes_a_run(client):
    facts = RunFacts("wanted_by_all", {}, {"run_key": "k"}, images(), Path("data"))
    waiting = client.create_run(
        connection.experiment_id(client, "wanted_by_all"), tags=facts.tags
    ).info.run_id
    client.set_terminated(waiting, "KILLED")
    start, all_open = Barrier(4, timeout=30), Barrier(4, timeout=30)

    def opened(_: int) -> str:
        start.wait()
        with STORE.open_run(facts) as tracker:
            all_open.wait()
            return tracker.run_id

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(opened, range(4)))
    assert len(ids) == 4
    assert waiting in ids


def closed(client: MlflowClient, tags: dict[str, str]) -> bool:
    """Whether a running run with these tags is marked as killed."""
    run_id = client.create_run(connection.experiment_id(client, "tagged"), tags=tags).info.run_id
    close_dead(client)
    return client.get_run(run_id).info.status == "KILLED"


def test_run_of_this_process_stays_running(client):
    assert not closed(client, process_tags())


@pytest.mark.parametrize(("name", "value"), [("process.boot", "another"), ("process.started", "1")])
def test_run_of_an_earlier_process_is_closed(client, name, value):
    assert closed(client, process_tags() | {name: value})


def test_run_of_no_process_is_closed(client):
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert closed(client, process_tags() | {"process.pid": str(ended.pid)})


def test_zombie_does_not_live():
    with subprocess.Popen(["true"]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        started = psutil.Process(zombie.pid).create_time() - psutil.boot_time()
        tags = {"process.pid": str(zombie.pid), "process.started": f"{started:.2f}"}
        assert not lives(process_tags() | tags)
        assert psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE


def test_run_of_another_host_stays_running(client):
    assert not closed(
        client, process_tags() | {"process.host": "another", "process.boot": "another"}
    )


def test_run_of_another_container_stays_running(client):
    # Host name and boot are the same, and no process here has its number.
    tags = process_tags() | {"process.namespace": "1", "process.pid": "4194305"}
    assert not closed(client, tags)


def test_run_of_an_earlier_version_names_no_namespace(client):
    tags = process_tags() | {"process.boot": "another"}
    del tags["process.namespace"]
    assert closed(client, tags)


def test_run_that_names_no_process_stays_running(client):
    assert not closed(client, {"run_key": "k"})


def test_killed_run_without_metrics_ends_at_its_start(client):
    tags = process_tags() | {"process.boot": "another"}
    run_id = client.create_run(
        connection.experiment_id(client, "tagged"), tags=tags, start_time=1_000
    ).info.run_id
    close_dead(client)
    assert client.get_run(run_id).info.end_time == 1_000


def test_look_up_closes_runs_of_dead_processes(client):
    tags = process_tags() | {"process.boot": "another"}
    run_id = client.create_run(connection.experiment_id(client, "tagged"), tags=tags).info.run_id
    assert STORE.missing([run_id]) == set()
    assert client.get_run(run_id).info.status == "KILLED"


def test_closing_the_dead_prints_nothing(client, capfd):
    assert closed(client, process_tags() | {"process.boot": "another"})
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seconds", [60, -365 * 24 * 3600])
def test_process_lives_while_the_clock_is_set(monkeypatch, seconds):
    tags = process_tags()
    boot_time, started = psutil.boot_time(), float(tags["process.started"])
    monkeypatch.setattr(psutil, "boot_time", lambda: boot_time + seconds)
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: boot_time + seconds + started)
    assert lives(tags)


def test_time_of_boot_identifies_a_boot_without_an_id():
    boot = psutil.boot_time()
    assert lives(process_tags() | {"process.boot": f"{boot + 60:.0f}"})
    assert not lives(process_tags() | {"process.boot": f"{boot + 7200:.0f}"})


def test_living_process_of_another_pid_lives():
    with subprocess.Popen(["sleep", "60"]) as process:
        tags = process_tags() | {"process.pid": str(process.pid)}
        try:
            seconds = psutil.Process(process.pid).create_time() - psutil.boot_time()
            assert lives(tags | {"process.started": f"{seconds:.2f}"})
            assert not lives(tags | {"process.started": f"{seconds - 0.02:.2f}"})
        finally:
            process.kill()
