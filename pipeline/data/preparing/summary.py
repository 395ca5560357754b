"""Facts about prepared parts that a person wants to see before training: they go into `meta.json` as `statistics`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Table
from pipeline.data.preparing.columns import Inputs, is_missing
from pipeline.data.preparing.splits import Parts
from pipeline.data.tables import Text


def class_counts(
    y: NDArray[np.int32], classes: list[str], parts: Parts
) -> dict[str, dict[str, int]]:
    """Rows of each class in each part."""
    return {
        split: dict(
            zip(classes, np.bincount(y[rows], minlength=len(classes)).tolist(), strict=True)
        )
        for split, rows in parts.items()
    }


def ranges(values: NDArray[np.float64], parts: Parts) -> dict[str, dict[str, float]]:
    """Smallest, largest, mean and population deviation of a regression's target in each part, in the unit of the CSV."""
    return {
        split: {
            "min": float(values[rows].min()),
            "max": float(values[rows].max()),
            "mean": float(values[rows].mean()),
            "std": float(values[rows].std()),
        }
        for split, rows in parts.items()
    }


def table_counts(text: Text, inputs: Inputs, table: Table, parts: Parts) -> dict[str, Any]:
    """Missing values of each input column, and rows whose category no training row has, in each part; zeros left out."""
    missing: dict[str, dict[str, int]] = {}
    unseen: dict[str, dict[str, int]] = {}
    for split, rows in parts.items():
        columns = [*inputs.numeric, *inputs.categorical]
        counts = {
            name: sum(is_missing(text.columns[name][row]) for row in rows) for name in columns
        }
        missing[split] = {name: count for name, count in counts.items() if count}
        counts = {
            feature.name: sum(
                inputs.categorical[feature.name][row] not in feature.levels for row in rows
            )
            for feature in table.categorical
        }
        unseen[split] = {name: count for name, count in counts.items() if count}
    return {"missing": missing, "unseen_levels": unseen}
