"""Optimizers: Keras's by name, those of this project, one module each, and the user's own.

A module of this package defines a `keras.optimizers.Optimizer` with the name of the module, such as
`class SignDescent` in `sign_descent.py`. The arguments of its constructor are its settings. Their
defaults must be literals, because they are read without importing the module.
"""

from collections.abc import Sequence
from typing import Any

from pipeline.config.optimizer import (
    CONSTANT,
    OPTIMIZERS,
    Optimizer,
    Python,
    arguments_of,
    families,
)
from pipeline.config.training import Precision
from pipeline.errors import ConfigError
from pipeline.own.references import is_reference

# The names of weights without weight decay: biases, scales and offsets of normalisation (Goyal et
# al. 2017), and the slopes of PReLU. Decay would turn PReLU into ReLU (He et al. 2015).
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
        precision: in float16 the loss is scaled, because small gradients would become 0.

    Raises:
        ConfigError: the warm-up is as long as the training, gradients accumulate over more steps
            than it has, or Keras refuses a value.
    """
    import keras

    accumulation = config.gradient_accumulation_steps or 1
    if accumulation > steps:
        raise ConfigError(
            "optimizer.gradient_accumulation_steps",
            "is more than the steps of the training, so no weight would change",
            received=accumulation,
            expected=f"Choose at most {steps:,} steps",
        )

    rate = _learning_rate(config, steps)
    if isinstance(config, Python):
        from pipeline.training.optimizers._own import own_optimizer

        optimizer = own_optimizer(config, rate)
    else:
        optimizer = _of_family(config, rate)
        _hold_in_variables(optimizer, rate)
    if not config.decay_biases:
        left_out = [weight for weight in weights if weight.name in _NOT_DECAYED]
        optimizer.exclude_from_weight_decay(var_list=left_out)
    if precision is Precision.mixed_float16:
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _of_family(config: Optimizer, rate: Any) -> Any:
    """An optimizer of Keras or of this project."""
    import keras

    is_ours = config.family in OPTIMIZERS.names()
    module = OPTIMIZERS.load(config.family, key="optimizer.family") if is_ours else keras.optimizers
    name = families()[config.family].class_name
    arguments = arguments_of(config)
    try:
        return getattr(module, name)(learning_rate=rate, **arguments)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            "optimizer", f"is refused by {name}", received=arguments, expected=str(error)
        ) from error


def _hold_in_variables(optimizer: Any, rate: Any) -> None:
    """Holds the weight decay and the numbers of a schedule in variables.

    A compiled program reads variables, so trainings with other numbers share it. Only Keras's own
    classes are known to read these attributes as tensors.
    """
    import keras

    usual = keras.optimizers.Optimizer._apply_weight_decay
    is_known = type(optimizer).__module__.startswith("keras.")
    if is_known and type(optimizer)._apply_weight_decay is usual:
        _hold(optimizer, optimizer, "weight_decay")
    if isinstance(rate, keras.optimizers.schedules.CosineDecay):
        for name in ("initial_learning_rate", "decay_steps", "alpha", *_WARMUP):
            _hold(optimizer, rate, name)


_WARMUP = ("warmup_target", "warmup_steps")


def _hold(optimizer: Any, owner: Any, name: str) -> None:
    value = getattr(owner, name)
    if value is not None:
        from keras.initializers import Constant

        start = Constant(float(value))
        variable = optimizer.add_variable((), initializer=start, dtype="float32", name=name)
        setattr(owner, name, variable)


def weight_decay(optimizer: Any) -> Any:
    """The weight decay of an optimizer, also of one inside an optimizer that scales."""
    return getattr(optimizer, "inner_optimizer", optimizer).weight_decay


def averages_weights(optimizer: Any) -> bool:
    """Whether an optimizer averages the weights, also one inside an optimizer that scales."""
    return bool(getattr(optimizer, "inner_optimizer", optimizer).use_ema)


def _learning_rate(config: Optimizer, steps: int) -> Any:
    """The rate, or its schedule."""
    import keras

    if config.schedule == CONSTANT:
        return config.learning_rate
    if is_reference(config.schedule):
        from pipeline.training.optimizers._own import own_schedule

        return own_schedule(config, steps)
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
