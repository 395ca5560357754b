"""Measures commands beside a store of ten thousand runs, and beside one with two runs.

    python -m tests.benchmarks.stores [--runs 10000] [--rounds 3]

One real run of 50 epochs is copied, with its settings, tags and metrics. The same commands then run
in two projects, in turn. What counts is the ratio of their medians.
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tests.benchmarks.processes import seconds_of
from tests.support.project import Project

_NAME, _DATA = "iris_perceptron", "iris_setosa"
_TRAINING = (_NAME, "training.epochs=50", "training.early_stopping=null")
_TABLES = ("params", "tags", "metrics", "latest_metrics")
_HOUR = 3_600_000  # milliseconds


def project_with_a_run(folder: Path) -> Project:
    """A project with prepared data, one trained and tested experiment, and its report."""
    project = Project(folder)
    seconds_of(folder, "dvc", "repro", f"evaluate@{_NAME}")
    seconds_of(folder, "python", "-m", "pipeline.train", *_TRAINING)
    seconds_of(folder, "python", "-m", "pipeline.report", _NAME)
    return project


def copy_run(database: Path, copies: int) -> tuple[int, int]:
    """Copies the last run of a store. Returns the numbers of runs and of points of metrics."""
    with closing(sqlite3.connect(database)) as store, store:
        (original,) = store.execute(
            "SELECT run_uuid FROM runs ORDER BY start_time DESC LIMIT 1"
        ).fetchone()
        columns = {
            table: [name for _, name, *_ in store.execute(f"PRAGMA table_info({table})")]
            for table in ("runs", *_TABLES)
        }
        for number in track(range(copies), "copies", console=Console(stderr=True)):
            new = {"run_uuid": f"'{uuid.uuid4().hex}'"}
            earlier = {"start_time": f"start_time - {(number + 1) * _HOUR}"}
            for table, names in columns.items():
                values = new | (earlier if table == "runs" else {})
                own = ", ".join(f'"{name}"' for name in names)
                copied = ", ".join(values.get(name, f'"{name}"') for name in names)
                store.execute(
                    f"INSERT INTO {table} ({own}) SELECT {copied} FROM {table} WHERE run_uuid = ?",
                    (original,),
                )
        (runs,) = store.execute("SELECT count(*) FROM runs").fetchone()
        (points,) = store.execute("SELECT count(*) FROM metrics").fetchone()
    return runs, points


def commands(seeds: Iterator[int]) -> dict[str, Sequence[str]]:
    """The commands to measure, by name."""
    short = (_NAME, "training.epochs=5", "training.early_stopping=null")
    first = next(seeds)
    return {
        "`train`, a short training": ("train", *short, f"seed={first}"),
        "`train` of a finished run": ("train", *_TRAINING),
        "`evaluate`": ("evaluate", _NAME),
        "`sweep` of two trials": ("sweep", *short, f"seed={next(seeds)},{next(seeds)}"),
        "`report`": ("report", _NAME),
        "`watch`": ("watch",),
    }


def main(arguments: list[str]) -> int:
    """Measures each command in both projects, and prints a table of medians."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.stores", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="copies of the run")
    parser.add_argument("--rounds", type=int, default=3, help="of each command")
    options = parser.parse_args(arguments)
    taken: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="stores_benchmark.") as folder:
        small = project_with_a_run(Path(folder, "small"))
        large = small.copy(Path(folder, "large"))
        runs, points = copy_run(large.folder / "mlruns/mlflow.db", options.runs)
        seeds = count(1_000)
        for _ in track(range(options.rounds), "rounds", console=Console(stderr=True)):
            for name, (module, *words) in commands(seeds).items():
                command = ("python", "-m", f"pipeline.{module}", *words)
                pair = [seconds_of(project.folder, *command) for project in (small, large)]
                taken.setdefault(name, []).append((pair[0], pair[1]))
    print(f"| what | few runs | {runs:,} runs, {points:,} points | ratio |")
    print("|---|--:|--:|--:|")
    for name, pairs in taken.items():
        few, many = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"| {name} | {few:.2f} s | {many:.2f} s | {many / few:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
