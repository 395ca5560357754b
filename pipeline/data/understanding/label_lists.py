"""Recognises columns of label lists, such as `action|comedy`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.config.yaml_text import flow
from pipeline.data.columns.kinds.labels import has_brackets, split

_SEPARATORS = ("|", ";", ",")
_SURE_SEPARATOR = "|"
_MOST_WORDS = 4  # of a label, on average
_FEWEST_LISTS = 0.05  # the share of rows with two labels or more
_SHARED = 0.5  # the share of labels that several different lists hold
_MOVING = 0.25  # the share of labels that stand at different places of their lists
FEWEST_ROWS = 10  # of a label that a model may learn


@dataclass(frozen=True)
class LabelLists:
    """The cells of a column as lists of labels.

    Args:
        values: how often each cell occurs.
        separator: the text between two labels.
    """

    values: Mapping[str, int]
    separator: str

    @cached_property
    def lists(self) -> dict[str, list[str]]:
        """The labels of each cell."""
        return {cell: split(cell, self.separator) for cell in self.values}

    @cached_property
    def counts(self) -> dict[str, int]:
        """The number of rows of each label."""
        counts: Counter[str] = Counter()
        for cell, labels in self.lists.items():
            counts.update(dict.fromkeys(labels, self.values[cell]))
        return dict(counts)

    @property
    def example(self) -> str:
        """The first cell with several labels, else the first cell."""
        several = (cell for cell, labels in self.lists.items() if len(labels) > 1)
        return next(several, next(iter(self.values)))

    @property
    def usual_labels(self) -> list[str]:
        """The labels that have enough rows to be learnt, in alphabetical order."""
        enough = [label for label, count in self.counts.items() if count >= FEWEST_ROWS]
        return sorted(enough if len(enough) > 1 else self.counts)

    def setting(self, column: str, labels: Sequence[str] | None = None) -> str:
        """The setting that reads the column so, as YAML."""
        own: dict[str, object] = {"separator": self.separator}
        if labels is not None:
            own["labels"] = list(labels)
        return f"data.label_lists: {flow({column: own})}"

    @cached_property
    def have_brackets(self) -> bool:
        """Whether all cells are written as lists of Python or JSON."""
        return all(map(has_brackets, self.values))

    @cached_property
    def are_lists(self) -> bool:
        """Whether the labels are short, and occur in several rows and several different lists."""
        several = sum(self.values[cell] for cell, own in self.lists.items() if len(own) > 1)
        rows, occurrences = sum(self.values.values()), sum(self.counts.values())
        if several < max(2, _FEWEST_LISTS * rows) or 2 * len(self.counts) > occurrences:
            return False
        if self.have_brackets:
            return True
        words = sum(len(label.split()) for label in self.counts)
        in_lists = Counter(label for labels in self.lists.values() for label in labels)
        shared = sum(count > 1 for count in in_lists.values())
        return words <= _MOST_WORDS * len(self.counts) and shared >= _SHARED * len(self.counts)

    @cached_property
    def has_lists_of_several_lengths(self) -> bool:
        """Whether cells hold different numbers of labels."""
        return len({len(labels) for labels in self.lists.values()}) > 1

    @cached_property
    def has_labels_at_several_places(self) -> bool:
        """Whether labels stand first in some cells, and later in others."""
        places: dict[str, set[int]] = {}
        for labels in self.lists.values():
            for place, label in enumerate(labels):
                places.setdefault(label, set()).add(place)
        moving = sum(len(own) > 1 for own in places.values())
        return moving >= max(1, _MOVING * len(places))

    @property
    def are_certain(self) -> bool:
        """Whether the cells can hardly mean anything else."""
        return self.have_brackets or (
            self.has_labels_at_several_places
            and (self.has_lists_of_several_lengths or self.separator == _SURE_SEPARATOR)
        )


def label_lists_of(values: Mapping[str, int]) -> LabelLists | None:
    """Reads cells as lists of labels. None if they hold something else.

    Args:
        values: how often each cell occurs.
    """
    for separator in _SEPARATORS:
        if not any(separator in cell for cell in values):
            continue
        lists = LabelLists(values, separator)
        vary = lists.has_lists_of_several_lengths or lists.has_labels_at_several_places
        if lists.are_lists and (vary or lists.have_brackets):
            return lists
    return None
