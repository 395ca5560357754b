"""What early stopping and the plateau monitor, and in which direction."""

import pytest

from pipeline import metrics
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction, direction_of
from pipeline.config.training import EarlyStopping, Monitor, ReduceOnPlateau, Training
from tests.support import ROOT

RISES = {
    "validation/accuracy": True,
    "train/accuracy": True,
    "validation/r2": True,
    "validation/log_loss": False,
    "validation/mae": False,
    "validation/mse": False,
    "validation/loss": False,
    "validation/weighted_loss": False,
    "train/loss": False,
    "running/loss": False,
}


@pytest.mark.parametrize(("figure", "rises"), RISES.items())
def test_direction_follows_the_metric(figure, rises):
    expected = Direction.max if rises else Direction.min
    assert direction_of(figure, None, key="a.monitor") is expected
    assert direction_of(figure, expected, key="a.monitor") is expected


CLASSES = ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    "name", [*metrics.usual("classification", CLASSES), *metrics.usual("regression", ())]
)
def test_every_metric_can_be_monitored(name):
    metric = metrics.named(name, key="")
    rule = Training(epochs=1, early_stopping=EarlyStopping(f"train/{name}")).early_stopping
    assert (rule.direction is Direction.max) == metric.larger_is_better


def rules(**settings) -> list[Monitor]:
    training = Training(epochs=1, early_stopping=EarlyStopping(), **settings)
    return [training.early_stopping, training.reduce_on_plateau]


def test_rules_monitor_the_validation_loss():
    for rule in rules():
        assert (rule.figure, rule.direction) == ("validation/loss", Direction.min)


def test_class_weights_change_the_default_monitor():
    for rule in rules(class_weight="balanced"):
        assert (rule.figure, rule.direction) == ("validation/weighted_loss", Direction.min)


def test_named_monitor_stays_with_class_weights():
    training = Training(
        epochs=1,
        class_weight="balanced",
        reduce_on_plateau=ReduceOnPlateau(monitor="validation/loss"),
    )
    assert training.reduce_on_plateau.figure == "validation/loss"


def early_stopping_of(*overrides: str) -> EarlyStopping | None:
    return compose_experiment(
        ["data=digits", *overrides], conf=ROOT / "conf"
    ).training.early_stopping


MONITOR = "training.early_stopping.monitor"


@pytest.mark.parametrize("measured", ["true", "null"])
def test_training_rows_can_be_monitored_if_measured(measured):
    rule = early_stopping_of(f"training.measure_train={measured}", f"{MONITOR}=train/loss")
    assert rule.figure == "train/loss"


def test_monitor_on_the_command_line_needs_no_direction():
    rule = early_stopping_of(f"{MONITOR}=validation/accuracy")
    assert (rule.direction, rule.patience) == (Direction.max, 20)
