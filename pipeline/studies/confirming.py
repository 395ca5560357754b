"""Confirms the winner of a study: trains it again with seeds that took no part in the choice.

The winner's own figure is too good, because luck helped to choose it. The figures of other seeds
are unbiased. The claim comes from them, so a later training meets it, also on another CPU:
different rounding acts like another seed.
"""

import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction
from pipeline.config.variations import SEED
from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.signals import Interruption
from pipeline.studies.interrupting import stop_trials
from pipeline.studies.objective import Objective
from pipeline.studies.outcome import Status
from pipeline.studies.trial import Trial
from pipeline.studies.trial_process import TrialProcess

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Confirmation:
    """The winner's objective with other seeds, in the order of the seeds."""

    seeds: Sequence[int]
    values: Sequence[float]

    @property
    def mean(self) -> float:
        return statistics.mean(self.values)

    def limit(self, direction: Direction) -> float:
        """The value that one more training reaches with a probability of 95 %.

        It is the one-sided prediction limit of a normal distribution (Hahn and Meeker 1991, chapter
        4.8), for at least two values.
        """
        from scipy.special import stdtrit

        count = len(self.values)
        quantile = float(stdtrit(count - 1, _CONFIDENCE))
        margin = quantile * statistics.stdev(self.values) * math.sqrt(1 + 1 / count)
        return self.mean - margin if direction is Direction.max else self.mean + margin


def other_seeds(used: Collection[int], count: int) -> list[int]:
    """The smallest seeds from 1 that a study did not use."""
    return [seed for seed in range(1, len(used) + count + 1) if seed not in used][:count]


def confirm(
    overrides: Sequence[str],
    seeds: Sequence[int],
    objective: Objective,
    *,
    process: TrialProcess,
    tags: Mapping[str, str],
    logs: Path,
    interruption: Interruption,
) -> Confirmation | None:
    """Trains a configuration with each seed. Finished runs are not trained again.

    Args:
        overrides: those of the experiment that the winner becomes.
        tags: for the runs in MLflow.
        logs: the folder that receives what the trainings print.

    Raises:
        PipelineError: a training failed.
        Interrupted: a signal was received. The same call resumes.

    Returns:
        None without a seed.
    """
    values = []
    for number, seed in enumerate(seeds, start=1):
        log(f"trains the best configuration with seed {seed}, {number} of {len(seeds)}")
        trial = Trial(number, {SEED: seed}, [*_without_seed(overrides), f"seed={seed}"])
        with interruption.raising(stop_trials):
            answer = process.run(
                trial,
                threads=compose_experiment(trial.overrides).training.threads,
                tags={**tags, "mlflow.runName": f"confirms, seed {seed}"},
                log=logs / f"confirm_{seed}.txt",
            )
        if answer.status is not Status.FINISHED:
            raise PipelineError(
                f"the best configuration could not be trained with seed {seed}",
                received=answer.reason.rstrip("."),
                expected="Run the same command again; it resumes",
            )
        values.append(answer.metrics[objective.metric])
    return Confirmation(seeds, values) if values else None


def _without_seed(overrides: Sequence[str]) -> list[str]:
    return [override for override in overrides if override.lstrip("+").partition("=")[0] != SEED]
