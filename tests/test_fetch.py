import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pipeline import fetch
from tests.support import ROOT
from tests.support.loopback import NOWHERE, body, serving
from tests.support.refusals import refusal


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def command(call: Callable[..., None]) -> Callable[..., None]:
    """Runs `fetch` with some arguments."""
    return partial(call, fetch)


def test_help_shows_a_command(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        command("--help")
    assert "python -m pipeline.fetch mnist" in capsys.readouterr().out


def test_own_csv_is_fetched_from_its_path(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("own.csv").write_text('name;x\n"b; c";1,5\n')
    Path("conf/source/own.yaml").write_text("path: own.csv\ndelimiter: ;\n")
    command("source=own")
    assert tuple(capsys.readouterr()) == ("", "data/raw/own/data.csv: 1 rows, 18 bytes\n")
    assert Path("data/raw/own/data.csv").read_text() == 'name,x\nb; c,"1,5"\n'
    facts = json.loads(Path("data/raw/own/provenance.json").read_text())
    assert facts["downloads"][0]["from"] == "own.csv"


def test_what_was_done_is_printed(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("own.csv").write_text("a,b\n1,2\n\n3,4\n")
    Path("conf/source/own.yaml").write_text("path: own.csv\n")
    command("source=own")
    assert capsys.readouterr().err.splitlines() == [
        "data/raw/own/data.csv: 2 rows, 12 bytes",
        "own: note: left out: 1 blank line between rows",
    ]


def test_missing_csv_names_its_setting(command: Callable[..., None]) -> None:
    Path("conf/source/own.yaml").write_text("path: nowhere/own.csv\n")
    assert refusal(command, "source=own") == (
        "conf/source/own.yaml: path does not name a file. Received: nowhere/own.csv. "
        "Give a path that is absolute, or relative to the repository's root."
    )


def test_wrong_setting_names_its_file(command: Callable[..., None]) -> None:
    Path("conf/source/own.yaml").write_text("format: cvs\npath: own.csv\n")
    assert refusal(command, "source=own") == (
        "conf/source/own.yaml: source.format is not a data format. Received: cvs. "
        "Did you mean csv? Allowed: arff, cifar10, csv, folders, idx, image_list, jsonl, parquet, "
        "rows, sklearn, xlsx."
    )


def test_sha256_is_recommended_for_a_url(
    command: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = b"a,b\n1,2\n"
    Path("conf/source/own.yaml").write_text(f"url: {NOWHERE}/data.csv\n")
    with serving() as site:
        site.routes["/own/data.csv"] = body(content)
        monkeypatch.setenv("DATA_MIRROR", site.address)
        command("source=own")
    assert capsys.readouterr().err == (
        f"conf/source/own.yaml: no sha256 protects {site.address}/own/data.csv. "
        f"Add sha256: {hashlib.sha256(content).hexdigest()}\n"
        "data/raw/own/data.csv: 1 rows, 8 bytes\n"
    )


def test_command_fails_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path("conf/source/mnist.yaml")
    file.write_text(
        file.read_text()
        .replace("https://ossci", f"{NOWHERE}/ossci")
        .replace("https://storage", f"{NOWHERE}/b")
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-m", "pipeline.fetch", "source=mnist"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    name = "train-images-idx3-ubyte.gz"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: mnist/{name} is not available. Received: "
        f"{NOWHERE}/ossci-datasets.s3.amazonaws.com/mnist/{name}: cannot connect to its host; "
        f"{NOWHERE}/b.googleapis.com/cvdf-datasets/mnist/{name}: cannot connect to its host. "
        f"Set DATA_MIRROR to a folder or an https:// URL that holds mnist/{name}.\n"
    )
    assert list((tmp_path / "data/raw").iterdir()) == []
