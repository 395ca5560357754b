"""When what happens: steps, epochs and evaluation points as pure functions of the settings.

The order of rows is a pure function of seed and epoch, so that training can begin again at any step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.config.training import Training
from pipeline.errors import ConfigError


@dataclass(frozen=True)
class Schedule:
    """The steps of a training on `rows` rows, `total` in all; the last batch of an epoch may be smaller."""

    rows: int
    batch_size: int
    total: int
    seed: int
    evaluate_at: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, training: Training, *, rows: int, seed: int) -> "Schedule":
        """The schedule of a configuration; raises `ConfigError` for an evaluation after the last step."""
        steps_per_epoch = -(-rows // training.batch_size)
        total = (
            training.steps
            if training.steps is not None
            else (training.epochs or 0) * steps_per_epoch
        )
        beyond = [step for step in training.evaluate_at if step > total]
        if beyond:
            raise ConfigError(
                "training.evaluate_at",
                "lies after the end",
                received=beyond,
                expected=f"Expected: steps up to {total}",
            )
        return cls(rows, training.batch_size, total, seed, sorted(set(training.evaluate_at)))

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.rows // self.batch_size)

    @property
    def epochs(self) -> float:
        """Length in epochs; not whole where training is given in steps."""
        return self.total / self.steps_per_epoch

    def segments(self) -> Iterator[tuple[int, int]]:
        """Runs of steps `(start, stop)` without an evaluation inside, in order, none across the end of an epoch."""
        ends = set(range(self.steps_per_epoch, self.total, self.steps_per_epoch))
        return pairwise(sorted({0, self.total} | ends | set(self.evaluate_at)))

    def ends_epoch(self, step: int) -> bool:
        return step > 0 and (step % self.steps_per_epoch == 0 or step == self.total)

    def examples(self, start: int, stop: int) -> int:
        """Rows that the steps `start` to `stop` of one epoch train."""
        return min((stop - start) * self.batch_size, self.rows - self.first_row(start))

    def indices(self, start: int, stop: int) -> NDArray[np.int32]:
        """Rows of the steps `start` to `stop` of one epoch, in training order; batches are consecutive runs."""
        first = self.first_row(start)
        return self.order(start // self.steps_per_epoch)[
            first : first + (stop - start) * self.batch_size
        ]

    def order(self, epoch: int) -> NDArray[np.int32]:
        """All rows in the order of an epoch, counted from 0."""
        return (
            np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
            .permutation(self.rows)
            .astype(np.int32)
        )

    def first_row(self, step: int) -> int:
        """Where the batch of a step begins in its epoch's order."""
        return step % self.steps_per_epoch * self.batch_size
