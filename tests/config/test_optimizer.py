"""Settings of optimizers: they are Keras's signatures, read without importing Keras."""

import inspect
from dataclasses import fields
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.config import optimizer, signatures
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.optimizer import Optimizer, settings_of
from pipeline.errors import ConfigError
from tests.support import ROOT, refusals
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.modules import loaded_by

CONF = ROOT / "conf"
OURS = {"family", "schedule", "warmup_steps", "final_share", "decay_biases", "ema_momentum"} | {
    "schedule_arguments"
}


def keras_classes() -> dict[str, type]:
    """The optimizers of `keras.optimizers` that have a default learning rate."""
    classes = {
        name.lower(): value
        for name, value in vars(keras.optimizers).items()
        if inspect.isclass(value) and issubclass(value, keras.optimizers.Optimizer)
    }
    return {name: value for name, value in classes.items() if _has_default_rate(value)}


def _has_default_rate(optimizer_class: type) -> bool:
    rate = inspect.signature(optimizer_class).parameters.get("learning_rate")
    return rate is not None and rate.default is not inspect.Parameter.empty


def defaults_of(optimizer_class: type) -> dict:
    parameters = inspect.signature(optimizer_class).parameters.values()
    return {
        parameter.name: parameter.default
        for parameter in parameters
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }


def test_signatures_are_those_of_the_classes():
    assert {
        family: (signature.class_name, signature.defaults)
        for family, signature in signatures.keras_optimizers().items()
    } == {family: (value.__name__, defaults_of(value)) for family, value in keras_classes().items()}


def test_only_schedule_free_adamw_is_missing():
    assert keras_classes().keys() - optimizer.families().keys() == {"schedulefreeadamw"}


def test_each_optimizer_has_its_file():
    files = {path.stem for path in (CONF / "optimizer").glob("*.yaml")}
    assert files == {*optimizer.families(), "python"}


@pytest.mark.parametrize("family", sorted(optimizer.families()))
def test_settings_are_the_arguments_of_the_class(family):
    settings = settings_of(family)()
    expected = defaults_of(keras_classes()[family])
    assert {
        field.name: getattr(settings, field.name)
        for field in fields(settings)
        if field.name not in OURS
    } == {
        name: value
        for name, value in expected.items()
        if name not in ("name", "use_ema", "ema_momentum")
    }


def test_file_without_an_argument_still_accepts_it():
    overrides = ["data=digits", "optimizer=adamw", "optimizer.beta_1=0.8"]
    config = compose_experiment(overrides, conf=CONF).optimizer
    assert (config.family, config.beta_1, config.weight_decay) == ("adamw", 0.8, 0.004)


def test_whole_number_may_stand_for_any_number():
    overrides = ["data=digits", "optimizer=muon", "optimizer.adam_lr_ratio=0.5"]
    assert compose_experiment(overrides, conf=CONF).optimizer.adam_lr_ratio == 0.5


def test_composing_an_optimizer_does_not_import_keras():
    code = (
        "from pipeline.config.experiment_composition import compose_experiment;"
        "compose_experiment(['data=digits', 'optimizer=lion', 'optimizer.beta_2=0.9'])"
    )
    assert not {"keras", "tensorflow"} & loaded_by(code)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "optimizer.beta1=0.8",
            "command line: optimizer.beta1 is not a setting. Received: optimizer.beta1=0.8. "
            "Did you mean beta_1? Allowed: ",
        ),
        (
            "optimizer.use_ema=true",
            "command line: optimizer.use_ema is not a setting. Received: optimizer.use_ema=true. ",
        ),
        (
            "optimizer.beta_1=high",
            "command line: optimizer.beta_1 is invalid. "
            "Received: optimizer.beta_1=high. Value 'high' of type 'str' ",
        ),
        (
            "optimizer.clipvalue=-1",
            "command line: optimizer.clipvalue is invalid. Received: -1.0. "
            "Expected: a number above 0.",
        ),
    ],
)
def test_wrong_argument_is_refused_at_composition(override, message):
    text = refusals.refusal(
        compose_experiment, ["data=digits", "optimizer=adamw", override], conf=CONF
    )
    assert text.startswith(message)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"weight_decay": -1.0},
            "optimizer.weight_decay is invalid. Received: -1.0. Expected: 0 or more, or null.",
        ),
        (
            {"ema_momentum": 1.0},
            "optimizer.ema_momentum is invalid. Received: 1.0. "
            "Expected: a number from 0 to below 1.",
        ),
        (
            {"clipnorm": 1.0, "clipvalue": 2.0},
            "optimizer.clipnorm is invalid. Received: {'clipnorm': 1.0, 'clipvalue': 2.0}. "
            "Expected: one of clipnorm, clipvalue, global_clipnorm.",
        ),
    ],
)
def test_invalid_value_is_refused(options, line):
    assert refusals.refusal(settings_of("sgd"), error=ConfigError, **options) == line


