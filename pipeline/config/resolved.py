"""The resolved configuration of an experiment: its settings, and the file that holds them."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pipeline.config import optimizer, resolved_file
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.model import FAMILIES
from pipeline.config.resolved_file import SETTINGS_WITHOUT_EFFECT
from pipeline.config.values import to_values, to_yaml
from pipeline.errors import ConfigError, PipelineError
from pipeline.files import write_text

_NOT_OF_THE_RUN = ("claims", "reported", "force")


def run_settings(config: ExperimentConfig) -> dict[str, Any]:
    """Returns all settings of a run as plain values, without those of the report."""
    return _without(to_values(config), _NOT_OF_THE_RUN)


def effective_settings(config: ExperimentConfig) -> dict[str, Any]:
    """Returns the settings that can change the bits of a training, as plain values."""
    return _without(run_settings(config), SETTINGS_WITHOUT_EFFECT)


def write(config: ExperimentConfig, path: Path) -> None:
    """Writes the resolved configuration, with a digest of it."""
    write_text(path, resolved_file.sealed(to_yaml(run_settings(config))))


def _without(settings: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in names}


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
