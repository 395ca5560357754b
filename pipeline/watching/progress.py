"""How far a run is, what it reached, and how long it still takes."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.metrics import Direction, direction_of
from pipeline.errors import PipelineError
from pipeline.metrics import headline
from pipeline.tracking.curves import Measured, Value, WatchedRun

_LOSSES = ("loss", "weighted_loss", "log_loss", "mse")
_POINTS_FOR_A_TIME = 2


@dataclass(frozen=True)
class Best:
    """The best value of a figure so far, and where the run had it."""

    value: float
    place: float


@dataclass(frozen=True)
class Progress:
    """A run with its curves.

    Args:
        unit: `epochs`, or `steps` if the experiment counts steps.
        total: the length of the whole training in this unit; None if it is not known.
    """

    run: WatchedRun
    measured: Measured
    unit: str
    total: float | None

    @classmethod
    def of(cls, run: WatchedRun, measured: Measured) -> "Progress":
        """The progress of a training."""
        steps = _number(measured.settings.get("training.steps"))
        epochs = _number(measured.settings.get("training.epochs"))
        return cls(run, measured, "steps" if steps else "epochs", steps or epochs)

    @property
    def done(self) -> float:
        """Epochs or steps so far."""
        epochs = self.measured.curves.get("epoch", [])
        if not epochs:
            return 0.0
        return float(epochs[-1].step if self.unit == "steps" else epochs[-1].value)

    @property
    def figures(self) -> list[str]:
        """What to draw: the loss, and the figure that the training or its task is judged by."""
        split = "validation/"
        names = sorted(
            name.removeprefix(split) for name in self.measured.curves if name.startswith(split)
        )
        others = sorted(
            (name for name in names if name not in _LOSSES), key=self._is_less_important
        )
        losses = ["loss"] if "loss" in names else names[:1]
        return list(dict.fromkeys([*losses, *others[:1]]))

    def _is_less_important(self, figure: str) -> tuple[bool, bool]:
        settings = self.measured.settings
        monitor, task = settings.get("training.early_stopping.monitor"), settings.get("data.task")
        return f"validation/{figure}" != monitor, not task or figure != headline(task)

    def points(self, name: str) -> list[tuple[float, float]]:
        """The curve of a metric in the unit of the run."""
        values = self.measured.curves.get(name, [])
        if self.unit == "steps":
            return [(float(value.step), value.value) for value in values]
        epochs = {value.step: value.value for value in self.measured.curves.get("epoch", [])}
        return [(epochs[value.step], value.value) for value in values if value.step in epochs]

    def direction(self, figure: str) -> Direction | None:
        """The direction in which a figure of the validation split improves, if it is known."""
        name = f"validation/{figure}"
        try:
            return direction_of(name, None, key="metric")
        except PipelineError:  # the user's own metric
            monitor, direction = (
                self.measured.settings.get(f"training.early_stopping.{key}")
                for key in ("monitor", "direction")
            )
            return Direction(direction) if monitor == name else None

    def best(self, figure: str) -> Best | None:
        """The best value of a figure of the validation split; None if it is not known."""
        points, direction = self.points(f"validation/{figure}"), self.direction(figure)
        if direction is None or not points:
            return None
        choose = max if direction is Direction.max else min
        place, value = choose(points, key=lambda point: point[1])
        return Best(value, place)

    def seconds_left(self, now: float | None = None) -> float | None:
        """The time that a running training still takes. None if it is not known.

        Args:
            now: seconds since 1970.
        """
        spent, total = self.measured.curves.get("seconds", []), self.total
        if not self.run.is_running or total is None or len(spent) < _POINTS_FOR_A_TIME:
            return None
        seconds = spent[-1].value - spent[0].value
        done = self._done_between(spent)
        if done <= 0:
            return None
        since = (time.time() if now is None else now) - spent[-1].timestamp / 1000
        return max(0.0, seconds / done * (total - self.done) - max(0.0, since))

    def _done_between(self, spent: Sequence[Value]) -> float:
        places = {value.step: value.value for value in self.measured.curves.get("epoch", [])}
        if self.unit == "steps":
            return float(spent[-1].step - spent[0].step)
        return places.get(spent[-1].step, 0.0) - places.get(spent[0].step, 0.0)


def _number(text: str | None) -> float | None:
    value = json.loads(text) if text else None
    return float(value) if isinstance(value, int | float) else None
