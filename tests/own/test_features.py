"""Feature functions: values of a table, and what is refused with one line."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.own.features import FeatureFunction, feature_function, require_current, values
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal

FILE = """
import math
from pathlib import Path

import numpy as np
from keras import ops


def bmi(weight, height):
    return weight / (height / 100) ** 2


def scaled(x, by):
    return x * by


def is_large(x):
    return x > 2


def of_two_dtypes(x):
    return x * ops.where(x > 2, 1.0, 0.0)


def of_numpy(x):
    return np.log(x)


def branching(x):
    if x > 2:
        return x
    return -x


def centred(x):
    return x - ops.mean(x)


def total(x):
    return ops.sum(x)


def constant(x):
    return 3.0


def by_equality(x):
    return ops.where(x == 3, 1.0, x)


def of_a_file(x, file):
    return x * float(Path(file).read_text())


def of_a_hidden_file(x):
    return of_a_file(x, "number.txt")


def late(x):
    return ops.reshape(x, (2, -1))[0]
"""
X = np.array([1.0, 3.0, math.nan, 5.0])


@pytest.fixture(autouse=True)
def _file(in_empty_folder):
    Path("mine.py").write_text(FILE)


def function(name: str, **arguments: Any) -> FeatureFunction:
    return feature_function(f"mine.py:{name}", arguments, key="data.functions.x")


def test_function_gets_columns_in_order():
    result = values(function("bmi"), [np.array([80.0, 60.0]), np.array([200.0, 100.0])])
    assert (result.tolist(), result.dtype) == ([20.0, 60.0], np.float64)


def test_function_gets_its_arguments():
    assert values(function("scaled", by=3), [np.array([1.0, 2.0])]).tolist() == [3.0, 6.0]


def test_missing_value_is_nan():
    result = values(function("scaled", by=2), [X])
    assert np.array_equal(result, 2 * X, equal_nan=True)


def test_answer_of_yes_and_no_is_a_number():
    assert values(function("is_large"), [X]).tolist() == [0.0, 1.0, 0.0, 1.0]


def test_dtypes_may_be_mixed_in_a_model():
    assert values(function("of_two_dtypes"), [X[:2]]).tolist() == [0.0, 3.0]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("of_numpy", "names a function that fails: mine.py:of_numpy. Received: ValueError: "),
        ("branching", "names a function that fails: mine.py:branching. Received: TypeError: "),
        ("late", "names a function that fails: mine.py:late. Received: "),
        ("constant", "does not return one number for each row: mine.py:constant. Received: float"),
        ("total", "does not return one number for each row: mine.py:total. Received: KerasTensor"),
        ("centred", "gives a row another value in a table of one row: mine.py:centred. Received: "),
        ("by_equality", "another value outside of a model: mine.py:by_equality. Received: 3 and 1"),
    ],
)
def test_function_that_no_model_can_hold_is_refused(name, fault):
    text = refusal(values, function(name), [np.array([2.0, 3.0, 7.0])])
    assert fault in text
    assert "\n" not in text


def test_function_of_an_installed_package_counts_by_version():
    own = feature_function("keras.ops:maximum", {}, key="data.functions.x")
    assert (own.code["files"], list(own.code["packages"])) == ({}, ["keras"])
    assert values(own, [np.array([1.0, 5.0]), np.array([2.0, 3.0])]).tolist() == [2.0, 5.0]


def test_failure_names_the_line():
    text = refusal(values, function("of_numpy"), [X])
    line = FILE.splitlines().index("    return np.log(x)") + 1
    assert f"(mine.py, line {line})" in text


def test_edited_code_asks_to_prepare_again():
    before = function("bmi")
    require_current([before], data="people")
    Path("mine.py").write_text(FILE.replace("100", "99"))
    assert refusal(require_current, [before], data="people") == (
        "the code of mine.py:bmi has changed since people was prepared. Received: mine.py. "
        "Prepare the data again with: dvc repro prepare@people."
    )


def test_comment_changes_nothing():
    before = function("bmi")
    Path("mine.py").write_text(f"# A comment.\n{FILE}")
    require_current([before], data="people")


def test_missing_file_is_named():
    before = function("bmi")
    Path("mine.py").unlink()
    text = refusal(require_current, [before], data="people")
    assert text.startswith("conf/data/people.yaml: functions names a file that is missing: mine.py")


def test_file_that_no_argument_names_is_refused():
    Path("number.txt").write_text("2")
    named = function("of_a_file", file="number.txt")
    assert values(named, [np.array([3.0])]).tolist() == [6.0]
    text = refusal(values, function("of_a_hidden_file"), [np.array([3.0])])
    assert "reads a file without naming it: mine.py:of_a_hidden_file. Received: number.txt." in text


def test_file_of_an_argument_belongs_to_the_code():
    Path("table.csv").write_text("1\n")
    before = function("scaled", by="table.csv")
    Path("table.csv").write_text("2\n")
    assert "Received: table.csv." in refusal(require_current, [before], data="people")
    assert before.files == ["mine.py", "table.csv"]
