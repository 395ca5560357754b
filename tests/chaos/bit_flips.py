"""Flips single bits in everything that a project keeps, and looks for wrong figures.

    python -m tests.chaos.bit_flips --flips 200

Each flip starts from a copy of a complete project that `dvc repro` made. It keeps the file's time
and mode, as a failing disk does. Then the commands run that read the file, and each figure that
they show is compared with the true one. A flip is

- noticed, if a command ended with one line about it, or a page marks the result as missing;
- repaired, if the file has its own bytes again, or a new file replaces it;
- harmless, if the file stays as it is and all figures are true;
- silent and wrong, if any command shows another figure.
"""

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos import readings
from tests.chaos.readings import (
    CHECK,
    DATA,
    INSPECT,
    NAME,
    OUTPUT,
    REPORT,
    STAGES,
    Ended,
    Inputs,
    Run,
    row_of,
)
from tests.support import ROOT
from tests.support.damage import rot

NOTICED, REPAIRED, HARMLESS, WRONG = "noticed", "repaired", "harmless", "silent wrong"
_TRAIN, _EVALUATE = STAGES["train"], STAGES["evaluate"]
_FRESH = ("train", f"experiment={NAME}", "seed=5")
_PAUSED = ("train", f"experiment={NAME}", "seed=6")
_REPRO = ("dvc", "repro", f"evaluate@{NAME}")
_AGAIN = (_TRAIN, _EVALUATE, REPORT)
# By place, a pattern of its files and the commands that read them, in order.
PLACES: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "raw data": (f"data/raw/{DATA}/*", (STAGES["prepare"], *_AGAIN)),
    "prepared data": (f"data/prepared/{DATA}/**/*", (REPORT, _FRESH, STAGES["repeat"], *_AGAIN)),
    "DVC's cache": (".dvc/cache/files/md5/*/*", (REPORT, _REPRO, _REPRO, REPORT)),
    "dvc.lock": ("dvc.lock", (_REPRO, REPORT)),
    "a checkpoint": ("mlruns/checkpoints/*/*.checkpoint", (_PAUSED,)),
    "a finished run": ("mlruns/checkpoints/*/result/**/*", (*_AGAIN, STAGES["repeat"], REPORT)),
    "outputs": (f"{OUTPUT}/**/*", (REPORT, CHECK, INSPECT, _EVALUATE, REPORT, *_AGAIN)),
    "configurations": ("outputs/configs/*.yaml", (REPORT, CHECK, *_AGAIN)),
    "MLflow's store": ("mlruns/mlflow.db", (REPORT, *_AGAIN)),
}


@dataclass
class Flip:
    """One bit, and what the commands made of it.

    Args:
        path: the file, relative to the project.
        said: the lines that commands ended with, and reasons of missing results.
        wrong: figures that differ from the true ones.
        faults: commands that ended in another way than with one line.
    """

    place: str
    path: Path
    byte: int
    bit: int
    said: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    is_repaired: bool = False

    @property
    def is_named(self) -> bool:
        """Whether a line names the file or its folder."""
        names = (self.path.name, f"{self.path.parent} ")
        return any(name in line for line in self.said for name in names)

    @property
    def outcome(self) -> str:
        if self.wrong:
            return WRONG
        if self.said:
            return NOTICED
        return REPAIRED if self.is_repaired else HARMLESS


def draw(folder: Path, place: str, random: Random) -> Flip:
    """Draws a file of a place, and one of its bits."""
    pattern, _ = PLACES[place]
    files = [path for path in sorted(folder.glob(pattern)) if path.is_file() and _size(path)]
    path = random.choice(files)
    byte = random.randrange(_size(path))
    return Flip(place, path.relative_to(folder), byte, random.randrange(8))


def _size(path: Path) -> int:
    return path.stat().st_size


