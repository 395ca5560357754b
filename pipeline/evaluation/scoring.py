"""Scores of a saved model on a split, and all metrics of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline import metrics
from pipeline.config.metrics import is_metric
from pipeline.data import tables
from pipeline.data.prepared import Meta, Split
from pipeline.evaluation import intervals
from pipeline.evaluation.intervals import SEED, Estimate
from pipeline.metrics import Interval, Metric
from pipeline.models import anatomy
from pipeline.models.outputs import Outputs
from pipeline.models.scores import Scores, number_scores, scores_of
from pipeline.runs.history import Point
from pipeline.runs.model_card import columns_of
from pipeline.serving.inputs import table_inputs


@dataclass(frozen=True)
class Measures:
    """The metrics that suit a model and its data.

    Args:
        main: the names of the metrics of all classes together, and of those that training measured.
        metrics: by name; also those of single classes.
        refused: why others have no meaning for the model, by name.
    """

    main: list[str]
    metrics: Mapping[str, Metric]
    refused: dict[str, Estimate]

    @property
    def of_the_whole(self) -> "Measures":
        """Only the main metrics."""
        metrics = {name: metric for name, metric in self.metrics.items() if name in self.main}
        return replace(self, metrics=metrics)

    def values(self, scores: Scores) -> dict[str, Estimate]:
        """Every metric, without intervals."""
        return intervals.values(self.metrics, scores) | self.refused

    def estimates(self, scores: Scores) -> dict[str, Estimate]:
        """Every metric with its interval."""
        return intervals.estimates(self.metrics, scores, seed=SEED) | self.refused


def measures(meta: Meta, history: Sequence[Point], *, gives_probabilities: bool) -> Measures:
    """The usual metrics of the task, then other metrics that training measured.

    Args:
        gives_probabilities: whether the outputs of a classifier are probabilities.
    """
    usual = metrics.usual(meta.task, meta.classes or (), meta.several)
    trained = _trained(history)
    metric_of = {
        name: metrics.named(name, key="training.metrics")
        for name in dict.fromkeys([*usual, *trained])
    }
    refused = {
        name: Estimate(None, None, "the outputs of this model are not probabilities")
        for name, metric in metric_of.items()
        if metric.needs_probabilities and not gives_probabilities
    }
    return Measures(
        main=[name for name in metric_of if name in trained or not metrics.is_of_a_class(name)],
        metrics={name: metric for name, metric in metric_of.items() if name not in refused},
        refused=refused,
    )


def _trained(history: Sequence[Point]) -> list[str]:
    """The metrics that training measured."""
    figures = dict.fromkeys(figure for point in history for figure in point.metrics)
    names = [figure.partition("/")[2] for figure in figures]
    return [name for name in names if name and is_metric(name)]


def defined(estimates: Mapping[str, Estimate]) -> dict[str, float]:
    """The values that the rows define."""
    return {name: one.value for name, one in estimates.items() if one.value is not None}


def limits(estimates: Mapping[str, Estimate]) -> dict[str, Interval]:
    """The intervals of the metrics that have one."""
    return {name: one.interval for name, one in estimates.items() if one.interval is not None}


class Scorer:
    """Predicts splits with a served model.

    Classes are scored by the raw output, because a probability may round to 0.
    """

    def __init__(self, model: Any, meta: Meta) -> None:
        self._is_regression = meta.task == "regression"
        self._outputs = Outputs(model if self._is_regression else anatomy.with_raw_output(model))
        self._meta = meta

    def score(self, split: Split) -> Scores:
        """Predicts a whole split.

        The cells of a table come from `rows.csv` as the source's CSV holds them.
        """
        return self.score_inputs(inputs_of(split, self._meta), split)

    def score_inputs(self, values: Any, split: Split) -> Scores:
        """Predicts a split after its inputs were read.

        Args:
            values: the inputs, as `inputs_of` returns them.
        """
        scores = number_scores if self._is_regression else scores_of
        return scores(self._outputs.of(values), split.y, self._meta)


def inputs_of(split: Split, meta: Meta) -> Any:
    """The inputs of a served model for a split: pixels, or arrays `(rows, 1)` by input."""
    if meta.table is None:
        return split.x
    columns = columns_of(meta)
    if columns is None or split.rows is None:
        raise ValueError("a table has rows.csv")
    text = tables.read(split.rows)
    inputs = table_inputs(columns, text.columns, place=text.line)
    for problem in inputs.problems.values():
        raise problem
    return inputs.values
