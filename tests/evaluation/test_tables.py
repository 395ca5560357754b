"""Tables of scores, against values by hand."""

import json

import pytest

from pipeline.evaluation import tables
from tests.metrics.toy import CLASSES, classified, numbers, of_probabilities

SCORES = classified([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0], sure=0.8)


def test_confusion_counts_true_by_predicted():
    assert tables.confusion(SCORES).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]


def test_rows_are_counted_by_class():
    assert tables.rows_by_class(SCORES) == {"cat": 2, "bird": 1, "dog/wolf é": 3}


def test_bins_have_confidence_and_accuracy():
    scores = of_probabilities([0, 1, 0], [[0.6, 0.4], [0.58, 0.42], [0.9, 0.1]])
    low, high = tables.reliability(scores)
    assert low == {
        "from": pytest.approx(8 / 15),
        "to": pytest.approx(9 / 15),
        "rows": 2,
        "confidence": pytest.approx(0.59),
        "accuracy": 0.5,
    }
    assert (high["rows"], high["accuracy"]) == (1, 1.0)


def test_residuals_are_grouped_by_prediction():
    scores = numbers([float(row) for row in range(20)], [row + 1.0 for row in range(20)])
    groups = tables.residuals(scores)
    assert [group["rows"] for group in groups] == [5, 5, 5, 5]
    assert (groups[0]["from"], groups[0]["to"]) == (1.0, 5.0)
    assert {group["mean"] for group in groups} == {1.0}
    assert groups[0]["quantiles"] == dict.fromkeys(("0.05", "0.25", "0.5", "0.75", "0.95"), 1.0)


@pytest.mark.parametrize(("rows", "groups"), [(1, 1), (9, 1), (10, 2), (49, 9), (200, 10)])
def test_groups_have_at_least_five_rows(rows, groups):
    assert len(tables.residuals(numbers([0.0] * rows, [1.0] * rows))) == groups


def test_tables_are_strict_json():
    one = tables.tables(SCORES, gives_probabilities=True)
    assert list(one) == ["rows_by_class", "confusion", "reliability"]
    assert one["confusion"]["classes"] == list(CLASSES)
    assert json.loads(json.dumps(one, allow_nan=False)) == one
    assert list(tables.tables(numbers([1.0], [2.0]), gives_probabilities=True)) == ["residuals"]


def test_model_without_probabilities_has_no_reliability():
    assert "reliability" not in tables.tables(SCORES, gives_probabilities=False)


@pytest.mark.parametrize(("classes", "shown"), [(64, True), (65, False)])
def test_matrix_of_many_classes_is_left_out(classes, shown):
    names = [str(number) for number in range(classes)]
    scores = of_probabilities([0], [[1 / classes] * classes], names)
    assert ("confusion" in tables.tables(scores, gives_probabilities=True)) is shown
