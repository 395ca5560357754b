"""The loop of a search: ask the oracle, run its trial, report the objective to it."""

from collections.abc import Callable
from dataclasses import replace

from pipeline.errors import PipelineError
from pipeline.studies.journal import SearchJournal
from pipeline.studies.oracles import Oracle
from pipeline.studies.outcome import Outcome, Status, latest
from pipeline.studies.trial import Trial

Run = Callable[[Trial], Outcome]
OnOutcome = Callable[[Outcome], None]


def explore(oracle: Oracle, journal: SearchJournal, run: Run, on_outcome: OnOutcome) -> None:
    """Replays the journal, then runs trials until the oracle suggests no more.

    Args:
        run: trains a trial. An exception ends the search; a failed trial is an outcome.
        on_outcome: is called for each outcome, beginning with those of the journal.

    Raises:
        PipelineError: the oracle suggests other trials than the journal holds.
    """
    for outcome in journal.outcomes:
        _replay(oracle, outcome)
        on_outcome(outcome)
    while (trial := oracle.ask()) is not None:
        outcome = _earlier_failure(journal, trial) or run(trial)
        journal.append(outcome)
        oracle.tell(trial, outcome.objective)
        on_outcome(outcome)


def _earlier_failure(journal: SearchJournal, trial: Trial) -> Outcome | None:
    """Returns the outcome of a trial that has failed before, to skip it.

    Hyperband suggests a failed trial again if too few others can be promoted.
    """
    for outcome in latest(journal.outcomes):
        if outcome.trial.number == trial.number and outcome.status is Status.FAILED:
            return replace(outcome, trial=replace(outcome.trial, pause_at=trial.pause_at))
    return None


def _replay(oracle: Oracle, outcome: Outcome) -> None:
    """Reports an outcome of the journal to the oracle, with the values that were trained."""
    trial = oracle.ask()
    if trial is None or trial.number != outcome.trial.number:
        suggested = "none" if trial is None else f"trial {trial.number}"
        raise PipelineError(
            "the journal does not match this search",
            received=f"trial {outcome.trial.number}, but the oracle suggests {suggested}",
            expected="Delete the folder of the search. Finished trials are not trained again",
        )
    oracle.tell(outcome.trial, outcome.objective)
