"""The rows of a data variant of a table."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data, Task
from pipeline.config.split import SplitMethod
from pipeline.data.cells import is_number
from pipeline.data.preparing.content import Content
from pipeline.data.preparing.encoding import EncodedRows, fit_table
from pipeline.data.preparing.equality import (
    levels_of,
    numbers_of_equal,
    numbers_of_texts,
)
from pipeline.data.preparing.goal import Usable, classification_goal, regression_goal, traits_of
from pipeline.data.preparing.inputs import inputs_of
from pipeline.data.preparing.leaks import remarks_on_leaks
from pipeline.data.preparing.nearness import near_rows
from pipeline.data.preparing.rows import read_rows
from pipeline.data.preparing.summary import table_counts
from pipeline.data.preparing.targets import (
    labels,
    quantities,
    row_weights,
)
from pipeline.data.raw import Raw
from pipeline.data.tables import TextTable


def table_content(raw: Raw, data: Data) -> Content:
    """Reads, splits and encodes the rows of a table.

    Raises:
        PipelineError: the settings or the data are invalid.
    """
    source = read_rows(raw, data)
    text, found = source.text, source.found
    found.require_no_doubt(str(raw.train))
    usable = Usable(len(text), None)
    if source.own_test is not None:
        usable = Usable(
            len(text) - source.own_test,
            np.arange(len(text) - source.own_test, len(text), dtype=np.int64),
        )
    inputs = inputs_of(text, list(found.readings.values()), found.operands)
    target = found.target_reading
    likes = numbers_of_equal(levels_of(inputs, rows=len(text)))
    traits = traits_of(text, data)
    if data.task is Task.regression:
        goal = regression_goal(
            data, usable, quantities(text, target, logarithm=data.log_target), likes, traits
        )
    else:
        as_text = data.target in data.categorical
        y, classes = labels(text, target, as_text=as_text)
        goal = classification_goal(data, usable, y, classes, likes, traits)
    table = fit_table(inputs.take(goal.splits.train), data, path=raw.train)
    goal.statistics.update(table_counts(inputs, table, goal.splits))
    is_class = data.task is Task.classification
    shares_rows = data.split.method is SplitMethod.whole
    leaks = remarks_on_leaks(inputs, goal.y, goal.splits, is_class=is_class)
    x = EncodedRows(table, inputs)
    numbers: NDArray[Any] = x.numbers
    if data.task is Task.regression:
        numbers = np.column_stack([numbers, goal.y])
    file_target = _lenient_target(source.file, data)
    weights = None if data.sample_weight is None else row_weights(text, data.sample_weight)
    text = replace(text, columns={})  # From here on, its cells only take memory.
    kinds = numbers_of_equal(levels_of(replace(inputs, numeric={}), rows=len(text)))
    return Content(
        goal,
        x,
        likes,
        near=lambda train, others: near_rows(numbers, kinds, train, others),
        file_target=file_target,
        table=table,
        text=text,
        leaks=[] if shares_rows else list(leaks),
        source=replace(source, file=text, text=text),
        weights=weights,
    )


def _lenient_target(file: TextTable, data: Data) -> NDArray[Any]:
    """The target of all rows of a file: NaN for what is no number, because it may not be used."""
    cells = [cell.strip() for cell in file.columns[data.target]]
    if data.task is Task.classification:
        return numbers_of_texts(cells)
    return np.array([float(cell) if is_number(cell) else math.nan for cell in cells])
