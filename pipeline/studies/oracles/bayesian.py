"""Bayesian search: a Gaussian process learns from the trials so far.

The first trials, three for each searched setting, are drawn at random.
"""

from dataclasses import dataclass

from pipeline.studies.kerastuner import KerasTunerOracle
from pipeline.studies.objective import Objective
from pipeline.studies.oracles import Oracle
from pipeline.studies.settings import SearchSettings
from pipeline.studies.space import Space


@dataclass
class Bayesian(SearchSettings):
    """A bayesian search has no settings of its own."""

    method: str = "bayesian"


SETTINGS = Bayesian


def build(search: SearchSettings, space: Space, objective: Objective) -> Oracle:
    """Builds the oracle of a bayesian search."""
    from keras_tuner.oracles import BayesianOptimizationOracle

    return KerasTunerOracle(BayesianOptimizationOracle, search, space, objective, max_trials=None)
