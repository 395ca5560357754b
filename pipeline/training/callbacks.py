"""The callbacks of the settings: built, checked, called, and saved in checkpoints.

They can change the training, so their code belongs to the identity of a run. They are called at
the start, before and after each epoch, and at the end, because a whole epoch is one program. Only
the engine `keras` returns to Python after each batch.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.config.training import Callback, Training
from pipeline.errors import ConfigError, PipelineError
from pipeline.own import loading
from pipeline.own.references import Reference, reference
from pipeline.runs.history import Point
from pipeline.training.listeners.keras_callbacks import KerasCallbacks
from pipeline.training.schedule import Schedule
from pipeline.training.variables import assign, values_of

_ARRAY = "__array__"  # stands for an array in a state
_PER_BATCH = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
)
_NEVER_CALLED = (
    "on_predict_batch_begin",
    "on_predict_batch_end",
    "on_predict_begin",
    "on_predict_end",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_test_begin",
    "on_test_end",
)
# The settings of this project that replace callbacks of Keras.
_IN_PLACE = {
    "BackupAndRestore": "Every training resumes from its checkpoints already",
    "CSVLogger": "Read outputs/<experiment>/history.csv",
    "EarlyStopping": "Set training.early_stopping",
    "LearningRateScheduler": "Set optimizer.schedule",
    "ModelCheckpoint": "Set training.early_stopping to keep the best weights, or "
    "training.evaluate_at to save models",
    "ReduceLROnPlateau": "Set training.reduce_on_plateau",
    "SwapEMAWeights": "Set optimizer.ema_momentum",
    "TensorBoard": "Set tracking.tensorboard=true",
    "TerminateOnNaN": "A training that diverges ends already",
}


def build(training: Training, network: Any, optimizer: Any, schedule: Schedule) -> "OwnCallbacks":
    """Builds the callbacks of the settings.

    Raises:
        ConfigError: one is not a callback, needs a call after each batch, or has a state that a
            checkpoint cannot hold.
    """
    callbacks = [
        _build(f"training.callbacks[{number}]", settings, training.engine)
        for number, settings in enumerate(training.callbacks)
    ]
    return OwnCallbacks(
        callbacks, network, optimizer, schedule, per_batch=training.engine == "keras"
    )


def _build(key: str, settings: Callback, engine: str) -> Any:
    symbol = reference(settings.build, key=key)
    if symbol.module.partition(".")[0] == "keras":
        advice = _IN_PLACE.get(symbol.name, "Derive a class from keras.callbacks.Callback")
        raise ConfigError(
            key,
            "is a callback of Keras, but only your own callbacks run here",
            received=symbol,
            expected=advice,
        )
    callback = _call(key, symbol, settings.arguments)
    for hook in (*_PER_BATCH, *_NEVER_CALLED):
        if getattr(type(callback), hook) is getattr(keras.callbacks.Callback, hook):
            continue
        if hook in _NEVER_CALLED:
            what, advice = "nothing calls it", "Write on_epoch_end; its logs hold val_loss"
        else:
            what = f"the engine {engine} runs an epoch as one program"
            advice = "Write on_epoch_end, or set training.engine: keras"
        if hook in _NEVER_CALLED or engine != "keras":
            raise ConfigError(
                key, f"has a method {hook}, but {what}", received=symbol, expected=advice
            )
    missing = [name for name in ("get_state", "set_state") if not hasattr(callback, name)]
    if missing and settings.exact:
        raise ConfigError(
            key,
            f"has no {' and no '.join(missing)}, so a checkpoint cannot hold what it remembers",
            received=symbol,
            expected="Write get_state, to return a dictionary, and set_state, to take it. Or set "
            " exact: false, and a resumed training may end with other bits",
        )
    return callback


def _call(key: str, symbol: Reference, arguments: dict[str, Any]) -> Any:
    target = loading.load(symbol, key=key)
    is_kind = isinstance(target, type) and issubclass(target, keras.callbacks.Callback)
    callback = None
    if is_kind or (symbol.is_file and not isinstance(target, type)):
        with _guard(key, symbol):
            callback = target(**arguments)
    if not isinstance(callback, keras.callbacks.Callback):
        raise ConfigError(
            key,
            "names no callback of Keras",
            received=symbol,
            expected="Name a class of keras.callbacks.Callback, or a function of a file of this "
            "repository that returns one",
        )
    return callback


@contextlib.contextmanager
def _guard(key: str, symbol: object) -> Iterator[None]:
    """Reports an error of a callback. What it prints goes to stderr, as all messages do."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except PipelineError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        raise ConfigError(
            key,
            f"fails: {symbol}",
            received=f"{type(error).__name__}: {text}{loading.place_of(error)}",
            expected="Correct the code, then run the same command again",
        ) from error


