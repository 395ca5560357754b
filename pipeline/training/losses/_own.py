"""The user's own loss, and Keras's own: a function of targets and outputs, or a class.

The targets are class numbers or numbers, `(rows, 1)`, or several numbers or labels, `(rows,
targets)`. The outputs are raw, before softmax or sigmoid, so `from_logits` is true if it is a
parameter.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.config.usual import TargetKind
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError, require, suggestion
from pipeline.own import loading
from pipeline.own.definitions import is_class, require_arguments
from pipeline.own.references import Reference, reference
from pipeline.training.losses import Loss
from pipeline.training.losses._one_hot import one_hot

_KEY = "training.loss"
_ARGUMENTS = "training.loss_arguments"
_ALL: tuple[TargetKind, ...] = ("several classes", "two classes", "a number", "several labels")
_LOGITS = "from_logits"
_OURS = ("reduction", "name", "dtype")  # arguments of Keras's losses that other settings decide


@dataclass(frozen=True)
class _Kind:
    """The targets that a loss of Keras suits.

    Args:
        one_hot: whether it takes one-hot labels.
        raw_target: whether it makes sense only for a target in its own unit.
    """

    suits: TargetKind | tuple[TargetKind, ...]
    gives_probabilities: bool = True
    one_hot: bool = False
    raw_target: bool = False


_OF_TWO: tuple[TargetKind, ...] = ("two classes", "several labels")
# Others expect probabilities as outputs, or compare vectors.
_OF_KERAS = {
    "BinaryCrossentropy": _Kind(_OF_TWO),
    "BinaryFocalCrossentropy": _Kind(_OF_TWO, gives_probabilities=False),
    "CategoricalCrossentropy": _Kind("several classes", one_hot=True),
    "CategoricalFocalCrossentropy": _Kind(
        "several classes", gives_probabilities=False, one_hot=True
    ),
    "CategoricalHinge": _Kind("several classes", gives_probabilities=False, one_hot=True),
    "Hinge": _Kind("two classes", gives_probabilities=False),
    "Huber": _Kind("a number"),
    "LogCosh": _Kind("a number"),
    "MeanAbsoluteError": _Kind("a number"),
    "MeanAbsolutePercentageError": _Kind("a number", raw_target=True),
    "MeanSquaredError": _Kind("a number"),
    "MeanSquaredLogarithmicError": _Kind("a number", raw_target=True),
    "SparseCategoricalCrossentropy": _Kind("several classes"),
    "SquaredHinge": _Kind("two classes", gives_probabilities=False),
}


def own_loss(name: str) -> Loss:
    """The loss that `training.loss` names.

    Raises:
        ConfigError: there is no such loss, or it is a loss of Keras for other outputs.
    """
    symbol = reference(name, key=_KEY)
    kind = _kind(symbol)
    return Loss(
        suits=_ALL if kind is None else _suits(kind),
        build=partial(_build, symbol),
        gives_probabilities=kind is None or kind.gives_probabilities,
    )


def _suits(kind: _Kind) -> tuple[TargetKind, ...]:
    return kind.suits if isinstance(kind.suits, tuple) else (kind.suits,)


def checked(name: str, arguments: Any) -> dict[str, Any]:
    """The arguments of a loss, compared with its signature without importing it.

    Raises:
        ConfigError: an argument is unknown or missing, or contradicts another setting.
    """
    settings = {} if arguments is None else arguments
    require(
        isinstance(settings, dict),
        _ARGUMENTS,
        received=settings,
        expected="{argument: value, …} or null",
    )
    symbol = reference(name, key=_KEY)
    require(
        settings.get(_LOGITS, True) is True,
        f"{_ARGUMENTS}.{_LOGITS}",
        received=settings.get(_LOGITS),
        expected="true, because the outputs of the network are raw numbers (logits)",
    )
    if "reduction" in settings:
        raise ConfigError(
            f"{_ARGUMENTS}.reduction",
            "is not an argument of the loss here",
            received=settings["reduction"],
            expected="Set training.loss_reduction",
        )
    by_name = {key: value for key, value in settings.items() if key != _LOGITS}
    of_class = is_class(symbol)
    require_arguments(
        _ARGUMENTS,
        symbol,
        by_name,
        by_position=2 if of_class is False else 0,
        supplied=(_LOGITS, *(_OURS if of_class is not False else ())),
    )
    return dict(settings)


def _kind(symbol: Reference) -> _Kind | None:
    if symbol.module.partition(".")[0] != "keras":
        return None
    if symbol.module != "keras.losses" or symbol.name not in _OF_KERAS:
        raise ConfigError(
            _KEY,
            "is not a loss of Keras for the raw outputs of a network",
            received=symbol,
            expected=suggestion(str(symbol), [f"keras.losses:{name}" for name in _OF_KERAS]),
        )
    return _OF_KERAS[symbol.name]


def _build(symbol: Reference, reduction: str, _label_smoothing: float, **arguments: Any) -> Any:
    import keras

    target = loading.load(symbol, key=_KEY)
    if _LOGITS in inspect.signature(target).parameters:
        arguments[_LOGITS] = True
    if not isinstance(target, type):
        return _of_function(target, arguments, reduction, name=symbol.name)
    if not issubclass(target, keras.losses.Loss):
        raise ConfigError(
            _KEY,
            "names a class that does not derive from keras.losses.Loss",
            received=symbol,
            expected="Name a function of y_true and y_pred, or derive the class from it",
        )
    loss = target(**arguments)
    kind = _kind(symbol)
    if kind is not None and kind.one_hot:
        inner = loss.call
        return _of_function(
            lambda y_true, y_pred: inner(one_hot(y_true, y_pred), y_pred),
            {},
            reduction,
            name=loss.name,
        )
    loss.reduction = reduction
    return loss


def _of_function(
    function: Callable[..., Any], arguments: dict[str, Any], reduction: str, *, name: str
) -> Any:
    """A Keras loss of a function. It averages over all axes but that of the rows."""
    import keras

    class OfFunction(keras.losses.Loss):  # type: ignore[misc]
        def call(self, y_true: Any, y_pred: Any) -> Any:
            """One value for each row."""
            values = function(y_true, y_pred, **arguments)
            axes = tuple(range(1, len(values.shape)))
            return keras.ops.mean(values, axis=axes) if axes else values

    return OfFunction(reduction=reduction, name=name)


def require_usable(loss: Any, name: str, meta: Meta) -> None:
    """Computes the loss and its gradient for a few rows, as the engine will.

    Raises:
        ConfigError: it fails, does not give one value for each row, or has no gradient.
    """
    import tensorflow as tf

    kind = _kind(reference(name, key=_KEY))
    is_raw = all((target.mean, target.scale) == (0, 1) for target in meta.targets)
    if kind is not None and kind.raw_target and not is_raw:
        raise ConfigError(
            _KEY,
            "has a meaning for a target in its own unit only",
            received=f"{name} with data.standardize_target: true",
            expected="Set data.standardize_target: false, or choose another loss",
        )
    rows = 4
    classes, targets = max(len(meta.classes or []), 2), len(meta.targets)
    truth = tf.constant([[row % classes] * targets for row in range(rows)])
    if meta.task == "regression":
        truth = tf.cast(truth, "float32")
    outputs = tf.random.stateless_normal((rows, meta.outputs), seed=(1, 2))

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def measured() -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            values = tf.convert_to_tensor(loss.call(truth, outputs))
        return values, tape.gradient(values, outputs)

    try:
        values, gradient = measured()
    except Exception as error:
        raise ConfigError(
            _KEY,
            f"fails: {name}",
            received=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            f"{loading.place_of(error)}",
            expected=f"It is called with y_true of shape (rows, {targets}) and y_pred of shape "
            f"(rows, {meta.outputs}). Compute with keras.ops, not with NumPy",
        ) from error
    if values.shape[:1] != (rows,):
        raise ConfigError(
            _KEY,
            "does not give one value for each row",
            received=f"shape {tuple(values.shape)} of {name} for {rows} rows",
            expected="Take the mean over the last axis only: keras.ops.mean(…, axis=-1)",
        )
    if gradient is None:
        raise ConfigError(
            _KEY,
            "has no gradient, so the network cannot learn from it",
            received=name,
            expected="Compute with functions of keras.ops that have a gradient. "
            "NumPy, argmax, round and casts to integers have none",
        )
