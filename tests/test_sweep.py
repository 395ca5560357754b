"""The combinations of a sweep."""

import pytest

from pipeline.config import sweep
from pipeline.config.resolved import compose_experiment
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
        sweep.check(["data=digits", "training.batch_size=32,0"], conf=CONF)
    assert str(caught.value) == (
        "command line: training.batch_size is not possible. Received: 0. Expected: a whole number from 1."
    )


def test_a_sweep_that_can_be_has_all_its_runs():
    found = sweep.check(["data=digits", "seed=1,2"], conf=CONF)
    assert [compose_experiment(overrides, conf=CONF).seed for overrides in found] == [1, 2]


def test_an_override_that_cannot_be_read_is_refused():
    with pytest.raises(PipelineError) as caught:
        sweep.combinations(["data=digits", "seed"])
    assert str(caught.value) == (
        "command line: an override cannot be read. Received: data=digits seed. Expected: key=value or key=value,value,…."
    )
