"""Formats of exported models: one module each, named as `--to` of `pipeline.export`.

Each module defines one `Format` as `FORMAT`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from numpy.typing import NDArray

from pipeline.registry import Registry
from pipeline.runs.model_card import ModelCard

FORMATS = Registry("pipeline.exporting.formats", "format of exported models")

Answer = Callable[[Mapping[str, NDArray[Any]]], NDArray[Any]]


@dataclass(frozen=True)
class Format:
    """A format of exported models.

    Args:
        suffix: the ending of its files.
        packages: the packages that it needs besides those of the lock. The extra of
            `pyproject.toml` that installs them has the name of the format.
        refusal: why it cannot hold a model; empty if it can.
        write: writes a Keras model to a path. It may raise any error of a converter.
        open: loads a file with the runtime of the format. It returns a function from the inputs by
            name, arrays of shape (rows, …), to the output, (rows, outputs).
    """

    suffix: str
    packages: tuple[str, ...]
    refusal: Callable[[ModelCard], str]
    write: Callable[[Any, Path], None]
    open: Callable[[Path], Answer]


def load(name: str) -> Format:
    """Imports the format of this name.

    Raises:
        ConfigError: there is none.
    """
    return cast(Format, FORMATS.load(name, key="--to").FORMAT)


def reads_text(card: ModelCard) -> list[str]:
    """The columns that a model reads as text."""
    return [column.name for column in card.columns or [] if column.reading.takes_text]
