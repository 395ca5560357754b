"""Targets that do not suit their task: what is asked, and what is advised."""

import pytest

from pipeline.config.data import Task
from pipeline.data.understanding.file import File
from pipeline.data.understanding.profile import profile_of
from pipeline.data.understanding.targets import target_finding
from tests.support.raw_sources import data_of

SEVERAL = ["c", "d"]
CODES = [f"t{number}" for number in range(10, 31)]


def doubts(
    cells: list[str], task: Task, target: str | list[str] = "c", **settings: object
) -> list[str]:
    data = data_of(target=target, task=task, **settings)
    return target_finding(profile_of("c", cells, data), data, File()).doubts


@pytest.mark.parametrize(
    ("cells", "doubt"),
    [
        (
            ["a", "b"],
            "its values are 'a', 'b', and not yes and no. If 'b' means yes, set "
            "data.spellings: {c: {a: no, b: yes}}",
        ),
        (
            ["a"],
            "it has 1 different value, such as 'a', and a label needs yes and no, or 1 and 0. "
            "Choose another target",
        ),
        (
            ["a", "b", "x"],
            "it has 3 different values, such as 'a', and a label needs yes and no, or 1 and 0. "
            "Choose another target",
        ),
    ],
)
def test_label_must_mean_yes_and_no(cells, doubt):
    assert doubts(cells, Task.multi_label, SEVERAL) == [doubt]


@pytest.mark.parametrize("cells", [["yes", "no"], ["1", "0"], ["yes", "Yes", "no", "NO"]])
def test_answers_are_a_label(cells):
    assert doubts(cells, Task.multi_label, SEVERAL) == []


def test_spellings_make_texts_a_label():
    spellings = {"c": {"a": "no", "b": "yes"}}
    assert doubts(["a", "b"], Task.multi_label, SEVERAL, spellings=spellings) == []


@pytest.mark.parametrize(
    ("cells", "target", "advice"),
    [
        (["yes", "no"], SEVERAL, "Choose another target, or set data.task: multi_label"),
        (["a", "b"], SEVERAL, "Choose another target"),
        (["a", "b"], "c", "Choose another target, or set data.task: classification"),
        (CODES[:20], "c", "Choose another target, or set data.task: classification"),
        (CODES, "c", "Choose another target"),
    ],
)
def test_texts_are_no_quantity(cells, target, advice):
    assert doubts(cells, Task.regression, target) == [
        f"its values are not numbers, such as {cells[0]!r}. {advice}"
    ]


def test_text_among_numbers_is_named():
    (doubt,) = doubts(["1", "2", "3", "high"], Task.regression)
    assert doubt.startswith("it holds numbers, but 1 of 4 values are not: 'high'. ")


@pytest.mark.parametrize(
    ("cells", "task", "may_be_class"),
    [
        (["a", "b", "NA"], Task.classification, True),
        (["a", "b", ""], Task.classification, False),
        (["1", "2", "NA"], Task.regression, False),
    ],
)
def test_only_a_sign_among_labels_may_be_a_class(cells, task, may_be_class):
    (doubt,) = doubts(cells, task)
    assert doubt.startswith("the target is missing in 1 of 3 rows")
    assert ("If it is a class" in doubt) is may_be_class
