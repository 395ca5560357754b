"""Decides seed by seed with a confidence sequence. It holds at whatever seed you stop.

An ordinary interval holds for a number of seeds that was fixed in advance. If you add seeds until
it excludes 0, you find a winner even between equals. The intervals of a confidence sequence hold
for all numbers of seeds at once, with a probability of 95 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.comparing import rounding
from pipeline.comparing.holm import LEVEL
from pipeline.metrics import Interval

FEWEST_TO_DECIDE = 5  # with fewer, the interval is infinite for any values
# The standard deviation of the prior on the effect size. By simulation, 1 decides soonest for
# effects between 0.5 and 2 standard deviations (docs/statistics.md).
_PRIOR = 1.0


@dataclass(frozen=True)
class Standing:
    """What is known after some seeds.

    Args:
        difference: the mean of the paired differences.
        interval: its limits. They hold at all seeds at once. None while they are infinite.
        e: the evidence against equal means. If they are equal, the probability that it ever
            reaches 20 is at most 5 % (Ville 1939).
    """

    seeds: int
    difference: float
    interval: Interval | None
    e: float

    @property
    def decides(self) -> bool:
        """Whether the interval excludes 0."""
        return self.e >= 1 / LEVEL


def standing(one: Sequence[float], other: Sequence[float]) -> Standing:
    """The state after the seeds so far, for one value or more of each.

    The evidence is a Bayes factor of the t test: the effect size has a normal prior with mean 0,
    and the standard deviation of a difference has the right Haar prior (Lai 1976; Rouder et al.
    2009). It is a martingale for normal differences of any spread, so it holds at any stopping time
    (Hendriksen, de Heide and Grünwald, *Optional stopping with Bayes factors*, Bayesian Analysis
    16, 2021; Wang and Ramdas, *Anytime-valid t-tests and confidence sequences for Gaussian means
    with unknown variance*, Sequential Analysis 44, 2025). The interval holds the means for which
    the evidence is below 20. Adding the rounding to the variance only weakens the evidence.

    Args:
        one, other: by seed, in the same order.
    """
    differences = np.asarray(one, float) - np.asarray(other, float)
    count, difference = len(differences), float(differences.mean())
    if count < 2:
        return Standing(count, difference, None, 1.0)
    noise = 2 * rounding.variance(rounding.step(one, other))
    variance = float(np.var(differences, ddof=1)) + noise
    if variance == 0:
        return Standing(count, difference, None, 1.0)  # all values are equal
    factor = 1 + count * _PRIOR**2
    # t squared, divided by its degrees of freedom
    ratio = count * difference**2 / (variance * (count - 1))
    e = factor**-0.5 * ((1 + ratio / factor) / (1 + ratio)) ** (-count / 2)
    return Standing(count, difference, _limits(difference, variance, count, factor), e)


def _limits(difference: float, variance: float, count: int, factor: float) -> Interval | None:
    """Inverts the evidence: the differences that it does not yet exclude."""
    reach = (math.sqrt(factor) / LEVEL) ** (2 / count)
    if reach >= factor:
        return None
    ratio = (reach - 1) / (1 - reach / factor)
    margin = math.sqrt(ratio * variance * (count - 1) / count)
    return difference - margin, difference + margin
