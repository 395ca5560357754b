"""Losses: their values, the data that they suit, and the metrics that training watches."""

import numpy as np
import pytest

from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import METRICS
from pipeline.config.training import LOSSES, Reduction, Training
from pipeline.errors import ConfigError
from pipeline.training import losses, watched_metrics
from pipeline.training.fitted_model import evaluation_batch
from tests.support import ROOT
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, regression, table
from tests.support.refusals import refusal

LABELS, RAW = (
    np.array([[0.0], [2.0], [1.0]]),
    np.array([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0], [1.0, 1.0, 1.0]], dtype=np.float32),
)
SURPRISE = -np.log(np.exp(RAW) / np.exp(RAW).sum(axis=1, keepdims=True))
OF_TRUTH = SURPRISE[[0, 1, 2], [0, 2, 1]]


def training(loss: str | None = None, **settings) -> Training:
    return Training(epochs=1, loss=loss, **settings)


def build(loss: str, meta=None, **settings):
    return losses.build(training(loss, **settings), meta or images())


@pytest.mark.parametrize(
    ("meta", "usual"),
    [
        (images(), "sparse_categorical_crossentropy"),
        (table(), "binary_crossentropy"),
        (regression(), "mean_squared_error"),
    ],
)
def test_each_kind_of_target_has_its_usual_loss(meta, usual):
    assert losses.name_of(training(), meta) == usual


@pytest.mark.parametrize(
    ("loss", "meta", "target", "names"),
    [
        (
            "mean_squared_error",
            images(),
            "several classes",
            "categorical_crossentropy or sparse_categorical_crossentropy",
        ),
        (
            "sparse_categorical_crossentropy",
            table(),
            "two classes",
            "binary_crossentropy or perceptron",
        ),
        ("perceptron", regression(), "a number", "mean_absolute_error or mean_squared_error"),
    ],
)
def test_loss_for_other_data_is_refused(loss, meta, target, names):
    assert refusal(losses.build, training(loss), meta, error=ConfigError) == (
        f"training.loss does not suit {target}. Received: {loss}. Choose {names}."
    )


def test_metric_of_each_loss_can_be_watched():
    metrics = {module.LOSS.metric for module in LOSSES.all().values()} - {None}
    assert metrics == {"log_loss", "mae", "mse"}
    assert all(METRICS.load(name, key="").METRIC.watched for name in metrics)


def test_one_hot_labels_give_the_same_loss():
    one_hot, numbers = build("categorical_crossentropy"), build("sparse_categorical_crossentropy")
    assert float(one_hot(LABELS, RAW)) == pytest.approx(float(numbers(LABELS, RAW)), rel=1e-6)


def test_label_smoothing_spreads_over_all_classes():
    smoothed = build("categorical_crossentropy", label_smoothing=0.3)
    truth = 0.7 * np.eye(3)[[0, 2, 1]] + 0.1
    assert float(smoothed(LABELS, RAW)) == pytest.approx(
        (truth * SURPRISE).sum(axis=1).mean(), rel=1e-6
    )


def test_label_smoothing_needs_a_loss_that_supports_it():
    assert refusal(training, "binary_crossentropy", label_smoothing=0.1, error=ConfigError) == (
        "training.label_smoothing is invalid. Received: 0.1. "
        "Expected: 0, or a training.loss such as categorical_crossentropy."
    )


def test_summed_loss_is_the_sum_over_rows():
    summed = build("sparse_categorical_crossentropy", loss_reduction=Reduction.sum)
    assert float(summed(LABELS, RAW)) == pytest.approx(OF_TRUTH.sum(), rel=1e-6)


def test_perceptron_criterion_counts_mistakes_only():
    truth, raw = np.array([[1.0], [0.0], [1.0], [0.0]]), np.array([[2.0], [-2.0], [-3.0], [0.5]])
    values = [float(build("perceptron", table())(truth[[i]], raw[[i]])) for i in range(4)]
    assert values == [0.0, 0.0, 3.0, 0.5]


@pytest.mark.parametrize(("reduction", "rows"), [(Reduction.mean, 1024), (Reduction.sum, 30)])
def test_summed_loss_is_evaluated_in_training_batches(reduction, rows):
    loss = build("mean_squared_error", regression(), loss_reduction=reduction)
    assert evaluation_batch(loss, 30) == rows


def watched(settings: Training, meta) -> list[str]:
    return [metric.name for metric in watched_metrics.build(settings, meta)]


@pytest.mark.parametrize(
    ("loss", "meta", "metrics", "with_plain_loss"),
    [
        ("sparse_categorical_crossentropy", images(), ["accuracy"], ["accuracy", "log_loss"]),
        ("categorical_crossentropy", images(), ["accuracy"], ["accuracy", "log_loss"]),
        ("binary_crossentropy", table(), ["accuracy"], ["accuracy", "log_loss"]),
        ("perceptron", table(), ["accuracy"], ["accuracy"]),
        ("mean_squared_error", regression(), ["mae"], ["mae", "mse"]),
        ("mean_absolute_error", regression(), ["mse"], ["mse", "mae"]),
    ],
)
def test_usual_metrics_do_not_repeat_the_loss(loss, meta, metrics, with_plain_loss):
    assert watched(training(loss), meta) == metrics
    assert watched(training(loss, loss_reduction=Reduction.sum), meta) == with_plain_loss


def test_listed_metrics_are_watched_in_order():
    assert watched(training(metrics=["log_loss", "accuracy"]), images()) == ["log_loss", "accuracy"]
    assert watched(training(metrics=[]), images()) == []


def test_plain_loss_is_watched_once():
    settings = training(metrics=["log_loss"], loss_reduction=Reduction.sum)
    assert watched(settings, images()) == ["log_loss"]


def test_log_loss_is_a_mean_over_rows():
    (log_loss,) = watched_metrics.build(training(metrics=["log_loss"]), images())
    log_loss.update_state(LABELS, RAW)
    assert float(log_loss.result()) == pytest.approx(OF_TRUTH.mean(), rel=1e-6)


def compose(*overrides: str) -> ExperimentConfig:
    return compose_experiment(overrides, conf=ROOT / "conf")


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ("acuracy", "is not a metric. Received: acuracy. Did you mean accuracy? Allowed: "),
        (
            "r2",
            "names a metric that training cannot watch. Received: r2. "
            "Remove it. `evaluate` computes it after training.",
        ),
        (
            "mae",
            "names a metric that does not suit classification. Received: mae. "
            "Choose metrics for classification.",
        ),
    ],
)
def test_metric_that_cannot_be_watched_is_refused(metrics, message):
    text = refusal(compose, "data=digits", f"training.metrics=[{metrics}]")
    assert text.startswith(f"command line: training.metrics {message}")
