"""The rows of a data variant of a table."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data, Task
from pipeline.config.split import SplitMethod
from pipeline.data.cells import is_number
from pipeline.data.encoded import different
from pipeline.data.preparing.content import Content
from pipeline.data.preparing.description import described_columns
from pipeline.data.preparing.encoding import EncodedRows, fit_table
from pipeline.data.preparing.equality import (
    equal_inputs,
    numbers_of_texts,
)
from pipeline.data.preparing.goal import (
    Goal,
    Usable,
    classification_goal,
    label_goal,
    regression_goal,
    traits_of,
)
from pipeline.data.preparing.inputs import inputs_of, with_functions
from pipeline.data.preparing.leaks import remarks_on_leaks
from pipeline.data.preparing.nearness import near_rows
from pipeline.data.preparing.remarks import of_pixels
from pipeline.data.preparing.rows import SourceRows, read_rows
from pipeline.data.preparing.splits import Rows
from pipeline.data.preparing.summary import table_counts
from pipeline.data.preparing.targets import label_lists, labels, quantities, row_weights, yes_or_no
from pipeline.data.raw import Raw
from pipeline.data.spool import only
from pipeline.data.tables import TextTable


def table_content(raw: Raw, data: Data) -> Content:
    """Reads, splits and encodes the rows of a table.

    Raises:
        PipelineError: the settings or the data are invalid.
    """
    source = read_rows(raw, data)
    text, understanding = source.text, source.understanding
    understanding.require_no_doubt(str(raw.train))
    described = described_columns(understanding)
    understanding = replace(understanding, profiles={})  # They only take memory now.
    source = replace(source, understanding=understanding)
    usable = Usable(len(text), None)
    if source.own_test is not None:
        usable = Usable(
            len(text) - source.own_test,
            np.arange(len(text) - source.own_test, len(text), dtype=np.int64),
        )
    inputs = inputs_of(text, list(understanding.readings.values()), understanding.operands)
    inputs = with_functions(inputs, data)
    source = _without_features(source, data)
    text = source.text
    likes = equal_inputs(inputs, rows=len(text))
    goal = _goal(source, data, usable, likes)
    table = fit_table(inputs, goal.splits.train, data, path=raw.train)
    goal.statistics.update(table_counts(inputs, table, goal.splits))
    shares_rows = data.split.method is SplitMethod.whole
    columns = goal.y.reshape(len(goal.y), -1).T
    leaks = [
        remark
        for name, y in zip(data.several or data.targets, columns, strict=True)
        for remark in remarks_on_leaks(
            inputs,
            y,
            goal.splits,
            is_class=data.task is not Task.regression,
            target="the target" if len(columns) == 1 else f"the target {name}",
        )
    ]
    x = EncodedRows(table, inputs)
    encoded = x.numbers

    def numbers(rows: Rows) -> NDArray[np.float32]:
        own = encoded[rows]
        return np.column_stack([own, goal.y[rows]]) if data.task is Task.regression else own

    kinds = equal_inputs(replace(inputs, numeric={}), rows=len(text))
    return Content(
        goal,
        x,
        likes,
        near=lambda train, others: near_rows(numbers, kinds, train, others),
        file_targets={name: _lenient_target(source.file, name, data) for name in data.targets},
        table=table,
        text=text,
        leaks=[*of_pixels(inputs.numeric), *([] if shares_rows else leaks)],
        source=source,
        described=described,
        weights=None if data.sample_weight is None else row_weights(text, data.sample_weight),
    )


def _without_features(source: SourceRows, data: Data) -> SourceRows:
    """The rows without the cells of the features. Those are read already, and only take memory."""
    used = {*data.targets, *data.roles.values()}

    def without(text: TextTable) -> TextTable:
        return replace(
            text, columns=only(text.columns, [name for name in text.columns if name in used])
        )

    return replace(source, file=without(source.file), text=without(source.text))


def _goal(source: SourceRows, data: Data, usable: Usable, likes: Rows) -> Goal:
    """Reads the targets, and splits the rows."""
    text, readings = source.text, source.understanding.target_readings
    traits = traits_of(text, data)
    if data.task is Task.regression:
        values = [
            quantities(text, target_reading, logarithm=data.log_target)
            for target_reading in readings
        ]
        together = values[0] if len(values) == 1 else np.column_stack(values)
        return regression_goal(data, usable, together, likes, traits)
    if data.task is Task.multi_label and readings[0].kind == "labels":
        y, names = label_lists(text, readings[0])
        return label_goal(data, usable, y, [["no", "yes"]] * len(names), likes, traits)
    if data.task is Task.multi_label:
        answers = [yes_or_no(text, reading) for reading in readings]
        y = np.column_stack([own for own, _ in answers])
        return label_goal(data, usable, y, [levels for _, levels in answers], likes, traits)
    y, classes = labels(text, readings[0], as_text=data.target in data.categorical)
    return classification_goal(data, usable, y, classes, likes, traits)


def _lenient_target(file: TextTable, name: str, data: Data) -> NDArray[Any]:
    """A target of all rows of a file. NaN if a value is not a number: its row may be unused."""
    texts, numbers = different(file.columns[name])
    cells = [cell.strip() for cell in texts]
    if data.task is not Task.regression:
        return numbers_of_texts(cells)[numbers]
    return np.array([float(cell) if is_number(cell) else math.nan for cell in cells])[numbers]
