"""Assessment of a trained experiment: here the test split is opened."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from matplotlib.figure import Figure

from pipeline.data.prepared import load_meta, load_part
from pipeline.errors import PipelineError
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.gallery import draw
from pipeline.evaluation.scoring import score
from pipeline.files import read_json
from pipeline.runs import history
from pipeline.runs.history import Point
from pipeline.runs.result import SNAPSHOTS, snapshot_file


@dataclass(frozen=True)
class Assessment:
    """What `evaluate` found.

    `summary` is `metrics.json`, `by_step` the test metrics of each snapshot and of the kept weights, `intervals` the
    95 % limits of the latter.
    """

    summary: dict[str, Any]
    by_step: dict[int, dict[str, float]]
    intervals: dict[str, tuple[float, float]]
    figures: dict[str, Figure]


def assess(name: str, output: Path, data: Path, *, seed: int) -> Assessment:
    """Measures the saved model of an experiment on all three splits, and its snapshots on the test split.

    Args:
        output: the folder that `train` filled.
        data: the prepared data variant.
        seed: of the bootstrap.

    Raises:
        PipelineError: a file of the training is missing.
    """
    meta = load_meta(data)
    points = _history(output)
    index = read_json(output / SNAPSHOTS / "index.json", made_by=f"dvc repro train@{output.name}")
    model = _load(output / "model.keras")
    parts = {split: load_part(data, split) for split in ("train", "validation", "test")}
    scores = {split: score(model, part, meta) for split, part in parts.items()}
    test, intervals = scores["test"].metrics(), scores["test"].intervals(seed=seed)
    limits = {
        f"{name}_{end}": pair[at]
        for name, pair in intervals.items()
        for at, end in enumerate(("low", "high"))
    }
    snapshots = {step: _load(snapshot_file(output, step)) for step in index["steps"]}
    by_step = {
        step: score(snapshot, parts["test"], meta).metrics() for step, snapshot in snapshots.items()
    }
    at_steps = {
        f"{metric}_at_step_{step}": value
        for step, found in by_step.items()
        for metric, value in found.items()
    }
    last = points[-1]
    summary = {
        "train": scores["train"].metrics(),
        "validation": scores["validation"].metrics(),
        "test": test | limits | at_steps,
        "parameters": model.count_params(),
        "epochs": last.epoch,
        "steps": last.step,
        "seconds": last.seconds,
        "examples_per_second": last.examples_per_second,
    }
    kept = index["kept"]
    subject = Subject(
        name, meta, model, snapshots, parts["train"], parts["test"], scores["test"], points, kept
    )
    return Assessment(summary, by_step | {kept: test}, intervals, draw(subject))


def _history(output: Path) -> list[Point]:
    try:
        return history.read(output / "history.csv")
    except FileNotFoundError:
        raise _untrained(output / "history.csv") from None


def _load(path: Path) -> Any:
    if not path.is_file():
        raise _untrained(path)
    return keras.saving.load_model(path, compile=False)


def _untrained(path: Path) -> PipelineError:
    return PipelineError(
        f"{path} is missing", expected=f"Train first: dvc repro train@{path.parent.name}"
    )
