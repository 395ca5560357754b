"""The rows of a source, and what its columns hold."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.preparing.inputs import check_columns
from pipeline.data.raw import Raw
from pipeline.data.tables import TextTable
from pipeline.data.understanding.file import File
from pipeline.data.understanding.profile import profile_of
from pipeline.data.understanding.table import Understanding, understand
from pipeline.errors import DataError, require


@dataclass(frozen=True)
class SourceRows:
    """The rows that a data variant may use.

    Args:
        file: all rows of the file to split, also those that are not used.
        text: the rows to split, then those of the source's own test split.
        own_test: the number of rows of that test split; None if the source has none.
        dropped: how many rows were left out, because they lack a target.
    """

    file: TextTable
    text: TextTable
    own_test: int | None
    dropped: int
    understanding: Understanding


def read_rows(raw: Raw, data: Data) -> SourceRows:
    """Reads the rows of a table and decides what its columns hold. Doubts raise no error.

    Raises:
        PipelineError: the settings name a column that the source does not have.
    """
    check_columns(data, raw.columns, path=raw.train)
    file = _read(raw, raw.train, data)
    train = file.first(data.rows)
    if data.sample is not None:
        train = train.take(sampled(len(train), data))
    text = _with_target(train, data)
    dropped, own_test = len(train) - len(text), None
    if raw.test is not None:
        test = _read(raw, raw.test, data)
        test_rows = _with_target(test, data)
        if not len(test_rows):
            raise DataError(
                f"{raw.test} has no row with a target",
                received=f"{len(test):,} rows without {' or '.join(data.targets)}",
                expected="Remove test_path, train, and predict its rows with: python -m "
                "pipeline.predict <experiment> <file> -o predictions.csv",
            )
        text, own_test = text.followed_by(test_rows), len(test_rows)
        dropped += len(test) - len(test_rows)
    facts = File(raw.delimiter or ",", raw.decimal, raw.thousands)
    return SourceRows(file, text, own_test, dropped, understand(text, data, facts))


def _read(raw: Raw, path: Path, data: Data) -> TextTable:
    used = {*data.targets, *(data.features or []), *data.roles.values(), *data.operands}
    return raw.read(path, without={*data.drop} - used)


def _with_target(text: TextTable, data: Data) -> TextTable:
    """The rows of a table that have all targets, if the others are to be left out."""
    if not data.drop_missing_target:
        return text
    has_targets = np.full(len(text), True)
    for name in data.targets:
        cells = text.columns[name]
        missing = profile_of(name, cells, data).missing
        has_targets &= [cell.strip() not in missing for cell in cells]
    return text.take(np.flatnonzero(has_targets))


def sampled(rows: int, data: Data) -> NDArray[np.int64]:
    """The numbers of the rows that `data.sample` draws, in their order in the file.

    Raises:
        ConfigError: there are fewer rows.
    """
    size = data.sample or rows
    require(size <= rows, "data.sample", received=size, expected=f"at most {rows:,}")
    drawn = np.random.default_rng(data.split.seed).choice(rows, size=size, replace=False)
    return np.sort(drawn)
