"""Locks between processes."""

import os
import platform

import pytest

from pipeline.errors import PipelineError
from pipeline.locks import locked
from tests.support.refusals import refusal

OWNER = f"process {os.getpid()} on {platform.node()}"


def enter(folder) -> None:
    with locked(folder, "trains this run"):
        pass


def test_lock_names_its_process(tmp_path):
    with locked(tmp_path / "run", "trains this run"):
        assert (tmp_path / "run/lock").read_text() == f"{OWNER}\n"


def test_held_lock_is_refused_with_its_owner(tmp_path):
    with locked(tmp_path, "trains this run"):
        assert refusal(enter, tmp_path) == (
            f"another process trains this run. Received: {OWNER}. Wait until it ends, or stop it."
        )


def test_owner_that_has_not_yet_written_is_a_new_process(tmp_path):
    with locked(tmp_path, "trains this run"):
        (tmp_path / "lock").write_text("")
        assert "a process that has just started" in refusal(enter, tmp_path)


def test_lock_is_free_after_its_block(tmp_path):
    for _ in range(2):
        enter(tmp_path)
    assert (tmp_path / "lock").read_text() == f"{OWNER}\n"


def test_lock_is_free_after_an_error(tmp_path):
    with pytest.raises(PipelineError), locked(tmp_path, "trains this run"):
        raise PipelineError("it broke")
    enter(tmp_path)
