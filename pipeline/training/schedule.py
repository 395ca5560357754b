"""The schedule: steps, epochs, evaluations and the order of rows.

The order of rows depends only on seed and epoch, so training can resume at any step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.config.training import Training
from pipeline.errors import ConfigError


@dataclass(frozen=True)
class Schedule:
    """The steps of a training. The last batch of an epoch may be smaller.

    Args:
        rows: the number of training rows.
        total: the number of steps.
        evaluate_at: the steps of additional evaluations.
    """

    rows: int
    batch_size: int
    total: int
    seed: int
    evaluate_at: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, training: Training, *, rows: int, seed: int) -> "Schedule":
        """The schedule of a configuration.

        Args:
            training: settings with `batch_size`, and with `epochs` or `steps`.

        Raises:
            ConfigError: an evaluation lies after the last step.
        """
        batch_size = training.batch_size
        assert batch_size is not None
        total = training.steps or (training.epochs or 0) * -(-rows // batch_size)
        beyond = [step for step in training.evaluate_at if step > total]
        if beyond:
            raise ConfigError(
                "training.evaluate_at",
                "lies after the last step",
                received=beyond,
                expected=f"Expected: steps up to {total}",
            )
        return cls(rows, batch_size, total, seed, sorted(set(training.evaluate_at)))

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.rows // self.batch_size)

    @property
    def epochs(self) -> float:
        """The length in epochs. It may be a fraction if `training.steps` is set."""
        return self.total / self.steps_per_epoch

    def segments(self) -> Iterator[tuple[int, int]]:
        """Yields the steps `(start, stop)` between evaluations, epoch by epoch.

        Keeps no list of them, because early stopping may end a training of a billion epochs.
        """
        ends = range(self.steps_per_epoch, self.total, self.steps_per_epoch)
        evaluations = (step for step in sorted(self.evaluate_at) if 0 < step < self.total)
        steps = chain([0], merge(ends, evaluations), [self.total])
        return pairwise(step for step, _ in groupby(steps))

    def ends_epoch(self, step: int) -> bool:
        return step > 0 and (step % self.steps_per_epoch == 0 or step == self.total)

    def row_count(self, start: int, stop: int) -> int:
        """The number of rows in the steps `start` to `stop` of one epoch."""
        return min((stop - start) * self.batch_size, self.rows - self.first_row(start))

    def indices(self, start: int, stop: int) -> NDArray[np.int32]:
        """The rows of the steps `start` to `stop` of one epoch, batch after batch."""
        first = self.first_row(start)
        return self.order(start // self.steps_per_epoch)[
            first : first + (stop - start) * self.batch_size
        ]

    def order(self, epoch: int) -> NDArray[np.int32]:
        """All rows in the order of an epoch; epochs count from 0."""
        return (
            np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
            .permutation(self.rows)
            .astype(np.int32)
        )

    def first_row(self, step: int) -> int:
        """The position of a step's first row in the order of its epoch."""
        return step % self.steps_per_epoch * self.batch_size
