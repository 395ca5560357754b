"""The data sets that Keras ships and this project has as sources.

A script that loads one gets the rows of the fetched source. So its experiment can use the source,
and no copy of the rows is needed.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from pipeline.adopting.refusal import AdoptionError
from pipeline.config.data import Data, Task
from pipeline.data.preparing.images import read_images
from pipeline.data.preparing.targets import image_labels
from pipeline.data.raw import open_raw
from pipeline.layout import RAW

_SOURCES = {"mnist": "mnist", "cifar10": "cifar10"}  # by module of `keras.datasets`
_LABEL = "label"


@dataclass(frozen=True)
class Images:
    """The rows of a source with its own test split.

    Args:
        train, test: pixels, uint8 `(rows, height, width, channels)`.
        labels: of the training rows, int32 `(rows,)`.
    """

    source: str
    classes: list[str]
    train: NDArray[Any]
    labels: NDArray[Any]
    test: NDArray[Any]
    test_labels: NDArray[Any]


@dataclass
class Bundled:
    """The data sets that a script has loaded."""

    loaded: list[Images] = field(default_factory=list)

    @contextmanager
    def offered(self) -> Iterator[None]:
        """Replaces the functions `load_data`, wherever a module of Keras holds them.

        If a source was not fetched, Keras's own function downloads.
        """
        import keras
        import tensorflow as tf

        assert tf.keras.datasets  # its modules hold the same functions
        with ExitStack() as stack:
            for name, source in _SOURCES.items():
                own = getattr(keras.datasets, name).load_data
                folder = (RAW / source).resolve()  # the script runs in another folder
                load = self._loader(source, folder) if folder.is_dir() else _downloader(source, own)
                for module in list(sys.modules.values()):
                    if getattr(module, "load_data", None) is own:
                        stack.enter_context(patch.object(module, "load_data", load))
            yield

    def _loader(self, source: str, folder: Path) -> Callable[..., Any]:
        def load_data(*_args: Any, **_named: Any) -> Any:
            images = _read(source, folder)
            self.loaded.append(images)
            return tuple(
                _as_keras(source, x, y)
                for x, y in ((images.train, images.labels), (images.test, images.test_labels))
            )

        return load_data


def _downloader(source: str, load: Callable[..., Any]) -> Callable[..., Any]:
    """Keras's own function. Its error names the source that helps."""

    def load_data(*args: Any, **keywords: Any) -> Any:
        try:
            return load(*args, **keywords)
        except Exception as error:
            raise AdoptionError(
                f"keras.datasets cannot download {source}",
                received=str(error),
                expected=f"Fetch the source, then adopt the script again: "
                f"python -m pipeline.fetch {source}",
            ) from error

    return load_data


def _read(source: str, folder: Path) -> Images:
    raw = open_raw(folder)
    data = Data(name=source, task=Task.classification, target=raw.target or _LABEL)
    images = read_images(raw, data)
    y, classes = image_labels(raw, data, images.text, images.notes)
    x, count = images.x, raw.rows[raw.train.name]
    return Images(source, classes, x[:count], y[:count], x[count:], y[count:])


def _as_keras(source: str, x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Shapes and dtypes as Keras gives them: grey images have no channel, and labels are bytes."""
    labels = y.astype(np.uint8)
    if source == "mnist":
        return x[..., 0].copy(), labels
    return x.copy(), labels.reshape(-1, 1)