class Truth:
    """The figures that commands show in the undamaged project."""

    def __init__(self, folder: Path, run: Run) -> None:
        self._folder, self._run = folder, run
        self.printed = {words: run(folder, *words) for words in (REPORT, CHECK, INSPECT, _TRAIN)}
        row = row_of(folder)
        assert row is not None
        self.row = row[1:7]
        self.metrics = self._read("metrics.json", "test")
        self.means = readings.means(folder)
        figures = (folder / OUTPUT / "figures").glob("*.png")
        self.pictures = [base64.b64encode(path.read_bytes()).decode() for path in figures]

    def _read(self, name: str, key: str) -> Any:
        path = self._folder / OUTPUT / name
        return json.loads(path.read_text(encoding="utf-8"))[key] if path.exists() else None

    def add(self, folder: Path, words: tuple[str, ...]) -> None:
        """Adds what a training prints that the project does not hold, from a copy of it."""
        self.printed[words] = self._run(folder, *words)

    def wrong(self, folder: Path, words: tuple[str, ...], ended: Ended) -> list[str]:
        """What a command showed that differs from the truth."""
        if words == REPORT:
            return self._wrong_page(folder)
        if words == CHECK:
            true = self.printed[CHECK].out.splitlines()
            shown = [line for line in ended.out.splitlines() if ": not measured" not in line]
            return [line for line in shown if line not in true]
        if ended.code != 0:
            return []
        if words == INSPECT:
            return [] if ended.out == self.printed[INSPECT].out else ["other weights"]
        if words == _EVALUATE:
            return self._wrong_file(folder, "metrics.json", "test", self.metrics)
        if words == STAGES["repeat"]:
            return [] if readings.means(folder) == self.means else ["other means"]
        if words[0] == "train":
            result, true = json.loads(ended.out), json.loads(self.printed[words].out)
            keys = ("fingerprint", "metrics")
            return [f"{key}: {result[key]}" for key in keys if result[key] != true[key]]
        return []

    def _wrong_file(self, folder: Path, name: str, key: str, true: Any) -> list[str]:
        value = json.loads((folder / OUTPUT / name).read_text(encoding="utf-8"))[key]
        return [] if value == true else [f"{name} holds {value}"]

    def _wrong_page(self, folder: Path) -> list[str]:
        row = row_of(folder)
        if row is None or row[1].startswith("no result: "):
            return []
        html = (folder / "outputs/report.html").read_text(encoding="utf-8")
        score, _, seeds = row[1].partition("; ")
        true_score, _, true_seeds = self.row[0].partition("; ")
        right = [score == true_score, seeds in ("", true_seeds), row[2:7] == self.row[1:]]
        right += [picture in html for picture in self.pictures]
        return [] if all(right) else [f"the page shows {row[1:7]}"]


def reasons(folder: Path, words: tuple[str, ...], ended: Ended) -> list[str]:
    """What a command said about damage."""
    said = [line for line in ended.err.splitlines() if "warning: " in line]
    if ended.code != 0:
        said.append(ended.line)
    row = row_of(folder) if words == REPORT else None
    if row is not None and row[1].startswith("no result: "):
        said.append(row[1])
    marks = (" is stale", ": not measured (", " was not compared with ")
    return said + [line for line in ended.out.splitlines() if any(mark in line for mark in marks)]


def attempt(
    flip: Flip,
    folder: Path,
    truth: Truth,
    run: Run,
    commands: tuple[tuple[str, ...], ...] | None = None,
) -> None:
    """Flips the bit in a copy of the project, and runs commands; by default all of its place."""
    original = (folder / flip.path).read_bytes()
    commands = commands or PLACES[flip.place][1]
    if _REPRO in commands:
        repro(folder, "dvc", "status", "--quiet")  # so that DVC knows the times of the copied files
    rot(folder / flip.path, byte=flip.byte, bit=flip.bit)
    for page in ("report.md", "report.html"):
        (folder / "outputs" / page).unlink(missing_ok=True)
    for words in commands:
        if words == _REPRO:
            ended = repro(folder, *words)
        else:
            ended = run(folder, *words)
            flip.faults += [] if ended.is_one_line else [f"{words[0]}: {ended.code} {ended.line}"]
        flip.said += reasons(folder, words, ended)
        flip.wrong += truth.wrong(folder, words, ended)
    path = folder / flip.path
    flip.is_repaired = not path.exists() or path.read_bytes() == original or _is_new(path, flip)


