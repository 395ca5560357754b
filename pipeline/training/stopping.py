"""Early stopping and the learning rate on a plateau: small machines that see values, answer, and can be kept.

They hold plain numbers alone, so that a checkpoint holds them whole.
"""

from dataclasses import dataclass, field, fields
from typing import Any

from pipeline.config.training import EarlyStopping, ReduceOnPlateau


@dataclass
class _Machine:
    """What can be kept of a machine: its numbers, without the rule."""

    def numbers(self) -> dict[str, Any]:
        """The state, as values that JSON holds exactly."""
        return {
            field.name: getattr(self, field.name) for field in fields(self) if field.name != "rule"
        }

    def restore(self, numbers: dict[str, Any]) -> None:
        """Goes on from what `numbers` gave."""
        vars(self).update(numbers)


@dataclass
class Stopping(_Machine):
    """State of early stopping by `rule`; `wait` counts the epochs since `best`, reached at step `best_step`."""

    rule: EarlyStopping
    best: float | None = field(default=None, init=False)
    best_step: int = field(default=0, init=False)
    wait: int = field(default=0, init=False)

    def see(self, value: float, *, epoch: int, step: int) -> bool:
        """Takes the monitored value at the end of an epoch (from 1); true if it is the best so far."""
        if epoch < self.rule.start_epoch:
            return False
        if self.rule.direction.improves(value, on=self.best, by=self.rule.min_delta):
            self.best, self.best_step, self.wait = value, step, 0
            return True
        self.wait += 1
        return False

    @property
    def exhausted(self) -> bool:
        return self.rule.patience is not None and self.wait >= self.rule.patience


@dataclass
class Plateau(_Machine):
    """State of the learning rate by `rule`; `wait` counts the epochs since `best`, `cooling` those still to pass over."""

    rule: ReduceOnPlateau
    best: float | None = field(default=None, init=False)
    wait: int = field(default=0, init=False)
    cooling: int = field(default=0, init=False)

    def see(self, value: float, learning_rate: float) -> float:
        """Takes the monitored value at the end of an epoch; the learning rate from there on."""
        if self.cooling > 0:
            self.cooling -= 1
            self.wait = 0
        if self.rule.direction.improves(value, on=self.best, by=self.rule.min_delta):
            self.best, self.wait = value, 0
        elif self.cooling == 0:
            self.wait += 1
            if self.rule.patience is not None and self.wait >= self.rule.patience:
                self.wait, self.cooling = 0, self.rule.cooldown
                return min(learning_rate, max(learning_rate * self.rule.factor, self.rule.lowest))
        return learning_rate
