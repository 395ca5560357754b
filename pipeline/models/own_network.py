"""The user's own network: built twice, checked, saved once for a test, then ready to train.

Every check runs before the training, because a fault that shows afterwards wastes the training.
"""

import contextlib
import inspect
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError
from pipeline.models.fingerprint import fingerprint
from pipeline.models.members import LAYER
from pipeline.models.network import stem
from pipeline.own import loading, reading
from pipeline.own.references import Reference

_KEY = "model.build"
_ROWS = 8  # of the test input
_LARGE = 1e6  # an input at which raw numbers leave the range of probabilities
_LONGEST_REASON = 300
_OF_THE_ENGINE = (
    "compute_loss",
    "evaluate",
    "fit",
    "make_train_function",
    "test_step",
    "train_on_batch",
    "train_step",
)
_ACTIVATIONS = {"softmax": "softmax", "logsoftmax": "log_softmax", "sigmoid": "sigmoid"}


def own_network(
    reference: Reference,
    arguments: Mapping[str, Any],
    meta: Meta,
    *,
    seed: int,
    pixel_range: Sequence[float],
) -> Any:
    """Builds the network of a function, from `(rows, *meta.shape)` to `(rows, meta.outputs)`.

    Pixels are scaled to `pixel_range` before the function's model sees them. The layers of a
    sequential or functional model become layers of the network. A subclassed model stays one layer.

    Raises:
        ConfigError: the function fails, or Keras cannot train, save or load its network.
    """
    function = loading.load(reference, key=_KEY)
    values = dict(arguments)
    if "seed" in _parameters(function):
        values.setdefault("seed", seed)

    precision = keras.config.dtype_policy()

    def build() -> Any:
        keras.utils.clear_session(free_memory=False)  # automatic names count from 1
        keras.config.set_dtype_policy(precision)  # because clear_session has reset it
        keras.utils.set_random_seed(seed)
        model = _called(function, reference, values, meta)
        _require_plain(model, reference)
        return _wrapped(model, reference, meta, pixel_range)

    first = fingerprint(build().variables)
    network = build()
    if fingerprint(network.variables) != first:
        raise ConfigError(
            _KEY,
            "starts with other weights each time, although the seed is the same",
            received=reference,
            expected="Draw from numpy.random or keras.random, because the seed of the experiment "
            "sets both, or give the function a parameter seed",
        )
    _require_raw_output(network, reference, meta)
    _require_saved_alike(network, reference, meta)
    return network


def _parameters(function: Any) -> Mapping[str, Any]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _called(function: Any, reference: Reference, values: Mapping[str, Any], meta: Meta) -> Any:
    """Calls the function. What it prints goes to stderr, because stdout is for results."""
    with contextlib.redirect_stdout(sys.stderr), reading.watching() as opened:
        try:
            model = function(tuple(meta.shape), meta.outputs, **values)
        except Exception as error:
            raise ConfigError(
                _KEY,
                f"fails: {reference}",
                received=f"{type(error).__name__}: {_short(error)}{loading.place_of(error)}",
                expected=f"It is called with the shape {tuple(meta.shape)}, {meta.outputs} "
                f"outputs, and {dict(values)}",
            ) from error
    named = {Path(name) for name in reading.named_files(values)}
    if unnamed := sorted(map(str, opened - named)):
        raise ConfigError(
            _KEY,
            f"reads a file that the settings do not name: {', '.join(unnamed)}",
            received=reference,
            expected="Pass the path in model.arguments, so that an edit of the file trains again",
        )
    return model


def _require_plain(model: Any, reference: Reference) -> None:
    """Refuses values that are not models, and models that train in their own way."""
    if not isinstance(model, keras.Model):
        raise ConfigError(
            _KEY,
            "does not return a keras.Model",
            received=f"{type(model).__module__}.{type(model).__name__} from {reference}",
            expected="Return a sequential, functional or subclassed keras.Model",
        )
    if model.compiled:
        raise ConfigError(
            _KEY,
            "returns a compiled model, but the settings choose optimizer, loss and metrics",
            received=reference,
            expected="Remove compile(), and set optimizer, training.loss and training.metrics. "
            "Remove the last softmax or sigmoid of a classifier as well",
        )
    own = [name for name in _OF_THE_ENGINE if not _of_keras(type(model), name)]
    if own:
        raise ConfigError(
            _KEY,
            f"returns a model with its own {own[0]}, but the engine trains, not the model",
            received=f"class {type(model).__name__} of {reference}",
            expected="Write the loss as training.loss, a penalty with add_loss in call, or what "
            "happens after an epoch as training.callbacks",
        )
    for kind, tensors in (("inputs", _tensors(model, "inputs")), ("outputs", _tensors(model, ""))):
        if tensors > 1:
            raise ConfigError(
                _KEY,
                f"returns a model with several {kind}",
                received=f"{tensors} {kind}",
                expected="Take one tensor of all features, and return one tensor. Inside, "
                "inputs[:, :3] is the first three features",
            )


def _of_keras(model: type, method: str) -> bool:
    owner = next(parent for parent in model.__mro__ if method in vars(parent))
    return owner.__module__.partition(".")[0] == "keras"


def _tensors(model: Any, kind: str) -> int:
    """The number of inputs or outputs; 1 for a model that does not show them."""
    try:
        return len(model.inputs if kind == "inputs" else model.outputs) if model.built else 1
    except (AttributeError, TypeError):
        return 1


