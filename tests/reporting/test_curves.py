"""The curves as data for the script of the page."""

import json
from dataclasses import replace

import pytest

from pipeline.reporting.curves import curves
from pipeline.runs.history import Point
from tests.support.results import planned, points, rows_of, write_plan, write_result


def row_of(tmp_path, history, saved):
    write_result(tmp_path, "shapes")
    write_plan(tmp_path, shapes=planned())
    (row,) = rows_of(tmp_path, "shapes")
    return replace(row, result=replace(row.result, history=history, saved=saved))


def test_train_and_validation_have_the_same_moments(tmp_path):
    history = points(((0.9, 0.8), (0.7, 0.6)))
    assert curves([row_of(tmp_path, history, history[1])]) == [
        {
            "source": "shapes",
            "metrics": ["loss"],
            "runs": [
                {
                    "name": "shapes",
                    "axis": "epoch",
                    "saved": 1,
                    "step": [3, 6],
                    "epoch": [1.0, 2.0],
                    "validation": {"loss": [0.8, 0.6]},
                    "train": {"loss": [0.9, 0.7]},
                }
            ],
        }
    ]


def test_experiment_in_steps_has_an_axis_of_steps(tmp_path):
    history = [replace(point, epoch=point.epoch / 7) for point in points(((1.0, 1.0),) * 3)]
    assert curves([row_of(tmp_path, history, history[0])])[0]["runs"][0]["axis"] == "step"


def test_headline_is_the_first_metric_and_classes_are_left_out(tmp_path):
    values = {"validation/loss": 1.0, "validation/accuracy": 0.5, "validation/recall/a": 0.5}
    history = [replace(point, metrics=values) for point in points(((1.0, 1.0),) * 2)]
    (group,) = curves([row_of(tmp_path, history, history[0])])
    assert group["metrics"] == ["accuracy", "loss"]


def test_long_curve_keeps_its_last_and_its_saved_point(tmp_path):
    history = points(tuple((1 / n, 1 / n) for n in range(1, 1001)))
    run = curves([row_of(tmp_path, history, history[998])])[0]["runs"][0]
    assert len(run["step"]) < 160
    assert (run["epoch"][run["saved"]], run["epoch"][-1]) == (999, 1000)
    assert run["validation"]["loss"][run["saved"]] == 0.001001


@pytest.mark.parametrize(("count", "shown"), [(150, 150), (151, 76), (301, 101)])
def test_curve_has_at_most_150_even_points(tmp_path, count, shown):
    history = points(((1.0, 1.0),) * count)
    run = curves([row_of(tmp_path, history, history[0])])[0]["runs"][0]
    assert len(run["step"]) == shown
    assert (run["epoch"][0], run["epoch"][-1]) == (1, count)


def test_value_that_is_not_finite_is_null(tmp_path):
    first, last = points(((0.9, 0.8), (0.7, 0.6)))
    last = replace(last, metrics={"validation/loss": float("nan")})
    (group,) = curves([row_of(tmp_path, [first, last], first)])
    assert json.loads(json.dumps(group, allow_nan=False))["runs"][0]["validation"] == {
        "loss": [0.8, None]
    }


def test_single_point_is_no_curve(tmp_path):
    history: list[Point] = points(((0.9, 0.8),))
    assert curves([row_of(tmp_path, history, history[0])]) == []
