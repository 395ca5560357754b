"""Weights of classes and options of optimizers, from settings to values."""

import re

import keras
import numpy as np
import pytest

from pipeline.config import resolved
from pipeline.config.optimizer import Adam, Schedule, Sgd
from pipeline.config.training import Loss, Reduction, Training
from pipeline.errors import ConfigError, PipelineError
from pipeline.training.fitted_model import evaluation_batch
from pipeline.training.objectives import build_loss, build_metrics, build_optimizer, class_weights
from tests.support.metas import images, regression, table
from tests.support.toy import config_of, copy_conf

Y = np.array([0, 1, 1, 1], dtype=np.int32)


def training(class_weight) -> Training:
    return Training(epochs=1, class_weight=class_weight)


def test_without_the_setting_there_are_no_weights():
    assert class_weights(training(None), table(), Y) is None


def test_balanced_gives_the_classes_equal_weight_in_all():
    weights = class_weights(training("balanced"), table(), Y)
    assert weights.tolist() == pytest.approx(
        [2, 2 / 3, 2 / 3, 2 / 3]
    )  # rows / (classes * its rows)
    assert weights.dtype == np.float32


def test_balanced_counts_only_the_classes_that_occur():
    assert class_weights(training("balanced"), images(), Y).tolist() == pytest.approx(
        [2, 2 / 3, 2 / 3, 2 / 3]
    )


def test_classes_are_weighed_by_name_and_by_1_where_not_named():
    assert class_weights(training({"b": 3}), images(), np.array([2, 1, 0])).tolist() == [1, 3, 1]


def test_a_name_may_look_like_a_number():
    assert class_weights(training({1: 3}), table(classes=["0", "1"]), Y).tolist() == [1, 3, 3, 3]


def refusal(error: type[Exception], make) -> str:
    with pytest.raises(error) as caught:
        make()
    return str(caught.value)


def test_an_unknown_class_is_refused_with_a_suggestion():
    assert refusal(ConfigError, lambda: class_weights(training({"ye": 3.0}), table(), Y)) == (
        "training.class_weight.ye is no class. Received: ye. Did you mean yes? Allowed: no, yes."
    )


def test_a_regression_has_no_classes_to_weigh():
    assert refusal(ConfigError, lambda: class_weights(training("balanced"), regression(), Y)) == (
        "training.class_weight does not suit a regression. Received: balanced. Expected: null."
    )


REFUSED = {
    "balance": "training.class_weight is not possible. Received: balance. Expected: balanced, {class name: weight, …} or null.",
    "{}": "training.class_weight is not possible. Received: {}. Expected: balanced, {class name: weight, …} or null.",
    "{top: -1}": "training.class_weight is not possible. Received: top: -1. Expected: weights of 0 or more.",
    "{top: many}": "training.class_weight is not possible. Received: top: many. Expected: weights of 0 or more.",
}


@pytest.mark.parametrize(("value", "line"), REFUSED.items())
def test_a_class_weight_that_cannot_be_is_refused(tmp_path, value, line):
    conf = copy_conf(tmp_path)
    assert (
        refusal(
            PipelineError,
            lambda: config_of(conf.parent, "data=shapes", f"training.class_weight={value}"),
        )
        == f"command line: {line}"
    )


def test_a_name_that_yaml_takes_for_a_truth_value_is_to_be_quoted():
    assert refusal(ConfigError, lambda: training({False: 1.0})) == (
        "training.class_weight is not possible. Received: False. "
        "Expected: names of classes; put yes, no, on and off into quotes."
    )


@pytest.mark.parametrize(
    ("value", "weights"),
    [
        ("null", None),
        ("balanced", "balanced"),
        ("{top:2,bottom:0.5}", {"top": 2.0, "bottom": 0.5}),
        ("{0:2}", {"0": 2.0}),
    ],
)
def test_class_weights_compose_and_are_written_as_plain_values(tmp_path, value, weights):
    conf = copy_conf(tmp_path)
    config = config_of(conf.parent, "data=shapes", f"training.class_weight={value}")
    assert config.training.class_weight == weights
    assert resolved.to_values(config)["training"]["class_weight"] == weights


def test_an_optimizer_gets_weight_decay_and_averages():
    optimizer = build_optimizer(
        Adam(learning_rate=0.1, weight_decay=0.01, ema_momentum=0.9), steps=1
    )
    assert (optimizer.weight_decay, optimizer.use_ema, optimizer.ema_momentum) == (0.01, True, 0.9)


