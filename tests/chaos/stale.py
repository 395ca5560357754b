"""Stops a chain of stages anywhere, edits an input or a result, and looks for stale figures.

    python -m tests.chaos.stale --combinations 72

Each combination starts from a complete project. An input is edited, and the stages run again by
hand up to one of them, or until SIGKILL ends that one while it runs. Then a second edit follows,
and one command. After that, `report`, `report --check` and `inspect` must show the figures of the
present inputs, or say that a result is missing or stale.

The inputs of a result are what its readers read: the composed configuration in `outputs/configs/`
and the record of the prepared data, `meta.json`. After an edit of only `conf/`, `report` shows
nothing. Arrays that do not match their record change no result that was made before: readers of
arrays refuse them, and `report` and `inspect` read none. The program knows the true figures of each
pair of inputs, because it runs the whole chain once for each in a folder of its own.
"""

import argparse
import base64
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import yaml

from pipeline.config import plan_file
from tests.chaos import readings
from tests.chaos.readings import (
    CHAIN,
    CHECK,
    DATA,
    INSPECT,
    NAME,
    OUTPUT,
    PREPARED,
    REPORT,
    STAGES,
    Ended,
    Inputs,
    Run,
    row_of,
)

START = Inputs()
BY_HAND = "data.split.seed=7"
INPUT_EDITS: dict[str, Callable[[Inputs], Inputs]] = {
    "epochs": lambda inputs: replace(inputs, epochs=5),
    "learning rate": lambda inputs: replace(inputs, rate=0.08),
    "seed": lambda inputs: replace(inputs, seed=3),
    "split seed": lambda inputs: replace(inputs, split=7),
    "rows": lambda inputs: replace(inputs, rows=60),
    "CSV file": lambda inputs: replace(inputs, noise=1),
    "claim": lambda inputs: replace(inputs, claim=0.99),
}
OLDER = INPUT_EDITS["learning rate"](START)  # its files replace those of the present run
TRAINED = ("model.keras", "code", "history.csv", "snapshots", "run.json")
TESTED = ("metrics.json", "headline.json", "predictions.npz", "figures", "evaluation.json")
FILE_EDITS = {  # by name, the files of `outputs/toy` that those of the older run replace
    "older model": ("model.keras",),
    "older history": ("history.csv",),
    "older run.json": ("run.json",),
    "older metrics": ("metrics.json",),
    "older figures": ("figures",),
    "older evaluation": TESTED,
    "older training": TRAINED,
    "older result": (*TRAINED, *TESTED),
    "older seeds": ("seeds.json",),
}
OTHER_EDITS = (
    "nothing",
    "prepared by hand",
    "other prepared arrays",
    "no prepared data",
    "older finished run",
    "list of seeds",
    "list of experiments",
)
EDITS = (*INPUT_EDITS, *FILE_EDITS, *OTHER_EDITS)
COMMANDS: dict[str, tuple[str, ...]] = {
    **{stage: STAGES[stage] for stage in ("train", "evaluate", "repeat")},
    "report": REPORT,
    "report --check": CHECK,
    "inspect": INSPECT,
}
STOPS = tuple(product(CHAIN, ("stopped", "killed")))


@dataclass(frozen=True)
class Combination:
    """What happens to a complete project.

    Args:
        first: the input that is edited before the stages run.
        stage, end: the last stage that runs, and whether it is killed.
        second: the edit after it.
        command: the command that follows.
        upstream: whether the stages before the command run first.
    """

    first: str
    stage: str
    end: str
    second: str
    command: str
    upstream: bool

    def __str__(self) -> str:
        upstream = "stages and " if self.upstream else ""
        return (
            f"edit {self.first}; {self.end} in {self.stage}; edit {self.second}; "
            f"{upstream}{self.command}"
        )


def combinations(count: int, random: Random) -> list[Combination]:
    """Draws combinations, so that each part appears as often as any other of its kind."""
    kinds = (tuple(INPUT_EDITS), STOPS, EDITS, tuple(COMMANDS), (False, True))
    drawn = zip(*(_spread(kind, count, random) for kind in kinds), strict=True)
    return [
        Combination(first, stage, end, second, command, upstream)
        for first, (stage, end), second, command, upstream in drawn
    ]


def _spread(kind: tuple[Any, ...], count: int, random: Random) -> list[Any]:
    repeated: list[Any] = []
    while len(repeated) < count:
        repeated += random.sample(kind, len(kind))
    return repeated[:count]


