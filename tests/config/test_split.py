"""Settings of a split: contradictions are refused in one line."""

import pytest

from pipeline.config.split import Duplicates, SplitMethod, SplitSettings
from tests.support.refusals import refusal

METHODS = {method.value: method for method in SplitMethod}


def settings(**values: object) -> SplitSettings:
    if "method" in values:
        values["method"] = METHODS[str(values["method"])]
    if "duplicates" in values:
        values["duplicates"] = Duplicates(values["duplicates"])
    return SplitSettings(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "method"),
    [
        ({}, None),
        ({"group": "patient"}, "group"),
        ({"time": "day"}, "time"),
        ({"folds": 3}, "kfold"),
        ({"fold": 1}, "kfold"),
        ({"folds": 3, "group": "patient"}, "kfold"),
    ],
)
def test_method_follows_from_the_settings(values, method):
    assert settings(**values).method == (method and METHODS[method])


def test_folds_are_5_and_the_first_is_tested():
    kfold = settings(method="kfold")
    assert (kfold.folds, kfold.fold) == (5, 0)


CONTRADICTIONS = {
    "group without a column": (
        {"method": "group"},
        "data.split.group is missing, and data.split.method is group. "
        "Name a column: data.split.group=<column>.",
    ),
    "time without a column": (
        {"method": "time"},
        "data.split.time is missing, and data.split.method is time. "
        "Name a column: data.split.time=<column>.",
    ),
    "group for another method": (
        {"method": "random", "group": "patient"},
        "data.split.group has no effect, because data.split.method is random. "
        "Received: patient. Set the method group or kfold, or remove data.split.group.",
    ),
    "group and time": (
        {"group": "patient", "time": "day"},
        "data.split.group has no effect, because data.split.method is time. "
        "Received: patient. Set the method group or kfold, or remove data.split.group.",
    ),
    "time for another method": (
        {"method": "first", "time": "day"},
        "data.split.time has no effect, because data.split.method is first. "
        "Received: day. Set the method time, or remove data.split.time.",
    ),
    "folds for another method": (
        {"method": "stratified", "folds": 5},
        "data.split.folds has no effect, because data.split.method is stratified. "
        "Received: 5. Set the method kfold, or remove data.split.folds.",
    ),
    "fold for another method": (
        {"method": "whole", "fold": 0},
        "data.split.fold has no effect, because data.split.method is whole. "
        "Received: 0. Set the method kfold, or remove data.split.fold.",
    ),
    "level of an unknown split": (
        {"column": "part", "levels": {"a": "tset"}},
        "data.split.levels.a is invalid. Received: tset. Expected: train or validation or test.",
    ),
    "no row": (
        {"validation": 0},
        "data.split.validation is invalid. Received: 0. "
        "Expected: a fraction below 1 or a number of rows.",
    ),
    "part of a row": (
        {"test": 1.5},
        "data.split.test is invalid. Received: 1.5. "
        "Expected: a fraction below 1 or a number of rows.",
    ),
    "far too many rows": (
        {"test": 1e30},
        "data.split.test is invalid. Received: 1e+30. Expected: a number up to 2,147,483,647.",
    ),
    "folds with a test size": (
        {"folds": 5, "test": 0.2},
        "data.split.test has no effect, because each fold of kfold is tested. "
        "Received: 0.2. Remove it, or set data.split.test=null on the command line.",
    ),
    "one fold": (
        {"folds": 1},
        "data.split.folds is invalid. Received: 1. Expected: two or more folds.",
    ),
    "fold beyond the last": (
        {"folds": 5, "fold": 5},
        "data.split.fold is invalid. Received: 5. "
        "Expected: a number from 0 to 4, because there are 5 folds.",
    ),
    "fold below the first": (
        {"fold": -1},
        "data.split.fold is invalid. Received: -1. "
        "Expected: a number from 0 to 4, because there are 5 folds.",
    ),
    "duplicates of all rows": (
        {"method": "whole", "duplicates": "drop"},
        "data.split.duplicates does not suit data.split.method whole. Received: drop. Set it to "
        "keep, or the method to random, stratified, group, time, kfold, first, last or column.",
    ),
    "equal rows together in time": (
        {"time": "day", "duplicates": "together"},
        "data.split.duplicates does not suit data.split.method time. Received: together. "
        "Set it to keep, or the method to random, stratified, group or kfold.",
    ),
}


@pytest.mark.parametrize(("values", "line"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradiction_is_refused_in_one_line(values, line):
    assert refusal(settings, **values) == line


@pytest.mark.parametrize(
    ("method", "is_drawn"),
    [
        ({}, True),
        ({"method": "random"}, True),
        ({"group": "g"}, True),
        ({"folds": 5}, True),
        ({"time": "t"}, False),
        ({"column": "c"}, False),
        ({"method": "first"}, False),
        ({"method": "whole"}, False),
    ],
)
def test_only_some_methods_depend_on_the_seed(method, is_drawn):
    assert settings(**method).is_drawn == is_drawn
