"""Early stopping, and a lower learning rate on a plateau.

Both check a metric at the end of each epoch. Their states are plain values, so checkpoints can hold
them.
"""

from dataclasses import dataclass, field

from pipeline.config.training import EarlyStopping, ReduceOnPlateau


@dataclass
class StoppingState:
    """The best value so far, its step, and the number of epochs since."""

    best: float | None = None
    best_step: int = 0
    wait: int = 0


@dataclass
class Stopping:
    """Early stopping by `rule`."""

    rule: EarlyStopping
    state: StoppingState = field(default_factory=StoppingState)

    def update(self, value: float | None, *, epoch: int, step: int) -> bool:
        """Takes the monitored value at the end of an epoch, counted from 1.

        Args:
            value: None if the metric was not defined. It then counts as no improvement.

        Returns:
            Whether it is the best so far.
        """
        state = self.state
        if epoch < self.rule.start_epoch:
            return False
        if value is not None and self.rule.improves(value, on=state.best):
            state.best, state.best_step, state.wait = value, step, 0
            return True
        state.wait += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether training should stop."""
        return self.rule.patience is not None and self.state.wait >= self.rule.patience


@dataclass
class PlateauState:
    """The best value so far, and the number of epochs since.

    Args:
        cooling: the number of next epochs that do not count, because the learning rate has fallen.
    """

    best: float | None = None
    wait: int = 0
    cooling: int = 0


@dataclass
class Plateau:
    """The learning rate on a plateau, by `rule`."""

    rule: ReduceOnPlateau
    state: PlateauState = field(default_factory=PlateauState)

    def update(self, value: float | None, learning_rate: float) -> float:
        """Takes the monitored value at the end of an epoch.

        Args:
            value: None if the metric was not defined. It then counts as no improvement.

        Returns:
            The learning rate of the next epochs.
        """
        rule, state = self.rule, self.state
        if state.cooling > 0:
            state.cooling -= 1
            state.wait = 0
        if value is not None and rule.improves(value, on=state.best):
            state.best, state.wait = value, 0
        elif state.cooling == 0:
            state.wait += 1
            if rule.patience is not None and state.wait >= rule.patience:
                state.wait, state.cooling = 0, rule.cooldown
                return min(learning_rate, max(learning_rate * rule.factor, rule.lowest))
        return learning_rate
