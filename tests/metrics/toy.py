"""Scores of a few rows, written by hand."""

from collections.abc import Sequence

import numpy as np

from pipeline.models.scores import ClassScores, NumberScores

CLASSES = ("cat", "bird", "dog/wolf é")


def of_probabilities(
    truth: Sequence[int], probabilities: Sequence[Sequence[float]], classes: Sequence[str] = CLASSES
) -> ClassScores:
    """The scores of a model with these probabilities, `(rows, classes)`."""
    with np.errstate(divide="ignore"):
        logarithms = np.log(np.array(probabilities, dtype=np.float64))
    return ClassScores(np.array(truth), logarithms, classes[: logarithms.shape[1]])


def classified(
    truth: Sequence[int], predicted: Sequence[int], *, sure: float = 0.6, classes: int = 3
) -> ClassScores:
    """The scores of a model that gives the predicted class this probability."""
    others = (1 - sure) / (classes - 1)
    probabilities = np.full((len(truth), classes), others)
    probabilities[np.arange(len(truth)), list(predicted)] = sure
    return of_probabilities(truth, probabilities.tolist(), CLASSES[:classes])


def numbers(truth: Sequence[float], prediction: Sequence[float]) -> NumberScores:
    """The scores of a regression."""
    return NumberScores(np.array(truth, dtype=float), np.array(prediction, dtype=float))