@dataclass(frozen=True)
class Truth:
    """A project after one run of its chain, without an edit.

    Args:
        trained: the object that `train` printed.
    """

    folder: Path
    trained: dict[str, Any]
    inspected: str

    @cached_property
    def row(self) -> list[str]:
        row = row_of(self.folder)
        assert row is not None
        return row

    @property
    def score(self) -> str:
        return figures_of(self.row)[0]

    @property
    def over_seeds(self) -> str:
        return figures_of(self.row)[1]

    @cached_property
    def test(self) -> float:
        """The claimed metric."""
        metrics = json.loads((self.folder / OUTPUT / "metrics.json").read_text(encoding="utf-8"))
        return float(metrics["test"]["r2"]["value"])

    @cached_property
    def marks(self) -> set[str]:
        """Texts that a page holds only if it shows this result."""
        pictures = (self.folder / OUTPUT / "figures").glob("*.png")
        encoded = {base64.b64encode(path.read_bytes()).decode() for path in pictures}
        return {self.score, self.over_seeds, *encoded} - {""}


def figures_of(row: list[str]) -> tuple[str, str]:
    """The figures of one training in a row of the page, and those over several seeds, if any."""
    r2, mae, *over_seeds = row[1].split("; ")
    return f"{r2}; {mae}", "; ".join(over_seeds)


class Lab:
    """The folders of all projects, and the true figures by their inputs.

    Args:
        run: runs a command in a folder.
        chain: the stages of a complete project.
    """

    def __init__(self, home: Path, run: Run, chain: tuple[str, ...] = CHAIN) -> None:
        self.home, self.run, self.chain = home, run, chain
        self._truths: dict[Inputs, Truth] = {}
        self._variants: dict[str, Inputs] = {}
        self.seconds: dict[str, float] = {}  # the time of each stage

    def truth(self, inputs: Inputs) -> Truth:
        """The results of inputs. Runs the chain if it has not run for them."""
        key = inputs.figures
        if key not in self._truths:
            folder = self.home / f"truth_{len(self._truths)}"
            readings.create(folder, key)
            for stage in self.chain:
                began = time.monotonic()
                ended = self.run(folder, *STAGES[stage])
                assert ended.code == 0, ended.err
                self.seconds[stage] = time.monotonic() - began
                if stage == "train":
                    trained = json.loads(ended.out)
            assert self.run(folder, *REPORT).code == 0
            self._truths[key] = Truth(folder, trained, self.run(folder, *INSPECT).out)
            self._variants[record_of(folder)] = key.data
        return self._truths[key]

    def variant(self, folder: Path) -> Inputs | None:
        """The inputs of the prepared data in a folder; None if no inputs make this record."""
        prepared = record_of(folder)
        for split, rows, noise in product((1, 7), (None, 60), (0, 1)):
            if prepared in self._variants:
                break
            self._prepare(replace(START.data, split=split, rows=rows, noise=noise))
        return self._variants.get(prepared)

    def _prepare(self, inputs: Inputs) -> None:
        if inputs not in self._variants.values():
            folder = self.home / "prepared" / str(len(self._variants))
            readings.create(folder, inputs)
            for stage in ("fetch", "prepare"):
                assert self.run(folder, *STAGES[stage]).code == 0
            self._variants[record_of(folder)] = inputs

    def present(self, folder: Path) -> list[Truth]:
        """The results that the inputs in a folder make; none if they contradict each other.

        Without prepared data, a reader cannot know which CSV file they came from.
        """
        path = folder / f"outputs/configs/{NAME}.yaml"
        if not path.exists():
            return []
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        composed = Inputs(
            epochs=config["training"]["epochs"],
            rate=config["optimizer"]["learning_rate"],
            seed=config["seed"],
            split=config["data"]["split"]["seed"],
            rows=config["data"]["rows"],
        )
        if not (folder / PREPARED).exists():
            self.truth(composed)
            known = self._truths.items()
            return [truth for inputs, truth in known if replace(inputs, noise=0) == composed]
        variant = self.variant(folder)
        if variant is None or replace(variant, noise=0) != composed.data:
            return []
        return [self.truth(replace(composed, noise=variant.noise))]

    def inspected(self, folder: Path) -> set[str]:
        """What `inspect` may print: the weights of the run that `run.json` names."""
        record = json.loads((folder / OUTPUT / "run.json").read_text(encoding="utf-8"))
        return {
            truth.inspected
            for truth in self._truths.values()
            if truth.trained["fingerprint"] == record["fingerprint"]
        }

    def foreign_marks(self, truths: list[Truth]) -> set[str]:
        """Texts that no page may hold, if `truths` are the results of the present inputs."""
        known = {mark for truth in self._truths.values() for mark in truth.marks}
        return known - {mark for truth in truths for mark in truth.marks}


