"""The settings of a training: optimizer, loss, metrics, callbacks and length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from pipeline.adopting.refusal import AdoptionError
from pipeline.config.optimizer import families, settings_of

_BATCH = 32  # of Keras
_SCHEDULES = "keras.optimizers.schedules"
_SIMPLE = ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint", "TensorBoard")
_SCHEDULER = "LearningRateScheduler"
_IN_PLACE = ("BackupAndRestore", "CSVLogger", "History", "ProgbarLogger", "TerminateOnNaN")
_CROSSENTROPIES = {
    "BinaryCrossentropy": "binary_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
}
_OF_NUMBERS = {
    "Huber": "huber",
    "MeanAbsoluteError": "mean_absolute_error",
    "MeanSquaredError": "mean_squared_error",
}
_OTHERS = ("LogCosh", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError")
# Keras's short names of losses and metrics.
_SHORT = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "mape": _OTHERS[1],
    "msle": _OTHERS[2],
}
_METRICS = {
    "acc": "accuracy",
    "accuracy": "accuracy",
    "auc": "roc_auc",
    "binary_accuracy": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "mae": "mae",
    "mean_absolute_error": "mae",
    "mse": "mse",
    "mean_squared_error": "mse",
    "r2_score": "r2",
    "root_mean_squared_error": "rmse",
    "mape": "mape",
    "mean_absolute_percentage_error": "mape",
}
_OF_CLASSES = ("accuracy", "roc_auc")


@dataclass(frozen=True)
class Loss:
    """The loss of a script.

    Args:
        name: as `training.loss`.
        kind: `classes` of a crossentropy, or `number`.
        from_logits: whether it takes the numbers before softmax or sigmoid.
        sparse: whether targets are class numbers, not one-hot rows.
    """

    name: str
    kind: str
    from_logits: bool = False
    sparse: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


def loss_of(loss: Any) -> Loss:
    """Reads the argument `loss` of `compile`.

    Raises:
        AdoptionError: it is a function of the script, or one that has no counterpart.
    """
    if isinstance(loss, list | tuple) and len(loss) == 1:
        loss = loss[0]
    name = _class_of(loss)
    config = {}
    if isinstance(loss, keras.losses.Loss):  # the config of Huber lacks its delta
        config = loss.get_config() | getattr(loss, "_fn_kwargs", {})
    smoothing = config.get("label_smoothing") or 0.0
    if config.get("reduction", "sum_over_batch_size") not in (
        "sum_over_batch_size",
        "mean",
        "auto",
    ):
        settings: dict[str, Any] = {"loss_reduction": "sum"}
    else:
        settings = {}
    if smoothing:
        settings["label_smoothing"] = float(smoothing)
    if name in _CROSSENTROPIES:
        return Loss(
            _CROSSENTROPIES[name],
            "classes",
            from_logits=bool(config.get("from_logits")),
            sparse=name.startswith("Sparse"),
            settings=settings,
        )
    if name in _OF_NUMBERS:
        if name == "Huber":
            settings["loss_arguments"] = {"delta": float(config.get("delta", 1.0))}
        return Loss(_OF_NUMBERS[name], "number", settings=settings)
    if name in _OTHERS:
        return Loss(f"keras.losses:{name}", "number", settings=settings)
    raise AdoptionError(
        "the loss has no counterpart",
        received=name or getattr(loss, "__name__", repr(loss)),
        expected="Put a function of your own into a file and name it as training.loss "
        "(docs/your-own-model.md)",
    )


def _class_of(loss: Any) -> str:
    """The name of the class of a loss of Keras; empty for others."""
    if isinstance(loss, keras.losses.Loss):
        is_of_keras = type(loss).__module__.partition(".")[0] == "keras"
        return type(loss).__name__ if is_of_keras else ""
    if isinstance(loss, type) and issubclass(loss, keras.losses.Loss):
        return loss.__name__
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", "")
    if callable(loss) and loss.__module__.partition(".")[0] != "keras":
        return ""
    if name in _SHORT:
        return _SHORT[name]
    lower_name = name.replace("_", "").lower()
    classes = (*_CROSSENTROPIES, *_OF_NUMBERS, *_OTHERS)
    return next((candidate for candidate in classes if candidate.lower() == lower_name), "")


def optimizer_settings(optimizer: Any) -> tuple[str, dict[str, Any]]:
    """The family of an optimizer, and its settings that differ from Keras's defaults.

    Raises:
        AdoptionError: it, or its schedule, is the script's own.
    """
    family = type(optimizer).__name__.lower()
    if type(optimizer).__module__.partition(".")[0] != "keras" or family not in families():
        raise AdoptionError(
            "the optimizer has no counterpart",
            received=type(optimizer).__name__,
            expected="Put it into a file and name it as optimizer.build (docs/your-own-model.md)",
        )
    config = optimizer.get_config()
    usual = type(optimizer)().get_config()
    allowed = set(settings_of(family).__dataclass_fields__)
    settings = {
        name: _plain(value)
        for name, value in config.items()
        if name in allowed and name != "learning_rate" and value != usual.get(name)
    }
    settings.pop("ema_momentum", None)
    if config.get("use_ema"):
        settings["ema_momentum"] = float(config["ema_momentum"])
    if config.get("weight_decay"):
        settings["weight_decay"] = float(config["weight_decay"])
        settings["decay_biases"] = True  # as Keras does
    rate = config["learning_rate"]
    if isinstance(rate, Mapping):
        arguments = dict(rate["config"])
        arguments.pop("name", None)
        if rate.get("module") != _SCHEDULES:
            raise AdoptionError(
                "the schedule of the learning rate has code of the script's own",
                received=str(rate["class_name"]),
                expected="Put it into a file, give the optimizer of the script a number as rate, "
                "and name the schedule as optimizer.schedule (docs/your-own-model.md)",
            )
        if "initial_learning_rate" in arguments:
            settings["learning_rate"] = float(arguments.pop("initial_learning_rate"))
        settings |= {
            "schedule": f"{_SCHEDULES}:{rate['class_name']}",
            "schedule_arguments": {key: _plain(one) for key, one in arguments.items()},
        }
        return family, settings
    return family, {"learning_rate": float(f"{float(rate):.7g}"), **settings}


def scheduled_rates(
    model: Any, fitted: Mapping[str, Any], epochs: int, steps: int
) -> dict[str, Any]:
    """The settings of the optimizer that stand for `LearningRateScheduler`; empty without one.

    The rate of each epoch is computed as `fit` does.

    Args:
        steps: the number of steps of an epoch.

    Raises:
        AdoptionError: the function of the script fails.
    """
    schedulers = [
        one for one in _listed(fitted.get("callbacks")) if type(one).__name__ == _SCHEDULER
    ]
    if not schedulers:
        return {}
    rates = []
    for epoch in range(epochs):
        for scheduler in schedulers:
            scheduler.set_model(model)
            try:
                scheduler.on_epoch_begin(epoch)
            except Exception as error:
                raise AdoptionError(
                    f"{_SCHEDULER} fails in epoch {epoch + 1}",
                    received=f"{type(error).__name__}: {' '.join(str(error).split())}",
                    expected="Correct its function in the script",
                ) from error
        rates.append(_plain(float(model.optimizer.learning_rate)))
    changes = [epoch for epoch in range(1, epochs) if rates[epoch] != rates[epoch - 1]]
    if not changes:
        return {"learning_rate": rates[0]}
    return {
        "learning_rate": rates[0],
        "schedule": f"{_SCHEDULES}:PiecewiseConstantDecay",
        "schedule_arguments": {
            "boundaries": [steps * epoch - 1 for epoch in changes],  # the last step of a rate
            "values": [rates[0], *(rates[epoch] for epoch in changes)],
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, np.floating | float):
        return float(f"{float(value):.7g}")
    return value.item() if isinstance(value, np.generic) else value


def callback_settings(callbacks: Any, missing: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of `training` and `tracking` that stand for callbacks.

    Args:
        missing: receives what is lost.
    """
    training: dict[str, Any] = {"early_stopping": None}
    tracking: dict[str, Any] = {}
    for callback in _listed(callbacks):
        name = type(callback).__name__
        if name == _SCHEDULER:
            continue  # It belongs to the optimizer.
        if type(callback).__module__.partition(".")[0] != "keras" or name not in (
            *_SIMPLE,
            *_IN_PLACE,
        ):
            missing.append(
                f"the callback {name}; a class of your own goes into a file and into "
                "training.callbacks"
            )
        elif name == "EarlyStopping":
            training["early_stopping"] = _early_stopping(callback, missing)
        elif name == "ReduceLROnPlateau":
            training["reduce_on_plateau"] = _plateau(callback, missing)
        elif name == "ModelCheckpoint":
            _checkpoint(callback, training, missing)
        elif name == "TensorBoard":
            tracking["tensorboard"] = True
    return training, tracking