def _wrapped(model: Any, reference: Reference, meta: Meta, pixel_range: Sequence[float]) -> Any:
    """The model between the input of the data and an output of 32 bits."""
    first, *scaling = stem(meta, pixel_range)
    features = first
    for layer in scaling:
        features = layer(features)
    try:
        output = _applied(model, features, taken={LAYER, *(one.name for one in (first, *scaling))})
    except (ValueError, TypeError, NotImplementedError, AttributeError) as error:
        raise ConfigError(
            _KEY,
            "returns a model that does not take the data",
            received=f"{_short(error)}{loading.place_of(error)}",
            expected=f"Expected: a model for inputs {(None, *meta.shape)}, {features.dtype}",
        ) from error
    _require_shape(output, reference, meta)
    if output.dtype != keras.config.floatx():
        output = keras.layers.Identity(dtype=keras.config.floatx(), name="raw_output")(output)
    return keras.Model(first, output, name="network")


def _applied(model: Any, features: Any, *, taken: set[str]) -> Any:
    """The outputs of a model. Its layers become those of the network if their names are free."""
    names = {layer.name for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)}
    if names & taken:
        return model(features)
    if type(model) is keras.Sequential:
        for layer in model.layers:
            features = layer(features)
        return features
    return model.call(features) if _is_functional(model) else model(features)


def _is_functional(model: Any) -> bool:
    """Whether a model consists only of layers and their connections."""
    kind = type(model)
    return kind.__name__ == "Functional" and kind.__module__.partition(".")[0] == "keras"


def _require_shape(output: Any, reference: Reference, meta: Meta) -> None:
    shape = getattr(output, "shape", None)
    if shape is not None and tuple(shape) == (None, meta.outputs):
        return
    if meta.classes is None:
        meaning = "one number for each target" if meta.several else "the target"
    else:
        two = "the log-odds of the second class"
        meaning = "one number for each class" if meta.outputs > 1 else two
    raise ConfigError(
        _KEY,
        "returns a model with outputs of another shape than the data need",
        received=f"{tuple(shape) if shape is not None else type(output).__name__} of {reference}",
        expected=f"Expected: (None, {meta.outputs}), {meaning}. The function gets this number as "
        "its second argument",
    )


def _require_raw_output(network: Any, reference: Reference, meta: Meta) -> None:
    """Refuses probabilities of a classifier, because softmax would be applied to them again."""
    if meta.task == "regression":
        return
    operation = network.outputs[0]._keras_history.operation
    activation = getattr(operation, "activation", None)
    name = getattr(activation, "__name__", type(operation).__name__)
    ending = _ACTIVATIONS.get(name.replace("_", "").lower())
    if ending is None and isinstance(operation, keras.Model):
        ending = _by_values(network, meta)
    if ending is not None:
        raise ConfigError(
            _KEY,
            f"ends in {ending}, but the network must return raw numbers (logits)",
            received=f"{operation.name} of {reference}",
            expected=f"Remove the {ending}: the losses expect raw numbers, and the saved model "
            "gives probabilities all the same",
        )


def _by_values(network: Any, meta: Meta) -> str | None:
    """The activation that a subclassed model seems to end in, by its outputs for large inputs."""
    outputs = _outputs(network, _LARGE * _rows(meta))
    inside = bool((outputs >= 0).all() and (outputs <= 1).all() and outputs.any())
    if meta.outputs == 1 or meta.task == "multi_label":
        return "sigmoid" if inside else None
    return "softmax" if inside and np.allclose(outputs.sum(axis=1), 1, atol=1e-3) else None


def _require_saved_alike(network: Any, reference: Reference, meta: Meta) -> None:
    """Saves and loads the network, and compares the outputs."""
    for layer in network._flatten_layers(include_self=False):
        _require_config(layer, reference)
    try:
        with TemporaryDirectory() as folder:
            path = Path(folder, "model.keras")
            network.save(path)
            loaded = keras.saving.load_model(path, compile=False)
            rows = _rows(meta)
            before, after = _outputs(network, rows), _outputs(loaded, rows)
            alike = np.allclose(before, after, rtol=1e-4, atol=1e-5, equal_nan=True)
    except Exception as error:
        raise ConfigError(
            _KEY,
            "returns a model that Keras cannot load again after it is saved",
            received=f"{type(error).__name__}: {_short(error)}{loading.place_of(error)}",
            expected="Define classes and functions at the top level of the file, and return all "
            "arguments of a constructor from get_config",
        ) from error
    if not alike:
        raise ConfigError(
            _KEY,
            "returns a model that computes other outputs after it is saved and loaded",
            received=reference,
            expected="Create weights in __init__ or build, keep each layer as an attribute, not "
            "in a nested list or dictionary, and draw random numbers in training only",
        )


def _require_config(layer: Any, reference: Reference) -> None:
    name = type(layer).__name__
    if isinstance(layer, keras.layers.Lambda):
        raise ConfigError(
            _KEY,
            "returns a model with a Lambda layer, but Keras refuses to load such a layer",
            received=f"{layer.name} of {reference}",
            expected="Write it as a class of keras.layers.Layer with a method call, or with "
            "functions of keras.ops",
        )
    try:
        layer.get_config()
    except NotImplementedError:
        kind = "model" if isinstance(layer, keras.Model) else "layer"
        raise ConfigError(
            _KEY,
            f"returns a {kind} that Keras cannot save: class {name} has no get_config",
            received=f"{layer.name} of {reference}",
            expected=f"Add a method get_config(self) to {name}. It returns super().get_config() "
            "with all arguments of the constructor",
        ) from None


def _rows(meta: Meta) -> NDArray[Any]:
    """A few random rows of the data's kind."""
    random = np.random.default_rng(0)
    if meta.pixel_maximum is not None:
        return random.integers(
            0, meta.pixel_maximum, (_ROWS, *meta.shape), dtype=meta.dtype, endpoint=True
        )
    return random.normal(size=(_ROWS, *meta.shape)).astype(meta.dtype)


def _outputs(network: Any, rows: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(network(rows, training=False)))


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"
