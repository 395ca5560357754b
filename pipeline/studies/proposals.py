"""Runs a proposal: as overrides of the experiment, by the one function that every experiment is run by, in a child process."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.resolved import compose_experiment
from pipeline.errors import ConfigError, PipelineError
from pipeline.signals import Interruption
from pipeline.studies.explore import Proposal
from pipeline.studies.interrupting import stop_all
from pipeline.studies.search_journal import FAILED, FINISHED, PAUSED, Journal, Record
from pipeline.studies.space import Hyperband, Objective, Parameter, Search, choice_text
from pipeline.studies.trial_process import Cause, TrialProcess


@dataclass
class Trials:
    """Runs the proposals of one search.

    Args:
        overrides: those of the experiment.
        tags: for the runs' records.
        interruption: the signals of this process, which are deferred but while it waits for a trial.
    """

    overrides: Sequence[str]
    search: Search
    space: Sequence[Parameter]
    objective: Objective
    journal: Journal
    tags: Mapping[str, str]
    interruption: Interruption
    process: TrialProcess = field(default_factory=TrialProcess)

    def run(self, proposal: Proposal) -> Record:
        """Trains a proposal, from where an earlier process or round of hyperband left it.

        Raises:
            PipelineError: settings that do not compose, an objective that is no metric of the training, or a fault of the
                machine, after which the same search goes on.
            Interrupted: the child was told to stop, and has kept its state.
        """
        overrides = trial_overrides(self.overrides, self.search, self.space, proposal)
        answer = self._answer(overrides, proposal)
        if answer.get("cause") == Cause.kill.value:  # perhaps for want of memory that others took
            answer = self._answer(overrides, proposal)  # from its checkpoint
        if answer.get("cause") == Cause.machine.value:
            raise PipelineError(
                f"trial {proposal.number} could not be run",
                received=answer["reason"].rstrip("."),
                expected="Mend that, and give the same command again: it goes on from there",
            )
        known: dict[str, Any] = {
            "number": proposal.number,
            "values": proposal.values,
            "overrides": overrides,
            "timestamp": _now(),
        }
        if answer["status"] == FAILED:
            return Record(status=FAILED, reason=answer["reason"], **known)
        metrics = answer["metrics"]
        return Record(
            status=PAUSED if answer["paused"] else FINISHED,
            objective=_objective(metrics, self.objective),
            run_id=answer["run_id"],
            epochs=answer["epochs"],
            seconds=answer["seconds"],
            metrics=metrics,
            **known,
        )

    def _answer(self, overrides: Sequence[str], proposal: Proposal) -> dict[str, Any]:
        pause = [f"checkpoint.pause_at={proposal.epochs}"] if proposal.epochs is not None else []
        try:
            config = compose_experiment([*overrides, *pause])
        except PipelineError as error:  # a fault of the space: without these trials another part of it would be searched
            raise PipelineError(
                "the space holds settings that cannot be",
                received=" ".join(overrides[len(self.overrides) :]),
                expected=str(error),
            ) from error
        with self.interruption.raising(stop_all):
            return self.process.run(
                [*overrides, *pause],
                threads=config.training.threads,
                tags={
                    **self.tags,
                    "trial": str(proposal.number),
                    "mlflow.runName": f"trial {proposal.number}",
                },
                log=self.journal.log(proposal.number),
            )


def trial_overrides(
    overrides: Sequence[str], search: Search, space: Sequence[Parameter], proposal: Proposal
) -> list[str]:
    """What makes the experiment this trial, in Hydra's grammar; under hyperband with the whole length of training."""
    length = (
        ["training.steps=null", f"training.epochs={search.max_epochs}"]
        if isinstance(search, Hyperband)
        else []
    )
    active = {**proposal.settings, **_fixed(space, proposal.settings)}
    chosen = [
        f"{parameter.name}={choice_text(active[parameter.name])}"
        for parameter in space
        if parameter.name in active
    ]
    return [*overrides, *length, *chosen]


def _fixed(space: Sequence[Parameter], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with one choice alone, which are there as others have it."""
    found: dict[str, Any] = {}
    for parameter in space:
        known = {**settings, **found}
        if len(parameter.choices) == 1 and all(
            known.get(name) in values for name, values in parameter.when.items()
        ):
            found[parameter.name] = parameter.choices[0]
    return found


def _objective(metrics: Mapping[str, float], objective: Objective) -> float:
    assert objective.metric is not None
    if objective.metric not in metrics:
        raise ConfigError(
            "search.objective.metric",
            "is no metric of this training",
            received=objective.metric,
            expected=f"Expected: {', '.join(sorted(metrics))}",
        )
    return metrics[objective.metric]


def _now() -> int:
    return time.time_ns() // 1_000_000
