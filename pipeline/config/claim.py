"""Claims: results that an experiment must reach."""

import math
from dataclasses import dataclass

from omegaconf import MISSING

from pipeline.errors import require


@dataclass
class Claim:
    """A result that the experiment must reach, such as `test/accuracy` ≥ 0.97."""

    metric: str = MISSING
    at_least: float = -math.inf
    at_most: float = math.inf

    def __post_init__(self) -> None:
        bounded = self.at_least > -math.inf or self.at_most < math.inf
        require(
            bounded,
            "claims",
            received=self.metric,
            expected="at_least or at_most next to each metric",
        )

    def is_met_by(self, value: float) -> bool:
        """Whether `value` lies within the bounds."""
        return self.at_least <= value <= self.at_most

    def values(self) -> dict[str, str | float]:
        """The claim for a JSON file, without a bound that is not set."""
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        return {"metric": self.metric} | {
            key: bound for key, bound in bounds.items() if math.isfinite(bound)
        }

    def __str__(self) -> str:
        if self.at_least == self.at_most:
            return f"{self.metric} = {self.at_least:,g}"
        bounds = [f"≥ {self.at_least:g}"] if self.at_least > -math.inf else []
        bounds += [f"≤ {self.at_most:g}"] if self.at_most < math.inf else []
        return f"{self.metric} {' and '.join(bounds)}"