def _listed(value: Any) -> Sequence[Any]:
    if value is None:
        return []
    return value if isinstance(value, list | tuple) else [value]


def _early_stopping(callback: Any, missing: list[str]) -> dict[str, Any]:
    if not callback.restore_best_weights:
        missing.append(
            "EarlyStopping keeps the weights of the last epoch there, and of the best epoch here"
        )
    if callback.baseline is not None:
        missing.append(f"the baseline {callback.baseline:g} of EarlyStopping")
    settings: dict[str, Any] = {"patience": max(1, int(callback.patience))}
    _monitor(callback.monitor, settings, missing)
    if callback.min_delta:
        settings["min_delta"] = abs(float(callback.min_delta))
    if callback.start_from_epoch:
        settings["start_epoch"] = int(callback.start_from_epoch) + 1
    return settings


def _plateau(callback: Any, missing: list[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "factor": float(callback.factor),
        "patience": max(1, int(callback.patience)),
        "min_delta": float(callback.min_delta),
        "cooldown": int(callback.cooldown),
        "lowest": float(callback.min_lr),
    }
    _monitor(callback.monitor, settings, missing)
    return settings


def _checkpoint(callback: Any, training: dict[str, Any], missing: list[str]) -> None:
    if not callback.save_best_only:
        missing.append("ModelCheckpoint saves each epoch there; training.evaluate_at lists steps")
    elif training["early_stopping"] is None:
        settings: dict[str, Any] = {"patience": None}
        _monitor(callback.monitor, settings, missing)
        training["early_stopping"] = settings


def _monitor(name: str, settings: dict[str, Any], missing: list[str]) -> None:
    """Writes what a rule watches. The validation loss needs no line."""
    if name == "val_loss":
        return
    split, figure = ("validation", name[4:]) if name.startswith("val_") else ("train", name)
    if name == "loss":
        settings["monitor"] = "running/loss"
    elif figure in _METRICS:
        settings["monitor"] = f"{split}/{_METRICS[figure]}"
    else:
        missing.append(f"the monitor {name}; validation/loss takes its place")


def metric_settings(metrics: Any, kind: str, missing: list[str]) -> list[str] | None:
    """The metrics to measure, or None for the usual ones.

    Args:
        kind: `classes` or `number`.
        missing: receives the names that have no counterpart.
    """
    usual = ["accuracy", "log_loss"] if kind == "classes" else ["mae", "mse", "r2"]
    names: list[str] = []
    for group in _listed(metrics):
        for inner in _listed(group) if isinstance(group, list | tuple) else [group]:
            name = inner if isinstance(inner, str) else getattr(inner, "name", "") or inner.__name__
            name = keras.src.utils.naming.to_snake_case(name).rstrip("_0123456789")
            ours = _METRICS.get(name)
            if ours is None or (ours in _OF_CLASSES) != (kind == "classes"):
                missing.append(f"the metric {name}")
            else:
                names.append(ours)
    extra = [name for name in dict.fromkeys(names) if name not in usual]
    return [*usual, *extra] if extra else None


def length_settings(fitted: Mapping[str, Any], missing: list[str]) -> dict[str, Any]:
    """Epochs and batch size. Names the lost arguments of `fit`."""
    if fitted.get("shuffle", True) is False:
        missing.append("shuffle=False; rows are always drawn in a new order for each epoch")
    for name in ("initial_epoch", "steps_per_epoch", "validation_steps"):
        if fitted.get(name):
            missing.append(f"{name}={fitted[name]}")
    if (fitted.get("validation_freq") or 1) != 1:
        missing.append(f"validation_freq={fitted['validation_freq']}")
    batch = fitted.get("batch_size")
    return {
        "epochs": int(fitted.get("epochs") or 1),
        "batch_size": int(batch) if batch else _BATCH,
    }
