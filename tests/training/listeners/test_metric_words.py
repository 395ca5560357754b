"""The metrics of a point in words."""

import pytest

from pipeline.training.listeners.metric_words import in_words


def test_metrics_have_four_decimals():
    assert in_words({"train/loss": 1 / 3}) == "train loss 0.3333"


def test_validation_comes_first_and_names_its_split_once():
    metrics = {"train/loss": 0.3, "validation/loss": 0.5, "validation/recall/7": 0.75}
    assert in_words(metrics) == "validation loss 0.5000 recall 7 0.7500  train loss 0.3000"


def test_train_loss_hides_the_running_loss():
    assert in_words({"running/loss": 0.7, "train/loss": 0.5}) == "train loss 0.5000"
    assert in_words({"running/loss": 0.7, "validation/loss": 0.5}) == (
        "validation loss 0.5000  running loss 0.7000"
    )


def test_metric_that_equals_the_loss_is_left_out():
    metrics = {"validation/loss": 0.5, "validation/log_loss": 0.500001, "validation/mae": 0.6}
    assert in_words(metrics) == "validation loss 0.5000 mae 0.6000"


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (16, ""),
        (21, "train loss 0.3000"),
        (37, "validation loss 0.5000"),
        (38, "validation loss 0.5000 accuracy 0.9000"),
        (57, "validation loss 0.5000 accuracy 0.9000  train loss 0.3000"),
    ],
)
def test_metric_that_does_not_fit_is_left_out(width, words):
    metrics = {"train/loss": 0.3, "validation/loss": 0.5, "validation/accuracy": 0.9}
    assert in_words(metrics, width=width) == words
