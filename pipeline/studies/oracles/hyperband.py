"""Hyperband (Li et al. 2018): many trials train briefly, the best ones longer.

Trials come in brackets. In each round of a bracket, one in `factor` trials is promoted: it resumes
and trains `factor` times as many epochs, up to `max_epochs`.
"""

from dataclasses import dataclass

from pipeline.config.metrics import Direction
from pipeline.config.rules import require_at_most
from pipeline.errors import ConfigError, require
from pipeline.studies.kerastuner import PRIVATE, UNLIMITED, KerasTunerOracle
from pipeline.studies.objective import Objective
from pipeline.studies.oracles import Oracle
from pipeline.studies.settings import SearchSettings
from pipeline.studies.space import Space
from pipeline.studies.trial import Trial

_MOST_EPOCHS = 10**9


@dataclass
class Hyperband(SearchSettings):
    """`max_epochs` is the longest training. One in `factor` trials is promoted."""

    method: str = "hyperband"
    max_epochs: int = 9
    factor: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.factor >= 2,
            "search.factor",
            received=self.factor,
            expected="a whole number from 2",
        )
        require(
            self.max_epochs >= self.factor,
            "search.max_epochs",
            received=self.max_epochs,
            expected=f"search.factor, {self.factor}, or more",
        )
        require_at_most("search.max_epochs", self.max_epochs, _MOST_EPOCHS)

    def fixed_overrides(self) -> list[str]:
        """The whole length of training, so that a promoted trial keeps its schedule."""
        return ["training.steps=null", f"training.epochs={self.max_epochs}"]


SETTINGS = Hyperband


def build(search: Hyperband, space: Space, objective: Objective) -> Oracle:
    """Builds the oracle of a hyperband search."""
    return _HyperbandOracle(search, space, objective)


class _HyperbandOracle(KerasTunerOracle):
    """Keeps the number of a promoted trial.

    KerasTuner creates a new trial for each round. Here it is the same trial that resumes.
    """

    def __init__(self, search: Hyperband, space: Space, objective: Objective) -> None:
        from keras_tuner.oracles import HyperbandOracle

        super().__init__(
            HyperbandOracle,
            search,
            space,
            objective,
            max_epochs=search.max_epochs,
            factor=search.factor,
            hyperband_iterations=UNLIMITED,
        )
        self._numbers: dict[str, int] = {}  # of our trials, by the id of KerasTuner's
        self._free_places = 0  # in the first round of the current bracket

    def ask(self) -> Trial | None:
        """The next trial. None if the budget or the space is exhausted."""
        suggestion = self._suggest()
        if suggestion is None:
            return None
        values = suggestion.hyperparameters.values
        promoted = values.get(f"{PRIVATE}trial_id")
        if promoted is None and not self._has_place(values[f"{PRIVATE}bracket"]):
            return None
        number = self._started if promoted is None else self._numbers[promoted]
        self._numbers[suggestion.trial_id] = number
        return self._trial(suggestion, number, pause_at=int(values[f"{PRIVATE}epochs"]))

    def tell(self, trial: Trial, objective: float | None) -> None:
        """Counts a failed trial as the worst of its round.

        KerasTuner promotes no trial while the objective of one is missing.
        """
        worst = float("-inf") if self._objective.direction is Direction.max else float("inf")
        super().tell(trial, worst if objective is None else objective)

    def _has_place(self, bracket: int) -> bool:
        """Whether the whole bracket of a new trial fits into the budget."""
        if self._free_places == 0:
            size, budget = self._oracle._get_size(bracket, 0), self._search.trials
            if self._started == 0 and size > budget:
                raise ConfigError(
                    "search.trials",
                    "is too small for the first bracket of hyperband",
                    received=budget,
                    expected=f"Expected: {size} or more, or a smaller search.max_epochs",
                )
            if self._started + size > budget:
                return False
            self._free_places = size
        self._free_places -= 1
        return True
