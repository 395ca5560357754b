"""Assessment of a trained experiment: the one place where the test split is opened."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from pipeline.data.prepared import Meta, load_meta, load_part
from pipeline.errors import PipelineError
from pipeline.evaluation import figures
from pipeline.evaluation.metrics import predicted_classes
from pipeline.evaluation.scoring import Scores, score
from pipeline.training import history
from pipeline.training.history import Point
from pipeline.training.result import SNAPSHOTS, snapshot_file


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
    kept = _index(output)["kept"]
    model = _load(output / "model.keras")
    parts = {split: load_part(data, split) for split in ("train", "validation", "test")}
    scores = {split: score(model, part, meta) for split, part in parts.items()}
    test, intervals = scores["test"].metrics(), scores["test"].intervals(seed=seed)
    limits = {f"{name}_{end}": pair[at] for name, pair in intervals.items() for at, end in enumerate(("low", "high"))}
    by_step = {step: score(_load(path), parts["test"], meta).metrics() for step, path in _snapshots(output).items()}
    at_steps = {f"{metric}_at_step_{step}": value for step, found in by_step.items() for metric, value in found.items()}
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
    return Assessment(summary, by_step | {kept: test}, intervals, _figures(name, meta, scores["test"], points, kept))


def _history(output: Path) -> list[Point]:
    try:
        return history.read(output / "history.csv")
    except FileNotFoundError:
        raise _untrained(output / "history.csv") from None


def _index(output: Path) -> dict[str, Any]:
    index: dict[str, Any] = json.loads((output / SNAPSHOTS / "index.json").read_text(encoding="utf-8"))
    return index


def _snapshots(output: Path) -> dict[int, Path]:
    return {step: snapshot_file(output, step) for step in _index(output)["steps"]}


def _load(path: Path) -> Any:
    if not path.is_file():
        raise _untrained(path)
    return keras.saving.load_model(path, compile=False)


def _untrained(path: Path) -> PipelineError:
    return PipelineError(f"{path} is missing", expected=f"Train first: dvc repro train@{path.parent.name}")


def _figures(name: str, meta: Meta, test: Scores, points: list[Point], kept: int) -> dict[str, Figure]:
    drawn = {"learning_curves": _curves(name, points, kept)}
    if meta.classes is not None:
        counts = confusion_matrix(test.truth, predicted_classes(test.prediction), labels=range(len(meta.classes)))
        drawn["confusion_matrix"] = figures.confusion_matrix(counts, meta.classes, title=f"{name}: test split")
    else:
        unit = meta.target.name if meta.target.unit == 1 else f"{meta.target.name} / {meta.target.unit:g}"
        drawn["residuals"] = figures.residuals(test.truth, test.prediction, unit=unit, title=f"{name}: test split")
    return drawn


def _curves(name: str, points: list[Point], kept: int) -> Figure:
    metrics = list(dict.fromkeys(key.partition("/")[2] for point in points for key in point.metrics))
    curves = {
        metric: {
            split: [point.metrics.get(f"{split}/{metric}", np.nan) for point in points] for split in ("train", "validation")
        }
        for metric in metrics
    }
    kept_epoch = next(point.epoch for point in points if point.step == kept)
    return figures.learning_curves([point.epoch for point in points], curves, kept=kept_epoch, title=f"{name}: learning curves")