def record_of(folder: Path) -> str:
    """The record of the prepared data, with the digests of their files."""
    return (folder / PREPARED / "meta.json").read_text(encoding="utf-8")


class Trial:
    """One combination in a copy of the complete project."""

    def __init__(self, lab: Lab, folder: Path, combination: Combination, random: Random) -> None:
        self._lab, self._folder, self._random = lab, folder, random
        self._combination, self._inputs = combination, START
        self._lists_others = False  # whether params.yaml lists other seeds than those of a truth
        self.shown = "missing"

    def faults(self) -> list[str]:
        """Does everything, and returns what a reader showed wrongly."""
        one, lab = self._combination, self._lab
        shutil.copytree(lab.truth(START).folder, self._folder)
        for name in ("report.md", "report.html"):
            (self._folder / "outputs" / name).unlink()
        self._edit(one.first)
        self._run_to(one.stage, killed=one.end == "killed")
        self._edit(one.second)
        if one.upstream:
            last = CHAIN.index(one.command) if one.command in CHAIN else CHAIN.index("repeat")
            for stage in CHAIN[:last]:
                lab.run(self._folder, *STAGES[stage])
        faults = self.check(one.command, lab.run(self._folder, *COMMANDS[one.command]))
        for command in ("report --check", "inspect", "report"):
            faults += self.check(command, lab.run(self._folder, *COMMANDS[command]))
        return faults

    def _run_to(self, last: str, *, killed: bool) -> None:
        for stage in CHAIN[: CHAIN.index(last)]:
            self._lab.run(self._folder, *STAGES[stage])
        moment = self._random.uniform(0, self._lab.seconds[last])
        options = {"kill_after": moment} if killed else {}
        self._lab.run(self._folder, *STAGES[last], **options)

    def _edit(self, name: str) -> None:
        folder = self._folder
        older = self._lab.truth(OLDER).folder
        if name in INPUT_EDITS:
            self._inputs = INPUT_EDITS[name](self._inputs)
            self._inputs.write(folder)
        elif name in FILE_EDITS:
            for file in FILE_EDITS[name]:
                _replace(folder / OUTPUT / file, older / OUTPUT / file)
        elif name == "prepared by hand":
            self._lab.run(folder, *STAGES["prepare"], BY_HAND)
        elif name == "other prepared arrays":
            other = self._lab.truth(replace(START, split=7)).folder
            _replace(folder / PREPARED / "test", other / PREPARED / "test")
        elif name == "no prepared data":
            shutil.rmtree(folder / PREPARED)
        elif name == "older finished run":
            record = json.loads((older / OUTPUT / "run.json").read_text(encoding="utf-8"))
            result = older / "mlruns/checkpoints" / record["run_key"] / "result"
            for finished in (folder / "mlruns/checkpoints").glob("*/result"):
                _replace(finished, result)
        elif name == "list of seeds":
            self._lists_others = True
            readings.write_params(folder, repeats={NAME: {"data": DATA, "seeds": [1, 2, 4]}})
        elif name == "list of experiments":
            experiments = folder / "conf/experiment"
            shutil.copy(experiments / f"{NAME}.yaml", experiments / "two.yaml")
            lists = {name: {"data": DATA} for name in (NAME, "two")}
            readings.write_params(folder, experiments=lists)

    def check(self, command: str, ended: Ended) -> list[str]:
        """What a command showed that is not true of the present inputs."""
        if not ended.is_one_line:
            return [f"{command} ended with {ended.code}: {ended.line}"]
        truths = self._lab.present(self._folder)
        wrong = {
            "train": self._wrong_training,
            "report": self._wrong_page,
            "report --check": self._wrong_check,
            "inspect": self._wrong_weights,
        }
        check = wrong.get(command)
        faults = [] if check is None else check(ended, truths)
        return [f"{command}: {fault}" for fault in faults]

    def _wrong_training(self, ended: Ended, truths: list[Truth]) -> list[str]:
        if ended.code != 0:
            return []
        result = json.loads(ended.out)
        keys = ("metrics", "fingerprint")
        right = any(all(result[key] == truth.trained[key] for key in keys) for truth in truths)
        return [] if right else [f"prints {result}"]

    def _wrong_page(self, ended: Ended, truths: list[Truth]) -> list[str]:
        row = row_of(self._folder)
        if row is None:
            return []  # the command ended before it wrote a page
        html = (self._folder / "outputs/report.html").read_text(encoding="utf-8")
        text = " ".join(row) + html
        faults = [f"shows {mark[:60]}" for mark in self._lab.foreign_marks(truths) if mark in text]
        self.shown = "missing" if row[1].startswith("no result: ") else "shown"
        if self.shown == "shown":
            right = any(self._agrees(row, truth) for truth in truths)
            faults += [] if right else [f"shows {row[1:6]}"]
            checked = (self._folder / PREPARED).exists() or " was not compared with " in ended.out
            faults += [] if checked else ["does not say that there are no data"]
        return faults

    def _agrees(self, row: list[str], truth: Truth) -> bool:
        """Whether a row shows this result. Seeds may be missing, but not stale."""
        score, over_seeds = figures_of(row)
        claim = self._claim()
        verdict = "met" if truth.test >= claim else f"NOT met ({truth.test:,.6g})"
        return (
            score == truth.score
            and (over_seeds == "" or self._agree(over_seeds, truth))
            and row[2] == truth.row[2]
            and row[3] == f"test/r2 ≥ {claim:g}: {verdict}"
            and row[4:6] == truth.row[4:6]
        )

    def _agree(self, over_seeds: str, truth: Truth) -> bool:
        if self._lists_others:  # the true mean over three seeds is not known
            return over_seeds.startswith("3 seeds of one split: ")
        return over_seeds == truth.over_seeds

    def _wrong_check(self, ended: Ended, truths: list[Truth]) -> list[str]:
        pattern = rf"(met    |NOT met)  {NAME}: test/r2 ≥ [\d.]+: (not measured|[-\d.]+)"
        allowed = {("NOT met", "not measured")}
        for truth in truths:
            said = "met    " if truth.test >= self._claim() else "NOT met"
            allowed.add((said, f"{truth.test:,.6g}"))
        shown = re.findall(pattern, ended.out)
        return [f"says {' '.join(pair)}" for pair in shown if pair not in allowed]

    def _claim(self) -> float:
        """The claim of the plan that the readers see."""
        plan = plan_file.read(self._folder / "outputs/plan.json")
        return float(plan[NAME]["claims"][0]["at_least"])

    def _wrong_weights(self, ended: Ended, _truths: list[Truth]) -> list[str]:
        right = ended.code != 0 or ended.out in self._lab.inspected(self._folder)
        return [] if right else ["shows weights of another run"]


