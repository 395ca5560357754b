"""Labels of category columns that training never saw, in the rows to predict."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pipeline.data.cells import quoted
from pipeline.runs.model_card import Column, ModelCard
from pipeline.serving.inputs import Inputs

_MOST_LABELS = 5  # of a column, in a line


class UnseenLabels:
    """Counts them over the blocks of a file.

    A model accepts such a label. It has no weight for it, so the answer may be poor.
    """

    def __init__(self, card: ModelCard) -> None:
        self._columns = [column for column in card.columns or [] if column.type == "category"]
        self._counts: dict[str, Counter[str]] = {one.name: Counter() for one in self._columns}

    def add(self, inputs: Inputs) -> None:
        """Counts the labels of the rows that get an answer."""
        for column in self._columns:
            texts = _texts(inputs.values, column)
            counted = Counter(texts) - Counter(texts[row] for row in inputs.problems)
            for text, rows in counted.items():
                label = text.strip()
                level = column.reading.level_of.get(label, label)
                if level and level not in (column.levels or ()):
                    self._counts[column.name][label] += rows

    def lines(self) -> list[str]:
        """One line for each column with such labels, the most frequent ones first."""
        return [_line(name, counts) for name, counts in self._counts.items() if counts]


def _texts(values: Mapping[str, Any], column: Column) -> list[str]:
    (name,) = column.inputs
    return [str(value) for value in values[name].ravel()]


def _line(column: str, counts: Counter[str]) -> str:
    named = [
        f"{quoted(label)} in {rows:,} {'row' if rows == 1 else 'rows'}"
        for label, rows in counts.most_common(_MOST_LABELS)
    ]
    more = len(counts) - len(named)
    others = f" and {more:,} more" if more else ""
    return (
        f"column {column} has labels that training never saw: {', '.join(named)}{others}. "
        "Check their spelling: the model ignores these cells"
    )
