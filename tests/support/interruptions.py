"""Signals that arrive at a chosen moment of a training."""

import signal
from dataclasses import dataclass, field

from pipeline.runs.history import Point
from pipeline.signals import Interruption
from pipeline.training.listener import Listener


class InterruptedAt(Interruption):
    """A SIGTERM that arrives when the training calls `check` for the n-th time."""

    def __init__(self, checks: int = 1) -> None:
        super().__init__()
        self._checks = checks

    def check(self) -> None:
        super().check()
        self._checks -= 1
        if self._checks == 0:
            self.requested = signal.SIGTERM


@dataclass
class Signalled(Listener):
    """Receives a signal after a step, or at its evaluation."""

    at_step: int = -1
    at_point: int = -1
    number: signal.Signals = signal.SIGTERM
    interruption: Interruption = field(default_factory=Interruption)

    def on_step(self, step: int, means: dict[str, float]) -> None:  # noqa: ARG002 - of Listener
        if step == self.at_step:
            self.interruption.requested = self.number

    def on_point(self, point: Point) -> None:
        if point.step == self.at_point:
            self.interruption.requested = self.number
