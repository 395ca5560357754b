"""Settings of an optimizer, one dataclass each; the names and defaults are those of Keras."""

from dataclasses import dataclass
from enum import Enum

from omegaconf import MISSING

from pipeline.errors import require


class Schedule(Enum):
    """How the learning rate goes over the steps of a training."""

    constant = "constant"
    cosine = "cosine"


@dataclass
class Optimizer:
    """What every optimizer has. `clipnorm` limits the norm of each gradient, `global_clipnorm` of all together.

    `weight_decay` takes this share times the learning rate off each weight at each step. With `ema_momentum` the
    optimizer keeps moving averages of the weights, in which the past has this share. With `schedule: cosine` the rate
    rises in `warmup_steps` from 0, in a straight line, and falls along half a cosine to `final_share` of itself at the
    last step (Goyal et al. 2017; Loshchilov and Hutter 2017).
    """

    family: str = MISSING
    learning_rate: float = MISSING
    clipnorm: float | None = None
    global_clipnorm: float | None = None
    weight_decay: float | None = None
    ema_momentum: float | None = None
    schedule: Schedule = Schedule.constant
    warmup_steps: int = 0
    final_share: float = 0.0

    def __post_init__(self) -> None:
        own = type(self).family
        require(
            self.family == own,
            "optimizer.family",
            received=self.family,
            expected=f"{own}, as the file has it",
        )
        require(
            0 < self.learning_rate < float("inf"),
            "optimizer.learning_rate",
            received=self.learning_rate,
            expected="a number above 0",
        )
        both = self.clipnorm is not None and self.global_clipnorm is not None
        require(
            not both,
            "optimizer.clipnorm",
            received=self.clipnorm,
            expected="clipnorm or global_clipnorm, not both",
        )
        for key in ("clipnorm", "global_clipnorm"):
            norm = getattr(self, key)
            require(
                norm is None or norm > 0,
                f"optimizer.{key}",
                received=norm,
                expected="a number above 0",
            )
        decay = self.weight_decay
        require(
            decay is None or decay >= 0,
            "optimizer.weight_decay",
            received=decay,
            expected="0 or more, or null",
        )
        if self.ema_momentum is not None:
            _require_fraction("ema_momentum", self.ema_momentum)
        _require_fraction("final_share", self.final_share)
        possible = self.warmup_steps == 0 or (
            self.warmup_steps > 0 and self.schedule is Schedule.cosine
        )
        expected = "0, or more with optimizer.schedule: cosine"
        require(possible, "optimizer.warmup_steps", received=self.warmup_steps, expected=expected)


def _require_fraction(key: str, value: float) -> None:
    require(
        0 <= value < 1,
        f"optimizer.{key}",
        received=value,
        expected="a number from 0 up to, not including, 1",
    )


@dataclass
class Sgd(Optimizer):
    """Stochastic gradient descent, with momentum where it is above 0."""

    family: str = "sgd"
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_fraction("momentum", self.momentum)


@dataclass
class Adam(Optimizer):
    """Adam (Kingma and Ba 2014)."""

    family: str = "adam"
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-07

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_fraction("beta_1", self.beta_1)
        _require_fraction("beta_2", self.beta_2)


@dataclass
class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan and Singer 2011)."""

    family: str = "adagrad"
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-07


FAMILIES: dict[str, type[Optimizer]] = {"sgd": Sgd, "adam": Adam, "adagrad": Adagrad}