class OwnCallbacks(KerasCallbacks):
    """Calls the callbacks of the settings, and holds their state for checkpoints.

    Args:
        per_batch: whether they are called after each batch.
    """

    def __init__(
        self,
        callbacks: Sequence[Any],
        network: Any,
        optimizer: Any,
        schedule: Schedule,
        *,
        per_batch: bool,
    ) -> None:
        super().__init__(callbacks, network, optimizer, schedule)
        self._own = list(callbacks)
        self._per_batch = per_batch
        self._network = network
        self._trained = self._trained_variables()

    @property
    def _names(self) -> str:
        return ", ".join(type(callback).__name__ for callback in self._own)

    def _named(self) -> Any:
        return _guard("training.callbacks", self._names)

    @contextlib.contextmanager
    def _training(self) -> Iterator[None]:
        """Guards calls during the training. They cannot change which weights the program trains."""
        with self._named():
            yield
        trained = self._trained_variables()
        if trained != self._trained:
            raise ConfigError(
                "training.callbacks",
                f"changes which weights are trained, but this has no effect here: {self._names}",
                received=", ".join(sorted(set(trained) ^ set(self._trained))[:5]),
                expected="Set trainable in the model. To train other weights later, write a second "
                "experiment with model.weights_from",
            )

    def _trained_variables(self) -> list[str]:
        return [one.path for one in self._network.trainable_variables]

    def on_begin(self, history: Sequence[Point]) -> None:
        """Calls `on_train_begin`, also in a process that resumes."""
        with self._training():
            super().on_begin(history)

    def on_segment(self, start: int) -> None:
        """Calls `on_epoch_begin` once for each epoch."""
        with self._training():
            super().on_segment(start)

    def on_step(self, step: int, means: dict[str, float]) -> None:
        """Calls the methods of a batch, if the engine returns after each."""
        if self._per_batch:
            with self._training():
                super().on_step(step, means)

    def on_point(self, point: Point) -> None:
        """Calls `on_epoch_end`."""
        with self._training():
            super().on_point(point)

    def on_end(self) -> None:
        """Calls nothing, because an interrupted training has not ended."""

    def finish(self) -> bool:
        """Calls `on_train_end`. The weights stay those that were measured last.

        Returns:
            Whether it undid a change of the weights.
        """
        if not self._own:
            return False
        before = values_of(self._network.variables)
        with self._named():
            super().on_end()
        changed = any(
            not np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
            for one, other in zip(before, values_of(self._network.variables), strict=True)
        )
        if changed:
            assign(self._network.variables, before)
        return changed

    def get_state(self) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        """The state of all callbacks: values for JSON, and the arrays that they refer to.

        Raises:
            ConfigError: a state holds a value that a checkpoint cannot hold.
        """
        arrays: list[NDArray[Any]] = []
        states = [_plain(self._state_of(one), arrays, type(one).__name__) for one in self._own]
        return {"epoch": self._epoch, "logs": self._logs, "states": states}, arrays

    def _state_of(self, callback: Any) -> Any:
        if not hasattr(callback, "get_state") or not hasattr(callback, "set_state"):
            return None
        with self._named():
            return callback.get_state()

    def set_state(self, facts: dict[str, Any], arrays: Sequence[NDArray[Any]]) -> None:
        """Restores a result of `get_state`, after `on_train_begin`."""
        self._epoch, self._logs = facts["epoch"], facts["logs"]
        for callback, state in zip(self._own, facts["states"], strict=True):
            if hasattr(callback, "get_state") and hasattr(callback, "set_state"):
                with self._named():
                    callback.set_state(_restore(state, arrays))


def _plain(value: Any, arrays: list[NDArray[Any]], name: str) -> Any:
    """A state as JSON holds it. Its arrays are moved to `arrays`."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(part, arrays, name) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, arrays, name) for part in value]
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        arrays.append(np.array(value))
        return {_ARRAY: len(arrays) - 1}
    raise ConfigError(
        "training.callbacks",
        f"has a state that a checkpoint cannot hold: get_state of {name}",
        received=f"{type(value).__name__}: {value!r:.100}",
        expected="Return a dictionary of numbers, texts, lists, dictionaries and NumPy arrays",
    )


def _restore(value: Any, arrays: Sequence[NDArray[Any]]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_ARRAY}:
            return np.array(arrays[value[_ARRAY]])
        return {key: _restore(part, arrays) for key, part in value.items()}
    return [_restore(part, arrays) for part in value] if isinstance(value, list) else value
