"""Tables of scores: confusion matrix, precision and recall, calibration, residuals.

They need neither scikit-learn nor a figure, so each training can log its validation tables.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics._calibration import BINS, bins, confidence
from pipeline.metrics._confusion import support
from pipeline.models.scores import ClassScores, NumberScores, Scores, ScoresByTarget

MOST_CLASSES = 64  # of a confusion matrix that people read
_GROUPS = 10
_FEWEST_OF_A_GROUP = 5
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def tables(scores: Scores, *, gives_probabilities: bool) -> dict[str, Any]:
    """All tables that suit the scores, by name, as values for a JSON file.

    Args:
        gives_probabilities: whether the outputs of a classifier are probabilities.
    """
    if isinstance(scores, NumberScores):
        return {"residuals": residuals(scores)}
    if isinstance(scores, ScoresByTarget):
        return _by_target(scores)
    result: dict[str, Any] = {"rows_by_class": rows_by_class(scores)}
    if len(scores.classes) <= MOST_CLASSES:
        result["confusion"] = {
            "classes": list(scores.classes),
            "true_by_predicted": confusion(scores).tolist(),
        }
    if gives_probabilities:
        result["reliability"] = reliability(scores)
    return result


def _by_target(scores: ScoresByTarget) -> dict[str, Any]:
    """The residuals of each number, or the rows and the confusion of each label."""
    numbers = {name: part for name, part in scores.parts.items() if isinstance(part, NumberScores)}
    if numbers:
        return {"residuals": {name: residuals(part) for name, part in numbers.items()}}
    labels = {name: part for name, part in scores.parts.items() if isinstance(part, ClassScores)}
    return {
        "rows_by_class": {name: int(part.truth.sum()) for name, part in labels.items()},
        "confusion": {
            name: {"classes": list(part.classes), "true_by_predicted": confusion(part).tolist()}
            for name, part in labels.items()
        },
    }


def rows_by_class(scores: ClassScores) -> dict[str, int]:
    """The number of rows of each class, by its name."""
    return dict(zip(scores.classes, support(scores).tolist(), strict=True))


def confusion(scores: ClassScores) -> NDArray[np.int64]:
    """The number of rows by true and predicted class, `(classes, classes)`."""
    classes = len(scores.classes)
    cells = np.bincount(scores.truth * classes + scores.predicted, minlength=classes**2)
    return cells.reshape(classes, classes)


def reliability(scores: ClassScores) -> list[dict[str, float]]:
    """The bins of the expected calibration error that have rows, by rising confidence.

    Returns:
        `from` and `to` are the limits of the confidence, `confidence` is its mean, `accuracy` the
        share of hits, and `rows` their number.
    """
    sure, numbers = confidence(scores), bins(scores)
    hits = scores.predicted == scores.truth
    return [
        {
            "from": number / BINS,
            "to": (number + 1) / BINS,
            "rows": int(np.sum(numbers == number)),
            "confidence": float(sure[numbers == number].mean()),
            "accuracy": float(hits[numbers == number].mean()),
        }
        for number in np.unique(numbers).tolist()
    ]


def residuals(scores: NumberScores) -> list[dict[str, Any]]:
    """Predicted minus true, in up to ten groups of rows of equal size, by rising prediction.

    Returns:
        `from` and `to` are the smallest and the largest prediction, `mean` and `quantiles` those of
        the residuals.
    """
    groups = min(_GROUPS, max(1, len(scores) // _FEWEST_OF_A_GROUP))
    order = np.argsort(scores.prediction, kind="stable")
    return [
        _group(scores.prediction[rows], scores.prediction[rows] - scores.truth[rows])
        for rows in np.array_split(order, groups)
    ]


def _group(prediction: NDArray[np.float64], residual: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "from": float(prediction.min()),
        "to": float(prediction.max()),
        "rows": len(residual),
        "mean": float(residual.mean()),
        "quantiles": {str(share): float(np.quantile(residual, share)) for share in _QUANTILES},
    }
