"""Measures a trained model on all splits, including the test split."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import metrics
from pipeline.data.prepared import load_meta, load_split
from pipeline.evaluation import scoring
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.intervals import Estimate
from pipeline.evaluation.scoring import Scorer, defined, inputs_of, limits
from pipeline.evaluation.tables import rows_by_class, tables
from pipeline.evaluation.test_split import digests, open_test_split, truth_of
from pipeline.files import read_json
from pipeline.metrics import Interval
from pipeline.models import saved
from pipeline.models.scores import ClassScores, NumberScores, Scores
from pipeline.runs import history, model_card, record
from pipeline.runs.result import HISTORY, INDEX, MADE_BY, MODEL, snapshot_file

# Classes are imbalanced if the commonest has at least this many times the rows of the rarest.
_IMBALANCE = 2.0
_BESIDE_ACCURACY = "balanced_accuracy"
_BESIDE_R2 = "mae"


@dataclass(frozen=True)
class Assessment:
    """What `evaluate` measured.

    Args:
        main: the names of the metrics that MLflow shows.
        train, validation, test: metrics of the saved model; those of the test split with intervals.
        at_step: the main test metrics of each snapshot.
        tables: the tables of the validation and of the test split.
        truth: identifies the test rows.
        subject: the model with its scores, for its figures.
    """

    main: list[str]
    train: Mapping[str, Estimate]
    validation: Mapping[str, Estimate]
    test: Mapping[str, Estimate]
    at_step: Mapping[int, Mapping[str, float]]
    tables: Mapping[str, Any]
    truth: str
    subject: Subject

    @property
    def test_by_step(self) -> dict[int, dict[str, float]]:
        """The main test metrics of the snapshots and of the saved model."""
        saved = defined({name: self.test[name] for name in self.main})
        steps = {step: dict(values) for step, values in self.at_step.items()}
        return {**steps, self.subject.saved_step: saved}

    @property
    def intervals(self) -> dict[str, Interval]:
        """The 95 % limits of the main test metrics that have them."""
        return limits({name: self.test[name] for name in self.main})

    def summary(self) -> dict[str, Any]:
        """The content of `metrics.json`."""
        last = self.subject.history[-1]
        return {
            "headline": metrics.headline(self.subject.meta.task),
            "beside": beside(self.subject.scores),
            "train": {name: one.value for name, one in self.train.items()},
            "validation": {name: one.value for name, one in self.validation.items()},
            "test": {name: self._test_metric(name) for name in self.test},
            "not_defined": {
                "train": _reasons(self.train),
                "validation": _reasons(self.validation),
            },
            "tables": self.tables,
            "parameters": self.subject.model.count_params(),
            "epochs": last.epoch,
            "steps": last.step,
            "seconds": last.seconds,
            "examples_per_second": last.examples_per_second,
        }

    def headline(self) -> dict[str, Any]:
        """The content of `headline.json`: what `dvc metrics` and `dvc exp show` list."""
        interval = self.test[metrics.headline(self.subject.meta.task)].interval
        last = self.subject.history[-1]
        return {
            "test": defined({name: self.test[name] for name in self.main}),
            **({} if interval is None else {"low": interval[0], "high": interval[1]}),
            "validation": defined({name: self.validation[name] for name in self.main}),
            "epochs": last.epoch,
            "parameters": self.subject.model.count_params(),
        }

    def _test_metric(self, name: str) -> dict[str, Any]:
        estimate = self.test[name]
        result: dict[str, Any] = {"value": estimate.value}
        if estimate.interval is not None:
            result["low"], result["high"] = estimate.interval
        if estimate.reason:
            result["reason"] = estimate.reason
        steps = {str(step): values[name] for step, values in self.at_step.items() if name in values}
        return result | ({"at_step": steps} if steps else {})


def beside(scores: Scores) -> list[str]:
    """The metrics to show with the headline, because the headline by itself could mislead.

    A model that always predicts the commonest of imbalanced classes has a high accuracy. Its
    balanced accuracy is 1 / classes. R² of a quantity has no unit. Its mean absolute error has the
    unit of the target.
    """
    if isinstance(scores, NumberScores):
        return [_BESIDE_R2]
    if not isinstance(scores, ClassScores):
        return []
    rows = rows_by_class(scores).values()
    return [_BESIDE_ACCURACY] if max(rows) >= _IMBALANCE * min(rows) else []


def _reasons(estimates: Mapping[str, Estimate]) -> dict[str, str]:
    return {name: one.reason for name, one in estimates.items() if one.value is None}


def assess(name: str, result: Path, data: Path) -> Assessment:
    """Measures the saved model on all splits, and its snapshots on the test split.

    Args:
        name: the name of the model, for titles.
        result: the folder with the files that the training wrote. The caller has checked them.
        data: the folder of the prepared data.
    """
    meta = load_meta(data)
    points = history.read(result / HISTORY)
    index = read_json(result / INDEX, made_by=MADE_BY)
    gives_probabilities = model_card.read(result / MODEL).gives_probabilities
    measures = scoring.measures(meta, points, gives_probabilities=gives_probabilities)
    model = saved.load(result / MODEL)
    snapshots = {step: saved.load(snapshot_file(result, step)) for step in index["steps"]}
    splits = {"train": load_split(data, "train"), "validation": load_split(data, "validation")}
    splits["test"] = open_test_split(
        data,
        purpose="evaluate",
        run_id=record.read(result, made_by=MADE_BY).run_id,
        models=digests({**snapshots, index["final"]: model}),
        shown=measures.metrics,
    )
    scorer = Scorer(model, meta)
    scores = {name: scorer.score(splits[name]) for name in ("train", "validation")}
    test_inputs = inputs_of(splits["test"], meta)
    scores["test"] = scorer.score_inputs(test_inputs, splits["test"])
    return Assessment(
        main=measures.main,
        train=measures.values(scores["train"]),
        validation=measures.values(scores["validation"]),
        test=measures.estimates(scores["test"]),
        at_step={
            step: defined(
                measures.of_the_whole.values(
                    Scorer(snapshot, meta).score_inputs(test_inputs, splits["test"])
                )
            )
            for step, snapshot in snapshots.items()
        },
        tables={
            split: tables(scores[split], gives_probabilities=gives_probabilities)
            for split in ("validation", "test")
        },
        truth=truth_of(splits["test"], meta),
        subject=Subject(
            name=name,
            meta=meta,
            model=model,
            snapshots=snapshots,
            train=splits["train"],
            test=splits["test"],
            scores=scores["test"],
            validation_scores=scores["validation"],
            gives_probabilities=gives_probabilities,
            history=points,
            saved_step=index["final"],
        ),
    )
