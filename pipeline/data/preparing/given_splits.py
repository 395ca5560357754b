"""The split of each row as a column of the source gives it."""

import json
from collections.abc import Mapping

import numpy as np

from pipeline.config.split import SPLITS, USUAL_NAMES
from pipeline.data.cells import quoted
from pipeline.data.preparing.splits import Rows
from pipeline.data.tables import TextTable
from pipeline.errors import ConfigError, DataError

_MOST_LEVELS = 10


def given_splits(text: TextTable, column: str, levels: Mapping[str, str] | None) -> Rows:
    """The number in `SPLITS` of each row's split, int64 of shape (rows,).

    Args:
        levels: the split of each level of the column; None for the usual names.

    Raises:
        ConfigError: a level has no split.
        DataError: a row has no level.
    """
    cells = [cell.strip() for cell in text.columns[column]]
    distinct = dict.fromkeys(cells)
    if "" in distinct:
        raise DataError(
            f"{text.place(column, cells.index(''))}: the split is missing",
            received="''",
            expected="Expected: a value in every row, because data.split.column names the column",
        )
    split_of = dict(levels) if levels is not None else usual_splits(distinct)
    unknown = [level for level in distinct if level not in split_of]
    if unknown:
        raise ConfigError(
            "data.split.levels",
            f"does not say the split of each level of {column}",
            received=", ".join(map(quoted, unknown[:_MOST_LEVELS])),
            expected=f"Set levels: {advised_levels(list(distinct)[:_MOST_LEVELS], split_of)}",
        )
    number = {level: SPLITS.index(split_of[level]) for level in distinct}
    return np.array([number[cell] for cell in cells], dtype=np.int64)


def usual_splits(levels: Mapping[str, object]) -> dict[str, str]:
    """The splits of the levels with a usual name, such as `Training`."""
    return {level: USUAL_NAMES[level.lower()] for level in levels if level.lower() in USUAL_NAMES}


def advised_levels(levels: list[str], split_of: Mapping[str, str]) -> str:
    """The setting `levels` to complete, as YAML."""
    pairs = (f"{json.dumps(level)}: {split_of.get(level, '<split>')}" for level in levels)
    return f"{{{', '.join(pairs)}}}, with train, validation or test for each"
