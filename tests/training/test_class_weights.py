"""Weights of classes, from settings to values."""

import json

import numpy as np
import pytest

from pipeline.config import resolved
from pipeline.config.training import Training
from pipeline.errors import ConfigError
from pipeline.training.class_weights import class_weights
from tests.support.metas import images, regression, table
from tests.support.refusals import refusal
from tests.support.toy import config_of, copy_conf

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


IN_QUOTES = (
    'Expected: names of classes in quotes. In a file: {"yes": 2}. '
    "On the command line: 'training.class_weight=\"{yes: 2}\"'."
)


def test_class_name_yes_must_be_quoted():
    assert refusal(training, {False: 1.0}, error=ConfigError) == (
        f"training.class_weight is invalid. Received: False: 1.0. {IN_QUOTES}"
    )


def test_dotted_override_cannot_name_a_dotted_class(repository):
    text = refusal(config_of, repository, "data=shapes", "+training.class_weight.a.b=2")
    assert text == (
        f"command line: training.class_weight is invalid. Received: a: {{'b': 2}}. {IN_QUOTES}"
    )


def test_class_name_null_must_be_quoted(repository):
    text = refusal(config_of, repository, "data=shapes", "training.class_weight={null:2}")
    assert text == (
        "command line: a name in training.class_weight is null. "
        "Received: training.class_weight={null:2}. "
        'Write names in quotes. In a file: {"null": 2}. '
        "On the command line: 'training.class_weight=\"{null: 2}\"'."
    )


def test_class_name_null_needs_quotes_in_a_file(tmp_path):
    conf = copy_conf(tmp_path)
    (conf / "experiment/own.yaml").write_text(
        "# @package _global_\ndefaults: [{override /data: shapes}]\n"
        "training: {class_weight: {null: 2}}\n"
    )
    text = refusal(config_of, tmp_path, "experiment=own")
    assert text.startswith(f"{conf}: a name in training.class_weight is null. Write names ")


NAMES = [
    "1", "1.0", "01", "1e3", "-1", "+1", "1_000", "nan", "yes", "no", "true", "null", "~", "a.b",
    "a b", " a", "a:b", "a: b", "a=b", "a,b", "a{b}", "[x]", "a(b)", ">50K", "<=50K", "ö", "it's",
    '"q"', "", "?", "2020-01-01", "12:30", "a/b", "a\\b", "$a", "#a", "*a", "!a", "<<", "balanced",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_text_gives_a_weight_to_any_class(name):
    text = json.dumps({name: 3, "other": 0.5}, ensure_ascii=False)
    weights = class_weights(training(text), table(classes=[name, "other"]), np.array([0, 1]))
    assert weights.tolist() == [3, 0.5]


def test_override_gives_a_weight_to_any_class(repository):
    weights = {name: float(number) for number, name in enumerate(NAMES)}
    text = json.dumps(weights, ensure_ascii=False).replace("'", "\\'")
    config = config_of(repository, "data=shapes", f"training.class_weight='{text}'")
    assert config.training.class_weight == weights


def test_override_needs_no_quotes_inside_for_usual_names(repository):
    names = ["1", "1.0", "01", "yes", "null", "a.b", "a b", "x=y"]
    text = ", ".join(f"{name}: 3" for name in names)
    config = config_of(repository, "data=shapes", f'training.class_weight="{{{text}}}"')
    assert config.training.class_weight == dict.fromkeys(names, 3.0)


def test_numbers_may_name_classes():
    assert training({1: 3, 1.5: 2}).class_weight == {"1": 3.0, "1.5": 2.0}


def test_class_named_twice_is_refused():
    assert refusal(training, {1: 3, "1": 2}, error=ConfigError) == (
        "training.class_weight is invalid. Received: {1: 3, '1': 2}. Expected: each class once."
    )


def test_class_name_like_a_number_needs_quotes():
    text = refusal(
        class_weights, training({1: 3}), table(classes=["01", "2"]), Y, error=ConfigError
    )
    assert text == (
        "training.class_weight.1 is not a class of the data. Received: 1. "
        'Write "01" in quotes, because YAML reads it as 1.'
    )


def test_text_that_is_not_yaml_is_refused():
    assert refusal(training, "{>50K: 3}", error=ConfigError) == (
        "training.class_weight is not YAML. Received: {>50K: 3}. "
        "Write names with characters such as > , : in quotes: "
        '"training.class_weight=\'{\\">50K\\": 2}\'".'
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
