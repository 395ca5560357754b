"""Runs a script and records what it gives to Keras. Nothing is trained.

After `fit`, the script runs until it evaluates, predicts, saves or opens a file for writing. The
code after that needs a trained model. So the script overwrites nothing.
"""

import contextlib
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import keras
import numpy as np

from pipeline.adopting.bundled import Bundled
from pipeline.adopting.datasets import remembering_order
from pipeline.adopting.refusal import AdoptionError
from pipeline.adopting.source import Source, runnable

_WRITES = frozenset("wax+")
_FIT = (
    *("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split"),
    *("validation_data", "shuffle", "class_weight", "sample_weight", "initial_epoch"),
    *("steps_per_epoch", "validation_steps", "validation_batch_size", "validation_freq"),
)
_COMPILE = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly")
_ENDS = ("predict", "save", "save_weights", "export")


class _EndOfScript(BaseException):
    """Ends the script where a trained model would be needed."""


@dataclass
class Recording:
    """What a script gave to Keras.

    Args:
        model: the model that it fitted, built and with its first weights.
        compiled: the arguments of `compile` by name.
        fitted: the arguments of `fit` by name.
        tested: the rows that it evaluated after `fit`, as `(x, y)`; None without any.
        seed: the last one that it set for Keras or TensorFlow.
        bundled: the data sets of Keras that it loaded.
        others: its calls of `fit` before and after this one, in words.
        text: the Python code of the script.
        names: its top-level names with their values, at the call of `fit`.
    """

    model: Any = None
    compiled: dict[str, Any] = field(default_factory=dict)
    fitted: dict[str, Any] = field(default_factory=dict)
    tested: tuple[Any, Any] | None = None
    seed: int | None = None
    bundled: Bundled = field(default_factory=Bundled)
    others: list[str] = field(default_factory=list)
    text: str = ""
    names: dict[str, Any] = field(default_factory=dict)


def record(script: Path, *, fit: int = 1, arguments: Sequence[str] = ()) -> Recording:
    """Runs a script or notebook in its own folder and records one of its calls of `fit`.

    Args:
        arguments: the arguments of its command line.
        fit: which call, counted from 1. Earlier ones are skipped.

    Raises:
        AdoptionError: the script fails before this call, or never makes it.
    """
    recorder = _Recorder(Recording(), fit)
    folder = script.resolve().parent
    with runnable(script) as source:
        recorder.recording.text = source.file.read_text(encoding="utf-8")
        try:
            with (
                patch.object(sys, "argv", [str(script.resolve()), *arguments]),
                patch.object(sys, "path", [str(folder), *sys.path]),
                recorder.trapping(),  # before `chdir`: it looks for the sources of the project
                contextlib.chdir(folder),
                _watching(recorder),
            ):
                runpy.run_path(str(source.file), {"display": print}, run_name="__main__")
        except _EndOfScript:
            pass
        except (Exception, SystemExit) as error:
            if recorder.recording.model is None:
                raise _failed(script, source, error) from error
    if recorder.recording.model is None:
        raise AdoptionError(
            f"{script} does not call fit {fit} times" if fit > 1 else f"{script} never calls fit",
            received=f"{recorder.count} calls of fit",
            expected="Adopt the script that trains the model",
        )
    return recorder.recording


def _failed(script: Path, source: Source, error: BaseException) -> AdoptionError:
    if isinstance(error, AdoptionError):
        return error
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(source.file)
    ]
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    line = line or (own[-1].lineno if own else None)
    text = " ".join(str(error).split())[:300].rstrip(".")
    expected = f"Correct the script until it runs with Keras {keras.__version__}"
    if isinstance(error, SystemExit):
        expected = f"If it needs arguments: python -m pipeline.adopt {script} -- --epochs 5"
    elif text.startswith("URL fetch failure"):
        expected = "Download the file in another way, and put it into ~/.keras/datasets/"
    return AdoptionError(
        f"{script} fails before it calls fit" + (f", in {source.place(line)}" if line else ""),
        received=f"{type(error).__name__}: {text}",
        expected=expected,
    )


