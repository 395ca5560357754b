import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pipeline import prepare
from tests.support import ROOT
from tests.support.modules import loaded_by
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


@pytest.fixture
def command(call: Callable[..., None]) -> Callable[..., None]:
    """Runs `prepare` with some arguments."""
    return partial(call, prepare)


def test_help_shows_a_command(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        command("--help")
    assert "python -m pipeline.prepare mnist" in capsys.readouterr().out


def test_result_is_named(command: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    write_source(DIGITS, train=table([f"{i * i},{i % 2}" for i in range(20)], "a,label"))
    command("data=digits", "data.split.validation=5")
    assert tuple(capsys.readouterr()) == (
        "",
        "data/prepared/digits: 11 train, 5 validation, 4 test rows of shape (1,)\n"
        "data/prepared/digits/data_card.md says what each column became\n",
    )


def test_remark_is_one_warning(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_source(DIGITS, train=table([f"{i * i},{i // 20}" for i in range(40)], "a,label"))
    command("data=digits", "data.rows=30")
    assert capsys.readouterr().err.splitlines()[2:] == [
        "digits: warning: the rows are sorted by label, and data.rows takes the first 30 of 40. "
        "To draw them, set data.sample instead"
    ]


def test_invalid_setting_is_refused(command: Callable[..., None]) -> None:
    write_source(DIGITS, train="a,label\n1,0\n2,1\n")
    assert refusal(command, "data=digits").startswith(
        "data.split.method stratified needs more rows of class 0. Received: 1 row."
    )


def test_command_fails_in_one_line() -> None:
    write_source(DIGITS, train="a,label\n1,2\n1\n")
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: data/raw/digits/data.csv, line 3: the file is damaged. "
        "Delete it, then write it again with: dvc repro.\n"
    )
    assert not Path("data/prepared/digits").exists()


def test_command_imports_no_tensorflow() -> None:
    heavy = {"tensorflow", "keras", "mlflow", "sklearn", "pandas"}
    assert not heavy & loaded_by("import pipeline.prepare")
