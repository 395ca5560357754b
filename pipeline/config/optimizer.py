"""Settings of an optimizer: arguments of its Keras class, and shared ones.

There is one dataclass for each optimizer. It is made from the signature of the class, so names,
types and defaults are those of Keras.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, make_dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

from omegaconf import MISSING

from pipeline.config import signatures
from pipeline.config.signatures import Signature
from pipeline.errors import ConfigError, require, suggestion
from pipeline.own.definitions import require_arguments
from pipeline.own.references import OWN, Reference, is_reference, reference
from pipeline.registry import Registry

OPTIMIZERS = Registry("pipeline.training.optimizers", "optimizer")

# How the learning rate changes over the steps of a training.
CONSTANT, COSINE = "constant", "cosine"
# The parameters of the user's own schedule that the pipeline passes.
RATES = ("learning_rate", "initial_learning_rate")
SUPPLIED = (*RATES, "steps", "step", "name")


@dataclass
class Optimizer:
    """The settings of every optimizer.

    Keras's documentation explains the other settings. With `schedule: cosine` the learning rate
    rises linearly from 0 during `warmup_steps`. It then falls along half a cosine to
    `final_share` of its value at the last step (Goyal et al. 2017; Loshchilov and Hutter 2017).

    Args:
        schedule: `constant`, `cosine`, the user's own, such as `my_rates.py:halved`, or Keras's,
            such as `keras.optimizers.schedules:ExponentialDecay`. `learning_rate` is the initial
            rate.
        schedule_arguments: the arguments of such a schedule, by name.
        ema_momentum: averages the weights over the steps. In each step, this is the share of the
            average so far.
        decay_biases: whether weight decay also shrinks biases, and the scales and offsets of
            normalisation and activations.
    """

    family: str = MISSING
    learning_rate: float = MISSING
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    weight_decay: float | None = None
    ema_momentum: float | None = None
    ema_overwrite_frequency: int | None = None
    loss_scale_factor: float | None = None
    gradient_accumulation_steps: int | None = None
    schedule: str = CONSTANT
    schedule_arguments: dict[str, Any] = field(default_factory=dict)
    warmup_steps: int = 0
    final_share: float = 0.0
    decay_biases: bool = False

    def __post_init__(self) -> None:
        own = type(self).family
        require(
            self.family == own,
            "optimizer.family",
            received=self.family,
            expected=f"{own}, as the file has it",
        )
        self._require_valid_schedule()
        self._require_valid_clipping()
        for key, (is_valid, expected) in _RULES.items():
            value = getattr(self, key, None)
            require(
                value is None or is_valid(value),
                f"optimizer.{key}",
                received=value,
                expected=expected,
            )
        valid = self.warmup_steps == 0 or (self.warmup_steps > 0 and self.schedule == COSINE)
        require(
            valid,
            "optimizer.warmup_steps",
            received=self.warmup_steps,
            expected="0, or more with optimizer.schedule: cosine",
        )

    @property
    def averages(self) -> int:
        """The number of averages that it keeps for each weight, by its decay rates.

        Lion has two rates and keeps one average.
        """
        rates = [getattr(self, key, None) for key in _RATES]
        return sum(bool(rate) for rate in rates) - (self.family == "lion")

    def _require_valid_schedule(self) -> None:
        key, arguments = "optimizer.schedule", self.schedule_arguments
        if is_reference(self.schedule):
            symbol = reference(self.schedule, key=key)
            require_arguments(f"{key}_arguments", symbol, arguments, supplied=SUPPLIED)
            return
        if self.schedule not in (CONSTANT, COSINE):
            names = suggestion(self.schedule, (CONSTANT, COSINE))
            raise ConfigError(
                key,
                "is invalid",
                received=self.schedule,
                expected=f"{names[:-1]}, or your own, such as my_rates.py:halved",
            )
        require(
            not arguments,
            f"{key}_arguments",
            received=arguments,
            expected=f"none with optimizer.schedule: {self.schedule}",
        )

    def _require_valid_clipping(self) -> None:
        norms = {key: getattr(self, key) for key in _CLIPPING if getattr(self, key) is not None}
        require(
            len(norms) <= 1,
            "optimizer.clipnorm",
            received=norms,
            expected=f"one of {', '.join(_CLIPPING)}",
        )


_CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
_Rule = tuple[Callable[[Any], bool], str]
_POSITIVE: _Rule = (lambda value: value > 0, "a number above 0")
_NOT_NEGATIVE: _Rule = (lambda value: value >= 0, "0 or more")
_NOT_POSITIVE: _Rule = (lambda value: value <= 0, "0 or less")
_DECAY: _Rule = (lambda value: value >= 0, "0 or more, or null")
_FRACTION: _Rule = (lambda value: 0 <= value < 1, "a number from 0 to below 1")

# The test of each argument, and what it allows. Null is always valid.
_RULES: dict[str, _Rule] = {
    "learning_rate": _POSITIVE,
    "epsilon": _POSITIVE,
    "epsilon_1": _POSITIVE,
    "epsilon_2": _POSITIVE,
    "clipnorm": _POSITIVE,
    "clipvalue": _POSITIVE,
    "global_clipnorm": _POSITIVE,
    "clip_threshold": _POSITIVE,
    "loss_scale_factor": _POSITIVE,
    "adam_lr_ratio": _POSITIVE,
    "weight_decay": _DECAY,
    "adam_weight_decay": _DECAY,
    "momentum": _FRACTION,
    "rho": _FRACTION,
    "beta_1": _FRACTION,
    "beta_2": _FRACTION,
    "adam_beta_1": _FRACTION,
    "adam_beta_2": _FRACTION,
    "ema_momentum": _FRACTION,
    "final_share": _FRACTION,
    "beta": _NOT_NEGATIVE,
    "initial_accumulator_value": _NOT_NEGATIVE,
    "l1_regularization_strength": _NOT_NEGATIVE,
    "l2_regularization_strength": _NOT_NEGATIVE,
    "l2_shrinkage_regularization_strength": _NOT_NEGATIVE,
    "rms_rate": _NOT_NEGATIVE,
    "beta_2_decay": _NOT_POSITIVE,
    "learning_rate_power": _NOT_POSITIVE,
    "ema_overwrite_frequency": (lambda value: value >= 1, "a whole number from 1, or null"),
    "gradient_accumulation_steps": (lambda value: value >= 2, "a whole number from 2, or null"),
    "ns_steps": (lambda value: 1 <= value <= 100, "a whole number from 1 to 100"),
}
_RATES = ("momentum", "rho", "beta_1", "beta_2", "ema_momentum")
_OURS = {
    "arguments",
    "build",
    "decay_biases",
    "family",
    "final_share",
    "schedule",
    "schedule_arguments",
    "warmup_steps",
}
# Keras's arguments that the setting `ema_momentum` and the names of files replace.
_REPLACED = {"use_ema", "ema_momentum", "name"}


@dataclass
class Python(Optimizer):
    """The user's own optimizer.

    Args:
        build: a class of `keras.optimizers.Optimizer`, or a function that returns one, such as
            `my_optimizers.py:Lookahead`. It takes `learning_rate`, and the other settings of every
            optimizer that are not null.
        arguments: by name.
    """

    family: str = OWN
    learning_rate: float = 1.0e-3
    build: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> Reference:
        """What `build` names."""
        return reference(self.build, key="optimizer.build")

    def __post_init__(self) -> None:
        super().__post_init__()
        supplied = {entry.name for entry in fields(Optimizer)} - _OURS
        require_arguments("optimizer.arguments", self.reference, self.arguments, supplied=supplied)


@cache
def families() -> dict[str, Signature]:
    """Returns the signatures of Keras's and this project's optimizers, by family.

    Leaves out an optimizer of Keras that has a warm-up of its own, because `warmup_steps` would
    have two meanings.
    """
    keras = {
        family: signature
        for family, signature in signatures.keras_optimizers().items()
        if not _OURS & signature.defaults.keys()
    }
    return keras | {family: _signature_in_module(family) for family in OPTIMIZERS.names()}


def _signature_in_module(family: str) -> Signature:
    spec = find_spec(f"{OPTIMIZERS.package}.{family}")
    assert spec is not None
    assert spec.origin is not None
    signature = signatures.optimizer_in(Path(spec.origin))
    if signature is None:
        raise TypeError(
            f"{spec.origin} must define a class with the name of the module. "
            "Its learning_rate must have a default"
        )
    return signature


@cache
def settings_of(family: str) -> type[Optimizer]:
    """The dataclass of an optimizer's settings, such as `settings_of("adamw")`."""
    if family == OWN:
        return Python
    signature = families()[family]
    types = get_type_hints(Optimizer)
    own: list[tuple[str, Any, Any]] = [("family", str, field(default=family))]
    own += [
        (name, types.get(name, _type_of(default)), field(default=default))
        for name, default in signature.defaults.items()
        if name not in _REPLACED
    ]
    namespace = {"__doc__": f"Settings of `{family}`.", "__module__": __name__}
    return make_dataclass(signature.class_name, own, bases=(Optimizer,), namespace=namespace)


def _type_of(default: Any) -> Any:
    """The type of a setting, from its default. A default such as 1 also allows 1.5."""
    if default is None:
        return Any
    return int | float if type(default) is int else type(default)


def arguments_of(config: Optimizer) -> dict[str, Any]:
    """Returns the arguments of the Keras class, without the learning rate.

    The learning rate depends on the schedule.
    """
    values = {entry.name: getattr(config, entry.name) for entry in fields(config)}
    average = values.pop("ema_momentum")
    averaging = {} if average is None else {"use_ema": True, "ema_momentum": average}
    others = {key: value for key, value in values.items() if key not in {*_OURS, "learning_rate"}}
    if isinstance(config, Python):
        own = {key: value for key, value in others.items() if value is not None}
        return own | averaging | config.arguments
    return others | averaging
