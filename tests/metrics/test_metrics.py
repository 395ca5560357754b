"""What all metrics promise."""

import pytest

from pipeline import metrics
from pipeline.metrics import METRICS, Metric
from tests.support.refusals import refusal


@pytest.mark.parametrize(
    ("name", "task", "larger_is_better", "unit"),
    [
        ("accuracy", "classification", True, "share of rows"),
        ("log_loss", "classification", False, "nats"),
        ("mae", "regression", False, "{target}"),
        ("mse", "regression", False, "{target}, squared"),
        ("r2", "regression", True, ""),
    ],
)
def test_metric_states_task_direction_and_unit(name, task, larger_is_better, unit):
    metric = metrics.of_task(task)[name]
    assert (metric.larger_is_better, metric.unit) == (larger_is_better, unit)


@pytest.mark.parametrize(
    ("task", "headline"), [("classification", "accuracy"), ("regression", "r2")]
)
def test_each_task_has_one_headline(task, headline):
    named = [name for name, metric in metrics.of_task(task).items() if metric.headline]
    assert named == [metrics.headline(task)] == [headline]


def test_unknown_metric_is_refused_with_a_suggestion():
    assert refusal(METRICS.load, "acuracy", key="training.metrics").startswith(
        "training.metrics is not a metric. Received: acuracy. Did you mean accuracy? Allowed: "
    )


def test_metric_is_defined_in_exactly_one_way():
    for functions in ({}, {"compute": max, "per_row": max}):
        with pytest.raises(TypeError, match="either compute or per_row"):
            Metric(task="regression", larger_is_better=True, **functions)
