"""Losses: one module each, named as in the setting `training.loss`, and the user's own.

A module defines `LOSS`. It imports Keras inside functions only, because `compose` reads `LOSS` and
must start fast.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.config import usual
from pipeline.config.training import LOSSES, Reduction, Training
from pipeline.config.usual import TargetKind
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError
from pipeline.own.references import is_reference


@dataclass(frozen=True)
class Argument:
    """A number that a loss takes, as `training.loss_arguments` names it.

    Args:
        default: None if the loss does not need it.
        is_valid: tests a value.
        expected: what `is_valid` allows, for error messages.
    """

    default: float | None
    is_valid: Callable[[float], bool]
    expected: str


@dataclass(frozen=True)
class Loss:
    """A loss of the network's raw output, before softmax or sigmoid.

    Args:
        suits: the kinds of target that it can learn.
        build: builds the Keras loss from `reduction`, `label_smoothing` and `arguments` by name.
            The reduction `none` gives one value for each row.
        metric: the metric that equals its plain mean over rows, if one exists. It may hold
            arguments, as in `pinball/{level}`.
        smooths_labels: whether `build` supports `label_smoothing` above 0.
        arguments: the arguments by name.
        gives_probabilities: whether the softmax or sigmoid of the output that minimises it is the
            probability of each class. A loss of this kind is a proper score (Gneiting and Raftery
            2007). It has no meaning for a loss of numbers.
    """

    suits: tuple[TargetKind, ...]
    build: Callable[..., Any]
    metric: str | None = None
    smooths_labels: bool = False
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    gives_probabilities: bool = True


def name_of(training: Training, meta: Meta) -> str:
    """The loss that the settings name, or the usual one of the data.

    Raises:
        ConfigError: the loss does not suit the data.
    """
    target = _target_of(meta)
    if training.loss is None:
        return usual.LOSS[target]
    if target not in named(training.loss).suits:
        names = [name for name, module in LOSSES.all().items() if target in module.LOSS.suits]
        raise ConfigError(
            "training.loss",
            f"does not suit {target}",
            received=training.loss,
            expected=f"Choose {' or '.join(names)}",
        )
    return training.loss


def _target_of(meta: Meta) -> TargetKind:
    if meta.task == "regression":
        return "a number"
    if meta.task == "multi_label":
        return "several labels"
    return "several classes" if meta.outputs > 1 else "two classes"


def build(training: Training, meta: Meta) -> Any:
    """Builds the Keras loss of the settings.

    Raises:
        ConfigError: the loss does not suit the data.
    """
    reduction = "sum" if training.loss_reduction is Reduction.sum else "sum_over_batch_size"
    loss = _loss(training, meta).build(
        reduction, training.label_smoothing, **training.loss_arguments
    )
    if training.loss is not None and is_reference(training.loss):
        from pipeline.training.losses._own import require_usable

        require_usable(loss, training.loss, meta)
    return loss


def by_row(training: Training, meta: Meta) -> Any:
    """Builds the Keras loss that gives one value for each row, without label smoothing.

    Raises:
        ConfigError: the loss does not suit the data.
    """
    return _loss(training, meta).build("none", 0.0, **training.loss_arguments)


def gives_probabilities(training: Training, meta: Meta) -> bool:
    """Whether the outputs of a classifier that the settings train estimate probabilities."""
    return _loss(training, meta).gives_probabilities


def _loss(training: Training, meta: Meta) -> Loss:
    return named(name_of(training, meta))


def named(name: str) -> Loss:
    """The loss of a setting: one of this package, or the user's own.

    Raises:
        ConfigError: there is none.
    """
    if is_reference(name):
        from pipeline.training.losses._own import own_loss

        return own_loss(name)
    loss: Loss = LOSSES.load(name, key="training.loss").LOSS
    return loss


def own_arguments(name: str, arguments: Any) -> dict[str, Any]:
    """Checks the arguments of the user's own loss.

    Raises:
        ConfigError: an argument is unknown or missing.
    """
    from pipeline.training.losses._own import checked

    return checked(name, arguments)
