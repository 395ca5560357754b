"""What training minimises and what it watches: closed tables from the names in the settings to Keras objects."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight

from pipeline.config.optimizer import Adagrad, Adam, Optimizer, Schedule, Sgd
from pipeline.config.training import BALANCED, Loss, Reduction, Training
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError, suggestion


class OneHotCrossentropy(keras.losses.CategoricalCrossentropy):  # type: ignore[misc]
    """Categorical cross-entropy of class numbers, which it turns into one-hot rows; `label_smoothing` acts on those."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One value for each row."""
        numbers = keras.ops.cast(keras.ops.squeeze(y_true, axis=-1), "int32")
        return super().call(
            keras.ops.one_hot(numbers, y_pred.shape[-1], dtype=y_pred.dtype), y_pred
        )


class Perceptron(keras.losses.Loss):  # type: ignore[misc]
    """Rosenblatt's criterion, `max(0, -s · y_pred)` with s = ±1 for the classes 1 and 0.

    Its gradient is that of the perceptron rule: a batch of one row moves the weights by
    `learning_rate · (target - output) · x`, on mistakes alone (Rosenblatt 1958).
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One value for each row."""
        sign = 2.0 * keras.ops.cast(y_true, y_pred.dtype) - 1.0
        return keras.ops.mean(keras.ops.relu(-sign * y_pred), axis=-1)


_LOSSES: dict[Loss, Callable[..., Any]] = {
    Loss.sparse_categorical_crossentropy: partial(
        keras.losses.SparseCategoricalCrossentropy, from_logits=True
    ),
    Loss.categorical_crossentropy: partial(OneHotCrossentropy, from_logits=True),
    Loss.binary_crossentropy: partial(keras.losses.BinaryCrossentropy, from_logits=True),
    Loss.perceptron: Perceptron,
    Loss.mean_squared_error: keras.losses.MeanSquaredError,
    Loss.mean_absolute_error: keras.losses.MeanAbsoluteError,
}
_PLAIN_LOSSES: dict[Loss, Callable[[], Any]] = {
    Loss.sparse_categorical_crossentropy: partial(
        keras.metrics.SparseCategoricalCrossentropy, "log_loss", from_logits=True
    ),
    Loss.categorical_crossentropy: partial(
        keras.metrics.SparseCategoricalCrossentropy, "log_loss", from_logits=True
    ),
    Loss.binary_crossentropy: partial(
        keras.metrics.BinaryCrossentropy, "log_loss", from_logits=True
    ),
    Loss.mean_squared_error: partial(keras.metrics.MeanSquaredError, "mse"),
    Loss.mean_absolute_error: partial(keras.metrics.MeanAbsoluteError, "mae"),
}


def loss_name(chosen: Loss | None, meta: Meta) -> Loss:
    """The chosen loss, or the usual one of the task.

    Raises:
        ConfigError: a loss that does not suit the task or the number of classes.
    """
    if meta.task == "regression":
        allowed = [Loss.mean_squared_error, Loss.mean_absolute_error]
    elif meta.outputs > 1:
        allowed = [Loss.sparse_categorical_crossentropy, Loss.categorical_crossentropy]
    else:
        allowed = [Loss.binary_crossentropy, Loss.perceptron]
    if chosen is not None and chosen not in allowed:
        names = " or ".join(loss.value for loss in allowed)
        raise ConfigError(
            "training.loss",
            "does not suit the data",
            received=chosen.value,
            expected=f"Expected: {names}",
        )
    return chosen or allowed[0]


def build_loss(
    name: Loss, *, reduction: Reduction = Reduction.mean, label_smoothing: float = 0.0
) -> Any:
    """The Keras loss of a name; it takes the network's raw output."""
    smoothing = {"label_smoothing": label_smoothing} if label_smoothing > 0 else {}
    return _LOSSES[name](
        reduction="sum" if reduction is Reduction.sum else "sum_over_batch_size", **smoothing
    )


