"""The folder of a run: its last two checkpoints, its lock, and damaged files."""

import fcntl
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline import locks
from pipeline.errors import PipelineError
from pipeline.runs import folder as run_folder
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.folder import RunFolder
from tests.support import ROOT

HOLDER = """
import sys
from pathlib import Path
from pipeline.runs import folder
with folder.held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def at(step: int) -> Checkpoint:
    return Checkpoint({"step": step}, {})


def files_in(path: Path) -> list[str]:
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*"))


def held_with(path: Path, *steps: int) -> None:
    """A process that saves a checkpoint at each step."""
    with run_folder.held(path) as folder:
        for step in steps:
            folder.save(at(step))


def latest(path: Path) -> Checkpoint | None:
    with run_folder.held(path) as folder:
        return folder.latest()


def refusal(path: Path) -> str:
    with pytest.raises(PipelineError) as caught, run_folder.held(path) as folder:
        folder.latest()
    return str(caught.value)


def damage(file: Path) -> int:
    """Changes the last byte, and returns the number of bytes."""
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    return len(data)


def fill(folder: RunFolder) -> None:
    """Two checkpoints, a snapshot and a result."""
    for step in (1, 2):
        folder.save(at(step))
    for path in (folder.path / "snapshots/step_000001.keras", folder.result / "run.json"):
        path.parent.mkdir()
        path.write_text("{}", encoding="utf-8")


@contextmanager
def another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_new_folder_has_no_checkpoint(tmp_path):
    assert latest(tmp_path) is None


def test_latest_checkpoint_is_the_newest(tmp_path):
    held_with(tmp_path, 5, 10, 15)
    assert latest(tmp_path) == at(15)


def test_two_checkpoints_stay(tmp_path):
    held_with(tmp_path, 5, 10, 15)
    assert files_in(tmp_path) == ["000002.checkpoint", "000003.checkpoint", "lock"]


def test_next_process_continues_the_numbers(tmp_path):
    held_with(tmp_path, 5, 10, 15)
    held_with(tmp_path, 20)
    assert files_in(tmp_path) == ["000003.checkpoint", "000004.checkpoint", "lock"]
    assert latest(tmp_path) == at(20)


def test_seven_digits_are_newer_than_six(tmp_path):
    held_with(tmp_path, 5)
    (tmp_path / "000001.checkpoint").replace(tmp_path / "999999.checkpoint")
    held_with(tmp_path, 10, 15)
    assert files_in(tmp_path) == ["1000000.checkpoint", "1000001.checkpoint", "lock"]
    assert latest(tmp_path) == at(15)


def test_earlier_checkpoint_replaces_a_damaged_one(tmp_path):
    held_with(tmp_path, 5, 10)
    damage(tmp_path / "000002.checkpoint")
    assert latest(tmp_path) == at(5)


def test_damaged_checkpoint_causes_a_warning(tmp_path, capsys):
    held_with(tmp_path, 5, 10)
    size = damage(tmp_path / "000002.checkpoint")
    latest(tmp_path)
    assert capsys.readouterr() == (
        "",
        f"warning: {tmp_path}/000002.checkpoint is damaged. "
        f"Received: {size} bytes with another checksum. "
        "Trying the one before it.\n",
    )


def test_damaged_checkpoint_is_removed(tmp_path):
    held_with(tmp_path, 5, 10)
    damage(tmp_path / "000002.checkpoint")
    latest(tmp_path)
    assert files_in(tmp_path) == ["000001.checkpoint", "lock"]


def test_damaged_older_checkpoint_does_not_matter(tmp_path, capsys):
    held_with(tmp_path, 5, 10)
    damage(tmp_path / "000001.checkpoint")
    assert (latest(tmp_path), capsys.readouterr().err) == (at(10), "")


def test_run_with_only_damaged_checkpoints_is_refused(tmp_path):
    held_with(tmp_path, 5, 10)
    for name in ("000001", "000002"):
        damage(tmp_path / f"{name}.checkpoint")
    assert refusal(tmp_path) == (
        f"all checkpoints in {tmp_path} are damaged. "
        "Received: 000001.checkpoint, 000002.checkpoint. "
        "Restore an undamaged copy, or train from scratch with: force=true."
    )


def test_refused_checkpoints_are_not_removed(tmp_path):
    held_with(tmp_path, 5, 10)
    for name in ("000001", "000002"):
        damage(tmp_path / f"{name}.checkpoint")
    before = [file.read_bytes() for file in sorted(tmp_path.glob("*.checkpoint"))]
    refusal(tmp_path)
    assert [file.read_bytes() for file in sorted(tmp_path.glob("*.checkpoint"))] == before


def test_half_written_checkpoint_is_removed(tmp_path):
    held_with(tmp_path, 5)
    (tmp_path / ".000002.4711.checkpoint").write_bytes(b"half")
    assert latest(tmp_path) == at(5)
    assert files_in(tmp_path) == ["000001.checkpoint", "lock"]


def test_folder_of_another_process_is_refused(tmp_path):
    with another_process(tmp_path) as owner:
        assert refusal(tmp_path) == (
            "another process trains this run. "
            f"Received: process {owner.pid} on {platform.node()}. Wait until it ends, or stop it."
        )


def test_folder_of_an_unnamed_process_is_refused(tmp_path):
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert refusal(tmp_path) == (
            "another process trains this run. "
            "Received: a process that has just started. Wait until it ends, or stop it."
        )


def test_process_waits_for_the_folder(tmp_path, monkeypatch):
    lines = []
    with another_process(tmp_path) as owner:

        def log(line: str) -> None:
            lines.append(line)
            owner.kill()

        monkeypatch.setattr(locks, "log", log)
        with run_folder.held(tmp_path, wait=True):
            assert (
                tmp_path / "lock"
            ).read_text() == f"process {os.getpid()} on {platform.node()}\n"
    assert lines == [
        f"process {owner.pid} on {platform.node()} trains this run; waiting until it ends"
    ]


def test_folder_of_another_process_stays_unchanged(tmp_path):
    with another_process(tmp_path):
        (tmp_path / ".000001.4711.checkpoint").write_bytes(b"half")
        before = files_in(tmp_path)
        refusal(tmp_path)
        assert files_in(tmp_path) == before


def test_killed_process_releases_the_folder(tmp_path):
    with another_process(tmp_path) as owner:
        owner.kill()
        owner.wait()
        assert latest(tmp_path) is None


def test_lock_names_only_its_current_owner(tmp_path):
    (tmp_path / "lock").write_text(
        "process 4194304 on a machine of a long name\n", encoding="utf-8"
    )
    with run_folder.held(tmp_path):
        assert (tmp_path / "lock").read_text(
            encoding="utf-8"
        ) == f"process {os.getpid()} on {platform.node()}\n"


def test_run_with_checkpoints_is_not_finished(tmp_path):
    with run_folder.held(tmp_path) as folder:
        fill(folder)
        assert not folder.finished


def test_run_without_a_result_is_not_finished(tmp_path):
    with run_folder.held(tmp_path) as folder:
        assert not folder.finished


def test_finished_run_keeps_only_its_result(tmp_path):
    with run_folder.held(tmp_path) as folder:
        fill(folder)
        folder.end()
        assert folder.finished
    assert files_in(tmp_path) == ["lock", "result", "result/run.json"]


def test_cleared_run_keeps_only_its_lock(tmp_path):
    with run_folder.held(tmp_path) as folder:
        fill(folder)
        folder.clear()
        assert not folder.finished
    assert files_in(tmp_path) == ["lock"]


def test_held_folder_lasts(tmp_path):
    with run_folder.held(tmp_path / "runs/key") as folder:
        assert folder.lasting
    assert files_in(tmp_path / "runs") == ["key", "key/lock"]


def test_temporary_folder_is_removed_after_its_block():
    with run_folder.temporary() as folder:
        folder.save(at(1))
        assert (folder.lasting, folder.latest()) == (False, at(1))
    assert not folder.path.exists()


def test_kept_checkpoints_stay_when_the_run_has_ended(tmp_path):
    with run_folder.held(tmp_path) as folder:
        fill(folder)
        folder.keep(at(1))
        folder.keep(at(1_000_000))
        folder.end()
    assert run_folder.kept_steps(tmp_path) == [1, 1_000_000]


def test_kept_checkpoints_are_cleared_with_the_rest(tmp_path):
    with run_folder.held(tmp_path) as folder:
        folder.keep(at(1))
        folder.clear()
    assert files_in(tmp_path) == ["lock"]


def test_unfinished_checkpoint_of_a_kill_is_removed(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/.000001.1-2.checkpoint").touch()
    with run_folder.held(tmp_path):
        pass
    assert run_folder.kept_steps(tmp_path) == []
    assert files_in(tmp_path / "kept") == []
