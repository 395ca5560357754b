"""The network of a script: layers of a setting, or a Python file that builds it."""

import inspect
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import keras
import numpy as np

from pipeline.adopting.own_code import WITHOUT_NETWORK, Code, Names, names_of
from pipeline.adopting.refusal import AdoptionError
from pipeline.models.keras_layers import REFUSED

Layer = dict[str, Any]  # as a setting

_IDENTITY = "linear"
_OF_CLASSES = ("softmax", "sigmoid")
_NEVER = ("name", "trainable", "dtype", "build_config", "batch_shape", "batch_input_shape")


@dataclass(frozen=True)
class Network:
    """A network without its last activation.

    Args:
        activation: `softmax`, `sigmoid` or `linear`, of the last layer; `mixed` if several outputs
            have different ones.
        outputs: the number of outputs.
        layers: the layers before a plain output layer, as settings. None if the network is not a
            stack of Keras's layers with such an end.
        config: the whole network as Keras's JSON.
        model: the whole network.
        own: the classes and functions of `config` that are not Keras's.
    """

    activation: str
    outputs: int
    layers: list[Layer] | None
    config: str
    model: Any = None
    own: Names = field(default_factory=Names)


def network_of(model: Any, example: Any, *, of_classes: bool) -> Network:
    """Reads the network of a model.

    Args:
        example: one row with a first axis of 1, to build a model that has no shape yet.
        of_classes: whether a last softmax or sigmoid is removed. The saved model adds it again.

    Raises:
        AdoptionError: it is a class of the script, has a layer that Keras cannot save, or has
            several inputs.
    """
    _require_no_subclass(type(model))
    if not model.built:
        model(example)
    chain = _opened(model.layers) if isinstance(model, keras.Sequential) else _chain(model)
    if isinstance(model, keras.Sequential):
        model = model._functional
    for layer in model._flatten_layers(include_self=False):
        _require_config(layer)
    if len(model.inputs) != 1:
        raise AdoptionError(
            "the network has several inputs",
            received=f"{len(model.inputs)} inputs",
            expected="Give it one tensor of all features, then adopt it again",
        )
    if len(model.outputs) > 1:
        return _of_several_outputs(model, of_classes=of_classes)
    if len(model.output_shape) != 2:
        raise AdoptionError(
            "the network gives more than one row of numbers for a row of data",
            received=f"output shape {model.output_shape}",
            expected="Adopt networks for one class or one number per row",
        )
    activation, raw = _without_activation(model) if of_classes else (_IDENTITY, model)
    network = _network(activation, raw)
    if chain is None or network.own.places:
        return network
    return replace(network, layers=_settings(chain, raw, model))


def _network(activation: str, raw: Any) -> Network:
    config = keras.saving.serialize_keras_object(raw)
    outputs = int(raw.output_shape[-1])
    return Network(activation, outputs, None, json.dumps(config), raw, names_of(config, raw))


def _of_several_outputs(model: Any, *, of_classes: bool) -> Network:
    """The network with all its outputs side by side, in their order."""
    activations = {_IDENTITY}
    if of_classes:
        model = keras.models.clone_model(model)
        last = [tensor._keras_history.operation for tensor in model.outputs]
        activations = {_name_of(getattr(layer, "activation", None)) for layer in last}
        for layer in last:
            if _name_of(getattr(layer, "activation", None)) in _OF_CLASSES:
                layer.activation = keras.activations.linear
    tensors = list(model.outputs)
    together = keras.Model(model.inputs[0], keras.layers.Concatenate(name="outputs")(tensors))
    activation = activations.pop() if len(activations) == 1 else "mixed"
    return _network(activation, together)


def _require_no_subclass(kind: type) -> None:
    if kind.__module__.partition(".")[0] != "keras":
        raise AdoptionError(
            "the network is a class of the script, so its last activation cannot be removed",
            received=f"class {kind.__name__}",
            expected="Build it in the script as keras.Sequential or keras.Model(inputs, outputs), "
            f"also of layers of your own, {WITHOUT_NETWORK}",
        )