def _is_new(path: Path, flip: Flip) -> bool:
    """Whether a command has written the file again, with other times or ids."""
    written = (
        *("metrics.json", "headline.json", "seeds.json", "evaluation.json"),
        *("run.json", "history.csv"),
    )
    return path.name in written and flip.place in ("outputs", "a finished run")


def repro(folder: Path, *command: str) -> Ended:
    """Runs DVC in a process of its own."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def create(folder: Path) -> None:
    """Makes the complete project with DVC, with a paused run and a page."""
    readings.create(folder, Inputs())
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "pipeline", folder / "pipeline", ignore=ignored)
    (folder / ".dvc").mkdir()
    for name in (".dvc/config", ".dvcignore", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    made = repro(folder, "dvc", "repro", f"evaluate@{NAME}", f"repeat@{NAME}")
    assert made.code == 0, made.err
    paused = readings.forked(folder, *_PAUSED, "checkpoint.pause_at=1")
    assert paused.code == 0, paused.err


def copy(folder: Path, target: Path) -> Path:
    """Copies a project. Links between its own files stay, none leads to the original."""
    subprocess.run(["cp", "--archive", folder, target], check=True)
    return target


def summary(flips: list[Flip]) -> str:
    """The last line that the program prints."""
    count = Counter(flip.outcome for flip in flips)
    parts = ", ".join(f"{count[name]} {name}" for name in (NOTICED, REPAIRED, HARMLESS, WRONG))
    return f"{len(flips)} flips: {parts}"


def show(flips: list[Flip]) -> None:
    """Prints the outcomes by place, flips that went wrong, and lines that name another file."""
    table = Table("place", NOTICED, REPAIRED, HARMLESS, WRONG)
    for place in PLACES:
        count = Counter(flip.outcome for flip in flips if flip.place == place)
        numbers = [str(count[name]) for name in (NOTICED, REPAIRED, HARMLESS, WRONG)]
        table.add_row(place, *numbers)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    for flip in flips:
        if flip.wrong or flip.faults:
            print(f"{flip.path}, byte {flip.byte}, bit {flip.bit}: {flip.wrong} {flip.faults}")
        elif flip.said and not flip.is_named:
            print(f"{flip.path}: {flip.said[0]}")


def main(arguments: list[str]) -> int:
    """Flips bits. Returns 1 if a command showed a wrong figure or ended in several lines."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.bit_flips", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--flips", type=int, default=200, help="how many (200)")
    parser.add_argument("--seed", type=int, default=1, help="seed of files and bits (1)")
    parser.add_argument("--place", choices=PLACES, help="flip bits in this place only")
    options = parser.parse_args(arguments)
    random, began = Random(options.seed), time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="bit_flips."))
    readings.load(home)
    create(home / "whole")
    truth = Truth(home / "whole", readings.forked)
    for words in (_FRESH, _PAUSED):
        truth.add(copy(home / "whole", home / "other"), words)
        shutil.rmtree(home / "other")
    places = [options.place] if options.place else list(PLACES)
    flips: list[Flip] = []
    for number in range(options.flips):
        flips.append(draw(home / "whole", places[number % len(places)], random))
        folder = copy(home / "whole", home / f"flip_{number + 1}")
        attempt(flips[-1], folder, truth, readings.forked)
        if not flips[-1].wrong and not flips[-1].faults:
            shutil.rmtree(folder)
    show(flips)
    bad = [flip for flip in flips if flip.wrong or flip.faults]
    print(f"{time.monotonic() - began:.0f} seconds")
    if bad:
        print(f"the projects of wrong figures are in {home}")
    else:
        shutil.rmtree(home)
    print(summary(flips))
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
