"""Composes the configuration of an experiment from `conf/` and overrides."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.config import composition, hydra_composition, optimizer
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.model import FAMILIES
from pipeline.layout import CONF
from pipeline.own.references import OWN


def register() -> None:
    """Registers the schemas of an experiment with Hydra."""
    hydra_composition.register("experiment", ExperimentConfig)
    for name, module in FAMILIES.all().items():
        hydra_composition.register(name, module.SETTINGS, group="model")
    for name in (*optimizer.families(), OWN):
        hydra_composition.register(name, optimizer.settings_of(name), group="optimizer")


def compose_experiment(overrides: Sequence[str], *, conf: Path = CONF) -> ExperimentConfig:
    """Composes an experiment from `conf/config.yaml` and overrides.

    Raises:
        PipelineError: a setting is invalid.
    """
    register()
    return composition.compose("config", ExperimentConfig, overrides, conf=conf)