def build_metrics(meta: Meta, loss: Loss, *, loss_is_plain: bool = True) -> list[Any]:
    """The metrics watched beside the loss, which they do not repeat; each is a mean over examples.

    Args:
        loss_is_plain: whether the loss is such a mean itself; otherwise its plain mean is watched too.
    """
    plain = [_PLAIN_LOSSES[loss]()] if not loss_is_plain and loss in _PLAIN_LOSSES else []
    if meta.task == "regression":
        if loss is Loss.mean_absolute_error:
            return [keras.metrics.MeanSquaredError(name="mse"), *plain]
        return [keras.metrics.MeanAbsoluteError(name="mae"), *plain]
    if meta.outputs > 1:
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy"), *plain]
    accuracy = keras.metrics.BinaryAccuracy(
        name="accuracy", threshold=0.0
    )  # on raw outputs, where 0 is probability 0.5
    return [accuracy, *plain]


def class_weights(training: Training, meta: Meta, y: NDArray[Any]) -> NDArray[np.float32] | None:
    """The weight of each row by its class, or None where `training.class_weight` is not set.

    `balanced` gives a class `rows / (classes · its rows)`, over the classes that occur; a class that is not named has
    the weight 1.

    Raises:
        ConfigError: a class that the data do not have, or a regression.
    """
    chosen = training.class_weight
    if chosen is None:
        return None
    if meta.classes is None:
        raise ConfigError(
            "training.class_weight",
            "does not suit a regression",
            received=chosen,
            expected="Expected: null",
        )
    weights = np.ones(len(meta.classes))
    if chosen == BALANCED:
        present = np.unique(y)
        weights[present] = compute_class_weight("balanced", classes=present, y=y)
    else:
        for name, weight in chosen.items():
            if name not in meta.classes:
                raise ConfigError(
                    f"training.class_weight.{name}",
                    "is no class",
                    received=name,
                    expected=suggestion(name, meta.classes),
                )
            weights[meta.classes.index(name)] = weight
    rows: NDArray[np.float32] = weights.astype(np.float32)[y]
    return rows


def build_optimizer(config: Optimizer, *, steps: int) -> Any:
    """The Keras optimizer of a configuration, for a training of `steps`.

    Raises:
        ConfigError: a warm-up that is not over before the last step.
    """
    shared: dict[str, Any] = {
        "learning_rate": _learning_rate(config, steps),
        "clipnorm": config.clipnorm,
        "global_clipnorm": config.global_clipnorm,
        "weight_decay": config.weight_decay,
    }
    if config.ema_momentum is not None:
        shared |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    match config:
        case Sgd():
            return keras.optimizers.SGD(
                momentum=config.momentum, nesterov=config.nesterov, **shared
            )
        case Adam():
            return keras.optimizers.Adam(
                beta_1=config.beta_1, beta_2=config.beta_2, epsilon=config.epsilon, **shared
            )
        case Adagrad():
            return keras.optimizers.Adagrad(
                initial_accumulator_value=config.initial_accumulator_value,
                epsilon=config.epsilon,
                **shared,
            )
    raise TypeError(f"no optimizer for {config!r}")


def _learning_rate(config: Optimizer, steps: int) -> Any:
    """The rate, or its schedule."""
    if config.schedule is Schedule.constant:
        return config.learning_rate
    if config.warmup_steps >= steps:
        raise ConfigError(
            "optimizer.warmup_steps",
            "is no less than the steps of the training",
            received=config.warmup_steps,
            expected=f"Expected: fewer than {steps:,}",
        )
    falling = {"decay_steps": steps - config.warmup_steps, "alpha": config.final_share}
    if config.warmup_steps == 0:
        return keras.optimizers.schedules.CosineDecay(config.learning_rate, **falling)
    rising = {"warmup_target": config.learning_rate, "warmup_steps": config.warmup_steps}
    return keras.optimizers.schedules.CosineDecay(0.0, **falling, **rising)
