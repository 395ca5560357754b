"""Columns of a table that are features by themselves: axes of a plane or a map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta, Split

_RESOLUTION = 200  # points along an axis
_MARGIN = 0.15  # of the span of the values, on both sides


@dataclass(frozen=True)
class Column:
    """A standardised feature that comes from one column of the CSV.

    Args:
        place: its number among the features.
    """

    name: str
    place: int
    mean: float
    scale: float

    def values(self, split: Split) -> NDArray[np.float64]:
        """Its values in the unit of the CSV. Missing ones have been filled in."""
        standardised = split.x[:, self.place].astype(np.float64)
        return np.asarray(standardised * self.scale + self.mean)

    def axis(self, *splits: Split) -> NDArray[np.float64]:
        """Evenly spaced points over all its values, with a margin."""
        values = np.concatenate([self.values(split) for split in splits])
        low, high = values.min(), values.max()
        margin = _MARGIN * (high - low) or 1.0
        return np.linspace(low - margin, high + margin, _RESOLUTION)


def columns_of(meta: Meta) -> dict[str, Column]:
    """The columns of a table by name. Ratios and the user's own features are left out."""
    features = meta.table.numeric if meta.table is not None else []
    return {
        feature.of[0]: Column(feature.of[0], place, feature.mean, feature.scale)
        for place, feature in enumerate(features)
        if feature.is_column
    }
