"""Describes an experiment for the report, with its changes to the defaults."""

import shlex
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import resolved
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.layout import CONF
from pipeline.own.references import OWN


class Defaults:
    """Composes defaults from `conf/config.yaml`, each one once."""

    def __init__(self, conf: Path = CONF) -> None:
        self.conf = conf
        entries = yaml.safe_load((conf / "config.yaml").read_text(encoding="utf-8"))["defaults"]
        choices = [entry for entry in entries if isinstance(entry, dict)]
        self._chosen = {f"{group}={name}" for entry in choices for group, name in entry.items()}
        self._composed: dict[tuple[str, ...], dict[str, Any]] = {}

    def of(self, *choices: str) -> dict[str, Any]:
        """The settings with some choices, such as `data=wine`."""
        others = tuple(choice for choice in choices if choice not in self._chosen)
        if others not in self._composed:
            config = compose_experiment(others, conf=self.conf)
            self._composed[others] = resolved.run_settings(config)
        return deepcopy(self._composed[others])


def outlines(
    configs: Sequence[ExperimentConfig], overrides: Sequence[str], *, conf: Path = CONF
) -> dict[str, Any]:
    """The entries of all experiments in `outputs/plan.json`."""
    defaults = Defaults(conf)
    return {config.name: outline(config, overrides, defaults) for config in configs}


def outline(
    config: ExperimentConfig, overrides: Sequence[str], defaults: Defaults
) -> dict[str, Any]:
    """Returns the entry of an experiment in `outputs/plan.json`.

    Args:
        overrides: the overrides in `params.yaml`, for all experiments.
    """
    file = defaults.conf / "experiment" / f"{config.name}.yaml"
    choice = config.name if file.is_file() else f"data={config.data.name}"
    return {
        "description": description(file)
        if file.is_file()
        else "The default experiment on these data.",
        "reported": config.reported,
        "claims": [claim.values() for claim in config.claims],
        "changed": changes(config, defaults),
        "command": shlex.join(["python", "-m", "pipeline.train", choice, *overrides, "force=true"]),
    }


def description(file: Path) -> str:
    """Reads the first comment of an experiment's file, up to the command."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        comment = line.removeprefix("#")
        if comment == line or comment.startswith("   "):
            break
        if not comment.startswith(" @package"):
            lines.append(comment.strip())
    return " ".join(lines)


def changes(config: ExperimentConfig, defaults: Defaults) -> dict[str, dict[str, Any]]:
    """Returns the settings that differ from the defaults, by dotted key.

    Each is `{"default": …, "value": …}`. The defaults are those of `conf/config.yaml` on the same
    data. The other settings of a model family or optimizer have the defaults of its own file.
    """
    values = resolved.run_settings(config)
    data = f"data={config.data.name}"
    families = {group: values[group]["family"] for group in ("model", "optimizer")}
    own = {group for group, family in families.items() if family == OWN}
    chosen = (f"{group}={family}" for group, family in families.items() if group not in own)
    default = defaults.of(data, *chosen)
    plain = defaults.of(data)
    for group in own:  # its file names no function, so Hydra cannot compose it
        default[group] = values[group] | {"build": None, "arguments": {}}
    for group in families:
        default[group]["family"] = plain[group]["family"]
    return dict(_differences(values, default | {"name": config.name}))


def _differences(value: Any, default: Any, key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict) and isinstance(default, dict) and value.keys() == default.keys():
        for part in value:
            yield from _differences(value[part], default[part], f"{key}.{part}".lstrip("."))
    elif value != default:
        yield key, {"default": default, "value": value}
