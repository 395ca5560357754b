"""A small project with a CSV file of its own, and its commands as forks of this process.

The libraries are imported once, and this process runs no TensorFlow operation. So each command is a
process of its own. It can be killed, and starts within milliseconds.
"""

import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from pipeline.command_line import run_command
from tests.support import ROOT
from tests.support.stores import add_store

NAME, DATA = "toy", "readings"
OUTPUT, PREPARED = f"outputs/{NAME}", f"data/prepared/{DATA}"
COMMANDS = ("code", "compose", "fetch", "prepare", "train", "evaluate", "repeat", "report")
STAGES: dict[str, tuple[str, ...]] = {
    "code": ("code",),
    "compose": ("compose",),
    "fetch": ("fetch", f"source={DATA}"),
    "prepare": ("prepare", f"data={DATA}"),
    "train": ("train", "--resolved", NAME),
    "evaluate": ("evaluate", f"experiment={NAME}"),
    "repeat": ("repeat", f"experiment={NAME}"),
}
CHAIN = tuple(STAGES)
REPORT = ("report", NAME)
CHECK = ("report", "--check", NAME)
INSPECT = ("inspect", NAME, "--layer", "output")
_LIMIT = 300.0  # seconds: a command that takes longer hangs


@dataclass(frozen=True)
class Inputs:
    """What a figure of the experiment depends on, and the claim.

    Args:
        rate: the learning rate.
        split: the seed of the split.
        rows: the number of first rows to use; None: all.
        noise: makes another CSV file of the same columns.
    """

    epochs: int = 3
    rate: float = 0.05
    seed: int = 1
    split: int = 1
    rows: int | None = None
    noise: int = 0
    claim: float = 0.2

    def write(self, folder: Path) -> None:
        """Writes the CSV file and the files of `conf/` that hold these inputs."""
        random = np.random.default_rng(self.noise)
        points = random.normal(size=(80, 3)).round(3)
        load = (points @ [3.0, 1.0, -2.0] + random.normal(size=80)).round(3)
        values = zip(points, load, strict=True)
        lines = [f"{wind},{sun},{rain},{total}" for (wind, sun, rain), total in values]
        _write(folder / "readings.csv", "\n".join(["wind,sun,rain,load", *lines]) + "\n")
        rows = "" if self.rows is None else f"rows: {self.rows}\n"
        _write(
            folder / f"conf/data/{DATA}.yaml",
            f"task: regression\ntarget: load\n{rows}split: {{seed: {self.split}}}\n",
        )
        _write(
            folder / f"conf/experiment/{NAME}.yaml",
            f"""# @package _global_
# Predicts the load of a line.
defaults:
  - override /data: {DATA}
model: {{units: [4]}}
seed: {self.seed}
optimizer: {{learning_rate: {self.rate}}}
training:
  {{epochs: {self.epochs}, batch_size: 8, early_stopping: null, evaluate_at: [4], xla: false}}
tracking: {{log_model: false}}
claims:
  - {{metric: test/r2, at_least: {self.claim}}}
""",
        )

    @property
    def data(self) -> "Inputs":
        """The inputs of the prepared data only."""
        return replace(Inputs(), split=self.split, rows=self.rows, noise=self.noise)

    @property
    def figures(self) -> "Inputs":
        """The inputs without the claim, because no figure depends on it."""
        return replace(self, claim=Inputs().claim)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def create(folder: Path, inputs: Inputs) -> None:
    """Writes the project, without data and results."""
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "dvc.yaml", folder)
    _write(folder / f"conf/source/{DATA}.yaml", "path: readings.csv\n")
    write_params(folder)
    inputs.write(folder)
    add_store(folder)


