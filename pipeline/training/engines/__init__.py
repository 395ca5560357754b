"""The closed table of engines."""

from pathlib import Path
from typing import Any

from pipeline.config.training import EngineName, Training
from pipeline.data.prepared import Part
from pipeline.training.engine import Engine
from pipeline.training.engines.compiled import CompiledEngine
from pipeline.training.engines.keras import KerasEngine
from pipeline.training.schedule import Schedule


def build_engine(
    training: Training,
    network: Any,
    *,
    trained: Any = None,
    optimizer: Any,
    loss: Any,
    metrics: list[Any],
    train: Part,
    schedule: Schedule,
) -> Engine:
    """The engine that the settings name, around an uncompiled `keras.Model` and Keras's own loss and metrics."""
    parts = {
        "trained": trained,
        "optimizer": optimizer,
        "loss": loss,
        "metrics": metrics,
        "train": train,
        "schedule": schedule,
    }
    limit = free_memory() // 2 if training.in_memory_limit is None else training.in_memory_limit
    if training.engine is EngineName.compiled:
        return CompiledEngine(network, **parts, in_memory_limit=limit, xla=bool(training.xla))
    return KerasEngine(network, **parts, in_memory_limit=limit)


def free_memory() -> int:
    """Bytes that a new program could have without swapping, as Linux estimates them."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
