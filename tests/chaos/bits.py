"""Trains runs alone, one after another in one process, and after a kill, and compares their bits.

    python -m tests.chaos.bits [--draws 10] [--seed 1]

Each kind of training has some draws of values: seeds, rates, and the like. Every draw is trained
alone in its own process. Then one process trains all draws of a kind in another order, as a sweep
does. Last, each one is killed at a random moment, and a process that has just trained another draw
resumes it. One kind has the folds of `repeat`. All must end with the same bits of the saved weights
and of the state of the training.
"""

import argparse
import hashlib
import io
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import h5py
from rich.progress import track

from tests.chaos.training import act_forked
from tests.support.toy import data_settings, prepare_all

_ROWS = ("training.batch_size=8", "training.epochs=20", "training.early_stopping=null")
_SHORT = ("tracking.log_model=false", "checkpoint.every_seconds=0.05")
_FOLDS = "folds"
_LAYERS = (
    "model.layers=[{class_name: GaussianNoise, stddev: 0.2}, {class_name: Dense, units: 6}, "
    "{class_name: BatchNormalization}]"
)
KINDS: dict[str, tuple[str, ...]] = {
    "dropout": ("data=shapes", "training.xla=true", "model.dropout=0.2", "optimizer=adamw"),
    "cosine": ("data=pairs", "optimizer.schedule=cosine", "optimizer.warmup_steps=5"),
    "convolution": ("data=shapes", "model=cnn", "model.filters=[3]", "model.units=[4]"),
    "augmentation": ("data=shapes", "model=mlp", "model.augmentation=[{class_name: RandomFlip}]"),
    "noise": ("data=pairs", "model=layers", _LAYERS, "training.xla=true"),
    "ensemble": ("data=prices", "model=tabular", "model.units=[4]"),
    "averages": ("data=pairs", "optimizer=sgd", "optimizer.ema_momentum=0.9"),
    "accumulation": ("data=pairs", "optimizer.gradient_accumulation_steps=3"),
    "float16": ("data=shapes", "model=mlp", "training.precision=mixed_float16"),
    _FOLDS: ("data=pairs_folds", "model=mlp"),
}
_FOLD = """source: pairs
task: classification
target: side
split: {{method: kfold, folds: {folds}, fold: {fold}, validation: 12, seed: 1}}
"""


@dataclass(frozen=True)
class Draw:
    """One training: its overrides, and the fold that is prepared for it."""

    overrides: tuple[str, ...]
    fold: int = 0


def draws(kind: str, count: int, random: Random) -> list[Draw]:
    """Some trainings of a kind."""
    if kind == _FOLDS:
        return [Draw(KINDS[kind], fold) for fold in range(count)]
    chosen = []
    for seed in random.sample(range(10_000), count):
        rate = f"optimizer.learning_rate={random.choice([0.003, 0.01, 0.03])}"
        values = [f"seed={seed}", rate]
        if kind == "dropout":
            values.append(f"model.dropout={random.choice([0.1, 0.4])}")
            values.append(f"optimizer.weight_decay={random.choice([0.0, 0.01])}")
        chosen.append(Draw((*KINDS[kind], *values)))
    return chosen


