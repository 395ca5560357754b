"""Composes the configuration of an experiment from `conf/` and overrides."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.config import composition, hydra_composition, optimizer
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.model import FAMILIES
from pipeline.errors import PipelineError
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
    return composition.compose("config", ExperimentConfig, choosing(overrides, conf), conf=conf)


def choosing(overrides: Sequence[str], conf: Path = CONF) -> list[str]:
    """Overrides with `data=<name>` for an experiment that has no file.

    Such an experiment of `params.yaml` is the default experiment on the data variant of its name.

    Raises:
        PipelineError: a sweep is over experiments with and without a file.
    """
    if any(override.startswith("data=") for override in overrides):
        return list(overrides)
    return [_choice(override, conf) for override in overrides]


def _choice(override: str, conf: Path) -> str:
    key, _, names = override.partition("=")
    if key != "experiment":
        return override
    listed = names.split(",")
    default = [name for name in listed if _is_default(name, conf)]
    if not default:
        return override
    if len(default) < len(listed):
        file = conf / "experiment" / f"{default[0]}.yaml"
        raise PipelineError(
            "command line: a sweep is over experiments with and without a file",
            received=override,
            expected=f"Sweep over {default[0]} alone, or write {file}",
        )
    return f"data={names}"


def _is_default(name: str, conf: Path) -> bool:
    has_file = (conf / "experiment" / f"{name}.yaml").is_file()
    return not has_file and (conf / "data" / f"{name}.yaml").is_file()