@dataclass
class _Recorder:
    """Stands in for methods of Keras."""

    recording: Recording
    fit: int
    count: int = 0
    is_recorded: bool = False

    @contextmanager
    def trapping(self) -> Iterator[None]:
        """Replaces the methods of Keras for the length of a block."""
        compiles, seeds = keras.Model.compile, keras.utils.set_random_seed
        recorder = self

        def compile_(model: Any, *args: Any, **keywords: Any) -> None:
            model._adopted = _by_name(_COMPILE, args, keywords)
            compiles(model, *args, **keywords)

        def fit(model: Any, *args: Any, **keywords: Any) -> Any:
            return recorder.on_fit(model, _by_name(_FIT, args, keywords))

        def evaluate(_model: Any, *args: Any, **keywords: Any) -> Any:
            return recorder.on_evaluate(_by_name(("x", "y"), args, keywords))

        def set_seed(seed: int) -> None:
            recorder.recording.seed = int(seed)
            seeds(seed)

        replaced: dict[str, Callable[..., Any]] = {
            "compile": compile_,
            "fit": fit,
            "evaluate": evaluate,
            **{name: _ending(self, getattr(keras.Model, name)) for name in _ENDS},
        }
        import tensorflow as tf

        of_tensorflow = tf.random.set_seed

        def set_seed_of_tensorflow(seed: int) -> None:
            recorder.recording.seed = int(seed)
            of_tensorflow(seed)

        with (
            _replaced(keras.Model, replaced),
            patch.object(keras.utils, "set_random_seed", set_seed),
            patch.object(tf.keras.utils, "set_random_seed", set_seed),
            patch.object(tf.random, "set_seed", set_seed_of_tensorflow),
            remembering_order(),
            self.recording.bundled.offered(),
        ):
            yield

    def on_fit(self, model: Any, arguments: dict[str, Any]) -> Any:
        """Records the call, and returns a history without values."""
        if self.is_recorded:
            self.recording.others.append(f"a later call of fit; --fit {self.fit + 1} adopts it")
            raise _EndOfScript
        self.count += 1
        if self.count == self.fit:
            if not hasattr(model, "_adopted"):
                raise AdoptionError(
                    "the script calls fit before compile",
                    expected="Call compile first, with an optimizer and a loss",
                )
            self.recording.model = model
            self.recording.compiled = dict(model._adopted)
            self.recording.fitted = arguments
            self.recording.names = dict(vars(sys.modules["__main__"]))
            self.is_recorded = True
        else:
            self.recording.others.append(f"the training by call {self.count} of fit")
        history = keras.callbacks.History()
        history.set_model(model)
        epochs = int(arguments.get("epochs") or 1)
        names = ["loss", *_metric_names(self.recording.compiled)]
        names += [f"val_{name}" for name in names]
        history.epoch = list(range(epochs))
        history.history = {name: [float("nan")] * epochs for name in names}
        model.history = history
        return history

    def on_evaluate(self, arguments: dict[str, Any]) -> Any:
        """Records the test rows. A call with the training rows gets an answer without meaning."""
        x, y = arguments.get("x"), arguments.get("y")
        if self.is_recorded and not _are_equal(x, self.recording.fitted.get("x")):
            self.recording.tested = (x, y)
            raise _EndOfScript
        return [float("nan")] * (1 + len(_metric_names(self.recording.compiled)))


_watched: list[_Recorder] = []
_is_hooked: list[bool] = []


@contextmanager
def _watching(recorder: _Recorder) -> Iterator[None]:
    """Ends the script before it opens a file for writing, if its `fit` is recorded."""
    if not _is_hooked:
        sys.addaudithook(_note)  # Python cannot remove it, so it is added once.
        _is_hooked.append(True)
    _watched.append(recorder)
    try:
        yield
    finally:
        _watched.pop()


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not _watched or not _watched[-1].is_recorded:
        return
    if _WRITES & set(str(arguments[1] or "")):
        raise _EndOfScript


@contextmanager
def _replaced(owner: Any, methods: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    with ExitStack() as stack:
        for name, method in methods.items():
            stack.enter_context(patch.object(owner, name, method))
        yield


def _are_equal(x: Any, other: Any) -> bool:
    if x is other:
        return True
    arrays = hasattr(x, "shape") and hasattr(other, "shape") and x.shape == other.shape
    return bool(arrays) and np.array_equal(np.asarray(x), np.asarray(other))


def _ending(recorder: _Recorder, method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that works before `fit` and ends the script after it."""

    def call(model: Any, *args: Any, **keywords: Any) -> Any:
        if recorder.is_recorded:
            raise _EndOfScript
        return method(model, *args, **keywords)

    return call


def _by_name(names: Sequence[str], args: Sequence[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(names, args, strict=False)) | keywords


def _metric_names(compiled: dict[str, Any]) -> list[str]:
    metrics = compiled.get("metrics") or []
    listed = metrics if isinstance(metrics, list | tuple) else [metrics]
    return [
        metric if isinstance(metric, str) else str(getattr(metric, "name", metric))
        for metric in listed
    ]
