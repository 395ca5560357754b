"""Settings of a sweep on the command line."""

import pytest

from pipeline.config.metrics import Direction
from pipeline.studies import sweep_settings
from pipeline.studies.objective import Objective
from pipeline.studies.sweep_settings import SweepSettings
from tests.support.refusals import refusal


def test_settings_are_separated_from_the_trials():
    arguments = ["data=digits", "sweep.save_as=best", "seed=1,2", "sweep.confirm_seeds=3"]
    settings, rest = sweep_settings.read(arguments)
    assert settings == SweepSettings(save_as="best", confirm_seeds=3)
    assert rest == ["data=digits", "seed=1,2"]


def test_sweep_without_settings_has_defaults():
    settings, rest = sweep_settings.read(["data=digits"])
    assert (settings, rest) == (SweepSettings(None, None, 5), ["data=digits"])
    assert settings.named_objective is None


def test_objective_has_the_direction_of_its_metric():
    settings, _ = sweep_settings.read(["sweep.objective=validation/accuracy"])
    assert settings.named_objective == Objective("validation/accuracy", Direction.max)


INVALID = {
    "sweep.objective=train/accuracy": (
        "sweep.objective is invalid. Received: train/accuracy. "
        "Expected: a metric of the validation split, such as validation/accuracy."
    ),
    "sweep.objective=running/loss": (
        "sweep.objective is invalid. Received: running/loss. "
        "Expected: a metric of the validation split, such as validation/accuracy."
    ),
    "sweep.objective=test/accuracy": (
        "sweep.objective is invalid. Received: test/accuracy. "
        "Expected: a metric of the validation split, such as validation/accuracy."
    ),
    "sweep.objective=[": (
        "sweep.objective is invalid. Received: [. "
        "Expected: a metric of the validation split, such as validation/accuracy."
    ),
    "sweep.save_as=[a": (
        "sweep.save_as is invalid. Received: [a. "
        "Expected: a lower-case letter, then lower-case letters, digits and _."
    ),
    "sweep.save_as=Best": (
        "sweep.save_as is invalid. Received: Best. "
        "Expected: a lower-case letter, then lower-case letters, digits and _."
    ),
    "sweep.confirm_seeds=1": (
        "sweep.confirm_seeds is invalid. Received: 1. Expected: 0, or 2 to 1000."
    ),
    "sweep.confirm_seeds=1001": (
        "sweep.confirm_seeds is invalid. Received: 1001. Expected: 0, or 2 to 1000."
    ),
}
UNREADABLE = [
    "sweep.confirm_seeds=many",
    "sweep.confirm_seeds=null",
    "sweep.confirm_seeds=2.5",
    "sweep.save_as=${",
    "sweep.save_as=${name}",
    "sweep.save_as.name=best",
    "sweep.name=best",
    "sweep.objective",
    "sweep.=1",
]


@pytest.mark.parametrize("argument", UNREADABLE, ids=lambda argument: argument[:24])
def test_unreadable_setting_names_all_settings(argument):
    assert refusal(sweep_settings.read, ["data=digits", argument]) == (
        f"command line: a setting of the sweep is invalid. Received: {argument}. "
        "Expected: sweep.objective=<metric>, sweep.save_as=<name> or sweep.confirm_seeds=<number>."
    )


def test_null_is_the_default():
    settings, _ = sweep_settings.read(["sweep.objective=null", "sweep.save_as=null"])
    assert settings == SweepSettings()


@pytest.mark.parametrize("argument", INVALID)
def test_invalid_setting_is_refused_in_one_line(argument):
    assert refusal(sweep_settings.read, ["data=digits", argument]) == INVALID[argument]


def test_unknown_metric_is_refused_with_a_suggestion():
    text = refusal(sweep_settings.read, ["sweep.objective=validation/acuracy"])
    assert text.startswith(
        "sweep.objective is not measured by training. Received: validation/acuracy. "
        "Did you mean validation/accuracy? "
    )
