"""Composes the settings of a data variant from `conf/`."""

from pathlib import Path

from pipeline.config import composition, hydra_composition
from pipeline.config.data import Data, PrepareConfig
from pipeline.layout import CONF


def compose_data(name: str, *, conf: Path = CONF) -> Data:
    """Composes `conf/data/<name>.yaml`.

    Raises:
        PipelineError: a setting is invalid.
    """
    hydra_composition.register("prepare", PrepareConfig)
    return composition.compose("prepare", PrepareConfig, [f"data={name}"], conf=conf).data
