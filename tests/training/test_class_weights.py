"""Weights of classes, from settings to values."""

import numpy as np
import pytest

from pipeline.config import resolved
from pipeline.config.training import Training
from pipeline.errors import ConfigError
from pipeline.training.class_weights import class_weights
from tests.support.metas import images, regression, table
from tests.support.refusals import refusal
from tests.support.toy import config_of

Y = np.array([0, 1, 1, 1], dtype=np.int32)


def training(class_weight) -> Training:
    return Training(epochs=1, class_weight=class_weight)


def test_without_the_setting_there_are_no_weights():
    assert class_weights(training(None), table(), Y) is None


def test_balanced_gives_classes_equal_total_weight():
    weights = class_weights(training("balanced"), table(), Y)
    # A class weighs rows / (classes · rows of the class).
    assert weights.tolist() == pytest.approx([2, 2 / 3])
    assert weights.dtype == np.float32


def test_balanced_ignores_classes_that_do_not_occur():
    weights = class_weights(training("balanced"), images(), Y)
    assert weights.tolist() == pytest.approx([2, 2 / 3, 1])


def test_classes_without_a_weight_weigh_1():
    assert class_weights(training({"b": 3}), images(), Y).tolist() == [1, 3, 1]


def test_class_name_may_look_like_a_number():
    assert class_weights(training({1: 3}), table(classes=["0", "1"]), Y).tolist() == [1, 3]


def test_unknown_class_is_refused_with_a_suggestion():
    text = refusal(class_weights, training({"ye": 3.0}), table(), Y, error=ConfigError)
    assert text == (
        "training.class_weight.ye is not a class of the data. Received: ye. "
        "Did you mean yes? Allowed: no, yes."
    )


def test_regression_has_no_class_weights():
    text = refusal(class_weights, training("balanced"), regression(), Y, error=ConfigError)
    assert text == (
        "training.class_weight does not suit a regression. Received: balanced. Remove the setting."
    )


FORMS = "Expected: balanced, {class name: weight, …} or null."
REFUSED = {
    "balance": f"Received: balance. {FORMS}",
    "{}": f"Received: {{}}. {FORMS}",
    "{top: -1}": "Received: top: -1. Expected: weights of 0 or more.",
    "{top: many}": "Received: top: many. Expected: weights of 0 or more.",
}


@pytest.mark.parametrize(("value", "message"), REFUSED.items())
def test_invalid_class_weight_is_refused(repository, value, message):
    text = refusal(config_of, repository, "data=shapes", f"training.class_weight={value}")
    assert text == f"command line: training.class_weight is invalid. {message}"


def test_class_name_yes_must_be_quoted():
    assert refusal(training, {False: 1.0}, error=ConfigError) == (
        "training.class_weight is invalid. Received: False. "
        "Expected: names of classes, with yes, no, on and off in quotes."
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
def test_class_weights_are_saved_as_plain_values(repository, value, weights):
    config = config_of(repository, "data=shapes", f"training.class_weight={value}")
    assert config.training.class_weight == weights
    assert resolved.run_settings(config)["training"]["class_weight"] == weights
