"""The rows of a data variant of images."""

from dataclasses import fields

import numpy as np

from pipeline.config.data import Data, Task
from pipeline.data.preparing.content import Content
from pipeline.data.preparing.equality import numbers_of_equal
from pipeline.data.preparing.goal import Usable, classification_goal, traits_of
from pipeline.data.preparing.images import read_images
from pipeline.data.preparing.nearness import MOST_PAIRS, near_images
from pipeline.data.preparing.rows import sampled
from pipeline.data.preparing.targets import image_labels
from pipeline.data.raw import Raw
from pipeline.errors import ConfigError, suggestion

_MOST_COLUMNS = 20  # in an error
_OF_IMAGES = {
    "name",
    "source",
    "task",
    "target",
    "rows",
    "sample",
    "drop",
    "positive",
    "split",
    "na_values",
    "usual_na_values",
    "keep_as_level",
}


def image_content(raw: Raw, data: Data) -> Content:
    """Reads and splits images.

    Raises:
        PipelineError: the settings or the data are invalid.
    """
    _check_task_and_target(raw, data)
    _check_settings_of_tables(data)
    _check_columns(raw, data)
    first = raw.rows[raw.train.name]
    images = read_images(raw, data)
    if data.sample is not None:
        drawn = np.asarray(sampled(first, data))
        images = images.take(np.concatenate([drawn, np.arange(first, len(images.x))]))
        first = len(drawn)
    y, classes = image_labels(raw, data, images.text, images.notes)
    likes = numbers_of_equal(images.x)
    own_test = np.arange(first, len(y), dtype=np.int64) if raw.test else None
    usable = Usable(min(data.rows or first, first), own_test)
    return Content(
        classification_goal(data, usable, y, classes, likes, traits_of(images.text, data)),
        images.x,
        likes,
        near=lambda train, others: near_images(images.x[train], images.x[others]),
        file_targets={data.target: y[:first]},
        most_pairs=MOST_PAIRS,
        images=images,
    )


def _check_task_and_target(raw: Raw, data: Data) -> None:
    if data.task is not Task.classification:
        raise ConfigError(
            "data.task",
            "is invalid for images",
            received=data.task.value,
            expected="Expected: classification",
        )
    if data.target not in raw.columns or raw.target not in (None, data.target):
        label = raw.target or next(name for name in raw.columns if name != raw.file_column)
        raise ConfigError(
            "data.target",
            "is not the label of the images",
            received=data.target,
            expected=f"Expected: {label}",
        )


def _check_settings_of_tables(data: Data) -> None:
    defaults = Data(name=data.name, source=data.source, task=data.task, target=data.target)
    for key in (field.name for field in fields(Data)):
        value = getattr(data, key)
        if key not in _OF_IMAGES and value != getattr(defaults, key):
            raise ConfigError(
                f"data.{key}",
                "is a setting for tables, and the source holds images",
                received=value,
                expected="Remove the setting",
            )


def _check_columns(raw: Raw, data: Data) -> None:
    columns = {f"split.{key}": [name] for key, name in data.split.columns.items()}
    for key, names in {"drop": data.drop, **columns}.items():
        for name in names:
            if name not in raw.columns:
                raise ConfigError(
                    f"data.{key}",
                    f"names a column that {raw.train} does not have",
                    received=name,
                    expected=suggestion(name, raw.columns[:_MOST_COLUMNS]),
                )
