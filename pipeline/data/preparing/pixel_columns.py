"""Decides which columns of a CSV hold the pixels of images, and which shape the images have."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pipeline.config.data import Data
from pipeline.data.arrays import Shape, guessed_shape
from pipeline.data.headers import counted, named
from pipeline.data.raw import Raw
from pipeline.errors import ConfigError, DataError, suggestion

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class PixelColumns:
    """The columns that hold pixels.

    Args:
        names: in the order of the pixels, row by row of the image, with the channels last.
        in_one_cell: whether the only column holds all pixels of an image in each cell.
        notes: what was done without a setting.
    """

    names: list[str]
    in_one_cell: bool = False
    notes: list[str] = field(default_factory=list)


def pixel_columns(raw: Raw, data: Data) -> PixelColumns:
    """Finds the columns of the pixels.

    Raises:
        ConfigError: `pixels` names a column that is not there, or that is used otherwise.
        DataError: the number of columns does not match `image_shape`.
    """
    used = {*data.targets, *data.drop, *data.split.columns.values()}
    names = _named(raw) if raw.pixels is not None else [c for c in raw.columns if c not in used]
    twice = [name for name in names if name in used]
    if twice:
        raise ConfigError(
            "source.pixels",
            "names a column that the data settings use otherwise",
            received=named(twice),
            expected="List the columns of pixels only",
        )
    if isinstance(raw.pixels, str) and names == [raw.pixels]:
        return PixelColumns(names, in_one_cell=True)
    if raw.image_shape is not None and len(names) != math.prod(raw.image_shape):
        raise _wrong_number(raw, data, names)
    return _in_order(names)


def shape_of(raw: Raw, count: int, notes: list[str]) -> Shape:
    """The shape of the images: that of the settings, or a guess.

    Args:
        count: the number of pixels of an image.
        notes: receives the guess.

    Raises:
        DataError: the shape of the settings has another number of pixels, or the images are not
            square and the settings name no shape.
    """
    shape = raw.image_shape or guessed_shape(count)
    if shape is None:
        raise DataError(
            f"{raw.train}: the images are not square",
            received=f"{count:,} pixels",
            expected="Set image_shape: [height, width, channels] in the source's settings",
        )
    if raw.image_shape is None:
        notes.append(f"image_shape: {list(shape)}, because an image has {count:,} pixels")
    elif math.prod(shape) != count:
        guess = guessed_shape(count)
        raise DataError(
            f"{raw.train}: the number of pixels does not match image_shape",
            received=f"{count:,} pixels for {list(shape)}",
            expected=f"Set image_shape: {list(guess) if guess else '[height, width, channels]'} "
            "in the source's settings",
        )
    return shape


def _named(raw: Raw) -> list[str]:
    """The columns that `source.pixels` names."""
    patterns = [raw.pixels] if isinstance(raw.pixels, str) else list(raw.pixels or [])
    names: list[str] = []
    for pattern in patterns:
        matching = [
            column for column in raw.columns if column == pattern or fnmatchcase(column, pattern)
        ]
        if not matching:
            raise ConfigError(
                "source.pixels",
                f"names a column that {raw.train} does not have",
                received=pattern,
                expected=suggestion(pattern, raw.columns[:20]),
            )
        names += [name for name in matching if name not in names]
    return names


def _in_order(names: list[str]) -> PixelColumns:
    """Orders columns by the numbers in their names, such as those of pixel0, pixel1, pixel10."""
    numbers = [tuple(map(int, _NUMBER.findall(name))) for name in names]
    stems = {_NUMBER.sub("#", name) for name in names}
    if len(stems) > 1 or not all(numbers) or len(set(numbers)) < len(names):
        return PixelColumns(names)
    ordered = [name for _, name in sorted(zip(numbers, names, strict=True))]
    if ordered == names:
        return PixelColumns(names)
    note = "the pixels are ordered by the numbers in the names of their columns"
    return PixelColumns(ordered, notes=[note])


def _wrong_number(raw: Raw, data: Data, names: Sequence[str]) -> DataError:
    shape = list(raw.image_shape or ())
    count = math.prod(shape)
    stems = Counter(_NUMBER.sub("#", name) for name in names)
    usual = max(stems, key=lambda stem: stems[stem])
    others = [name for name in names if _NUMBER.sub("#", name) != usual]
    guess = guessed_shape(len(names))
    advice = (
        "List the columns that are not pixels under data.drop, or name those of pixels by pixels "
        "in the source's settings"
    )
    if others and len(names) - len(others) == count and raw.pixels is None:
        advice = f"Set drop: [{', '.join([*data.drop, *others])}] in the data settings"
    elif guess is not None and not others:
        advice = f"Set image_shape: {list(guess)} in the source's settings"
    return DataError(
        f"{raw.train}: the number of columns does not match image_shape",
        received=f"{counted(len(names), 'column')} next to {data.target}",
        expected=f"Expected: {count:,}, because image_shape is {shape}. {advice}",
    )
