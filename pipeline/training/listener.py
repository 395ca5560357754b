"""The events of a training. Listeners report them."""

from collections.abc import Sequence

from pipeline.runs.history import Point


class Listener:
    """Receives the events of a training. Override what you need."""

    @property
    def stops(self) -> bool:
        """Whether training should end after this evaluation."""
        return False

    def on_begin(self, history: Sequence[Point]) -> None:
        """Before the first step of this process; `history` comes from earlier processes."""

    def on_segment(self, start: int) -> None:
        """Before the steps up to the next evaluation."""

    def on_step(self, step: int, means: dict[str, float]) -> None:
        """After a step, or a slice of steps; `means` are over the segment so far."""

    def on_point(self, point: Point) -> None:
        """After an evaluation."""

    def on_snapshot(self, step: int) -> None:
        """At a step of `evaluate_at`, while the network has the weights of that step."""

    def on_commit(self, points: Sequence[Point]) -> None:
        """After a checkpoint was written. A kill can no longer lose these points."""

    def on_end(self) -> None:
        """After training, also after an error."""
