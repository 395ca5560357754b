"""The trials of a sweep."""

import pytest

from pipeline.config import sweep
from pipeline.errors import PipelineError
from tests.toy import ROOT

CONF = ROOT / "conf"


def test_values_with_commas_are_combined_in_order():
    assert sweep.combinations(["data=digits", "seed=1,2", "model=mlp,cnn"]) == [
        ["data=digits", "seed=1", "model=mlp"],
        ["data=digits", "seed=1", "model=cnn"],
        ["data=digits", "seed=2", "model=mlp"],
        ["data=digits", "seed=2", "model=cnn"],
    ]


def test_a_list_in_brackets_is_one_value():
    assert sweep.combinations(["model.units=[64,32],[16]"]) == [["model.units=[64,32]"], ["model.units=[16]"]]


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
    assert [trial.overrides for trial in found] == [["data=digits", "seed=1"], ["data=digits", "seed=2"]]
    assert [trial.config.seed for trial in found] == [1, 2]


def test_a_trial_is_labelled_by_what_is_swept():
    found = sweep.grid(["data=digits", "seed=1,2", "model.units=[8],[4]", "training.epochs=3"], conf=CONF).trials
    assert found[1].label == "seed=1 model.units=[4]"


def test_trials_of_one_group_differ_by_their_seed_alone():
    found = sweep.grid(["data=digits", "seed=1,2", "model.units=[8],[4]"], conf=CONF).trials
    assert [trial.group for trial in found] == ["model.units=[8]", "model.units=[4]"] * 2


def test_a_grid_is_named_after_its_experiment():
    assert sweep.grid(["data=digits", "seed=1,2"], conf=CONF).name == "digits"


def test_a_grid_of_several_experiments_is_a_sweep():
    assert sweep.grid(["experiment=mnist_mlp,mnist_cnn"], conf=CONF).name == "sweep"


def test_a_grid_has_one_id_in_whatever_order_it_is_given():
    one, other = (sweep.grid(["data=digits", f"seed={seeds}"], conf=CONF) for seeds in ("1,2", "2,1"))
    assert one.sweep_id == other.sweep_id


def test_another_grid_has_another_id():
    one, other = (sweep.grid(["data=digits", f"seed={seeds}"], conf=CONF) for seeds in ("1,2", "1,2,3"))
    assert one.sweep_id != other.sweep_id


def test_a_trial_is_found_by_its_overrides():
    assert sweep.grid(["data=digits", "seed=1,2"], conf=CONF).trial(["data=digits", "seed=2"]) == 1


def test_overrides_of_hydra_are_no_part_of_a_trial():
    assert sweep.combinations(["hydra/launcher=joblib", "seed=1,2", "hydra.launcher.n_jobs=2"]) == [["seed=1"], ["seed=2"]]


def test_an_override_that_cannot_be_read_is_refused():
    with pytest.raises(PipelineError) as caught:
        sweep.combinations(["data=digits", "seed"])
    assert str(caught.value) == (
        "command line: an override cannot be read. Received: data=digits seed. Expected: key=value or key=value,value,…."
    )
