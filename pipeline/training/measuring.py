"""Measures the loss and the metrics of splits between the steps of a training.

All splits are measured at the same moment, with the same weights, and without dropout, so their
figures are comparable.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline import metrics
from pipeline.config import usual
from pipeline.config.data import Task
from pipeline.config.training import Training
from pipeline.data.prepared import Meta, Split
from pipeline.errors import ConfigError
from pipeline.metrics import UndefinedError
from pipeline.models.scores import perfect_scores, scores_of
from pipeline.training import losses
from pipeline.training.class_weights import class_weights, row_weights

MOST_TRAINING_ROWS = 10_000
_METRICS = "training.metrics"
_SEED = 0  # not that of the run, so runs of all seeds measure the same rows

Predict = Callable[[Split], NDArray[Any]]


@dataclass(frozen=True)
class Measuring:
    """What to measure, and on which rows.

    Args:
        splits: by name.
        loss: gives one value for each row, from `y` of shape `(rows, targets)` and raw output.
        metrics: their names.
        class_weights: float32 `(classes,)`, or None.
    """

    meta: Meta
    splits: Mapping[str, Split]
    loss: Any
    metrics: list[str]
    class_weights: NDArray[np.float32] | None = None

    def figures(self) -> list[str]:
        """The names of all figures, such as `validation/accuracy`."""
        weighted = ["weighted_loss"] if self.is_weighted else []
        names = ["loss", *weighted, *self.metrics]
        return [f"{split}/{name}" for split in self.splits for name in names]

    def measure(self, predict: Predict) -> dict[str, float]:
        """Measures every split.

        Args:
            predict: gives the network's raw output for a split, `(rows, outputs)`.

        Returns:
            Values by figure. `loss` is the mean of the loss over rows, in the unit of the training,
            without penalties, weights and label smoothing. `weighted_loss` is its weighted
            mean. A metric that the rows do not define is missing. If an output is not
            finite, the loss is NaN and no metric is measured.
        """
        values: dict[str, float] = {}
        for name, split in self.splits.items():
            weights = row_weights(split, self.class_weights)
            figures = self._of(predict(split), split.y, weights)
            values |= {f"{name}/{figure}": value for figure, value in figures.items()}
        return values

    @property
    def is_weighted(self) -> bool:
        """Whether rows have weights of their own, or by class."""
        own = any(split.sample_weight is not None for split in self.splits.values())
        return own or self.class_weights is not None

    def _of(
        self, raw: NDArray[Any], y: NDArray[Any], weights: NDArray[np.float32] | None
    ) -> dict[str, float]:
        if not np.isfinite(raw).all():
            return {"loss": float("nan")}
        rows = np.asarray(self.loss(np.asarray(y).reshape(len(y), -1), raw), dtype=np.float64)
        values = {"loss": float(rows.mean())}
        if weights is not None and weights.any():
            values["weighted_loss"] = float(np.average(rows, weights=weights))
        scores = scores_of(raw, y, self.meta)
        for name in self.metrics:
            with suppress(UndefinedError):
                values[name] = metrics.named(name, key=_METRICS).value(scores)
        return values

    def require_suited(self, training: Training) -> None:
        """Checks that the data have what the metrics need.

        Raises:
            ConfigError: the data lack the class that a metric names, or a rule monitors a figure
                that is undefined on these rows for any model.
        """
        for name in self.metrics:
            metrics.require_of_data(name, self.meta.task, self.meta.several, key=_METRICS)
            if not self.meta.several:
                metrics.require_suited(name, self.meta.classes or (), key=_METRICS)
        for key, rule in training.monitors.items():
            split, _, name = rule.figure.partition("/")
            if name == "weighted_loss" and not self.is_weighted:
                raise ConfigError(
                    f"{key}.monitor",
                    "needs weights",
                    received=rule.figure,
                    expected=f"Set {split}/loss, training.class_weight or data.sample_weight",
                )
            if name in self.metrics and split in self.splits:
                try:
                    scores = perfect_scores(self.splits[split].y, self.meta)
                    metrics.named(name, key=key).value(scores)
                except UndefinedError as error:
                    raise ConfigError(
                        f"{key}.monitor",
                        f"is not defined on these rows: {error}",
                        received=rule.figure,
                        expected="Monitor another metric, such as validation/loss",
                    ) from None


def build(training: Training, meta: Meta, *, train: Split, validation: Split) -> Measuring:
    """What the settings measure.

    Raises:
        ConfigError: the settings do not suit the data.
    """
    rows = _measured_rows(training, len(train))
    splits = {} if rows is None else {"train": _rows_of(train, rows)}
    name = losses.name_of(training, meta)
    measuring = Measuring(
        meta=meta,
        splits=splits | {"validation": validation},
        # Compiled, because Keras's losses take several times as long call by call.
        loss=tf.function(losses.by_row(training, meta), reduce_retracing=True, autograph=False),
        metrics=usual.measured_metrics(training, Task(meta.task), [name], meta.several),
        class_weights=class_weights(training, meta, train.y),
    )
    measuring.require_suited(training)
    return measuring


def _measured_rows(training: Training, rows: int) -> NDArray[np.int64] | None:
    """The training rows to measure, in order; None if none are measured."""
    if training.measure_train is False:
        return None
    if training.measure_train or rows <= MOST_TRAINING_ROWS:
        return np.arange(rows)
    random = np.random.default_rng(_SEED)
    return np.sort(random.choice(rows, size=MOST_TRAINING_ROWS, replace=False))


def _rows_of(split: Split, rows: NDArray[np.int64]) -> Split:
    if len(rows) == len(split):
        return split
    x = tf.nest.map_structure(lambda array: np.asarray(array[rows]), split.x)
    weights = split.sample_weight
    return Split(
        x=x,
        y=np.asarray(split.y[rows]),
        rows=None,
        sample_weight=None if weights is None else weights[rows],
    )
