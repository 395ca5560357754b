"""The network of a script: layers of a setting, or a Python file that builds it."""

import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

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
    """

    activation: str
    outputs: int
    layers: list[Layer] | None
    config: str


def network_of(model: Any, example: Any, *, of_classes: bool) -> Network:
    """Reads the network of a model.

    Args:
        example: one row with a first axis of 1, to build a model that has no shape yet.
        of_classes: whether a last softmax or sigmoid is removed. The saved model adds it again.

    Raises:
        AdoptionError: it has code of the script's own, or several inputs.
    """
    _require_no_subclass(type(model))
    if not model.built:
        model(example)
    chain = _opened(model.layers) if isinstance(model, keras.Sequential) else _chain(model)
    if isinstance(model, keras.Sequential):
        model = model._functional
    for layer in model._flatten_layers(include_self=False):
        _require_keras_layer(layer)
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
    layers = None if chain is None else _settings(chain, raw, model)
    config = json.dumps(keras.saving.serialize_keras_object(raw))
    return Network(activation, model.output_shape[-1], layers, config)


def _of_several_outputs(model: Any, *, of_classes: bool) -> Network:
    """The network with all its outputs side by side, in their order."""
    activations, tensors = {_IDENTITY}, list(model.outputs)
    if of_classes:
        copy = keras.models.clone_model(model)
        activations = set()
        for number, tensor in enumerate(copy.outputs):
            name, tensors[number] = _raw(tensor)
            activations.add(name)
        model = copy
    together = keras.Model(model.inputs[0], keras.layers.Concatenate(name="outputs")(tensors))
    activation = activations.pop() if len(activations) == 1 else "mixed"
    config = json.dumps(keras.saving.serialize_keras_object(together))
    return Network(activation, together.output_shape[-1], None, config)


def _raw(tensor: Any) -> tuple[str, Any]:
    """The last activation before an output of a copy, and the output without it."""
    last, node, _ = tensor._keras_history
    if isinstance(last, keras.layers.Activation) and _name_of(last.activation) in _OF_CLASSES:
        return _name_of(last.activation), last._inbound_nodes[node].input_tensors[0]
    name = _name_of(getattr(last, "activation", None))
    if name in _OF_CLASSES:
        last.activation = keras.activations.linear
    return name, tensor


def _require_no_subclass(kind: type) -> None:
    if kind.__module__.partition(".")[0] != "keras":
        raise AdoptionError(
            "the network is a class of the script, and each training would have to run its code",
            received=f"class {kind.__name__}",
            expected="Move the class into a file of its own, and name a function that builds it as "
            "model.build (docs/your-own-model.md)",
        )


def _require_keras_layer(layer: Any) -> None:
    kind = type(layer)
    if isinstance(layer, keras.layers.Lambda) or kind.__module__.partition(".")[0] != "keras":
        raise AdoptionError(
            "the network has a layer with code of the script's own",
            received=f"{layer.name}, class {kind.__name__}",
            expected="Move the layer into a file of its own, and name a function that builds the "
            "network as model.build (docs/your-own-model.md)",
        )
    for value in layer.get_config().values():
        if isinstance(value, dict) and str(value.get("registered_name") or "").startswith("__main"):
            raise AdoptionError(
                "the network uses a function of the script",
                received=f"{value.get('config')} in the layer {layer.name}",
                expected="Move it into a file of its own (docs/your-own-model.md)",
            )


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


def python_file(script: str, network: Network, front: Sequence[Layer]) -> str:
    """The text of a Python file. Its function `build` builds the network.

    Args:
        front: layers before those of the script.
    """
    layers = "".join(
        f"    hidden = keras.layers.{one['class_name']}("
        + ", ".join(f"{key}={value!r}" for key, value in one.items() if key != "class_name")
        + ")(hidden)\n"
        for one in front
    )
    return (
        f'"""The network of {script}, as `python -m pipeline.adopt` recorded it."""\n\n'
        "import json\n\nimport keras\n\n"
        f"NETWORK = {json.dumps(network.config)}\n\n\n"
        "def build(shape, outputs):\n"
        "    inputs = hidden = keras.Input(shape)\n"
        f"{layers}"
        "    network = keras.saving.deserialize_keras_object(json.loads(NETWORK))\n"
        "    return keras.Model(inputs, network(hidden))\n"
    )
