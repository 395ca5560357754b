"""The rounding of metrics that have steps, such as an accuracy on 30 rows.

Few values with steps may all be equal by chance. Their variance is then 0, and a test by Student's
t would be sure of any difference. So the variance of the rounding is added to that of the values.
"""

from collections.abc import Sequence

import numpy as np

_SAME = 1e-9  # values that are closer, relative to the largest, are one value


def step(*samples: Sequence[float]) -> float:
    """The smallest distance between two different values of all samples; 0 if all are equal.

    For a metric without steps it is tiny, so that it changes nothing.
    """
    values = np.unique(np.concatenate([np.asarray(sample, float) for sample in samples]))
    gaps = np.diff(values)
    different = gaps[gaps > _SAME * np.abs(values).max()] if len(gaps) else gaps
    return float(different.min()) if len(different) else 0.0


def variance(step: float) -> float:
    """The variance of the rounding of one value to steps: that of a uniform distribution."""
    return step**2 / 12
