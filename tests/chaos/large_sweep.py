"""Kills a sweep of a thousand trials three times, and resumes it to its end.

    python -m tests.chaos.large_sweep [--trials 1000] [--kills 3] [--seed 1]

The trials train on 36 rows, by joblib on all cores. SIGKILL ends the sweep and all its processes at
random moments. Prints the time of all lives, and the largest memory of all processes at once.
At the end the store must have each trial once, and no other run.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from subprocess import Popen

import psutil

from tests.support import commands
from tests.support.toy import prepare_all

_RATES = 10
_SETTINGS = ("training.epochs=20", "training.early_stopping=null", "tracking.log_model=false")
_EVERY = 1.0  # seconds between two measurements of memory


def command(trials: int) -> list[str]:
    """A grid of seeds and learning rates."""
    rates = ",".join(f"{0.01 * number:.2f}" for number in range(1, _RATES + 1))
    grid = (f"optimizer.learning_rate={rates}", f"seed=range({trials // _RATES})")
    return ["pipeline.sweep", "data=pairs", *grid, *_SETTINGS, "hydra/launcher=joblib"]


def memory_of(process: psutil.Process) -> int:
    """The bytes of a process and its descendants; pages that they share count once."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.Error):
            total += one.memory_full_info().pss
    return total


def live(sweep: Popen[bytes], limit: float) -> int:
    """Waits for a sweep, and kills all its processes after `limit` seconds. Returns its memory."""
    process, largest, deadline = psutil.Process(sweep.pid), 0, time.monotonic() + limit
    while sweep.poll() is None:
        with suppress(psutil.Error):
            largest = max(largest, memory_of(process))
        if time.monotonic() > deadline:
            os.killpg(sweep.pid, signal.SIGKILL)
            sweep.wait()
        time.sleep(_EVERY)
    return largest


def faults(folder: Path, trials: int) -> list[str]:
    """What the store has too much or too little."""
    client = commands.client(folder)
    experiment = client.get_experiment_by_name("pairs").experiment_id
    runs = list(client.search_runs([experiment], max_results=10_000))
    kinds = Counter(run.data.tags.get("kind", "trial") for run in runs)
    keys = Counter(run.data.tags["run_key"] for run in runs if "run_key" in run.data.tags)
    statuses = Counter(run.info.status for run in runs)
    wrong = []
    if kinds != {"sweep": 1, "trial": trials}:
        wrong.append(f"runs: {dict(kinds)}")
    if set(keys.values()) != {1}:
        wrong.append(f"{sum(count > 1 for count in keys.values())} trials ran twice")
    if statuses != {"FINISHED": trials + 1}:
        wrong.append(f"statuses: {dict(statuses)}")
    return wrong


def main(arguments: list[str]) -> int:
    """Runs the lives. Returns 1 if the store is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.large_sweep", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--trials", type=int, default=1000, help="a multiple of ten (1000)")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    folder, random = Path(tempfile.mkdtemp(prefix="large_sweep.")), Random(options.seed)
    prepare_all(folder)
    began, largest = time.monotonic(), 0
    for _ in range(options.kills):
        sweep = commands.start(folder, command(options.trials))
        largest = max(largest, live(sweep, random.uniform(10, 0.08 * options.trials)))
    sweep = commands.start(folder, command(options.trials))
    largest = max(largest, live(sweep, float("inf")))
    seconds, wrong = time.monotonic() - began, faults(folder, options.trials)
    if sweep.returncode:
        wrong.append((folder / "log.txt").read_text(encoding="utf-8")[-500:])
    print(
        f"{options.trials} trials, {options.kills} kills, {seconds:.0f} seconds, "
        f"{largest / 2**20:,.0f} MiB: {'; '.join(wrong) or 'each trial once'}"
    )
    if not wrong:
        shutil.rmtree(folder)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
