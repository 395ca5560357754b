"""A study and its trials."""

from dataclasses import replace

import pytest

from pipeline.watching.progress import Progress
from pipeline.watching.studies import Study
from tests.watching.runs import measured, run


def trial(name: str, *accuracies: float, state: str = "running", started: int = 1_000) -> Progress:
    names = ("validation_accuracy", "validation_loss") if accuracies else ()
    curves = dict.fromkeys(names, accuracies)
    return Progress.of(replace(run(name, state=state), started=started), measured(**curves))


def study(*trials: Progress, objective: str = "validation/accuracy") -> Study:
    return Study(run("sweep 12ab34", kind="sweep", objective=objective), trials)


@pytest.mark.parametrize(("figure", "leads"), [("accuracy", "high"), ("loss", "low")])
def test_leader_follows_the_direction_of_the_figure(figure, leads):
    own = study(trial("high", 0.9, 0.7), trial("low", 0.2), objective=f"validation/{figure}")
    leader, best = own.leader
    assert (leader.run.name, best.value) == (leads, {"high": 0.9, "low": 0.2}[leads])


def test_study_without_values_has_no_leader():
    assert study(trial("a")).leader is None


def test_trials_are_compared_by_the_objective():
    assert study(trial("a", 0.5), objective="validation/loss").figure == "loss"


def test_study_without_an_objective_compares_by_the_figure_of_its_trials():
    assert study(trial("waiting"), trial("a", 0.5), objective="").figure == "accuracy"


def test_study_without_figures_compares_by_the_loss():
    assert study(trial("waiting"), objective="").figure == "loss"


def test_ended_and_failed_trials_are_counted():
    states = ("running", "finished", "failed", "killed", "paused")
    own = study(*(trial(state, state=state) for state in states))
    assert (own.ended, own.failed) == (4, 2)


def test_best_trial_comes_first_then_running_failed_and_newest_ones():
    trials = [
        trial("old", 0.1, state="finished", started=1),
        trial("new", 0.1, state="finished", started=5),
        trial("failed", 0.1, state="failed", started=2),
        trial("killed", 0.1, state="killed", started=3),
        trial("running", 0.1, started=0),
        trial("best", 0.9, state="finished", started=0),
    ]
    names = [one.run.name for one in study(*trials).important()]
    assert names == ["best", "running", "killed", "failed", "new", "old"]
