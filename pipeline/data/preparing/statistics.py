"""Statistics of columns of numbers, of many columns at the same time."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_AT_ONCE = 1 << 20  # numbers
_MOST_QUANTILES = 65
_ROWS_OF_A_QUANTILE = 8


class Statistics(NamedTuple):
    """The statistics of a column. Those of several columns have one more axis.

    Args:
        median: the median of the finite numbers. It replaces the others in the mean and the scale.
        scale: the population standard deviation; 1 for a constant.
        quantiles: quantiles of the standardised finite numbers, at equal steps.
    """

    median: Numbers
    mean: Numbers
    scale: Numbers
    quantiles: Numbers


def statistics_of(columns: Iterable[Numbers]) -> Iterator[Statistics | None]:
    """Yields the statistics of each column; None for one without any finite number.

    Args:
        columns: arrays of equal length, shape (rows,).
    """
    for values in blocks_of(columns):
        result: list[Statistics | None] = [None] * len(values)
        is_finite = np.isfinite(values)
        are_whole = is_finite.all(axis=1)
        whole = np.flatnonzero(are_whole)
        if len(whole):
            together = _statistics(values[whole], values[whole])
            for place, *own in zip(whole, *together, strict=True):
                result[place] = Statistics(*own)
        for place in np.flatnonzero(~are_whole & is_finite.any(axis=1)):
            finite = values[place, is_finite[place]]
            filled = np.where(is_finite[place], values[place], np.median(finite))
            result[place] = _statistics(finite, filled)
        yield from result


def of_indicator(statistics: Statistics) -> Statistics:
    """Statistics that leave zeros and ones as they are, and replace a missing value by 0."""
    zero, one = np.float64(0), np.float64(1)
    quantiles = statistics.quantiles * statistics.scale + statistics.mean
    return Statistics(zero, zero, one, quantiles)  # type: ignore[arg-type]


def blocks_of(columns: Iterable[Numbers]) -> Iterator[Numbers]:
    """Yields columns in order, of shape (columns, rows): a million numbers or one column at a time.

    Columns of another length begin another block.
    """
    block: list[Numbers] = []
    for column in columns:
        if block and (len(column) != len(block[0]) or (len(block) + 1) * len(column) > _AT_ONCE):
            yield np.stack(block)
            block = []
        block.append(column)
    if block:
        yield np.stack(block)


def mean_and_scale(values: Numbers) -> tuple[Numbers, Numbers]:
    """The mean and the scale along the last axis."""
    is_constant = values.min(axis=-1) == values.max(axis=-1)
    return values.mean(axis=-1), np.where(is_constant, 1.0, values.std(axis=-1))


def _statistics(finite: Numbers, filled: Numbers) -> Statistics:
    mean, scale = mean_and_scale(filled)
    count = min(_MOST_QUANTILES, 2 + finite.shape[-1] // _ROWS_OF_A_QUANTILE)
    standardised = (finite - mean[..., None]) / scale[..., None]
    quantiles = np.quantile(standardised, np.linspace(0, 1, count), axis=-1)
    return Statistics(np.median(finite, axis=-1), mean, scale, np.moveaxis(quantiles, 0, -1))
