"""The user's own metric, and Keras's own: a function of targets and predictions, or a class.

`y_true` holds class numbers, or the target in its own unit, `(rows, 1)`. `y_pred` is what the saved
model predicts: probabilities `(rows, classes)`, the probability of the second class `(rows, 1)`, or
the target `(rows, 1)`. Of several targets, both are `(rows, targets)`: numbers, or 0 and 1 with the
probability of each label. Both are NumPy arrays.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError, suggestion
from pipeline.metrics import Metric, Several, UndefinedError
from pipeline.models.scores import ClassScores, Scores, ScoresByTarget
from pipeline.own import loading
from pipeline.own.definitions import is_class, require_arguments
from pipeline.own.references import Reference, reference

_TWO, _SEVERAL = 2, 3


@dataclass(frozen=True)
class _Kind:
    """What a metric of Keras measures.

    Args:
        task: `classification` or `regression`.
        classes: 2 for two classes, 3 for three or more, None for any number.
    """

    task: str
    larger_is_better: bool
    classes: int | None = None


# Others take one-hot labels, or compare vectors.
_OF_KERAS = {
    "AUC": _Kind("classification", larger_is_better=True, classes=_TWO),
    "BinaryAccuracy": _Kind("classification", larger_is_better=True, classes=_TWO),
    "LogCoshError": _Kind("regression", larger_is_better=False),
    "MeanAbsoluteError": _Kind("regression", larger_is_better=False),
    "MeanAbsolutePercentageError": _Kind("regression", larger_is_better=False),
    "MeanSquaredError": _Kind("regression", larger_is_better=False),
    "MeanSquaredLogarithmicError": _Kind("regression", larger_is_better=False),
    "Precision": _Kind("classification", larger_is_better=True, classes=_TWO),
    "R2Score": _Kind("regression", larger_is_better=True),
    "Recall": _Kind("classification", larger_is_better=True, classes=_TWO),
    "RootMeanSquaredError": _Kind("regression", larger_is_better=False),
    "SparseCategoricalAccuracy": _Kind("classification", larger_is_better=True, classes=_SEVERAL),
    "SparseTopKCategoricalAccuracy": _Kind(
        "classification", larger_is_better=True, classes=_SEVERAL
    ),
}


def own_metric(name: str, *, key: str) -> Metric:
    """The metric of a name such as `my_metrics.py:cost`. Nothing is imported before it measures.

    Raises:
        ConfigError: there is no such metric, it needs arguments, or it is a metric of Keras for
            other predictions.
    """
    symbol = reference(name, key=key)
    kind = _kind(symbol, key=key)
    require_arguments(key, symbol, {}, by_position=2 if is_class(symbol) is False else 0)
    is_for_several_classes = kind is not None and kind.classes == _SEVERAL
    return Metric(
        task=None if kind is None else kind.task,
        several=Several.nothing if is_for_several_classes else Several.together,
        larger_is_better=None if kind is None else kind.larger_is_better,
        compute=partial(_measure, symbol, key),
    )


def require_classes(name: str, classes: int, *, key: str) -> None:
    """Checks that a metric of Keras suits the number of classes.

    Raises:
        ConfigError: it does not.
    """
    kind = _kind(reference(name, key=key), key=key)
    if kind is not None and kind.classes not in (None, min(classes, _SEVERAL)):
        raise ConfigError(
            key,
            f"names a metric that does not suit {classes} classes",
            received=name,
            expected="Choose a metric of this project, such as roc_auc, macro_f1 or accuracy",
        )


def _kind(symbol: Reference, *, key: str) -> _Kind | None:
    if symbol.module.partition(".")[0] != "keras":
        return None
    if symbol.module != "keras.metrics" or symbol.name not in _OF_KERAS:
        raise ConfigError(
            key,
            "is not a metric of Keras for these predictions",
            received=symbol,
            expected=suggestion(str(symbol), [f"keras.metrics:{name}" for name in _OF_KERAS]),
        )
    return _OF_KERAS[symbol.name]


def _measure(symbol: Reference, key: str, scores: Scores) -> float:
    target = loading.load(symbol, key=key)
    truth, prediction = _arrays(scores)
    try:
        values = np.asarray(_apply(target, truth, prediction), dtype=np.float64)
    except Exception as error:
        raise ConfigError(
            key,
            f"fails: {symbol}",
            received=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            f"{loading.place_of(error)}",
            expected=f"It is called with y_true of shape {truth.shape} and y_pred of shape "
            f"{prediction.shape}, and returns a number, or one for each row",
        ) from error
    if values.size not in (1, len(truth)):
        raise ConfigError(
            key,
            "gives neither one number nor one for each row",
            received=f"shape {values.shape} of {symbol} for {len(truth)} rows",
            expected="Return their mean",
        )
    mean = float(values.mean())
    if not math.isfinite(mean):
        raise UndefinedError("it is not a finite number for these rows")
    return mean


def _apply(target: Any, truth: NDArray[Any], prediction: NDArray[Any]) -> Any:
    if not isinstance(target, type):
        return target(truth, prediction)
    import keras

    if not issubclass(target, keras.metrics.Metric):
        raise TypeError("the class does not derive from keras.metrics.Metric")
    metric = target()
    metric.update_state(truth, prediction)
    return metric.result()


def _arrays(scores: Scores) -> tuple[NDArray[Any], NDArray[Any]]:
    """Targets and predictions as Keras has them."""
    if isinstance(scores, ScoresByTarget):
        parts = [_arrays(part) for part in scores.parts.values()]
        truth, prediction = zip(*parts, strict=True)
        return np.hstack(truth), np.hstack(prediction)
    if isinstance(scores, ClassScores):
        probabilities = scores.probabilities
        two = probabilities.shape[1] == _TWO
        return scores.truth[:, None], probabilities[:, 1:] if two else probabilities
    return scores.truth[:, None], scores.prediction[:, None]
