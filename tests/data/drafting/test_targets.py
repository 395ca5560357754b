"""What a model may predict, and whether that is a class or a number."""

import pytest

from pipeline.data.drafting.targets import likely_targets, task_of
from pipeline.data.understanding.profile import profile_of
from tests.support.raw_sources import data_of

TASKS = {
    "two whole numbers": (["0", "1"] * 10, "c", "classification"),
    "texts": (["a", "b", "c"] * 5, "c", "classification"),
    "few grades": (["3", "4", "5", "6", "7", "8"] * 3, "c", "classification"),
    "fractions": (["0.5", "1.5"] * 10, "c", "regression"),
    "many whole numbers": ([str(number) for number in range(12)] * 5, "c", "regression"),
    "many whole numbers of a label": (
        [str(number) for number in range(12)] * 5,
        "label",
        "classification",
    ),
    "counts, some of them rare": (["1"] * 20 + ["2", "3", "4", "5", "6"], "c", "regression"),
    "prices": (["$1,200.50", "$30.25", "$7.00", "$1,100.00"], "c", "regression"),
    "numbers with a text among them": (["1.5", "2.5", "3.5", "off"], "c", "regression"),
    "codes": (["01", "02", "03"] * 5, "c", "classification"),
    "few different rows": (["1", "2", "3", "4"], "c", "regression"),
}


@pytest.mark.parametrize(("cells", "column", "task"), TASKS.values(), ids=TASKS)
def test_task_follows_from_the_target(cells, column, task):
    assert task_of(profile_of(column, cells, data_of())).task.value == task


@pytest.mark.parametrize(
    ("columns", "likely"),
    [
        (["a", "b", "c"], ["c"]),
        (["Survived", "b", "c"], ["Survived", "c"]),
        (["price", "y", "class"], ["class", "y", "price"]),
    ],
)
def test_usual_names_and_the_last_column_are_likely(columns, likely):
    assert likely_targets(columns) == likely
