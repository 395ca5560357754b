"""What all metrics promise."""

import keras
import numpy as np
import pytest

from pipeline import metrics
from pipeline.metrics import METRICS, Metric
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, regression, table
from tests.support.refusals import refusal

WATCHED = [name for name, module in METRICS.all().items() if module.METRIC.watched]


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


@pytest.mark.parametrize("name", WATCHED)
@pytest.mark.parametrize("outputs", [1, 3])
def test_watched_metric_equals_the_computed_one(name, outputs):
    metric = METRICS.load(name, key="").METRIC
    random = np.random.default_rng(0)
    raw = random.normal(size=(50, outputs)).astype(np.float32)
    if metric.task == "regression":
        meta, truth, prediction = regression(), random.normal(size=50), raw[:, 0]
    else:
        meta = images() if outputs > 1 else table()
        truth = random.integers(len(meta.classes), size=50)
        activate = keras.ops.softmax if outputs > 1 else keras.ops.sigmoid
        prediction = keras.ops.convert_to_numpy(activate(raw))
    watched = metric.watched(meta)
    watched.update_state(truth.reshape(-1, 1), raw if meta.outputs > 1 else raw[:, :1])
    assert watched.name == name
    assert float(watched.result()) == pytest.approx(metric.value(truth, prediction), rel=1e-4)
