"""Early stopping as a small machine of its own: it sees values and answers, and holds no weights."""

from dataclasses import dataclass, field

from pipeline.config.training import Direction, EarlyStopping


@dataclass
class Stopping:
    """State of early stopping by `rule`; `wait` counts the epochs since `best`, reached at step `best_step`."""

    rule: EarlyStopping
    best: float | None = field(default=None, init=False)
    best_step: int = field(default=0, init=False)
    wait: int = field(default=0, init=False)

    def see(self, value: float, *, epoch: int, step: int) -> bool:
        """Takes the monitored value at the end of an epoch (from 1); true if it is the best so far."""
        if epoch < self.rule.start_epoch:
            return False
        if self.best is None or self._improves_on(self.best, value):
            self.best, self.best_step, self.wait = value, step, 0
            return True
        self.wait += 1
        return False

    @property
    def exhausted(self) -> bool:
        return self.wait >= self.rule.patience

    def _improves_on(self, best: float, value: float) -> bool:
        gain = best - value if self.rule.direction is Direction.min else value - best
        return gain > self.rule.min_delta
