"""Which runs are watched."""

from dataclasses import replace

import pytest

from pipeline.errors import PipelineError
from pipeline.watching.choosing import choose
from tests.watching.runs import run

SWEEP = run("sweep 12ab34", "5" * 32, kind="sweep", sweep_id="12ab34", state="finished")
TRIAL = run("seed=1", "b" * 32, parent="5" * 32, state="finished")
OTHERS = [run(f"run {n}", f"{n}" * 32, state="finished") for n in range(4)]


def chosen(runs, *names):
    return [[one.run.name, *(trial.name for trial in one.trials)] for one in choose(runs, names)]


def test_what_runs_is_chosen():
    assert chosen([*OTHERS, run("now")]) == [["now"]]


def test_newest_three_are_chosen_if_nothing_runs():
    assert chosen(OTHERS) == [["run 0"], ["run 1"], ["run 2"]]


def test_study_is_chosen_while_a_trial_runs():
    running = run("seed=2", "c" * 32, parent="5" * 32)
    assert chosen([*OTHERS, running, TRIAL, SWEEP]) == [["sweep 12ab34", "seed=2", "seed=1"]]


@pytest.mark.parametrize("name", ["12ab", "sweep 12ab34", "5555"])
def test_study_is_named_by_id_or_name(name):
    assert chosen([*OTHERS, TRIAL, SWEEP], name) == [["sweep 12ab34", "seed=1"]]


def test_trial_is_named_by_its_run_id():
    assert chosen([*OTHERS, TRIAL, SWEEP], "bbbb") == [["seed=1"]]


def test_unknown_name_is_refused():
    with pytest.raises(PipelineError, match="Did you mean toy"):
        choose(OTHERS, ["tyo"])


def test_name_of_an_experiment_chooses_its_runs_and_studies():
    assert chosen([OTHERS[0], TRIAL, SWEEP], "toy") == [["run 0"], ["sweep 12ab34", "seed=1"]]


def test_trial_without_its_study_stands_alone():
    assert chosen([TRIAL]) == [["seed=1"]]


def test_named_runs_are_shown_once_and_the_newest_first():
    old, new = (replace(one, started=place) for place, one in enumerate(OTHERS[:2]))
    assert chosen([new, old], "run 0", "run 1", "0000") == [["run 1"], ["run 0"]]


@pytest.mark.parametrize(("name", "found"), [("111", False), ("1111", True)])
def test_id_has_four_digits_or_more(name, found):
    if found:
        assert chosen(OTHERS, name) == [["run 1"]]
    else:
        with pytest.raises(PipelineError, match="no run, sweep or search"):
            choose(OTHERS, [name])


def test_name_in_an_empty_store_asks_for_a_training():
    with pytest.raises(PipelineError, match="Train something first"):
        choose([], ["toy"])
