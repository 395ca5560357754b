"""A command that is given again and again in a repository of toy data, and the record in MLflow that it leaves."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run

from tests.support import ROOT


def start(folder: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Begins `python -m …` in a session of its own, whose id is the process's; what it says is added to `log.txt`."""
    environment = {
        name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"
    }
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def finish(folder: Path, command: Sequence[str]) -> float:
    """Runs a command to its end; the seconds it took."""
    began = time.monotonic()
    if start(folder, command).wait() != 0:
        raise SystemExit((folder / "log.txt").read_text(encoding="utf-8")[-2000:])
    return time.monotonic() - began


def client(folder: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")


def runs(folder: Path, experiment: str) -> list[Run]:
    found = client(folder)
    return list(
        found.search_runs(
            [found.get_experiment_by_name(experiment).experiment_id], max_results=1000
        )
    )
