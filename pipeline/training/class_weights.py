"""Computes the weights of rows and classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight

from pipeline.config.training import BALANCED, Training
from pipeline.data.prepared import Meta, Split
from pipeline.errors import ConfigError, suggestion


def class_weights(training: Training, meta: Meta, y: NDArray[Any]) -> NDArray[np.float32] | None:
    """The weight of each class, (classes,); None without `training.class_weight`.

    `balanced` gives a class the weight `rows / (classes · rows of the class)`, over the classes
    that occur. A class that the setting does not name has weight 1.

    Args:
        y: the class numbers of the training rows.

    Raises:
        ConfigError: the data do not have such a class, or the task is not a classification.
    """
    setting = training.class_weight
    if setting is None:
        return None
    if meta.classes is None:
        raise ConfigError(
            "training.class_weight",
            f"does not suit {'a regression' if meta.task == 'regression' else meta.task}",
            received=setting,
            expected="Remove the setting",
        )
    weights = np.ones(len(meta.classes), np.float32)
    if setting == BALANCED:
        present = np.unique(y)
        weights[present] = compute_class_weight("balanced", classes=present, y=y)
        return weights
    for name, weight in setting.items():
        if name not in meta.classes:
            raise ConfigError(
                f"training.class_weight.{name}",
                "is not a class of the data",
                received=name,
                expected=_unquote(name, meta.classes) or suggestion(name, meta.classes),
            )
        weights[meta.classes.index(name)] = weight
    return weights


def row_weights(split: Split, by_class: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """The weight of each row, float32 `(rows,)`: its own, times that of its class.

    None if no row has any.

    Args:
        by_class: what `class_weights` gives.
    """
    if by_class is None:
        return split.sample_weight
    of_class: NDArray[np.float32] = by_class[split.y]
    return of_class if split.sample_weight is None else of_class * split.sample_weight


def _unquote(name: str, classes: Sequence[str]) -> str:
    """The advice if YAML has read the name of a class as this one, such as 01 as 1; or empty."""
    for one in classes:
        try:
            read = str(yaml.safe_load(one))
        except yaml.YAMLError:
            continue
        if read == name:
            return f'Write "{one}" in quotes, because YAML reads it as {name}'
    return ""
