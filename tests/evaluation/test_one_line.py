"""The test result of one model in one line."""

from typing import Any

from pipeline.evaluation.one_line import in_one_line


def metrics(**test: Any) -> dict[str, Any]:
    return {"headline": "accuracy", "beside": [], "test": test}


def baseline(title: str, place: int, value: float) -> dict[str, Any]:
    return {"title": title, "place": place, "test": {"accuracy": {"value": value}}}


ACCURACY = {"value": 0.852, "low": 0.821, "high": 0.878}


def test_result_has_its_interval():
    assert in_one_line(metrics(accuracy=ACCURACY)) == "test accuracy 0.8520 [0.8210, 0.8780]"


def test_simplest_and_telling_baseline_are_named():
    baselines = {
        "boosting": baseline("gradient boosting", 3, 0.84),
        "linear": baseline("a linear model", 2, 0.8),
        "commonest_class": baseline("always the commonest class", 0, 0.701),
    }
    more = {"baselines": baselines, "telling_baseline": {"accuracy": "boosting"}}
    assert in_one_line(metrics(accuracy=ACCURACY) | more) == (
        "test accuracy 0.8520 [0.8210, 0.8780], commonest class 0.7010, gradient boosting 0.8400"
    )


def test_baseline_that_is_both_is_named_once():
    more = {
        "baselines": {"mean": baseline("always the mean", 0, 0.5)},
        "telling_baseline": {"accuracy": "mean"},
    }
    assert in_one_line(metrics(accuracy=ACCURACY) | more).endswith(", mean 0.5000")


def test_metric_beside_the_headline_is_shown():
    test = metrics(accuracy=ACCURACY, balanced_accuracy={"value": 0.5})
    text = in_one_line(test | {"beside": ["balanced_accuracy"]})
    assert text == "test accuracy 0.8520 [0.8210, 0.8780], balanced_accuracy 0.5000"


def test_metric_without_a_value_has_its_reason():
    test = metrics(accuracy={"value": None, "reason": "no rows"})
    assert in_one_line(test) == "test accuracy not defined: no rows"
