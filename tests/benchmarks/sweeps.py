"""Compares a sweep of 24 trials by joblib with one command for each trial.

    python -m tests.benchmarks.sweeps

`make bench` runs it after the trainings. Half of the commands run before the sweep and half after
it, so a change in the machine's speed affects both ways. Each way has its own MLflow store. Each
trial must have the same bits both ways.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

_FIXED = ["experiment=mnist_dnn", "training.threads=1"]  # two workers share two cores
_GRID = {
    "optimizer.learning_rate": ["0.01", "0.03", "0.1"],
    "model.units": ["[100]", "[100,100]"],
    "seed": ["1", "2", "3", "4"],
}


def run(store: Path, module: str, *arguments: str) -> tuple[float, dict]:
    """Runs a command with its own store. Returns the seconds and its result."""
    began = time.perf_counter()
    command = [sys.executable, "-m", module, *arguments]
    environment = os.environ | {"DVC_ROOT": str(store)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr[-2000:])
    return time.perf_counter() - began, json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Measures both ways. Returns 1 if a trial differs."""
    trials = [
        [f"{key}={value}" for key, value in zip(_GRID, values, strict=True)]
        for values in product(*_GRID.values())
    ]
    half = len(trials) // 2
    with tempfile.TemporaryDirectory(prefix="sweep_benchmark.") as home:
        single, together = Path(home, "single"), Path(home, "together")
        before = [run(single, "pipeline.train", *_FIXED, *trial) for trial in trials[:half]]
        grid = [f"{key}={','.join(values)}" for key, values in _GRID.items()]
        seconds, sweep = run(
            together,
            "pipeline.sweep",
            *(*_FIXED, *grid, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"),
        )
        after = [run(single, "pipeline.train", *_FIXED, *trial) for trial in trials[half:]]
        with (together / "mlruns/sweeps" / sweep["sweep_id"] / "trials.csv").open(
            newline=""
        ) as file:
            fingerprints = [row["fingerprint"] for row in csv.DictReader(file)]
    took = sum(one for one, _ in before + after)
    equal = sum(
        one["fingerprint"] == other
        for (_, one), other in zip(before + after, fingerprints, strict=True)
    )
    print(
        "| trials | one command each | one sweep by joblib | commands / sweep "
        "| trials with the same bits |"
    )
    print("|--:|--:|--:|--:|--:|")
    print(f"| {len(trials)} | {took:.0f} s | {seconds:.0f} s | {took / seconds:.2f} | {equal} |")
    return int(equal < len(trials))


if __name__ == "__main__":
    sys.exit(main())
