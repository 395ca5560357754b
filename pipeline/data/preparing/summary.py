"""Statistics of prepared data for readers, in the `statistics` of `meta.json`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Table
from pipeline.data.preparing.inputs import Inputs
from pipeline.data.preparing.splits import Splits


def class_counts(
    y: NDArray[np.int32], classes: list[str], splits: Splits
) -> dict[str, dict[str, int]]:
    """The number of rows of each class in each split."""
    return {
        split: dict(
            zip(classes, np.bincount(y[rows], minlength=len(classes)).tolist(), strict=True)
        )
        for split, rows in splits.items()
    }


def label_counts(
    y: NDArray[np.int32], labels: list[str], splits: Splits
) -> dict[str, dict[str, int]]:
    """The number of rows of each split that have each label."""
    return {
        split: dict(zip(labels, y[rows].sum(axis=0).tolist(), strict=True))
        for split, rows in splits.items()
    }


def ranges(values: NDArray[np.float64], splits: Splits) -> dict[str, dict[str, float]]:
    """Summarises a target in each split, in the unit of the CSV.

    The keys are `min`, `max`, `mean` and `std`.
    """
    return {
        split: {
            "min": float(values[rows].min()),
            "max": float(values[rows].max()),
            "mean": float(values[rows].mean()),
            "std": float(values[rows].std()),
        }
        for split, rows in splits.items()
    }


def table_counts(inputs: Inputs, table: Table, splits: Splits) -> dict[str, Any]:
    """Counts missing values and unseen levels in each split, by column.

    An unseen level is a category that no training row has.

    Columns with a count of zero are left out.
    """
    missing: dict[str, dict[str, int]] = {}
    unseen: dict[str, dict[str, int]] = {}
    for split, rows in splits.items():
        numbers = {
            name: int(np.isnan(values[rows]).sum()) for name, values in inputs.numeric.items()
        }
        counts = {name: levels.take(rows).counts for name, levels in inputs.categorical.items()}
        texts = {name: levels.get("", 0) for name, levels in counts.items()}
        missing[split] = _positive(numbers | texts)
        unseen[split] = _positive(
            {
                feature.name: sum(
                    count
                    for level, count in counts[feature.name].items()
                    if level not in feature.levels
                )
                for feature in table.categorical
            }
        )
    return {"missing": missing, "unseen_levels": unseen}


def _positive(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