INVALID = {
    ("adam", "beta_2", 1.0): "a number from 0 to below 1",
    ("adam", "epsilon", 0.0): "a number above 0",
    ("adam", "loss_scale_factor", -3.0): "a number above 0",
    ("adam", "ema_overwrite_frequency", 0): "a whole number from 1, or null",
    ("adam", "gradient_accumulation_steps", 1): "a whole number from 2, or null",
    ("adafactor", "epsilon_2", -1.0): "a number above 0",
    ("adafactor", "clip_threshold", 0.0): "a number above 0",
    ("adafactor", "beta_2_decay", 0.5): "0 or less",
    ("adagrad", "initial_accumulator_value", -0.1): "0 or more",
    ("ftrl", "learning_rate_power", 0.5): "0 or less",
    ("ftrl", "l1_regularization_strength", -1.0): "0 or more",
    ("ftrl", "beta", -1.0): "0 or more",
    ("muon", "adam_beta_1", -0.1): "a number from 0 to below 1",
    ("muon", "adam_weight_decay", -1.0): "0 or more, or null",
    ("muon", "ns_steps", 10**9): "a whole number from 1 to 100",
    ("rmsprop", "rho", 1.5): "a number from 0 to below 1",
    ("sgd", "momentum", -0.1): "a number from 0 to below 1",
}


@pytest.mark.parametrize(("family", "key", "value"), INVALID)
def test_value_outside_its_range_is_refused(family, key, value):
    assert refusals.refusal(settings_of(family), error=ConfigError, **{key: value}) == (
        f"optimizer.{key} is invalid. Received: {value}. Expected: {INVALID[family, key, value]}."
    )


@pytest.mark.parametrize(
    ("family", "key", "value"),
    [
        ("adam", "ema_overwrite_frequency", 1),
        ("adam", "gradient_accumulation_steps", 2),
        ("adam", "weight_decay", 0.0),
        ("ftrl", "learning_rate_power", 0.0),
        ("muon", "ns_steps", 1),
        ("muon", "ns_steps", 100),
    ],
)
def test_limit_of_a_range_is_accepted(family, key, value):
    assert getattr(settings_of(family)(**{key: value}), key) == value


@pytest.mark.parametrize("family", sorted(optimizer.families()))
def test_averages_are_not_more_than_keras_keeps(family):
    built = keras_classes()[family]()
    weights = keras.Variable(np.ones((3, 2)))
    built.build([weights])
    sizes = [variable.shape for variable in built.variables if variable.shape == (3, 2)]
    assert settings_of(family)(ema_momentum=None).averages <= len(sizes)


def write(folder: Path, text: str) -> Path:
    path = folder / "sign_descent.py"
    path.write_text(text)
    return path


def test_keyword_only_arguments_are_read(tmp_path):
    path = write(
        tmp_path,
        "class Other:\n    pass\n"
        "class SignDescent:\n    def __init__(self, learning_rate=0.1, *, decay=-2, must): ...\n",
    )
    signature = signatures.optimizer_in(path)
    assert signature == signatures.Signature("SignDescent", {"learning_rate": 0.1, "decay": -2})


@pytest.mark.parametrize(
    "text",
    [
        "class Other:\n    def __init__(self, learning_rate=0.1): ...\n",
        "class SignDescent:\n    def __init__(self, learning_rate): ...\n",
        "class SignDescent:\n    pass\n",
    ],
)
def test_module_without_an_optimizer_has_no_signature(tmp_path, text):
    assert signatures.optimizer_in(write(tmp_path, text)) is None


def test_default_that_is_not_a_literal_is_refused(tmp_path):
    path = write(
        tmp_path, "class SignDescent:\n    def __init__(self, learning_rate=1 / 10): ...\n"
    )
    with pytest.raises(TypeError, match="learning_rate must be a literal, not 1 / 10"):
        signatures.optimizer_in(path)


def test_shared_settings_have_the_types_of_the_base():
    hints = {field.name: field.type for field in fields(settings_of("adamw"))}
    base = {field.name: field.type for field in fields(Optimizer)}
    assert {name: hints[name] for name in base} == base
