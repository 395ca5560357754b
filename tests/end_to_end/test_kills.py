"""Six kills by `tests.chaos.training`, and proof that its comparison can fail."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.training import differences, examine
from tests.support import ROOT, warm

# The graph engine: `tests/training/test_resume.py` resumes programs of XLA, and `make chaos` kills
# them. This seed draws two chains of three kills, with every kind of moment.
CASES = ("cnn", "regression")
KILLS = ["--kills", "6", "--seed", "3", *(word for case in CASES for word in ("--case", case))]
ONE_KILL = ["--kills", "1", "--seed", "1", "--case", "regression", "--flip-a-bit"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Receives the repositories of the killed runs."""
    return tmp_path_factory.mktemp("chaos") / "repositories"


def chaos(*arguments: str) -> tuple[list[str], int]:
    """What `tests.chaos.training` prints, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.training", *arguments],
        cwd=ROOT,
        env=os.environ | warm.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines() or [done.stderr], done.returncode


@pytest.fixture(scope="module")
def kills(folder) -> tuple[list[str], int]:
    """Six kills of runs. Their repositories stay in `folder`."""
    return chaos(*KILLS, "--keep", str(folder))


def test_killed_runs_equal_uninterrupted_ones(kills):
    lines, code = kills
    assert {line.partition(":")[0] for line in lines if ": killed " in line} == set(CASES)
    assert re.fullmatch(r"6 kills, \d+ runs, 0 differences, \d+ seconds", lines[-1])
    assert code == 0


def test_comparison_notices_one_flipped_bit(tmp_path):
    lines, code = chaos(*ONE_KILL, "--keep", str(tmp_path / "flipped"))
    assert any("DIFFERENT: fingerprint: " in line for line in lines)
    assert " 1 differences, " in lines[-1]
    assert code == 1


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Replaces text in the one file that matches the pattern."""

    def tamper(repository: Path) -> None:
        [path] = repository.glob(file)
        text = path.read_text(encoding="utf-8")
        assert re.search(old, text)
        path.write_text(re.sub(old, new, text, count=1), encoding="utf-8")

    return tamper


def execute(statement: str) -> Callable[[Path], None]:
    """Changes the store by SQL."""

    def tamper(repository: Path) -> None:
        with closing(sqlite3.connect(repository / "mlruns/mlflow.db")) as store, store:
            assert store.execute(statement).rowcount > 0

    return tamper


def create(file: str) -> Callable[[Path], None]:
    """Adds a file to the one folder that matches the pattern."""

    def tamper(repository: Path) -> None:
        [folder] = repository.glob(str(Path(file).parent))
        (folder / Path(file).name).touch()

    return tamper


@pytest.mark.parametrize(
    ("part", "tamper"),
    [
        ("fingerprint", edit("outputs/*/run.json", '"fingerprint": ".', '"fingerprint": "x')),
        ("folders of runs", create("mlruns/checkpoints/another")),
        ("history", edit("outputs/*/history.csv", r"\d\n$", "\n")),
        ("history", edit("outputs/*/history.csv", r"[^\n]+\n$", "")),
        (
            "final step and snapshots",
            edit("outputs/*/snapshots/index.json", '"final": ', '"final": 1'),
        ),
        ("temporary files", create("outputs/regression/.model.7.keras")),
        ("temporary files", create("mlruns/checkpoints/.result.7")),
        ("files in the run's folder", create("mlruns/checkpoints/*/000009.checkpoint")),
        ("runs", execute("UPDATE runs SET status = 'RUNNING'")),
        ("runs", execute("UPDATE runs SET end_time = NULL")),
        (
            "runs",
            execute(
                "INSERT INTO runs"
                " (run_uuid, name, status, lifecycle_stage, experiment_id, artifact_uri)"
                " SELECT 'r', name, 'KILLED', 'active', experiment_id, artifact_uri FROM runs"
            ),
        ),
        (
            "metrics",
            execute(
                "UPDATE metrics SET value = value + 1e-7 WHERE key = 'validation/loss' AND step = 3"
            ),
        ),
        ("metrics", execute("DELETE FROM metrics WHERE key = 'seconds' AND step = 3")),
        (
            "metrics",
            execute(
                "INSERT INTO metrics"
                " SELECT key, value, timestamp + 1, run_uuid, step, is_nan FROM metrics"
                " WHERE key = 'seconds' AND step = 3"
            ),
        ),
        ("latest metrics", execute("UPDATE latest_metrics SET step = 0 WHERE key = 'train/loss'")),
        ("parameters", execute("DELETE FROM params WHERE key = 'seed'")),
        ("tags", execute("DELETE FROM tags WHERE key = 'fingerprint'")),
        ("data sets", execute("DELETE FROM inputs WHERE source_type = 'DATASET'")),
        ("logged models", execute("UPDATE logged_models SET status = 1")),
        ("models that are not ready", execute("UPDATE logged_models SET status = 1")),
    ],
)
@pytest.mark.usefixtures("kills")
def test_comparison_notices_each_change(folder, tmp_path, part, tamper):
    original = next(folder.glob("regression_*/")).resolve()
    copy = shutil.copytree(original, tmp_path / "copy")
    reference = examine(copy, "regression")
    tamper(copy)
    assert part in [
        difference.partition(":")[0]
        for difference in differences(reference, examine(copy, "regression"))
    ]


@pytest.mark.usefixtures("kills")
def test_comparison_notices_other_weights(folder, tmp_path):
    one, other = (next(folder.glob(f"{case}_*/")) for case in ("regression", "cnn"))
    copy = shutil.copytree(one, tmp_path / "copy")
    reference = examine(copy, "regression")
    shutil.copy(other / "outputs/cnn/model.keras", copy / "outputs/regression/model.keras")
    assert [
        line.partition(":")[0] for line in differences(reference, examine(copy, "regression"))
    ] == ["weights in outputs"]
