"""Names a run made by hand after what differs from its experiment."""

from collections.abc import Sequence
from typing import Any

from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.labels import short_label
from pipeline.config.resolved import effective_settings
from pipeline.errors import PipelineError

_LONGEST = 100  # characters


def run_name(config: ExperimentConfig, overrides: Sequence[str]) -> str:
    """`mnist_mlp lr=0.01 units=[64]`, or the name of the experiment if nothing differs.

    Settings that cannot change the result, such as those of tracking, are left out.

    Args:
        overrides: the overrides of `config`, such as `optimizer.learning_rate=0.01`.
    """
    keys = [override.lstrip("+").partition("=")[0] for override in overrides]
    choice = "experiment" if "experiment" in keys else "data"
    base = [override for override, key in zip(overrides, keys, strict=True) if key == choice]
    if len(base) == len(overrides):
        return config.name
    before, now = _settings(base), effective_settings(config)
    values = {
        key: override.partition("=")[2]
        for override, key in zip(overrides, keys, strict=True)
        if key != choice and _at(before, key) != _at(now, key)
    }
    return f"{config.name} {short_label(values)}".strip()[:_LONGEST]


def _settings(overrides: Sequence[str]) -> dict[str, Any]:
    """The settings of an experiment; none if it is invalid without the other overrides."""
    try:
        return effective_settings(compose_experiment(overrides))
    except PipelineError:
        return {}


def _at(settings: Any, key: str) -> Any:
    """The value of a dotted name; None without one."""
    for part in key.removeprefix("~").partition("@")[0].split("."):
        settings = settings.get(part) if isinstance(settings, dict) else None
    return settings
