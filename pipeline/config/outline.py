"""Describes an experiment for the report, with its changes to the defaults."""

import shlex
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import resolved
from pipeline.config.data_composition import compose_data
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.values import to_values
from pipeline.layout import CONF
from pipeline.own.references import OWN

_OTHER_GROUPS = ("@package", "defaults")  # with these a file sets more than its own group


class Defaults:
    """Composes defaults from `conf/config.yaml`, each one once."""

    def __init__(self, conf: Path = CONF) -> None:
        self.conf = conf
        entries = yaml.safe_load((conf / "config.yaml").read_text(encoding="utf-8"))["defaults"]
        choices = [entry for entry in entries if isinstance(entry, dict)]
        self._chosen = {f"{group}={name}" for entry in choices for group, name in entry.items()}
        self._composed: dict[tuple[str, ...], dict[str, Any]] = {}
        self._data: dict[str, dict[str, Any]] = {}
        self._first = ""

    def of(self, data: str, *choices: str) -> dict[str, Any]:
        """The settings on a data variant with some choices, such as `model=cnn`."""
        others = tuple(choice for choice in choices if choice not in self._chosen)
        if not self._sets_only_its_group(data):
            return deepcopy(self._of(f"data={data}", *others))
        self._first = self._first or data
        settings = self._of(f"data={self._first}", *others)
        return deepcopy(settings | {"data": self._of_data(data)})

    def _of(self, *choices: str) -> dict[str, Any]:
        if choices not in self._composed:
            config = compose_experiment(choices, conf=self.conf)
            self._composed[choices] = resolved.run_settings(config)
        return self._composed[choices]

    def _of_data(self, name: str) -> dict[str, Any]:
        if name not in self._data:
            self._data[name] = to_values(compose_data(name, conf=self.conf))
        return self._data[name]

    def _sets_only_its_group(self, data: str) -> bool:
        """Whether the file of a data variant leaves the settings of other groups as they are."""
        text = (self.conf / "data" / f"{data}.yaml").read_text(encoding="utf-8")
        return not self._is_interpolated and not any(word in text for word in _OTHER_GROUPS)

    @cached_property
    def _is_interpolated(self) -> bool:
        """Whether the settings of a group may refer to those of another."""
        groups = [folder for folder in self.conf.iterdir() if folder.name != "hydra"]
        files = [self.conf / "config.yaml", *(one for group in groups for one in group.rglob("*"))]
        texts = (file.read_text(encoding="utf-8") for file in files if file.suffix == ".yaml")
        return any("${" in text for text in texts)


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
    data = config.data.name
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
