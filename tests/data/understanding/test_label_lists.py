"""Columns of label lists: which are read, which are in doubt, and which are something else."""

import pytest

from pipeline.config.data import LabelList, Task
from pipeline.data.understanding.columns import finding_of
from pipeline.data.understanding.file import File
from pipeline.data.understanding.label_lists import LabelLists
from pipeline.data.understanding.profile import profile_of
from pipeline.data.understanding.targets import target_finding
from tests.support.raw_sources import data_of

GENRES = ["action|comedy", "drama", "comedy|drama", "action", "drama|action|comedy"]


def found(cells, **settings):
    data = data_of(**settings)
    return finding_of(profile_of("c", cells, data), data, File())


def as_target(cells, **settings):
    data = data_of(target="c", **settings)
    return target_finding(profile_of("c", cells, data), data, File())


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (GENRES, ["action", "comedy", "drama"]),
        ([cell.replace("|", "; ") for cell in GENRES], ["action", "comedy", "drama"]),
        ([cell.replace("|", ", ") for cell in GENRES], ["action", "comedy", "drama"]),
        ([str(cell.split("|")) for cell in GENRES], ["action", "comedy", "drama"]),
        (['["a", "red"]', '["a", "blue"]'] * 5, ["a", "blue", "red"]),
        (["red", "blue", "red, blue"] * 5, ["blue", "red"]),
        (["a|b", "b|a", "c|a", "b|c"] * 2, ["a", "b", "c"]),
        (["Red|blue", "red", "blue|red", "red|green", "green"], ["blue", "green", "red"]),
    ],
)
def test_lists_of_labels_are_read(cells, labels):
    finding = found(cells)
    assert finding.reading.kind == "labels"
    assert finding.reading.settings["labels"] == labels
    assert finding.doubts == []


@pytest.mark.parametrize(
    "cells",
    [
        ["Hills, north", "Old Town", "Hills, north", "Centre"] * 5,
        ["Berlin, Germany", "Munich, Germany", "Paris, France", "Lyon, France"] * 5,
        [f"Smith{n}, Mr. John {n}" for n in range(40)],
        ["yes", "no; never", "yes", "no; never"] * 5,
        ["a|x", "a|y", "b|x", "b|y"] * 5,
        ["red, blue", *["red", "blue"] * 10],
        ["Berlin, Germany", "Munich, Germany", "Paris, France", "Lyon, France", "Rome"] * 5,
    ],
)
def test_texts_with_separators_are_not_lists(cells):
    finding = found(cells)
    assert finding.doubts == []
    assert finding.reading is None or finding.reading.kind != "labels"


def test_path_of_categories_is_in_doubt():
    cells = ["toys", "toys;dolls", "toys;cars", "tools", "tools;saws", "tools;cars"] * 4
    assert found(cells).doubts == [
        "its cells, such as 'toys;dolls', may be lists of labels. If they are, set "
        'data.label_lists: {c: {separator: ";"}}; if each text is a category, '
        "data.categorical: [c]"
    ]
    assert found(cells, categorical=["c"]).reading.kind == "category"
    assert found(cells, label_lists={"c": LabelList(";")}).reading.kind == "labels"


def test_only_listed_labels_are_read():
    finding = found(GENRES, label_lists={"c": LabelList("|", ["drama", "comedy"])})
    assert finding.reading.names == ["c=drama", "c=comedy"]
    assert finding.notes[-1] == "has other labels, and they are ignored: 'action'"


def test_label_of_no_row_is_in_doubt():
    finding = found(GENRES, label_lists={"c": LabelList("|", ["dramas", "comedy"])})
    assert finding.doubts == [
        "no cell holds the label 'dramas'. Remove it from data.label_lists, or correct it. Its "
        "labels are: action, comedy, drama"
    ]


def test_target_names_the_setting_with_all_labels():
    setting = 'data.label_lists: {c: {separator: "|", labels: [action, comedy, drama]}}'
    (doubt,) = as_target(GENRES, task=Task.multi_label).doubts
    assert doubt.endswith(f"each label becomes an output. Set {setting}")
    (doubt,) = as_target(GENRES, task=Task.classification).doubts
    assert f"set data.task: multi_label and {setting}; if each text is a class" in doubt


def test_target_without_lists_is_refused():
    (doubt,) = as_target(["a", "b", "a"], task=Task.multi_label).doubts
    assert doubt.startswith("its cells, such as 'a', are not lists of labels. ")


def test_empty_target_has_no_label():
    lists = {"c": LabelList("|", ["action", "drama"])}
    full = as_target(GENRES, task=Task.multi_label, label_lists=lists)
    assert not any("empty cells" in note for note in full.notes)
    finding = as_target([*GENRES, ""], task=Task.multi_label, label_lists=lists)
    assert finding.doubts == []
    assert "has empty cells in 1 rows" in finding.notes[-1]
    (doubt,) = as_target([*GENRES, "NA"], task=Task.multi_label, label_lists=lists).doubts
    assert doubt.startswith("the target is missing in 1 of 6 rows ('NA'). ")


@pytest.mark.parametrize(("rows", "labels"), [(3, ["a", "b", "c"]), (10, ["a", "b"])])
def test_one_usual_label_is_not_enough(rows, labels):
    assert LabelLists({"a": 20, "a|b": rows, "c": 1}, "|").usual_labels == labels
