"""Composes the configuration of an experiment, or reads its resolved file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pipeline.config import composition, optimizer, resolved_file
from pipeline.config.experiment import SETTINGS_WITHOUT_EFFECT, ExperimentConfig
from pipeline.config.model import FAMILIES
from pipeline.errors import ConfigError, PipelineError
from pipeline.layout import CONF


def register() -> None:
    """Registers the schemas of an experiment with Hydra."""
    composition.register("experiment", ExperimentConfig)
    for name, module in FAMILIES.all().items():
        composition.register(name, module.SETTINGS, group="model")
    for name in optimizer.families():
        composition.register(name, optimizer.settings_of(name), group="optimizer")


def compose_experiment(overrides: Sequence[str], *, conf: Path = CONF) -> ExperimentConfig:
    """Composes an experiment from `conf/config.yaml` and overrides.

    Raises:
        PipelineError: a setting is invalid.
    """
    register()
    return composition.compose("config", ExperimentConfig, overrides, conf=conf)


def to_values(config: ExperimentConfig) -> dict[str, Any]:
    """Returns all settings of a run as plain values, without those of the report."""
    values = composition.to_values(config)
    return {
        key: value for key, value in values.items() if key not in ("claims", "reported", "force")
    }


def effective_values(config: ExperimentConfig) -> dict[str, Any]:
    """Returns the settings that can change the bits of a training, as plain values."""
    return {
        key: value for key, value in to_values(config).items() if key not in SETTINGS_WITHOUT_EFFECT
    }


def read(path: Path) -> ExperimentConfig:
    """Reads a resolved configuration that `compose` wrote.

    Raises:
        PipelineError: the file is missing or damaged, or another version of the code wrote it.
    """
    values = resolved_file.load(path)
    try:
        schema = OmegaConf.structured(ExperimentConfig)
        schema.model = FAMILIES.load(values["model"]["family"], key="model.family").SETTINGS
        schema.optimizer = optimizer.settings_of(values["optimizer"]["family"])
        config = OmegaConf.to_object(OmegaConf.merge(schema, values))
    except (ConfigError, OmegaConfBaseException, TypeError, KeyError) as error:
        raise PipelineError(
            f"{path} is damaged", received=error, expected=resolved_file.REMEDY
        ) from error
    if not isinstance(config, ExperimentConfig):
        raise PipelineError(f"{path} is damaged", expected=resolved_file.REMEDY)
    return config
