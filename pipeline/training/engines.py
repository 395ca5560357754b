"""The closed table of engines."""

from typing import Any

from pipeline.config.training import EngineName, Training
from pipeline.data.prepared import Part
from pipeline.training.compiled_engine import CompiledEngine
from pipeline.training.engine import Engine
from pipeline.training.keras_engine import KerasEngine
from pipeline.training.schedule import Schedule


def build_engine(
    training: Training, network: Any, *, optimizer: Any, loss: Any, metrics: list[Any], train: Part, schedule: Schedule
) -> Engine:
    """The engine that the settings name, around an uncompiled `keras.Model` and Keras's own loss and metrics."""
    if training.engine is EngineName.compiled:
        return CompiledEngine(
            network, optimizer=optimizer, loss=loss, metrics=metrics, train=train, schedule=schedule, xla=bool(training.xla)
        )
    return KerasEngine(network, optimizer=optimizer, loss=loss, metrics=metrics, train=train, schedule=schedule)
