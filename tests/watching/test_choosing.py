"""Which runs are watched."""

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
