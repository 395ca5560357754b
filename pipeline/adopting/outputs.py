"""The outputs of a network and their losses, joined to one row of numbers and one loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopting.refusal import AdoptionError
from pipeline.adopting.training import Loss, loss_of

_BINARY = "binary_crossentropy"
_PREFIX = "keras.losses:"


@dataclass(frozen=True)
class Outputs:
    """The outputs of a network in order.

    Args:
        names: as the script uses them for targets and losses.
        sizes: how many numbers each output has.
        losses: the loss of each output.
        weights: the weight of each loss in the sum that the script minimises.
    """

    names: list[str]
    sizes: list[int]
    losses: list[Loss]
    weights: list[float]

    @property
    def are_several(self) -> bool:
        return len(self.names) > 1

    @property
    def loss(self) -> Loss:
        """The loss of all outputs. For several outputs, `text` writes it as a function."""
        if not self.are_several:
            return self.losses[0]
        first = self.losses[0]
        kind = "labels" if first.kind == "classes" else "number"
        reduction = {key: one for key, one in first.settings.items() if key == "loss_reduction"}
        return replace(first, kind=kind, settings=reduction)

    def text(self) -> str:
        """The text of a Python function. It is the sum that the script minimises."""
        terms, start = [], 0
        for size, loss, weight in zip(self.sizes, self.losses, self.weights, strict=True):
            part = f"[:, {start}:{start + size}]"
            call = f"keras.losses.{_function(loss)}(y_true{part}, y_pred{part}{_arguments(loss)})"
            terms.append(call if weight == 1 else f"{weight!r} * {call}")
            start += size
        lines = "\n        + ".join(terms)
        return (
            "\n\ndef loss(y_true, y_pred):\n"
            "    y_true = keras.ops.cast(y_true, y_pred.dtype)\n"
            f"    return (\n        {lines}\n    )\n"
        )


def outputs_of(model: Any, compiled: Mapping[str, Any]) -> Outputs:
    """Reads the outputs of a model and what `compile` says about them.

    Raises:
        AdoptionError: no single loss stands for their losses.
    """
    names = list(getattr(model, "output_names", None) or ["output"])
    if len(names) == 1:
        losses = _by_output(compiled.get("loss"), names, "loss")
        return Outputs(names, [1], [loss_of(losses[0])], [1.0])
    for tensor in model.outputs:
        if len(tensor.shape) != 2:
            raise AdoptionError(
                "an output gives more than one row of numbers for a row of data",
                received=f"shapes {', '.join(str(one.shape) for one in model.outputs)}",
                expected="Adopt networks with numbers or labels as outputs",
            )
    losses = [loss_of(loss) for loss in _by_output(compiled.get("loss"), names, "loss")]
    sizes = [int(tensor.shape[-1]) for tensor in model.outputs]
    kinds = {_kind(loss) for loss in losses}
    reductions = {loss.settings.get("loss_reduction") for loss in losses}
    if len(kinds) > 1 or not kinds <= {"numbers", "labels"} or len(reductions) > 1:
        of_outputs = zip(names, losses, strict=True)
        raise AdoptionError(
            "the outputs are of different kinds",
            received=", ".join(f"{name}: {loss.name}" for name, loss in of_outputs),
            expected="Adopt a network of numbers only, or with binary_crossentropy only",
        )
    weights = compiled.get("loss_weights")
    own = [1.0] * len(names) if weights is None else _by_output(weights, names, "loss_weights")
    return Outputs(names, sizes, losses, [float(one) for one in own])


def joined(what: str, y: Any, names: Sequence[str]) -> tuple[Any, list[str] | None]:
    """The targets of all outputs as one array `(rows, numbers)`, and the names of its columns.

    The names are None, and the targets as they are, if there is one array.

    Args:
        what: names the rows in messages.
        names: the names of the outputs.

    Raises:
        AdoptionError: an output has no targets.
    """
    if not isinstance(y, Mapping | list | tuple):
        return y, None
    is_one_array = not isinstance(y, Mapping) and not any(hasattr(one, "shape") for one in y)
    if is_one_array:
        return y, None
    arrays = [np.asarray(one) for one in _by_output(y, names, what)]
    if len(arrays) == 1:
        return arrays[0], None
    flat = [array.reshape(len(array), -1) for array in arrays]
    columns = [
        name if array.shape[1] == 1 else f"{name}_{number}"
        for name, array in zip(names, flat, strict=True)
        for number in range(1, array.shape[1] + 1)
    ]
    return np.concatenate(flat, axis=1), columns


def are_labels(y: NDArray[Any]) -> bool:
    """Whether targets are several labels: columns of 0 and 1.

    Two columns are one-hot classes if each row has exactly one 1.
    """
    if y.ndim != 2 or y.shape[1] < 2 or not np.isin(y, (0, 1)).all():
        return False
    return y.shape[1] > 2 or not bool((y.sum(axis=1) == 1).all())


def _by_output(value: Any, names: Sequence[str], what: str) -> list[Any]:
    """What `compile` or `fit` gives for each output."""
    if isinstance(value, Mapping):
        lacking = [name for name in names if value.get(name) is None]
        if lacking:
            raise AdoptionError(
                f"{what} lacks outputs of the network",
                received=f"{', '.join(map(str, value))} for {', '.join(names)}",
                expected=f"Give {what} a value for each output",
            )
        return [value[name] for name in names]
    if isinstance(value, list | tuple):
        if len(value) != len(names):
            raise AdoptionError(
                f"{what} does not suit the outputs of the network",
                received=f"{len(value)} for {', '.join(names)}",
                expected=f"Give {what} a value for each output",
            )
        return list(value)
    return [value] * len(names)


def _kind(loss: Loss) -> str:
    if loss.kind == "number":
        return "numbers"
    return "labels" if loss.name == _BINARY else loss.name


def _function(loss: Loss) -> str:
    """The name of a loss as a function of Keras."""
    import keras

    name = loss.name.removeprefix(_PREFIX)
    return name if name.islower() else str(keras.src.utils.naming.to_snake_case(name))


def _arguments(loss: Loss) -> str:
    values = dict(loss.settings.get("loss_arguments", {}))
    if loss.kind == "classes":
        values["from_logits"] = True
    if "label_smoothing" in loss.settings:
        values["label_smoothing"] = loss.settings["label_smoothing"]
    return "".join(f", {key}={value!r}" for key, value in values.items())
