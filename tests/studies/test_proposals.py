"""What a search makes of the answers of its trials."""

import pytest

from pipeline.errors import PipelineError
from pipeline.signals import Interruption
from pipeline.studies.explore import Proposal
from pipeline.studies.proposals import Trials
from pipeline.studies.search_journal import FAILED, Journal
from tests.support.searches import LARGEST, config
from tests.support.toy import copy_conf

PROPOSAL = Proposal(3, {"optimizer": "sgd", "optimizer.learning_rate": 0.1})
KILLED = {"status": FAILED, "reason": "the process was killed by SIGKILL", "cause": "kill"}
DIVERGED = {"status": FAILED, "reason": "training diverged", "cause": "trial"}
FULL = {
    "status": FAILED,
    "reason": "OSError: [Errno 28] No space left on device",
    "cause": "machine",
}


class Answers:
    """A process that gives prepared answers, and counts those that were asked for."""

    def __init__(self, *answers: dict) -> None:
        self.left = list(answers)

    def run(self, *_: object, **__: object) -> dict:
        return self.left.pop(0)


@pytest.fixture
def trials(tmp_path, monkeypatch):
    copy_conf(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = config("random")

    def made(*answers: dict) -> Trials:
        parts = (found.search, found.parameters(), LARGEST, Journal(tmp_path), {}, Interruption())
        return Trials(["data=digits"], *parts, process=Answers(*answers))

    return made


def test_a_trial_that_diverges_has_failed(trials):
    record = trials(DIVERGED).run(PROPOSAL)
    assert (record.number, record.status, record.reason) == (3, FAILED, "training diverged")


def test_a_trial_whose_process_was_killed_is_begun_once_more(trials):
    assert trials(KILLED, DIVERGED).run(PROPOSAL).reason == "training diverged"


def test_a_trial_that_is_killed_again_has_failed(trials):
    assert (
        trials(KILLED, KILLED, DIVERGED).run(PROPOSAL).reason == "the process was killed by SIGKILL"
    )


def test_a_fault_of_the_machine_is_not_taken_for_a_trial_that_failed(trials):
    with pytest.raises(PipelineError) as caught:
        trials(FULL).run(PROPOSAL)
    assert str(caught.value) == (
        "trial 3 could not be run. Received: OSError: [Errno 28] No space left on device. "
        "Mend that, and give the same command again: it goes on from there."
    )
