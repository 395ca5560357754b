"""The user's own optimizers and learning-rate schedules, and the schedules of Keras."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras

from pipeline.config.optimizer import RATES, Optimizer, Python, arguments_of
from pipeline.errors import ConfigError
from pipeline.own import loading
from pipeline.own.references import Reference, reference

_SCHEDULE = "optimizer.schedule"


def own_optimizer(config: Python, rate: Any) -> Any:
    """Builds the optimizer that `optimizer.build` names.

    Raises:
        ConfigError: it is not an optimizer, or refuses its arguments.
    """
    arguments = {"learning_rate": rate, **arguments_of(config)}
    return built(config.reference, arguments, keras.optimizers.Optimizer, key="optimizer.build")


def own_schedule(config: Optimizer, steps: int) -> Any:
    """Builds the schedule that `optimizer.schedule` names.

    It is a class, a function that returns a schedule, or a function of `step`. A parameter
    `learning_rate` or `initial_learning_rate` gets the rate of the settings, and `steps` the length
    of the training.

    Raises:
        ConfigError: it is not a schedule, or refuses its arguments.
    """
    symbol = reference(config.schedule, key=_SCHEDULE)
    target = loading.load(symbol, key=_SCHEDULE)
    names = inspect.signature(target).parameters
    values = {"steps": steps} | dict.fromkeys(RATES, config.learning_rate)
    arguments = {name: value for name, value in values.items() if name in names}
    arguments |= config.schedule_arguments
    kind = keras.optimizers.schedules.LearningRateSchedule
    if "step" in names and not isinstance(target, type):
        schedule: Any = _OfStep(target, arguments)
    else:
        schedule = built(symbol, arguments, kind, key=_SCHEDULE)
    try:
        rates = [float(schedule(step)) for step in (0, steps)]
    except Exception as error:
        raise _failure(_SCHEDULE, symbol, error, arguments) from error
    if not all(0 <= rate < float("inf") for rate in rates):
        raise ConfigError(
            _SCHEDULE,
            "gives a learning rate that is negative or not finite",
            received=f"{rates[0]:g} at step 0, {rates[1]:g} at step {steps:,}",
            expected="Expected: 0 or more",
        )
    return schedule


class _OfStep(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """The schedule of a function of `step`."""

    def __init__(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        self._function = function
        self._arguments = dict(arguments)

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step, counted from 0."""
        return self._function(step=keras.ops.cast(step, "float32"), **self._arguments)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return dict(self._arguments)


def built(symbol: Reference, arguments: Mapping[str, Any], kind: type, *, key: str) -> Any:
    """Calls a class or function, and checks what it returns.

    A class of another kind is not called. Nor is a function of an installed package, because it
    could do anything.

    Raises:
        ConfigError: it is not of this kind, or fails.
    """
    target = loading.load(symbol, key=key)
    is_kind = isinstance(target, type) and issubclass(target, kind)
    may_return = not isinstance(target, type) and symbol.is_file
    result = None
    if is_kind or may_return:
        try:
            result = target(**arguments)
        except Exception as error:
            raise _failure(key, symbol, error, arguments) from error
    if not isinstance(result, kind):
        raise ConfigError(
            key,
            f"names no keras {kind.__name__}",
            received=symbol,
            expected=f"Name a class of {kind.__module__.replace('.src', '')}.{kind.__name__}, or "
            "a function of a file of this repository that returns one",
        )
    return result


def _failure(
    key: str, symbol: Reference, error: BaseException, arguments: Mapping[str, Any]
) -> ConfigError:
    text = " ".join(str(error).split())[:300]
    return ConfigError(
        key,
        f"fails: {symbol}",
        received=f"{type(error).__name__}: {text}{loading.place_of(error)}",
        expected=f"It is called with {dict(arguments)}",
    )