class Lab:
    """Repositories in one folder, and a process that has imported everything but runs nothing."""

    def __init__(self, folder: Path, folds: int) -> None:
        from pipeline.models import backend
        from pipeline.tracking import mlflow_runs  # noqa: F401 - imported once for all forks

        backend.load()
        self.folder, self.folds = folder, folds
        self._template = folder / "template"
        self.forked(self._make_template)

    def _make_template(self) -> None:
        prepare_all(self._template)
        from pipeline.data.preparing.preparation import prepare

        file = self._template / "conf/data/pairs_folds.yaml"
        for fold in range(self.folds):
            file.write_text(_FOLD.format(folds=self.folds, fold=fold), encoding="utf-8")
            data = data_settings("pairs_folds", self._template / "conf")
            root = self._template / f"fold_{fold}"
            prepare(data, raw_root=self._template / "data/raw", root=root)
        os.chdir(self._template)
        from pipeline.tracking import connection

        connection.client()

    def repository(self, name: str) -> Path:
        """A new repository, with a store and no runs."""
        return Path(shutil.copytree(self._template, self.folder / name, dirs_exist_ok=True))

    def forked(self, act: Callable[[], Any], *, kill_after: float | None = None) -> Any:
        """What a function returns in a fork; None if the fork was killed."""
        reading, writing = os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            log = self.folder / "log.txt"
            act_forked(lambda: os.write(writing, json.dumps(act()).encode()), log)
        os.close(writing)
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGKILL and kill_after is not None:
            return None
        if code != 0:
            raise SystemExit((self.folder / "log.txt").read_text(encoding="utf-8"))
        return json.loads(answer)

    def trained(self, repository: Path, chosen: Sequence[Draw]) -> list[str]:
        """Trains draws in this process, and returns the bits of each result."""
        from pipeline import experiment
        from pipeline.config.experiment_composition import compose_experiment
        from pipeline.runs.run import Run

        os.chdir(repository)
        bits = []
        for draw in chosen:
            file = Path("conf/data/pairs_folds.yaml")
            file.write_text(_FOLD.format(folds=self.folds, fold=draw.fold), encoding="utf-8")
            is_fold = draw.overrides == KINDS[_FOLDS]
            prepared = Path(f"fold_{draw.fold}" if is_fold else "data/prepared")
            config = compose_experiment([*_ROWS, *_SHORT, *draw.overrides])
            result = experiment.run(config, prepared=prepared)
            key = Run.of(config, prepared / config.data.name).key
            saved = weights(Path("mlruns/checkpoints") / key / "result/model.keras")
            bits.append(f"{result.fingerprint} {saved} {sorted(result.metrics.items())}")
        return bits


def weights(model: Path) -> str:
    """The digest of the weights of a saved model."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(model) as archive, archive.open("model.weights.h5") as file:
        content = io.BytesIO(file.read())

    def add(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset):
            digest.update(name.encode() + node[()].tobytes())

    with h5py.File(content) as file:
        file.visititems(add)
    return digest.hexdigest()


@dataclass
class Outcome:
    """What differed, and how many kills came before the end of a training."""

    differences: list[str] = field(default_factory=list)
    kills: int = 0


def compare(lab: Lab, kind: str, count: int, random: Random, outcome: Outcome) -> None:
    """Trains the draws of a kind in all ways."""
    chosen = draws(kind, count, random)
    alone, seconds = [], []
    for number, draw in enumerate(chosen):
        repository = lab.repository(f"{kind}_{number}_alone")
        began = time.monotonic()
        alone += lab.forked(lambda draw=draw, at=repository: lab.trained(at, [draw]))
        seconds.append(time.monotonic() - began)
    order = random.sample(range(count), count)
    together = lab.repository(f"{kind}_together")
    in_one = lab.forked(lambda: lab.trained(together, [chosen[number] for number in order]))
    outcome.differences += [
        f"{kind}: {' '.join(chosen[number].overrides)}: in one process"
        for number, bits in zip(order, in_one, strict=True)
        if bits != alone[number]
    ]
    for number, draw in enumerate(chosen):
        repository = lab.repository(f"{kind}_{number}_killed")
        moment = random.uniform(0.3, 1.0) * seconds[number]
        life = lab.forked(
            lambda draw=draw, at=repository: lab.trained(at, [draw]), kill_after=moment
        )
        outcome.kills += life is None
        other = chosen[(number + 1) % count]
        both = lab.forked(lambda two=(other, draw), at=repository: lab.trained(at, two))
        if both[1] != alone[number]:
            words = " ".join(draw.overrides)
            outcome.differences.append(f"{kind}: {words}: killed after {moment:.2f} s")
    for repository in lab.folder.glob(f"{kind}_*"):
        shutil.rmtree(repository)


def main(arguments: list[str]) -> int:
    """Reads the command line, compares, and prints what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.bits", description=__doc__)
    parser.add_argument("--draws", type=int, default=10, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    began, random = time.monotonic(), Random(options.seed)
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="bits.") as folder:
        lab = Lab(Path(folder), max(2, options.draws))
        for kind in track(KINDS, "Comparing bits"):
            compare(lab, kind, options.draws, random, outcome)
        resumed = (lab.folder / "log.txt").read_text(encoding="utf-8").count("resumes from step")
    for difference in outcome.differences:
        print(f"DIFFERENT: {difference}")
    total = 2 * options.draws * len(KINDS)
    print(
        f"{total - len(outcome.differences)} of {total} trainings of {len(KINDS)} kinds have the "
        f"bits of one alone, {outcome.kills} kills, {resumed} resumed from a checkpoint, "
        f"{time.monotonic() - began:.0f} seconds"
    )
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
