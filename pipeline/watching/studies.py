"""A study and its trials: what they are compared by, and which one leads."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.metrics import Direction
from pipeline.tracking.curves import WatchedRun
from pipeline.watching.progress import Best, Progress

_ORDER = {"running": 1, "failed": 2, "killed": 2}


@dataclass(frozen=True)
class Study:
    """A sweep or a search, with the progress of its trials."""

    run: WatchedRun
    trials: Sequence[Progress]

    @property
    def title(self) -> str:
        return f"{self.run.experiment}, {self.run.name}"

    @property
    def figure(self) -> str:
        """The figure of the validation split that the trials are compared by."""
        objective = self.run.tags.get("objective", "").removeprefix("validation/")
        return objective or next((one.figures[-1] for one in self.trials if one.figures), "loss")

    @property
    def leader(self) -> tuple[Progress, Best] | None:
        """The trial with the best value so far, and this value."""
        measured = [(one, best) for one in self.trials if (best := one.best(self.figure))]
        if not measured:
            return None
        rises = measured[0][0].direction(self.figure) is Direction.max
        return max(measured, key=lambda pair: pair[1].value if rises else -pair[1].value)

    @property
    def ended(self) -> int:
        """The number of trials that do not run."""
        return sum(not trial.run.is_running for trial in self.trials)

    @property
    def failed(self) -> int:
        return sum(trial.run.state in ("failed", "killed") for trial in self.trials)

    def important(self) -> list[Progress]:
        """The trials in order: the best one, running ones, failed ones, then the newest."""
        leader = self.leader

        def rank(trial: Progress) -> tuple[int, int]:
            leads = leader is not None and trial is leader[0]
            return (0 if leads else _ORDER.get(trial.run.state, 3), -trial.run.started)

        return sorted(self.trials, key=rank)
