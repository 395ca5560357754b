"""The ledger of looks: kills, damage and parallel writers, and what it counts."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import layout
from pipeline.evaluation import looks
from pipeline.evaluation.looks import Ledger, Look, Standing
from pipeline.locks import locked
from tests.support import ROOT
from tests.support.refusals import refusal

WRITER = """
import sys
from pipeline.evaluation import looks
from tests.evaluation.test_looks import look
for number in range(int(sys.argv[2])):
    looks.record(look(f"{sys.argv[1]} {number}"))
    print(number, flush=True)
"""


@pytest.fixture(autouse=True)
def _in_project(in_empty_folder):
    pass


def look(run: str, *models: str, **facts) -> Look:
    """A look at models of steps 0, 1, …; by default at one that is named after its run."""
    by_step = {str(step): model for step, model in enumerate(models or [run])}
    own = {"purpose": "evaluate", "data": "toy", "split": "s", "truth": "t", "rows": 12}
    return Look(run_id=run, shown=["accuracy"], **own | {"models": by_step} | facts)


def file() -> Path:
    return layout.looks() / looks.FILE


def write(*entries: Look) -> bytes:
    """Records looks and returns the content of the file."""
    for entry in entries:
        looks.record(entry)
    return file().read_bytes()


def runs() -> list[str]:
    return [entry.run_id for entry in looks.read().looks]


def test_project_without_a_ledger_has_no_looks():
    assert looks.read() == Ledger([])


def test_recorded_look_is_read_with_its_time():
    before = datetime.now(UTC)
    write(look("a"))
    (entry,) = looks.read().looks
    assert before <= datetime.fromisoformat(entry.time) <= datetime.now(UTC)
    assert entry == look("a", time=entry.time)


def test_ledger_is_in_the_project_of_dvc(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "original"))
    write(look("a"))
    assert file() == tmp_path / "original/mlruns/looks/ledger.jsonl"


def test_ledger_cut_anywhere_keeps_its_whole_lines():
    content = write(look("a"), look("b"))
    end = content.index(b"\n") + 1
    for cut in (0, 1, end - 1, end, end + 1, len(content) - 1, len(content)):
        file().write_bytes(content[:cut])
        whole = ["a", "b"][: (cut >= end) + (cut >= len(content))]
        assert (runs(), looks.read().damaged) == (whole, 0)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 600))
def test_look_after_a_kill_is_kept(cut):
    file().unlink(missing_ok=True)
    content = write(look("a"), look("b"))
    file().write_bytes(content[:cut])
    write(look("c"))
    newlines = content[:cut].count(b"\n")
    complete = newlines + (content[cut : cut + 1] == b"\n")  # only its end was cut
    assert runs() == [*["a", "b"][:complete], "c"]
    assert looks.read().damaged == 0


def test_damaged_line_is_counted_and_kept():
    content = bytearray(write(look("a"), look("b")))
    content[30] ^= 1
    file().write_bytes(content)
    write(look("c"))
    ledger = looks.read()
    assert [entry.run_id for entry in ledger.looks] == ["b", "c"]
    assert ledger.damaged == 1
    assert ledger.standing("c", 0) == Standing(1, 0, 0, rows=12, damaged=1)


def test_joined_ledgers_are_in_order_of_time():
    one = write(look("a"), look("b"))
    file().write_bytes(one.splitlines(keepends=True)[0])
    two = write(look("c"))
    file().write_bytes(two + one)
    assert sorted(runs()) == ["a", "b", "c"]
    times = [entry.time for entry in looks.read().looks]
    assert times == sorted(times)


def test_lines_on_rows_hold_every_model_once():
    inspection = look("b", purpose="inspect", models={})
    write(look("a"), look("b"), look("a"), look("c", truth="other"), inspection, inspection)
    lines = looks.read().lines_on_rows_of(["b"])
    assert looks.read().lines_on_rows_of(["d"]) == []
    file().unlink()
    looks.join(lines)
    assert runs() == ["a", "b", "b", "b"]


def test_whole_and_new_lines_join_the_ledger():
    content = write(look("a"), look("b"))
    first, second = content.decode().splitlines(keepends=True)
    file().write_bytes(first.encode() + b"cut")
    looks.join([first, second, second, second[:-9], "cut\n"])
    assert file().read_bytes() == content


def test_join_waits_for_another_process():
    line = write(look("a")).decode()
    file().unlink()
    with ThreadPoolExecutor() as pool, locked(layout.looks(), "is a test"):
        joined = pool.submit(looks.join, [line])
        with pytest.raises(TimeoutError):
            joined.result(timeout=0.2)
    joined.result(timeout=60)
    assert runs() == ["a"]


def writer(name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, name, str(count)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_parallel_processes_lose_no_look():
    writers = [writer(name, 25) for name in ("a", "b", "c")]
    for process in writers:
        process.communicate()
    assert sorted(runs()) == sorted(f"{name} {number}" for name in "abc" for number in range(25))
    assert looks.read().damaged == 0


def test_killed_process_loses_no_look_that_was_shown():
    with writer("a", 100_000) as process:
        shown = [next(process.stdout) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        shown += process.stdout.readlines()
    write(look("b"))
    written = runs()
    assert written[: len(shown)] == [f"a {number}" for number in range(len(shown))]
    assert len(shown) + 1 <= len(written) <= len(shown) + 2
    assert looks.read().damaged == 0


def test_ledger_that_cannot_be_written_is_one_line():
    file().mkdir(parents=True)
    assert refusal(looks.record, look("a")) == (
        f"writing {file()} failed, so the test split stays closed. Received: Is a directory. "
        "Make it writable or free space, then run the same command again."
    )


def standing(ledger: list[Look], run: str, step: int = 0) -> tuple[int, int] | None:
    result = Ledger(ledger).standing(run, step)
    return result and (result.before, result.after)


def test_each_different_model_counts():
    ledger = [look("a"), look("b"), look("c")]
    assert [standing(ledger, run) for run in "abc"] == [(0, 2), (1, 1), (2, 0)]


def test_same_weights_count_once():
    ledger = [look("a"), look("a"), look("b", "same"), look("c", "same"), look("b", "same")]
    assert [standing(ledger, run) for run in "abc"] == [(0, 1), (1, 0), (1, 0)]


def test_snapshots_count_for_later_models_only():
    ledger = [look("a", "1", "2", "3"), look("b")]
    assert standing(ledger, "a", 2) == (0, 1)
    assert standing(ledger, "b") == (3, 0)


def test_other_test_rows_do_not_count():
    assert standing([look("a", truth="other"), look("b")], "b") == (0, 0)


def test_variants_with_the_same_rows_count_together():
    ledger = [look("a", data="wide", split="other"), look("b")]
    assert standing(ledger, "b") == (1, 0)


def test_latest_rows_of_a_run_decide():
    ledger = [look("a"), look("b"), look("b", truth="other")]
    assert standing(ledger, "b") == (0, 0)


def test_inspection_is_no_score():
    inspection = look("a", purpose="inspect", models={})
    ledger = Ledger([inspection, look("b"), inspection])
    assert ledger.standing("b", 0) == Standing(before=0, after=0, inspected=2, rows=12)


def test_unknown_run_has_no_standing():
    assert standing([look("a")], "b") is None
    assert standing([look("a")], "a", step=1) is None
