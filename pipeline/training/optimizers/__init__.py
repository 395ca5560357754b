"""Optimizers: Keras's by name, and those of this project, one module each.

A module of this package defines a `keras.optimizers.Optimizer` with the name of the module, such as
`class SignDescent` in `sign_descent.py`. The arguments of its constructor are its settings. Their
defaults must be literals, because they are read without importing the module.
"""

from collections.abc import Sequence
from typing import Any

from pipeline.config.optimizer import OPTIMIZERS, Optimizer, RateSchedule, arguments_of, families
from pipeline.config.training import Precision
from pipeline.errors import ConfigError

# The names of weights that weight decay leaves alone: biases, scales and offsets of normalisation
# (Goyal et al. 2017), and the slopes of PReLU, which decay would turn into ReLU (He et al. 2015).
_NOT_DECAYED = {"alpha", "beta", "bias", "gamma", "scale"}


def build(
    config: Optimizer,
    *,
    weights: Sequence[Any],
    steps: int,
    precision: Precision = Precision.float32,
) -> Any:
    """Builds the Keras optimizer of a configuration.

    Args:
        weights: the trainable variables of the network.
        steps: the length of the training.
        precision: float16 has no digits for small gradients, so the loss is scaled.

    Raises:
        ConfigError: the warm-up is as long as the training, gradients accumulate over more steps
            than it has, or Keras refuses a value.
    """
    import keras

    accumulated = config.gradient_accumulation_steps or 1
    if accumulated > steps:
        raise ConfigError(
            "optimizer.gradient_accumulation_steps",
            "is more than the steps of the training, so no weight would change",
            received=accumulated,
            expected=f"Choose at most {steps:,} steps",
        )

    own = config.family in OPTIMIZERS.names()
    module = OPTIMIZERS.load(config.family, key="optimizer.family") if own else keras.optimizers
    name = families()[config.family].class_name
    arguments = arguments_of(config)
    rate = _learning_rate(config, steps)
    try:
        optimizer = getattr(module, name)(learning_rate=rate, **arguments)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            "optimizer", f"is refused by {name}", received=arguments, expected=str(error)
        ) from error
    if not config.decay_biases:
        left_out = [weight for weight in weights if weight.name in _NOT_DECAYED]
        optimizer.exclude_from_weight_decay(var_list=left_out)
    if precision is Precision.mixed_float16:
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def averages_weights(optimizer: Any) -> bool:
    """Whether an optimizer averages the weights, also one inside an optimizer that scales."""
    return bool(getattr(optimizer, "inner_optimizer", optimizer).use_ema)


def _learning_rate(config: Optimizer, steps: int) -> Any:
    """The rate, or its schedule."""
    import keras

    if config.schedule is RateSchedule.constant:
        return config.learning_rate
    if config.warmup_steps >= steps:
        raise ConfigError(
            "optimizer.warmup_steps",
            "is as long as the training or longer",
            received=config.warmup_steps,
            expected=f"Choose fewer than {steps:,} steps",
        )
    falling = {"decay_steps": steps - config.warmup_steps, "alpha": config.final_share}
    if config.warmup_steps == 0:
        return keras.optimizers.schedules.CosineDecay(config.learning_rate, **falling)
    rising = {"warmup_target": config.learning_rate, "warmup_steps": config.warmup_steps}
    return keras.optimizers.schedules.CosineDecay(0.0, **falling, **rising)
