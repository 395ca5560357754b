"""How long a sweep of 24 trials takes by joblib, against a command for each trial; `make bench` runs it after the trainings.

    python -m tests.benchmarks.sweeps

Half of the commands run before the sweep and half after it, so that a machine that gets slower meanwhile slows down both.
Each way has a store of its own. Every trial must come to the same bits both ways.
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

_FIXED = ["experiment=mnist_dnn", "training.threads=1"]  # one for each of two workers
_GRID = {
    "optimizer.learning_rate": ["0.01", "0.03", "0.1"],
    "model.units": ["[100]", "[100,100]"],
    "seed": ["1", "2", "3", "4"],
}


def run(store: Path, *arguments: str) -> tuple[float, dict]:
    """A command in a store of its own: the seconds, and the last line of what it printed."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "pipeline.train", *arguments]
    environment = os.environ | {"DVC_ROOT": str(store)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr[-2000:])
    return time.perf_counter() - began, json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Measures both ways; 1 if a trial differs."""
    trials = [
        [f"{key}={value}" for key, value in zip(_GRID, values, strict=True)]
        for values in product(*_GRID.values())
    ]
    half = len(trials) // 2
    with tempfile.TemporaryDirectory(prefix="sweep_benchmark.") as home:
        alone, together = Path(home, "alone"), Path(home, "together")
        before = [run(alone, *_FIXED, *trial) for trial in trials[:half]]
        swept = [f"{key}={','.join(values)}" for key, values in _GRID.items()]
        seconds, sweep = run(
            together, "-m", *_FIXED, *swept, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"
        )
        after = [run(alone, *_FIXED, *trial) for trial in trials[half:]]
        with (together / "mlruns/sweeps" / sweep["sweep_id"] / "summary.csv").open(
            newline=""
        ) as file:
            fingerprints = [row["fingerprint"] for row in csv.DictReader(file)]
    took = sum(one for one, _ in before + after)
    equal = sum(
        one["fingerprint"] == other
        for (_, one), other in zip(before + after, fingerprints, strict=True)
    )
    print(
        "| trials | a command each | one sweep by joblib | commands / sweep | trials of the same bits |"
    )
    print("|--:|--:|--:|--:|--:|")
    print(f"| {len(trials)} | {took:.0f} s | {seconds:.0f} s | {took / seconds:.2f} | {equal} |")
    return int(equal < len(trials))


if __name__ == "__main__":
    sys.exit(main())
