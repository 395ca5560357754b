"""Scores: the truth of some rows, and the predictions of a model for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta


@dataclass(frozen=True, eq=False)
class ClassScores:
    """The scores of a classification.

    Args:
        truth: class numbers, int64 `(rows,)`.
        log_probabilities: natural logarithms, float64 `(rows, classes)`. They come from the raw
            output, so they are finite even for a probability that a float rounds to 0.
        classes: the names of the classes by number.
    """

    truth: NDArray[np.int64]
    log_probabilities: NDArray[np.float64]
    classes: Sequence[str]

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """Float64 `(rows, classes)`; each row adds up to 1."""
        return np.exp(self.log_probabilities)

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each row, `(rows,)`; the first among equals."""
        return np.asarray(self.log_probabilities.argmax(axis=1))

    def number(self, name: str) -> int:
        """The number of a class, by its name."""
        return list(self.classes).index(name)

    def log_odds(self, number: int) -> NDArray[np.float64]:
        """The log-odds of a class against the rest, `(rows,)`.

        They differ even between probabilities that a float rounds to 1.
        """
        own = self.log_probabilities[:, number]
        rest = np.delete(self.log_probabilities, number, axis=1)
        return np.asarray(own - np.logaddexp.reduce(rest, axis=1))

    def take(self, rows: Any) -> "ClassScores":
        """The scores of some rows, in the given order."""
        return ClassScores(self.truth[rows], self.log_probabilities[rows], self.classes)

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True)
class NumberScores:
    """The scores of a regression, in the unit of the target.

    Args:
        truth, prediction: float64 `(rows,)`.
    """

    truth: NDArray[np.float64]
    prediction: NDArray[np.float64]

    def take(self, rows: Any) -> "NumberScores":
        """The scores of some rows, in the given order."""
        return NumberScores(self.truth[rows], self.prediction[rows])

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True, eq=False)
class ScoresByTarget:
    """The scores of several targets, by name and in the order of `y`.

    Args:
        parts: `NumberScores` of a regression, or `ClassScores` with the classes no and yes.
    """

    parts: Mapping[str, ClassScores | NumberScores]

    @property
    def truth(self) -> NDArray[Any]:
        """Numbers, or 1 for yes and 0 for no, `(rows, targets)`."""
        return np.column_stack([part.truth for part in self.parts.values()])

    @property
    def predicted(self) -> NDArray[np.int64]:
        """1 for a label that is more probable than not, otherwise 0, `(rows, labels)`."""
        labels = [part.predicted for part in self.parts.values() if isinstance(part, ClassScores)]
        return np.column_stack(labels)

    def take(self, rows: Any) -> "ScoresByTarget":
        """The scores of some rows, in the given order."""
        return ScoresByTarget({name: part.take(rows) for name, part in self.parts.items()})

    def __len__(self) -> int:
        return len(next(iter(self.parts.values())))


Scores = ClassScores | NumberScores | ScoresByTarget


def perfect_scores(y: NDArray[Any], meta: Meta) -> Scores:
    """The scores of a model that predicts every row correctly and is sure of it.

    Args:
        y: as `prepare` writes it.
    """
    if meta.task == "regression":
        return scores_of(np.asarray(y).reshape(len(y), -1), y, meta)
    if meta.task == "multi_label":
        return scores_of(100.0 * np.asarray(y) - 50.0, y, meta)
    sure = 50.0 * np.eye(len(meta.classes or ()))[np.asarray(y)]
    return scores_of(sure if len(sure.T) > 2 else sure[:, 1:] - sure[:, :1], y, meta)


def scores_of(raw: NDArray[Any], y: NDArray[Any], meta: Meta) -> Scores:
    """The scores of a network's raw output, before softmax, sigmoid or the unit of the target.

    Args:
        raw: `(rows, outputs)`.
        y: as `prepare` writes it.
    """
    values = np.asarray(raw, dtype=np.float64)
    if meta.task == "regression":
        columns = [target.decoded(own) for target, own in zip(meta.targets, values.T, strict=True)]
        return number_scores(np.column_stack(columns), y, meta)
    if meta.task == "multi_label":
        return by_target(
            meta,
            [
                _class_scores(own[:, None], truth, target.levels or ())
                for target, own, truth in zip(meta.targets, values.T, np.asarray(y).T, strict=True)
            ],
        )
    return _class_scores(values, y, meta.classes or ())


def number_scores(prediction: NDArray[Any], y: NDArray[Any], meta: Meta) -> Scores:
    """The scores of a regression.

    Args:
        prediction: in the unit of each target, `(rows, targets)`.
        y: as `prepare` writes it.
    """
    truth = np.asarray(y).reshape(len(y), -1)
    parts = [
        NumberScores(target.decoded(true), np.asarray(predicted, dtype=np.float64))
        for target, true, predicted in zip(meta.targets, truth.T, prediction.T, strict=True)
    ]
    return by_target(meta, parts) if len(parts) > 1 else parts[0]


def by_target(meta: Meta, parts: Sequence[ClassScores | NumberScores]) -> ScoresByTarget:
    """The scores of several targets, in the order of `y`."""
    return ScoresByTarget(dict(zip(meta.several, parts, strict=True)))


def _class_scores(raw: NDArray[Any], y: NDArray[Any], classes: Sequence[str]) -> ClassScores:
    if raw.shape[1] == 1:  # the output is the log-odds of the second class
        raw = np.hstack([np.zeros_like(raw), raw])
    from scipy.special import log_softmax  # takes a third of a second to import

    logarithms: NDArray[np.float64] = log_softmax(raw, axis=1)
    return ClassScores(np.asarray(y, dtype=np.int64), logarithms, classes)