def _require_config(layer: Any) -> None:
    kind = type(layer)
    if isinstance(layer, keras.layers.Lambda):
        raise AdoptionError(
            "the network has a Lambda layer, but Keras refuses to load such a layer",
            received=layer.name,
            expected="Write it in the script as a class of keras.layers.Layer with a method call, "
            f"{WITHOUT_NETWORK}",
        )
    try:
        layer.get_config()
    except NotImplementedError:
        raise AdoptionError(
            f"the network has a layer that Keras cannot save: class {kind.__name__} has no "
            "get_config",
            received=layer.name,
            expected=f"Add a method get_config(self) to {kind.__name__} in the script. It returns "
            f"super().get_config() with all arguments of the constructor, {WITHOUT_NETWORK}",
        ) from None


def _chain(model: Any) -> list[Any] | None:
    """The layers of a functional model in order, if each reads the one before it."""
    tensor = model.inputs[0]
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    for layer in layers:
        nodes = layer._inbound_nodes
        if len(nodes) != 1 or layer.input is not tensor:
            return None
        tensor = layer.output
    return _opened(layers) if tensor is model.outputs[0] else None


def _opened(layers: Sequence[Any]) -> list[Any] | None:
    """Replaces stacks inside a stack by their layers. None if a model is not a stack."""
    opened: list[Any] = []
    for layer in layers:
        if isinstance(layer, keras.Sequential):
            inner = _opened(layer.layers)
            if inner is None:
                return None
            opened += inner
        elif isinstance(layer, keras.Model):
            return None
        elif not isinstance(layer, keras.layers.InputLayer):
            opened.append(layer)
    return opened


def _without_activation(model: Any) -> tuple[str, Any]:
    """The last activation, and the network without it."""
    last, node, _ = model.outputs[0]._keras_history
    before = last._inbound_nodes[node].input_tensors[0]
    if isinstance(last, keras.layers.Softmax):
        return "softmax", keras.Model(model.inputs, before)
    if isinstance(last, keras.layers.Activation):
        name = _name_of(last.activation)
        return name, keras.Model(model.inputs, before) if name in _OF_CLASSES else model
    name = _name_of(getattr(last, "activation", None))
    if name not in _OF_CLASSES:
        return name, model
    copy = keras.models.clone_model(model)
    end = copy.outputs[0]._keras_history.operation
    end.activation = keras.activations.linear
    return name, copy


def _name_of(activation: Any) -> str:
    return _IDENTITY if activation is None else str(getattr(activation, "__name__", activation))


def _settings(chain: Sequence[Any], raw: Any, model: Any) -> list[Layer] | None:
    """The layers before the last one as settings, if the last one is a plain dense layer."""
    end = raw.outputs[0]._keras_history.operation
    if type(end) is not keras.layers.Dense or end.name not in {one.name for one in chain}:
        return None
    changed = set(_changed(end)) - {"units", "activation"}
    position = [one.name for one in chain].index(end.name)
    after = chain[position + 1 :]
    removed = [one for one in after if one is model.outputs[0]._keras_history.operation]
    if changed or after != removed or not end.trainable:
        return None
    if _name_of(end.activation) != _IDENTITY:
        return None  # such as relu before a number
    layers = [_layer(one) for one in chain[:position]]
    return None if None in layers else [layer for layer in layers if layer is not None]


def _layer(layer: Any) -> Layer | None:
    """A layer as a setting; None if a setting cannot hold it."""
    name = type(layer).__name__
    if getattr(keras.layers, name, None) is not type(layer) or name in REFUSED:
        return None
    values = _changed(layer)
    try:
        json.dumps(values)
    except TypeError:
        return None
    if not layer.trainable:
        values["trainable"] = False
    return {"class_name": name, **values}


def _changed(layer: Any) -> dict[str, Any]:
    """The arguments of a layer that differ from the defaults of its class, as plain values."""
    config = layer.get_config()
    if isinstance(layer, keras.layers.Normalization) and layer.input_mean is None:
        config |= {
            "mean": [float(f"{one:.9g}") for one in layer.mean.numpy().ravel()],
            "variance": [float(f"{one:.9g}") for one in layer.variance.numpy().ravel()],
        }
    parameters = inspect.signature(type(layer)).parameters
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    return {
        name: _short(value)
        for name, value in config.items()
        if name in defaults and name not in _NEVER and not _is_default(name, value, defaults[name])
    }


def _is_default(name: str, value: Any, default: Any) -> bool:
    if default is inspect.Parameter.empty:
        return False
    if name == "seed":
        return True
    if isinstance(value, dict) and isinstance(default, str):
        return bool(_short(value) == default)
    if isinstance(value, list | tuple) and isinstance(default, list | tuple | int):
        spread = [default] * len(value) if isinstance(default, int) else list(default)
        return list(value) == spread
    if name == "activation" and default is None:
        return bool(value == _IDENTITY)
    if name == "data_format":
        return True
    return bool(value == default)


