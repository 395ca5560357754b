"""Losses: their values, and the data that they suit."""

import numpy as np
import pytest

from pipeline.config.metrics import METRICS
from pipeline.config.training import LOSSES, Reduction, Training
from pipeline.errors import ConfigError
from pipeline.training import losses
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


def test_metric_of_each_loss_exists():
    metrics = {module.LOSS.metric for module in LOSSES.all().values()} - {None}
    assert metrics == {"log_loss", "mae", "mse"}
    assert metrics <= set(METRICS.names())


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


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_loss_by_row_is_neither_summed_nor_smoothed(loss):
    smoothing = 0.3 if loss == "categorical_crossentropy" else 0.0
    settings = training(loss, loss_reduction=Reduction.sum, label_smoothing=smoothing)
    assert np.array(losses.by_row(settings, images())(LABELS, RAW)) == pytest.approx(
        OF_TRUTH, rel=1e-6
    )
