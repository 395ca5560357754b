"""How the answers of trial processes become outcomes."""

import math

import pytest

from pipeline.errors import ConfigError
from pipeline.signals import Interruption
from pipeline.studies.grid import compose_grid
from pipeline.studies.journal import SearchJournal, SweepJournal
from pipeline.studies.objective import Objective
from pipeline.studies.outcome import Status
from pipeline.studies.running import SearchTrials, run_grid_trial
from pipeline.studies.trial import Trial
from pipeline.studies.trial_process import Answer, Cause
from tests.support.refusals import refusal
from tests.support.searches import ACCURACY
from tests.support.toy import copy_conf

TRIAL = Trial(3, {"optimizer": "sgd"}, ["optimizer=sgd"])
KILLED = Answer.failed("the process was killed by SIGKILL", Cause.KILL)
DIVERGED = Answer.failed("training diverged", Cause.TRIAL)
DISK_FULL = Answer.failed("OSError: [Errno 28] No space left on device", Cause.MACHINE)
METRICS = {"validation/loss": 0.75, "validation/log_loss": 0.5}
FINISHED = Answer(Status.FINISHED, "run", "abc", METRICS, epochs=2.0, seconds=3.0)


class AnsweringProcess:
    """Gives prepared answers."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def run(self, *_: object, **__: object) -> Answer:
        return self.answers.pop(0)


@pytest.fixture
def trials(tmp_path, monkeypatch):
    copy_conf(tmp_path)
    monkeypatch.chdir(tmp_path)

    def build(*answers: Answer, objective: Objective = ACCURACY) -> SearchTrials:
        return SearchTrials(
            overrides=["data=digits"],
            objective=objective,
            journal=SearchJournal(tmp_path),
            tags={},
            interruption=Interruption(),
            process=AnsweringProcess(*answers),
        )

    return build


def test_diverged_trial_has_failed(trials):
    outcome = trials(DIVERGED).run(TRIAL)
    assert (outcome.trial.number, outcome.status) == (3, Status.FAILED)
    assert outcome.reason == "training diverged"


def test_outcome_holds_the_overrides_of_the_experiment(trials):
    assert trials(DIVERGED).run(TRIAL).trial.overrides == ["data=digits", "optimizer=sgd"]


def test_killed_trial_is_retried_once(trials):
    assert trials(KILLED, DIVERGED).run(TRIAL).reason == "training diverged"


def test_trial_killed_twice_has_failed(trials):
    outcome = trials(KILLED, KILLED, DIVERGED).run(TRIAL)
    assert outcome.reason == "the process was killed by SIGKILL"


def test_fault_of_the_machine_ends_the_search(trials):
    assert refusal(trials(DISK_FULL).run, TRIAL) == (
        "trial 3 could not run. Received: OSError: [Errno 28] No space left on device. "
        "Fix this and run the same command again; it resumes."
    )


def test_unmeasured_objective_is_rejected(trials):
    assert refusal(trials(FINISHED).run, TRIAL, error=ConfigError) == (
        "search.objective.metric is not measured by this training. "
        "Received: validation/accuracy. Expected: validation/log_loss, validation/loss."
    )


def test_sweep_names_its_own_setting_of_the_objective(tmp_path, monkeypatch):
    monkeypatch.chdir(copy_conf(tmp_path).parent)
    grid = compose_grid(["data=digits", "seed=1,2"], objective=ACCURACY)
    process, journal = AnsweringProcess(FINISHED), SweepJournal(tmp_path)
    text = refusal(run_grid_trial, process, grid, 0, journal, {}, error=ConfigError)
    assert text.startswith("sweep.objective is not measured by this training.")


@pytest.mark.parametrize(("answer", "objective"), [(FINISHED, 0.5), (DIVERGED, None)])
def test_trial_of_a_sweep_writes_its_outcome(tmp_path, monkeypatch, answer, objective):
    monkeypatch.chdir(copy_conf(tmp_path).parent)
    grid, journal = compose_grid(["data=digits", "seed=1,2"]), SweepJournal(tmp_path)
    value = run_grid_trial(AnsweringProcess(answer), grid, 1, journal, {})
    waiting, outcome = journal.read(grid.trials)
    assert waiting.status is Status.WAITING
    assert (outcome.status, outcome.objective) == (answer.status, objective)
    assert math.isnan(value) if objective is None else value == objective
