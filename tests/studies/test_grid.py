"""The grid of a sweep."""

from functools import cache

import pytest

from pipeline.studies.grid import Grid, combinations, compose_grid
from tests.support import ROOT
from tests.support.refusals import refusal

CONF = ROOT / "conf"


@cache
def grid(*overrides: str) -> Grid:
    return compose_grid(overrides, conf=CONF)


def test_values_are_combined_in_order():
    assert combinations(["data=digits", "seed=1,2", "model=mlp,cnn"]) == [
        ["data=digits", "seed=1", "model=mlp"],
        ["data=digits", "seed=1", "model=cnn"],
        ["data=digits", "seed=2", "model=mlp"],
        ["data=digits", "seed=2", "model=cnn"],
    ]


def test_list_in_brackets_is_one_value():
    assert combinations(["model.units=[64,32],[16]"]) == [
        ["model.units=[64,32]"],
        ["model.units=[16]"],
    ]


def test_ranges_are_those_of_hydra():
    assert combinations(["seed=range(3)"]) == [["seed=0"], ["seed=1"], ["seed=2"]]


def test_product_of_two_ranges_is_counted():
    assert len(combinations(["seed=range(0,100)", "training.epochs=range(1,101)"])) == 10_000
    assert refusal(combinations, ["seed=range(0,100)", "training.epochs=range(1,102)"]) == (
        "command line: the sweep has too many trials. "
        "Received: seed=range(0,100) training.epochs=range(1,102). Expected: at most 10,000."
    )


def test_no_override_is_one_trial():
    assert combinations([]) == [[]]


def test_overrides_of_hydra_belong_to_no_trial():
    assert combinations(["hydra/launcher=joblib", "seed=1,2", "hydra.launcher.n_jobs=2"]) == [
        ["seed=1"],
        ["seed=2"],
    ]


def test_trial_has_its_overrides_and_configuration():
    two = grid("data=digits", "seed=1,2")
    assert [trial.overrides for trial in two.trials] == [
        ["data=digits", "seed=1"],
        ["data=digits", "seed=2"],
    ]
    assert [config.seed for config in two.configs] == [1, 2]


def test_label_holds_only_varying_settings():
    trials = grid("data=digits", "seed=1,2", "model.units=[8],[4]", "training.epochs=3").trials
    assert trials[1].label == "seed=1 model.units=[4]"


def test_run_name_shortens_each_setting():
    four = grid("data=digits", "seed=1,2", "model.units=[8],[4]")
    assert four.run_name(1) == "seed=1 units=[4]"


def test_single_trial_is_named_after_its_experiment():
    assert grid("data=digits").run_name(0) == "digits"


def test_forced_override_varies_like_others():
    assert [trial.values for trial in grid("data=digits", "++seed=1,2").trials] == [
        {"seed": "1"},
        {"seed": "2"},
    ]


def test_grid_is_named_after_its_experiment():
    assert grid("data=digits", "seed=1,2").name == "digits"


def test_grid_of_several_experiments_is_named_sweep():
    assert grid("experiment=mnist_mlp,mnist_cnn").name == "sweep"


def test_order_of_values_does_not_change_the_id():
    assert grid("data=digits", "seed=1,2").sweep_id == grid("data=digits", "seed=2,1").sweep_id


def test_another_grid_has_another_id():
    assert grid("data=digits", "seed=1,2").sweep_id != grid("data=digits", "seed=1,2,3").sweep_id


def test_overrides_identify_a_trial():
    assert grid("data=digits", "seed=1,2").number_of(["data=digits", "seed=2"]) == 1


BILLION = "seed=range(0,1000000000)"
INVALID = {
    BILLION: f"command line: the sweep has too many trials. Received: data=digits {BILLION}. "
    "Expected: at most 10,000.",
    "seed=shuffle(range(0,1000000000))": "command line: the sweep has too many trials. "
    "Received: data=digits seed=shuffle(range(0,1000000000)). Expected: at most 10,000.",
    "seed=range(0,inf)": "command line: the sweep has too many trials. "
    "Received: data=digits seed=range(0,inf). Expected: at most 10,000.",
    "optimizer.learning_rate=range(0,1,1e-300)": "command line: the sweep has too many trials. "
    "Received: data=digits optimizer.learning_rate=range(0,1,1e-300). Expected: at most 10,000.",
    "seed=range(nan,1)": "command line: an override cannot be read. "
    "Received: data=digits seed=range(nan,1). Expected: key=value or key=value,value,….",
    f"seed={'[' * 31}{']' * 31}": "command line: an override is nested too deeply. "
    f"Received: seed={'[' * 31}{']' * 24}… with 31 levels of brackets. "
    "Expected: at most 30 levels.",
    "seed=1,1": "command line: two trials of the sweep are the same. "
    "Received: data=digits seed=1. Give each value once.",
    "seed=range(0)": "command line: the sweep has no trial. "
    "Received: data=digits seed=range(0). Give ranges that contain a value.",
    "seed=range(1,9,0)": "command line: an override cannot be read. "
    "Received: data=digits seed=range(1,9,0). Expected: key=value or key=value,value,….",
    "seed": "command line: an override cannot be read. "
    "Received: data=digits seed. Expected: key=value or key=value,value,….",
    "hydra.sweeper.params={}": "command line: hydra.sweeper.params is not supported. "
    "Received: hydra.sweeper.params={}. "
    "List the values in the overrides of the experiment: key=value,value,….",
    "checkpoint.pause_at=1": "a sweep trains its trials to the end. "
    "Received: checkpoint.pause_at=1. Remove checkpoint.pause_at.",
    "training.batch_size=32,0": "command line: training.batch_size is invalid. "
    "Received: 0. Expected: a whole number from 1.",
}


@pytest.mark.parametrize("override", INVALID)
def test_invalid_grid_is_rejected_in_one_line(override):
    assert refusal(grid, "data=digits", override) == INVALID[override]


STOPPING = "training.early_stopping"
METRICS = {
    (f"{STOPPING}.monitor=validation/accuracy", f"{STOPPING}.direction=max", "seed=1,2"): [
        "validation/accuracy"
    ]
    * 2,
    (f"{STOPPING}.monitor=validation/loss,validation/accuracy",): ["validation/loss"] * 2,
    ("training.loss_reduction=mean,sum",): ["validation/loss", "validation/log_loss"],
    ("training.loss=null,categorical_crossentropy", f"{STOPPING}=null"): ["validation/loss"] * 2,
    ("training.loss=categorical_crossentropy", "training.label_smoothing=0,0.1"): [
        "validation/loss",
        "validation/log_loss",
    ],
    ("data=xor,digits",): [None, None],
    ("data=diabetes", "training.loss=mean_squared_error,mean_absolute_error"): [None, None],
    ("data=xor", "training.loss=perceptron,binary_crossentropy"): [None, None],
    ("data=diabetes", "training.loss=quantile", "training.loss_arguments={level:0.1},{}"): [
        None,
        None,
    ],
    ("data=california_housing,california_ratios",): ["validation/loss"] * 2,
    ("data=california_housing", "data.target_unit=1,1000"): [None, None],
}


@pytest.mark.parametrize("overrides", METRICS)
def test_trials_are_compared_by_a_common_metric(overrides):
    objectives = grid("data=digits", *overrides).objectives
    assert [one and one.metric for one in objectives] == METRICS[overrides]