def _short(value: Any) -> Any:
    """`he_normal` for an initializer that has its default arguments."""
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    for kind in (keras.initializers, keras.regularizers, keras.constraints):
        built = getattr(kind, value["class_name"], None)
        if built is None:
            continue
        snake = keras.src.utils.naming.to_snake_case(value["class_name"])
        try:
            plain = kind.get(snake).get_config()
        except (ValueError, TypeError):
            break
        if _without_seed(plain) == _without_seed(value["config"]):
            return snake
    return {key: value[key] for key in ("module", "class_name", "config")}


def _without_seed(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "seed"}


def python_file(script: str, network: Network, front: Sequence[Layer], code: Code) -> str:
    """The text of a Python file. Its function `build` builds the network.

    Args:
        front: layers before those of the script.
        code: the code of the script that the network uses.
    """
    keys = ", ".join(f'"{key}": {name}' for key, name in sorted(network.own.keys.items()))
    own = f", {{{keys}}}" if keys else ""
    return _file(
        f'"""The network of {script}, as `python -m pipeline.adopt` recorded it."""',
        [*code.definitions, f"NETWORK = {json.dumps(network.config)}"],
        front,
        f"    network = keras.saving.deserialize_keras_object(json.loads(NETWORK){own})\n"
        "    return keras.Model(inputs, network(hidden))\n",
        ["import json", "import keras", *code.imports],
    )


def python_stub(script: str, front: Sequence[Layer], *, of_classes: bool) -> str:
    """The text of a Python file whose function `build` is still to be written."""
    end = " without its last softmax or sigmoid" if of_classes else ""
    return _file(
        f'"""The network of {script}. Complete `build`."""',
        [],
        front,
        f"    # Apply the layers of {script} to `hidden`{end}, then return the model:\n"
        "    # return keras.Model(inputs, keras.layers.Dense(outputs)(hidden))\n"
        '    raise NotImplementedError("write the network into the function build")\n',
        ["import keras"],
    )


def _file(
    title: str, definitions: Sequence[str], front: Sequence[Layer], end: str, imports: Sequence[str]
) -> str:
    layers = "".join(
        f"    hidden = keras.layers.{one['class_name']}("
        + ", ".join(f"{key}={value!r}" for key, value in one.items() if key != "class_name")
        + ")(hidden)\n"
        for one in front
    )
    build = f"def build(shape, outputs):\n    inputs = hidden = keras.Input(shape)\n{layers}{end}"
    groups = groupby(
        sorted(set(imports), key=_place_of_import), lambda one: _place_of_import(one)[0]
    )
    lines = "\n\n".join("\n".join(group) for _, group in groups)
    return "\n\n\n".join([f"{title}\n\n{lines}", *definitions, build])


def _place_of_import(statement: str) -> tuple[bool, str]:
    """The sort key of an import. Modules of Python come before those of packages."""
    module = statement.split()[1]
    return module.partition(".")[0] not in sys.stdlib_module_names, module


def require_alike(text: str, network: Network, x: Any) -> None:
    """Builds a network with a written file, and compares its outputs with those of the script.

    Args:
        text: the text of the file, without layers before those of the script.
        x: some rows, as the script gives them to its network.

    Raises:
        AdoptionError: the file fails, or gives other outputs.
    """
    namespace: dict[str, Any] = {"__name__": "adopted"}
    try:
        exec(compile(text, "adopted", "exec"), namespace)
        built = namespace["build"](tuple(x.shape[1:]), network.outputs)
        built.set_weights(network.model.get_weights())
        outputs, expected = built(x, training=False), network.model(x, training=False)
        is_same = np.allclose(outputs, expected, rtol=1e-4, atol=1e-5, equal_nan=True)
        reason = "other outputs with the same weights"
    except Exception as error:  # noqa: BLE001 - the code of the script may raise anything
        is_same, reason = False, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    if not is_same:
        raise AdoptionError(
            "a file of its own does not build the network of the script",
            received=reason,
            expected="Create weights in __init__ or build, return all arguments of a constructor "
            f"from get_config, {WITHOUT_NETWORK}",
        )