def write_params(folder: Path, **lists: Any) -> None:
    """Writes `params.yaml`; `lists` replaces some of its lists."""
    content = {
        "sources": [],
        "own_files": {DATA: "readings.csv"},
        "own_code": {},
        "data": {DATA: DATA},
        "experiments": {NAME: {"data": DATA}},
        "repeats": {NAME: {"data": DATA, "seeds": [1, 2], "split_seeds": [3, 4]}},
    }
    _write(folder / "params.yaml", json.dumps(content | lists))


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The last line of its messages, such as the error."""
        return self.err.rstrip().rpartition("\n")[2]

    @property
    def is_one_line(self) -> bool:
        """Whether it succeeded, or said in one line what is wrong."""
        said = self.line.startswith("error: ") and "Traceback" not in self.err
        return self.code == 0 or (self.code == 1 and said)


Run = Callable[..., Ended]


def here(folder: Path, *words: str) -> Ended:
    """Runs a command in this process."""
    out, err, handler = StringIO(), StringIO(), signal.getsignal(signal.SIGTERM)
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = _call(words)
    signal.signal(signal.SIGTERM, handler)
    return Ended(code, out.getvalue(), err.getvalue())


def load(home: Path) -> None:
    """Imports everything that a command needs. Later edits of the code change nothing.

    Args:
        home: receives the temporary files of killed commands.
    """
    os.environ["TMPDIR"] = tempfile.tempdir = str(home / "tmp")
    Path(tempfile.tempdir).mkdir()
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_STAGE", "DVC_EXP_NAME", "XLA_FLAGS"):
        os.environ.pop(name, None)
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from pipeline.models import backend

    backend.load()
    from pipeline.code import PACKAGE

    for name in PACKAGE.paths:
        if name != "pipeline.studies.trial_runner":
            importlib.import_module(name)
    importlib.import_module("mlflow.store.tracking.sqlalchemy_store")
    PACKAGE.digest(PACKAGE.paths)


def forked(folder: Path, *words: str, kill_after: float | None = None) -> Ended:
    """Runs a command in a fork of this process.

    Args:
        kill_after: seconds until SIGKILL; None lets it end.
    """
    with tempfile.TemporaryDirectory() as printed:
        out, err = Path(printed, "out"), Path(printed, "err")
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            _act(folder, words, out, err)
        status = _wait(child, _LIMIT if kill_after is None else kill_after)
        texts = [path.read_text(encoding="utf-8") if path.exists() else "" for path in (out, err)]
        return Ended(os.waitstatus_to_exitcode(status), *texts)


def _wait(child: int, seconds: float) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        number, status = os.waitpid(child, os.WNOHANG)
        if number == child:
            return status
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _act(folder: Path, words: tuple[str, ...], out: Path, err: Path) -> NoReturn:
    """Everything that a forked process does."""
    code = 1
    try:
        for descriptor, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
        os.chdir(folder)
        code = _call(words)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # in every case, because this process is not the driver


def _call(words: tuple[str, ...]) -> int:
    command, *arguments = words
    before, sys.argv = sys.argv, [command, *arguments]
    try:
        run_command(importlib.import_module(f"pipeline.{command}").main)
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before
    return 0


def complete(folder: Path, run: Run) -> dict[str, Ended]:
    """Runs all stages. Returns how each ended."""
    ended = {stage: run(folder, *words) for stage, words in STAGES.items()}
    failed = {stage: end.err for stage, end in ended.items() if end.code != 0}
    assert not failed, failed
    return ended


def means(folder: Path) -> dict[str, dict[str, float]]:
    """The mean test metrics of each series in `seeds.json`; empty without the file."""
    file = folder / OUTPUT / "seeds.json"
    content = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"series": {}}
    return {varied: series["mean"] for varied, series in content["series"].items()}


def row_of(folder: Path) -> list[str] | None:
    """The cells of the experiment in `report.md`, or None if there is no page."""
    page = folder / "outputs/report.md"
    if not page.exists():
        return None
    lines = page.read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith(f"| {NAME} |"))
    return [cell.strip() for cell in row.strip("|").split("|")]
