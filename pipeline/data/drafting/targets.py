"""Guesses: what a model may predict, and whether that is a class or a number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.config.data import Task
from pipeline.data.cells import quoted
from pipeline.data.columns.numerals import numeral
from pipeline.data.understanding.answers import no_and_yes
from pipeline.data.understanding.label_lists import label_lists_of
from pipeline.data.understanding.numbers import (
    Numerals,
    have_leading_zeros,
    looks_like_a_number,
)
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.targets import MOST_CLASSES

_NAMES = (
    *("target", "label", "labels", "class", "classes", "y", "outcome", "output", "response"),
    *("survived", "species", "diagnosis", "churn", "exited", "default", "result", "income"),
    *("price", "saleprice", "medv", "median_house_value", "salary", "sales", "quality", "rent"),
)
_NAMES_OF_CLASSES = ("class", "label", "target", "category", "digit", "species", "type", "cluster")
_VERY_FEW, _FEW = 5, 10
ROWS_OF_A_CLASS = 3  # so that each split has one
_MOST_LIKELY = 3


@dataclass(frozen=True)
class TaskGuess:
    """A task, and the reason for it in a sentence."""

    task: Task
    why: str


def task_of(profile: Profile) -> TaskGuess:
    """Guesses whether a target holds classes or a quantity.

    Whole numbers are classes if there are few of them, each in several rows.
    """
    column, values = profile.column, profile.values
    count = f"{len(values):,} different "
    numerals = profile.numerals
    if numerals is not None and len(numerals.affixes) == 1 and not have_leading_zeros(values):
        if _are_classes(profile, numerals):
            return TaskGuess(
                Task.classification,
                f"{column} has only {count}whole numbers. If they are a quantity: regression",
            )
        return TaskGuess(
            Task.regression,
            f"{column} has {count}numbers. If they are classes: classification",
        )
    lists = label_lists_of(values)
    if lists is not None and lists.are_certain:
        return TaskGuess(
            Task.multi_label,
            f"{column} holds lists of labels, such as {quoted(lists.example)}. If each text is a "
            "class: classification",
        )
    numeric = sum(rows for cell, rows in values.items() if looks_like_a_number(cell))
    if not have_leading_zeros(values) and 2 * numeric > profile.count:
        return TaskGuess(
            Task.regression,
            f"most values of {column} are numbers. If they are classes: classification",
        )
    return TaskGuess(Task.classification, f"{column} has {count}texts")


def task_of_several(profiles: Sequence[Profile]) -> TaskGuess:
    """Guesses whether several targets hold labels or quantities."""
    columns = ", ".join(profile.column for profile in profiles)
    if all(no_and_yes(profile.values) for profile in profiles):
        return TaskGuess(Task.multi_label, f"{columns} hold yes and no")
    return TaskGuess(Task.regression, f"{columns} are several targets. For yes and no: multi_label")


def _are_classes(profile: Profile, numerals: Numerals) -> bool:
    notation = numerals.notations[0]
    taken = (numeral(cell) for cell in profile.values)
    numbers = {parsed.value(notation) for parsed in taken if parsed is not None}
    if numerals.affixes != [""] or not all(float(number or 0).is_integer() for number in numbers):
        return False
    is_named = any(word in profile.column.casefold() for word in _NAMES_OF_CLASSES)
    few = MOST_CLASSES if is_named else _FEW
    is_rare = min(profile.values.values()) < ROWS_OF_A_CLASS and len(numbers) > _VERY_FEW
    return len(numbers) <= few and profile.count >= ROWS_OF_A_CLASS * len(numbers) and not is_rare


def likely_targets(columns: Iterable[str]) -> list[str]:
    """The columns that people predict most often: those of a usual name, then the last one."""
    names = list(columns)
    of_name = {name.casefold(): name for name in names}
    usual = [of_name[name] for name in _NAMES if name in of_name]
    return list(dict.fromkeys([*usual, names[-1]]))[:_MOST_LIKELY]
