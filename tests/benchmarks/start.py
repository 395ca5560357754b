"""Measures what people wait for around a training: starts, compositions, DVC and trials.

    python -m tests.benchmarks.start [--runs 5]

`make bench-start` runs it. Each line is the median of some whole processes, in a copy of the
project with the sources that scikit-learn contains. What counts between machines is the ratio to
the import of TensorFlow in the same run.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import yaml
from rich.console import Console
from rich.progress import track

from tests.benchmarks.processes import seconds_of
from tests.support.project import Project

_NAME = "xor_mlp"  # it trains for 0.1 seconds
_FILE = f"conf/experiment/{_NAME}.yaml"
_SHORT = ("training.epochs=20", "training.early_stopping=null")
_BUNDLED = ("diabetes", "digits", "iris", "xor")
_RATES = ",".join(f"{rate / 1000}" for rate in range(1, 9))


class _Waits:
    """The commands, each with a name. They run in one prepared project."""

    def __init__(self, folder: Path) -> None:
        self.project = Project(folder)
        self.seeds = count(1_000)
        self.all_listed = self.project.read("params.yaml")
        params = yaml.safe_load(self.all_listed)
        data = {name: source for name, source in params["data"].items() if source in _BUNDLED}
        experiments = {
            name: entry for name, entry in params["experiments"].items() if entry["data"] in data
        }
        listed = {"sources": list(_BUNDLED), "data": data, "experiments": experiments}
        self.project.write_yaml("params.yaml", params | listed | {"repeats": {}})
        self.bundled = self.project.read("params.yaml")
        self.original = self.project.read(_FILE)
        self.run("dvc", "repro")

    def run(self, *command: str) -> float:
        return seconds_of(self.project.folder, *command)

    def command(self, name: str, *arguments: str) -> float:
        return self.run("python", "-m", f"pipeline.{name}", *arguments)

    def python(self, code: str) -> float:
        return self.run("python", "-c", code)

    def compose(self) -> float:
        """Composes all experiments of the project, also those whose data are not here."""
        self.project.write("params.yaml", self.all_listed)
        seconds = self.command("compose")
        self.project.write("params.yaml", self.bundled)
        return seconds

    def edited(self) -> float:
        """`compose` after one changed file."""
        self.project.write(_FILE, f"{self.original}# {next(self.seeds)}\n")
        return self.compose()

    def stages(self) -> float:
        """`train` and `evaluate` of the experiment with another seed."""
        self.project.write(_FILE, self.original.replace("seed: 0", f"seed: {next(self.seeds)}"))
        return self.run("dvc", "repro", f"evaluate@{_NAME}")

    def nothing(self) -> float:
        """`dvc repro` after a `dvc repro`."""
        self.run("dvc", "repro")
        return self.run("dvc", "repro")

    def sweep(self) -> float:
        """40 trials that no earlier sweep trained."""
        seeds = ",".join(str(next(self.seeds)) for _ in range(5))
        grid = (f"optimizer.learning_rate={_RATES}", f"seed={seeds}")
        return self.command("sweep", _NAME, *_SHORT, *grid, "hydra/launcher=joblib")

    def grid(self, seeds: int) -> float:
        """Composes and checks a grid of eight rates and some seeds. Returns the seconds of that."""
        overrides = [f"experiment={_NAME}", f"optimizer.learning_rate={_RATES}"]
        overrides.append(f"seed={','.join(map(str, range(seeds)))}")
        code = (
            "import time; from pipeline.studies.grid import compose_grid; began = time.time(); "
            f"compose_grid({overrides!r}); print(time.time() - began)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.project.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return float(done.stdout)

    def all(self) -> Iterator[tuple[str, Callable[[], float]]]:
        """Each wait by name."""
        yield "`import tensorflow` alone", lambda: self.python("import tensorflow")
        yield (
            "`train`, a training of 0.1 s",
            lambda: self.command("train", _NAME, *_SHORT, f"seed={next(self.seeds)}"),
        )
        yield "`train` of a finished run", lambda: self.command("train", _NAME)
        yield "`evaluate`", lambda: self.command("evaluate", _NAME)
        yield "`compose` of 19 experiments", self.compose
        yield "`compose` after one changed file", self.edited
        yield (
            "`dvc repro evaluate@xor_mlp`, from prepared data",
            self.stages,
        )
        yield "`dvc repro` of five experiments with nothing to do", self.nothing
        yield "a grid of 40 trials, composed and checked", lambda: self.grid(5)
        yield "a grid of 1,000 trials", lambda: self.grid(125)
        yield "40 trials of 0.1 s, joblib on 2 cores", self.sweep


def main(arguments: list[str]) -> int:
    """Measures each wait, and prints a table of medians."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.start", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each wait")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="start_benchmark.") as folder:
        waits = _Waits(Path(folder) / "project")
        rounds = [
            {name: wait() for name, wait in track([*waits.all()], console=Console(stderr=True))}
            for _ in range(options.runs)
        ]
    medians = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    imported = next(iter(medians.values()))
    print(f"| what | median of {options.runs} | of the import |")
    print("|---|--:|--:|")
    for name, seconds in medians.items():
        print(f"| {name} | {seconds:.2f} s | {seconds / imported:.2f} |")
    print(json.dumps(rounds), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
