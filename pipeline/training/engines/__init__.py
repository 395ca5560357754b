"""Training engines: one module each, named as in the setting `training.engine`.

A module defines `build(task, training)`. It returns a `pipeline.training.engine.Engine`.
"""

from pipeline.config.training import ENGINES, Training
from pipeline.training.engine import Engine, TrainingTask


def build(task: TrainingTask, training: Training) -> Engine:
    """Builds the engine that the settings name."""
    module = ENGINES.load(training.engine, key="training.engine")
    engine: Engine = module.build(task, training)
    return engine
