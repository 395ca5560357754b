import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.raw_sources import table, write_source


def prepare_digits(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in a folder with its own data and the project's settings."""
    (folder / "conf").symlink_to(ROOT / "conf")
    return subprocess.run(
        [sys.executable, "-m", "pipeline.prepare", "data=digits", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_result_is_named(tmp_path: Path) -> None:
    rows = [f"{i},{i % 2}" for i in range(20)]
    write_source(tmp_path / "data/raw/digits", train=table(rows, "a,label"))
    done = prepare_digits(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "data/prepared/digits: 13 train, 3 validation, 4 test rows of shape (1,)\n"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a,label\n1,2\n1\n",
            "data/raw/digits/data.csv, line 3: the row is too short. Received: 1 value.",
        ),
        (
            "a,label\n1,0\n2,1\n",
            "data.split.method stratified needs more rows of class 0. Received: 1 row.",
        ),
    ],
)
def test_error_is_one_line(tmp_path: Path, content: str, message: str) -> None:
    write_source(tmp_path / "data/raw/digits", train=content)
    done = prepare_digits(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "data/prepared/digits").exists()


def test_help_shows_a_command(tmp_path: Path) -> None:
    done = prepare_digits(tmp_path, "--help")
    assert done.returncode == 0
    assert "python -m pipeline.prepare data=mnist" in done.stdout


def test_command_imports_no_tensorflow() -> None:
    names = {"tensorflow", "keras", "mlflow", "sklearn", "pandas"}
    code = f"import sys, pipeline.prepare; print({names} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
