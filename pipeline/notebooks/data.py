"""The prepared rows of a data variant, for a notebook that looks at them.

from pipeline.notebooks.data import load_data

mnist = load_data("mnist")
mnist.train.table().describe()
mnist.train.picture([2000])
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.prepared import SPLITS, Meta, Split, load_meta, load_split
from pipeline.evaluation.test_split import open_test_split
from pipeline.layout import PREPARED
from pipeline.notebooks.figures import Picture
from pipeline.notebooks.place import at_root

_INCHES = 1.2  # the width of an image
_MOST_NUMBERS = 5  # of images, in a title


@dataclass(frozen=True)
class Rows:
    """The rows of one split, as a training reads them.

    Args:
        name: the split, such as `train`.
    """

    name: str
    meta: Meta
    split: Split

    @property
    def x(self) -> NDArray[Any]:
        """Features or pixels, `(rows, *shape)`: float32 features, uint8 or float32 pixels."""
        array: NDArray[Any] = self.split.x
        return array

    @property
    def y(self) -> NDArray[Any]:
        """Class numbers, int32 `(rows,)`; or targets, float32 `(rows,)` or `(rows, targets)`."""
        return self.split.y

    def __len__(self) -> int:
        return len(self.split)

    def table(self) -> pd.DataFrame:
        """All rows as a table: the features, or a column for each pixel, then the targets.

        Classes are written by name.
        """
        values = np.asarray(self.x).reshape(len(self), -1)
        targets = np.asarray(self.y).reshape(len(self), -1)
        if self.meta.classes is not None:
            targets = np.array(self.meta.classes, dtype=object)[targets]
        names = [target.name for target in self.meta.targets]
        parts = [pd.DataFrame(values, columns=self._features(values.shape[1]))]
        parts.append(pd.DataFrame(targets, columns=names))
        return pd.concat(parts, axis=1)

    def _features(self, count: int) -> list[str]:
        if self.meta.table is not None:
            return self.meta.table.features
        return self.meta.pixel_columns or [f"pixel_{number}" for number in range(count)]

    def label(self, row: int) -> str:
        """The class of a row in words, or its targets."""
        value = self.y[row]
        return str(value) if self.meta.classes is None else self.meta.classes[int(value)]

    def picture(self, rows: Sequence[int], labels: Sequence[str] | None = None) -> Picture:
        """Draws the images of some rows, each under a label.

        Args:
            rows: their numbers, from 0.
            labels: one for each image; by default its class.

        Raises:
            PipelineError: the rows are not images, or a row does not exist.
        """
        from pipeline.evaluation.drawing.png import png
        from pipeline.evaluation.drawing.tiles import columns_for
        from pipeline.evaluation.figures import sample_images
        from pipeline.evaluation.inspection import images_of, require_image

        for row in rows:
            require_image(self.meta, row, split=self.name)
        figure = sample_images.plot(
            images_of(self.split, self.meta, rows),
            [self.label(row) for row in rows] if labels is None else labels,
            title=f"{self.meta.name}, {self.name}\n{_numbers(rows)}",
            columns=columns_for(len(rows)),
            inches=_INCHES,
        )
        return Picture(png(figure), f"images of the {self.name} split, each under its label")


@dataclass(frozen=True)
class Data:
    """A data variant.

    Args:
        root: the folder of the project.
    """

    meta: Meta
    root: Path

    @property
    def classes(self) -> list[str] | None:
        """The names of the classes by number; None for a quantity."""
        return self.meta.classes

    @cached_property
    def train(self) -> Rows:
        """The rows that train the network."""
        return Rows("train", self.meta, load_split(self._folder, "train"))

    @cached_property
    def validation(self) -> Rows:
        """The rows that choose between settings."""
        return Rows("validation", self.meta, load_split(self._folder, "validation"))

    @cached_property
    def test(self) -> Rows:
        """The rows that measure the final model.

        This opens the test split, and the look is recorded.
        """
        with at_root():
            split = open_test_split(
                PREPARED / self.meta.name, purpose="inspect", run_id="", models={}, shown=["rows"]
            )
        return Rows("test", self.meta, split)

    @property
    def _folder(self) -> Path:
        return self.root / PREPARED / self.meta.name

    def __repr__(self) -> str:
        rows = ", ".join(f"{self.meta.rows[split]:,} {split}" for split in SPLITS)
        return f"<{self.meta.name}: {rows} rows of shape {tuple(self.meta.shape)}>"


def load_data(name: str) -> Data:
    """Opens a prepared data variant.

    Args:
        name: a name of `conf/data/`.

    Raises:
        PipelineError: it has not been prepared, or its files were changed.
    """
    with at_root() as root:
        return Data(load_meta(PREPARED / name), root)


def _numbers(rows: Sequence[int]) -> str:
    if len(rows) > _MOST_NUMBERS:
        return f"{len(rows)} images"
    noun = "image" if len(rows) == 1 else "images"
    return f"{noun} {', '.join(map(str, rows))}"
