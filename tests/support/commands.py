"""Real commands in a repository of toy data, and the runs that they leave in MLflow."""

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
    """Starts `python -m …` in a session of its own. Appends what it prints to `log.txt`."""
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
    """Runs a command to its end. Returns the seconds that it took."""
    began = time.monotonic()
    if start(folder, command).wait() != 0:
        raise SystemExit((folder / "log.txt").read_text(encoding="utf-8")[-2000:])
    return time.monotonic() - began


def client(folder: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")


def runs(folder: Path, experiment: str) -> list[Run]:
    """All runs of an experiment."""
    mlflow = client(folder)
    number = mlflow.get_experiment_by_name(experiment).experiment_id
    return list(mlflow.search_runs([number], max_results=1000))
