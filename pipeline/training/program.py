"""Identifies what the compiled program of a training depends on.

Trainings run the same program if they differ only in the values of variables. These are initial
weights, seed, learning rate, weight decay, the numbers of the cosine schedule and, with XLA, the
rates of dropout and noise.
"""

import hashlib
import json
from dataclasses import asdict
from enum import Enum
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import Meta
from pipeline.own.references import OWN, is_reference
from pipeline.training import losses
from pipeline.training.engine import TrainingTask
from pipeline.training.fitted_model import columns
from pipeline.training.optimizers import weight_decay
from pipeline.training.random_layers import value_settings

# These settings change how long a training runs, what it measures, and the weights of rows.
_OUTSIDE_THE_PROGRAM = {
    "class_weight",
    "early_stopping",
    "epochs",
    "evaluate_at",
    "loss",
    "metrics",
    "reduce_on_plateau",
    "steps",
}
_VARIABLES = {"learning_rate", "warmup_steps", "final_share", "weight_decay"}


def program_of(config: ExperimentConfig, meta: Meta, task: TrainingTask) -> str | None:
    """The digest of everything that the program of a task holds as a constant.

    Args:
        config: a settled configuration.

    Returns:
        None if the configuration of a layer is not plain values, or if the user's own code takes
        part, because it may hold unknown constants.
    """
    if _has_own_code(config):
        return None
    model, training, optimizer = (
        asdict(part) for part in (config.model, config.training, config.optimizer)
    )
    constants = {
        "network": task.network.get_config(),
        "augmentation": [model["augmentation"], model["pixel_range"]],
        "training": _without(training, _OUTSIDE_THE_PROGRAM),
        "loss": losses.name_of(config.training, meta),
        "optimizer": _without(optimizer, _VARIABLES),
        "weight_decay": _if_constant(weight_decay(task.optimizer)),
        "warms_up": config.optimizer.warmup_steps > 0,
        "data": [
            [str(column.dtype), column.shape] for column in tf.nest.flatten(columns(task.train))
        ],
    }
    values = value_settings(xla=bool(config.training.xla))
    try:
        text = json.dumps(_without_values(constants, values), sort_keys=True, default=_plain)
    except TypeError:
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def _has_own_code(config: ExperimentConfig) -> bool:
    """Whether the user's own code takes part in the steps, or may change the network."""
    training, optimizer = config.training, config.optimizer
    families = (config.model.family, optimizer.family)
    texts = (training.loss or "", optimizer.schedule)
    return OWN in families or any(map(is_reference, texts)) or bool(training.callbacks)


def _without(settings: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in names}


def _if_constant(value: Any) -> Any:
    return value if value is None or isinstance(value, float | int) else "a variable"


def _without_values(config: Any, values: dict[str, tuple[str, ...]]) -> Any:
    """The configuration of layers, with null for the settings that are variables."""
    if isinstance(config, list | tuple):
        return [_without_values(part, values) for part in config]
    if not isinstance(config, dict):
        return config
    parts = {str(key): _without_values(part, values) for key, part in config.items()}
    settings = parts.get("config")
    if isinstance(settings, dict) and str(parts.get("module", "")).startswith("keras."):
        for name in values.get(str(parts.get("class_name")), ()):
            # At 0 and 1 a layer does not draw.
            if name in settings and (name == "seed" or settings[name] not in (0, 1)):
                settings[name] = None
    return parts


def _plain(value: Any) -> Any:
    """Arrays and enumerations as JSON holds them; raises `TypeError` for other values."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"no plain value: {value!r}")
