"""The trials of a sweep."""

import pytest

from pipeline.errors import PipelineError
from pipeline.studies import grid as sweep
from tests.support import ROOT

CONF = ROOT / "conf"


def test_values_with_commas_are_combined_in_order():
    assert sweep.combinations(["data=digits", "seed=1,2", "model=mlp,cnn"]) == [
        ["data=digits", "seed=1", "model=mlp"],
        ["data=digits", "seed=1", "model=cnn"],
        ["data=digits", "seed=2", "model=mlp"],
        ["data=digits", "seed=2", "model=cnn"],
    ]


def test_a_list_in_brackets_is_one_value():
    assert sweep.combinations(["model.units=[64,32],[16]"]) == [
        ["model.units=[64,32]"],
        ["model.units=[16]"],
    ]


def test_ranges_are_written_as_in_hydra():
    assert sweep.combinations(["seed=range(3)"]) == [["seed=0"], ["seed=1"], ["seed=2"]]


def test_no_override_is_one_run():
    assert sweep.combinations([]) == [[]]


def test_every_combination_is_composed_before_the_first_runs():
    with pytest.raises(PipelineError) as caught:
        sweep.grid(["data=digits", "training.batch_size=32,0"], conf=CONF)
    assert str(caught.value) == (
        "command line: training.batch_size is not possible. Received: 0. Expected: a whole number from 1."
    )


def test_a_trial_is_its_overrides_and_what_they_compose():
    found = sweep.grid(["data=digits", "seed=1,2"], conf=CONF).trials
    assert [trial.overrides for trial in found] == [
        ["data=digits", "seed=1"],
        ["data=digits", "seed=2"],
    ]
    assert [trial.config.seed for trial in found] == [1, 2]


def test_a_trial_is_labelled_by_what_is_swept():
    found = sweep.grid(
        ["data=digits", "seed=1,2", "model.units=[8],[4]", "training.epochs=3"], conf=CONF
    ).trials
    assert found[1].label == "seed=1 model.units=[4]"


def test_trials_of_one_group_differ_by_their_seed_alone():
    found = sweep.grid(["data=digits", "seed=1,2", "model.units=[8],[4]"], conf=CONF).trials
    assert [trial.group for trial in found] == ["model.units=[8]", "model.units=[4]"] * 2


def test_a_grid_is_named_after_its_experiment():
    assert sweep.grid(["data=digits", "seed=1,2"], conf=CONF).name == "digits"


def test_a_grid_of_several_experiments_is_a_sweep():
    assert sweep.grid(["experiment=mnist_mlp,mnist_cnn"], conf=CONF).name == "sweep"


def test_a_grid_has_one_id_in_whatever_order_it_is_given():
    one, other = (
        sweep.grid(["data=digits", f"seed={seeds}"], conf=CONF) for seeds in ("1,2", "2,1")
    )
    assert one.sweep_id == other.sweep_id


def test_another_grid_has_another_id():
    one, other = (
        sweep.grid(["data=digits", f"seed={seeds}"], conf=CONF) for seeds in ("1,2", "1,2,3")
    )
    assert one.sweep_id != other.sweep_id


def test_a_trial_is_found_by_its_overrides():
    assert sweep.grid(["data=digits", "seed=1,2"], conf=CONF).trial(["data=digits", "seed=2"]) == 1


def test_overrides_of_hydra_are_no_part_of_a_trial():
    assert sweep.combinations(["hydra/launcher=joblib", "seed=1,2", "hydra.launcher.n_jobs=2"]) == [
        ["seed=1"],
        ["seed=2"],
    ]


def test_an_override_that_cannot_be_read_is_refused():
    with pytest.raises(PipelineError) as caught:
        sweep.combinations(["data=digits", "seed"])
    assert str(caught.value) == (
        "command line: an override cannot be read. Received: data=digits seed. Expected: key=value or key=value,value,…."
    )


def refusal(*overrides):
    with pytest.raises(PipelineError) as caught:
        sweep.grid(overrides, conf=CONF)
    return str(caught.value)


REFUSED = {
    "seed=1,1": "command line: two trials of the sweep are the same. Received: data=digits seed=1. Expected: each value once.",
    "seed=range(0)": "command line: a sweep without a trial. Received: data=digits seed=range(0). "
    "Expected: ranges that hold a value.",
    "seed=range(1,9,0)": "command line: an override cannot be read. Received: data=digits seed=range(1,9,0). "
    "Expected: key=value or key=value,value,….",
    "hydra.sweeper.params={}": "command line: a sweep takes its values from the overrides of the experiment. "
    "Received: hydra.sweeper.params={}. Expected: key=value,value,….",
    "checkpoint.pause_at=1": "a sweep trains its trials to their end. Received: checkpoint.pause_at=1. "
    "Expected: checkpoint.pause_at=null.",
}


@pytest.mark.parametrize("override", REFUSED)
def test_a_grid_that_cannot_be_is_told_in_one_line(override):
    assert refusal("data=digits", override) == REFUSED[override]


def test_a_seed_that_is_added_is_a_seed():
    assert [
        trial.group for trial in sweep.grid(["data=digits", "++seed=1,2"], conf=CONF).trials
    ] == ["", ""]


def objectives(*overrides):
    """The metric of each trial, or None."""
    return [
        trial.objective and trial.objective.metric
        for trial in sweep.grid(overrides, conf=CONF).trials
    ]


STOPPING = "training.early_stopping"
COMPARED = {
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
    ("data=california_housing,california_ratios",): ["validation/loss"] * 2,
    ("data=california_housing", "data.target_unit=1,1000"): [None, None],
}


@pytest.mark.parametrize("overrides", COMPARED)
def test_trials_are_compared_by_what_measures_the_same_in_all_of_them(overrides):
    assert objectives("data=digits", *overrides) == COMPARED[overrides]