def test_an_optimizer_has_neither_by_itself():
    optimizer = build_optimizer(Sgd(learning_rate=0.1), steps=1)
    assert (optimizer.weight_decay, optimizer.use_ema) == (None, False)
    assert isinstance(optimizer, keras.optimizers.SGD)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"weight_decay": -1.0},
            "optimizer.weight_decay is not possible. Received: -1.0. Expected: 0 or more, or null.",
        ),
        (
            {"ema_momentum": 1.0},
            "optimizer.ema_momentum is not possible. Received: 1.0. Expected: a number from 0",
        ),
    ],
)
def test_options_that_cannot_be_are_refused(options, line):
    with pytest.raises(ConfigError, match=re.escape(line)):
        Sgd(learning_rate=0.1, **options)


LABELS, RAW = (
    np.array([[0.0], [2.0], [1.0]]),
    np.array([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0], [1.0, 1.0, 1.0]], dtype=np.float32),
)
SURPRISE = -np.log(np.exp(RAW) / np.exp(RAW).sum(axis=1, keepdims=True))


def test_one_hot_labels_give_the_loss_of_class_numbers():
    one_hot, numbers = (
        build_loss(loss)
        for loss in (Loss.categorical_crossentropy, Loss.sparse_categorical_crossentropy)
    )
    assert float(one_hot(LABELS, RAW)) == pytest.approx(float(numbers(LABELS, RAW)), rel=1e-6)


def test_label_smoothing_spreads_its_share_over_all_classes():
    smoothed = build_loss(Loss.categorical_crossentropy, label_smoothing=0.3)
    truth = 0.7 * np.eye(3)[[0, 2, 1]] + 0.1
    assert float(smoothed(LABELS, RAW)) == pytest.approx(
        (truth * SURPRISE).sum(axis=1).mean(), rel=1e-6
    )


def test_a_summed_loss_is_that_of_all_rows_together():
    summed = build_loss(Loss.sparse_categorical_crossentropy, reduction=Reduction.sum)
    assert float(summed(LABELS, RAW)) == pytest.approx(
        SURPRISE[[0, 1, 2], [0, 2, 1]].sum(), rel=1e-6
    )


@pytest.mark.parametrize(
    ("loss", "meta", "watched"),
    [
        (Loss.sparse_categorical_crossentropy, images(), ["accuracy", "log_loss"]),
        (Loss.categorical_crossentropy, images(), ["accuracy", "log_loss"]),
        (Loss.binary_crossentropy, table(), ["accuracy", "log_loss"]),
        (Loss.perceptron, table(), ["accuracy"]),
        (Loss.mean_squared_error, regression(), ["mae", "mse"]),
        (Loss.mean_absolute_error, regression(), ["mse", "mae"]),
    ],
)
def test_beside_a_loss_that_is_no_mean_its_mean_is_watched(loss, meta, watched):
    assert [metric.name for metric in build_metrics(meta, loss, loss_is_plain=False)] == watched


def test_the_log_loss_is_a_mean_over_rows():
    _, log_loss = build_metrics(images(), Loss.categorical_crossentropy, loss_is_plain=False)
    log_loss.update_state(LABELS, RAW)
    assert float(log_loss.result()) == pytest.approx(
        SURPRISE[[0, 1, 2], [0, 2, 1]].mean(), rel=1e-6
    )


def rates(at: list[int], **given) -> list[float]:
    schedule = build_optimizer(
        Sgd(learning_rate=0.4, schedule=Schedule.cosine, **given), steps=100
    )._learning_rate
    return [float(schedule(step)) for step in at]


def test_the_rate_falls_along_half_a_cosine():
    assert rates([0, 25, 50, 100]) == pytest.approx([0.4, 0.2 * (1 + 0.5**0.5), 0.2, 0], abs=1e-6)


def test_the_rate_falls_to_a_share_of_itself():
    assert rates([100], final_share=0.1) == pytest.approx([0.04])


def test_the_rate_rises_in_a_straight_line_first():
    assert rates([0, 10, 20, 60, 100], warmup_steps=20) == pytest.approx(
        [0, 0.2, 0.4, 0.2, 0], abs=1e-6
    )


def test_a_warm_up_ends_before_training_does():
    assert refusal(ConfigError, lambda: rates([0], warmup_steps=100)) == (
        "optimizer.warmup_steps is no less than the steps of the training. Received: 100. Expected: fewer than 100."
    )


@pytest.mark.parametrize(("reduction", "rows"), [(Reduction.mean, 1024), (Reduction.sum, 30)])
def test_a_summed_loss_is_evaluated_over_as_many_rows_as_are_trained(reduction, rows):
    assert evaluation_batch(build_loss(Loss.mean_squared_error, reduction=reduction), 30) == rows
