"""Measures a trained experiment on all splits, including the test split."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from pipeline import metrics
from pipeline.data.prepared import SPLITS, load_meta, load_split
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.scoring import intervals_of, metrics_of, score
from pipeline.evaluation.test_split import digests, open_test_split
from pipeline.files import read_json
from pipeline.metrics import Interval
from pipeline.runs import history, record
from pipeline.runs.result import HISTORY, INDEX, MADE_BY, MODEL, snapshot_file


@dataclass(frozen=True)
class Assessment:
    """What `evaluate` measured.

    Args:
        train, validation, test: metrics of the saved model.
        intervals: the 95 % limits of each test metric.
        at_step: the test metrics of each snapshot.
        subject: the experiment, for its figures.
    """

    train: Mapping[str, float]
    validation: Mapping[str, float]
    test: Mapping[str, float]
    intervals: Mapping[str, Interval]
    at_step: Mapping[int, Mapping[str, float]]
    subject: Subject

    @property
    def test_by_step(self) -> dict[int, Mapping[str, float]]:
        """The test metrics of the snapshots and of the saved model."""
        return {**self.at_step, self.subject.saved_step: self.test}

    def summary(self) -> dict[str, Any]:
        """The content of `metrics.json`."""
        last = self.subject.history[-1]
        return {
            "headline": metrics.headline(self.subject.meta.task),
            "train": self.train,
            "validation": self.validation,
            "test": {name: self._test_metric(name) for name in self.test},
            "parameters": self.subject.model.count_params(),
            "epochs": last.epoch,
            "steps": last.step,
            "seconds": last.seconds,
            "examples_per_second": last.examples_per_second,
        }

    def _test_metric(self, name: str) -> dict[str, Any]:
        low, high = self.intervals[name]
        result = {"value": self.test[name], "low": low, "high": high}
        at_step = {str(step): values[name] for step, values in self.at_step.items()}
        return result | ({"at_step": at_step} if at_step else {})


def assess(name: str, output: Path, data: Path, *, seed: int) -> Assessment:
    """Measures the saved model on all splits, and its snapshots on the test split.

    Args:
        output: the folder with the files that `train` wrote. `result.current` has checked them.
        data: the folder of the prepared data.
        seed: the seed of the bootstrap.
    """
    meta = load_meta(data)
    points = history.read(output / HISTORY)
    index = read_json(output / INDEX, made_by=f"dvc repro train@{output.name}")
    model = _load(output / MODEL)
    snapshots = {step: _load(snapshot_file(output, step)) for step in index["steps"]}
    splits = {"train": load_split(data, "train"), "validation": load_split(data, "validation")}
    splits["test"] = open_test_split(
        data,
        purpose="evaluate",
        run_id=record.read(output, made_by=MADE_BY).run_id,
        models=digests({**snapshots, index["final"]: model}),
        shown=metrics.of_task(meta.task),
    )
    scores = {name: score(model, split, meta) for name, split in splits.items()}
    subject = Subject(
        name=name,
        meta=meta,
        model=model,
        snapshots=snapshots,
        train=splits["train"],
        test=splits["test"],
        scores=scores["test"],
        history=points,
        saved_step=index["final"],
    )
    return Assessment(
        **{split: metrics_of(scores[split], meta.task) for split in SPLITS},
        intervals=intervals_of(scores["test"], meta.task, seed=seed),
        at_step={
            step: metrics_of(score(snapshot, splits["test"], meta), meta.task)
            for step, snapshot in snapshots.items()
        },
        subject=subject,
    )


def _load(path: Path) -> Any:
    return keras.saving.load_model(path, compile=False)
