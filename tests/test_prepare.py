import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import prepare
from tests.support import ROOT
from tests.support.raw_sources import table, write_source
from tests.support.refusals import refusal

DIGITS = Path("data/raw/digits")
COMMAND = [sys.executable, "-m", "pipeline.prepare", "data=digits"]


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the project's settings and without data."""
    (tmp_path / "conf").symlink_to(ROOT / "conf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["prepare", *arguments])
    prepare.main()


def test_help_shows_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        run(monkeypatch, "--help")
    assert "python -m pipeline.prepare data=mnist" in capsys.readouterr().out


def test_result_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_source(DIGITS, train=table([f"{i},{i % 2}" for i in range(20)], "a,label"))
    run(monkeypatch, "data=digits", "data.split.validation=5")
    assert tuple(capsys.readouterr()) == (
        "",
        "data/prepared/digits: 11 train, 5 validation, 4 test rows of shape (1,)\n",
    )


def test_invalid_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    write_source(DIGITS, train="a,label\n1,0\n2,1\n")
    assert refusal(run, monkeypatch, "data=digits").startswith(
        "data.split.method stratified needs more rows of class 0. Received: 1 row."
    )


def test_command_fails_in_one_line() -> None:
    write_source(DIGITS, train="a,label\n1,2\n1\n")
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: data/raw/digits/data.csv, line 3: the row is too short. Received: 1 value. "
        "Expected: 2 values; label is the first column without one.\n"
    )
    assert not Path("data/prepared/digits").exists()


def test_command_imports_no_tensorflow() -> None:
    names = {"tensorflow", "keras", "mlflow", "sklearn", "pandas"}
    code = f"import sys, pipeline.prepare; print({names} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
