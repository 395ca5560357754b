"""Random search: draws each trial independently."""

from dataclasses import dataclass

from pipeline.studies.kerastuner import KerasTunerOracle
from pipeline.studies.objective import Objective
from pipeline.studies.oracles import Oracle
from pipeline.studies.settings import SearchSettings
from pipeline.studies.space import Space


@dataclass
class Random(SearchSettings):
    """A random search has no settings of its own."""

    method: str = "random"


SETTINGS = Random


def build(search: SearchSettings, space: Space, objective: Objective) -> Oracle:
    """Builds the oracle of a random search."""
    from keras_tuner.oracles import RandomSearchOracle

    return KerasTunerOracle(RandomSearchOracle, search, space, objective, max_trials=None)