def _replace(path: Path, other: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(other, path) if other.is_dir() else shutil.copy(other, path)


def sweep(home: Path, run: Run, chosen: list[Combination], random: Random) -> int:
    """Tries combinations. Prints a table and a last line, and returns the number of wrong ones."""
    began, wrong = time.monotonic(), 0
    lab = Lab(home, run)
    print("number  report   combination")
    for number, combination in enumerate(chosen, start=1):
        folder = home / f"combination_{number}"
        trial = Trial(lab, folder, combination, random)
        faults = trial.faults()
        wrong += bool(faults)
        print(f"{number:>6}  {trial.shown:<7}  {combination}", flush=True)
        for fault in faults:
            print(f"        WRONG: {fault}", flush=True)
        if not faults:
            shutil.rmtree(folder)
    seconds = time.monotonic() - began
    print(f"{len(chosen)} combinations, {wrong} wrong values, {seconds:.0f} seconds")
    return wrong


def main(arguments: list[str]) -> int:
    """Tries combinations. Returns 1 if a reader showed a wrong value."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.stale", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--combinations", type=int, default=72, help="how many (72)")
    parser.add_argument("--seed", type=int, default=1, help="seed of combinations and moments (1)")
    options = parser.parse_args(arguments)
    random = Random(options.seed)
    home = Path(tempfile.mkdtemp(prefix="stale."))
    readings.load(home)
    wrong = sweep(home, readings.forked, combinations(options.combinations, random), random)
    if wrong:
        print(f"the projects of wrong values are in {home}")
    else:
        shutil.rmtree(home)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
