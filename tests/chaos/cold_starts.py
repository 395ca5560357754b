"""Starts trainings at the same time without an MLflow store, and counts how many succeed.

python -m tests.chaos.cold_starts [--processes 8] [--rounds 10]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mlflow import MlflowClient

from tests.support import ROOT
from tests.support.toy import prepare_all

_TRAINING = [
    "data=pairs",
    "training.epochs=2",
    "training.early_stopping=null",
    "training.xla=false",
]


def succeeded(folder: Path, processes: int) -> int:
    """The number of trainings that exit with 0 and are FINISHED in MLflow."""
    shutil.rmtree(folder / "mlruns", ignore_errors=True)
    environment = {
        name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "pipeline.train", *_TRAINING, f"seed={seed}"],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for seed in range(processes)
    ]
    for process in started:
        _, errors = process.communicate()
        if process.returncode != 0:
            print(errors.decode()[-2000:], file=sys.stderr)
    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    runs = client.search_runs(
        [client.get_experiment_by_name("pairs").experiment_id], "attributes.status = 'FINISHED'"
    )
    ended = sum(process.returncode == 0 for process in started)
    return min(ended, len({run.data.params["seed"] for run in runs}))


def main(arguments: list[str]) -> int:
    """Runs the rounds. Returns 1 unless all trainings succeeded."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.cold_starts", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--processes", type=int, default=8, help="trainings that start together (8)"
    )
    parser.add_argument(
        "--rounds", type=int, default=10, help="rounds, each with an empty store (10)"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="cold_starts.") as home:
        prepare_all(Path(home))
        total = 0
        for number in range(options.rounds):
            total += (count := succeeded(Path(home), options.processes))
            print(f"round {number + 1}: {count} of {options.processes}", flush=True)
    print(f"{total} of {options.processes * options.rounds} succeeded")
    return int(total < options.processes * options.rounds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
