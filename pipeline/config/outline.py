"""Describes an experiment for the report, with its changes to the defaults."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.config import resolved
from pipeline.config.experiment import ExperimentConfig
from pipeline.layout import CONF


def outline(
    config: ExperimentConfig, overrides: Sequence[str], *, conf: Path = CONF
) -> dict[str, Any]:
    """Returns the entry of an experiment in `outputs/plan.json`.

    Args:
        overrides: the overrides in `params.yaml`, for all experiments.
    """
    file = conf / "experiment" / f"{config.name}.yaml"
    choice = f"experiment={config.name}" if file.is_file() else f"data={config.data.name}"
    return {
        "description": description(file)
        if file.is_file()
        else "The default experiment on these data.",
        "reported": config.reported,
        "claims": [claim.values() for claim in config.claims],
        "changed": changes(config, conf=conf),
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


def changes(config: ExperimentConfig, *, conf: Path = CONF) -> dict[str, dict[str, Any]]:
    """Returns the settings that differ from the defaults, by dotted key.

    Each is `{"default": …, "value": …}`. The defaults are those of `conf/config.yaml` on the same
    data. The other settings of a model family or optimizer have the defaults of its own file.
    """
    values = resolved.to_values(config)
    data = f"data={config.data.name}"
    families = {group: values[group]["family"] for group in ("model", "optimizer")}
    default = _composed([data, *(f"{group}={family}" for group, family in families.items())], conf)
    plain = _composed([data], conf)
    for group in families:
        default[group]["family"] = plain[group]["family"]
    return dict(_differences(values, default | {"name": config.name}))


def _composed(overrides: Sequence[str], conf: Path) -> dict[str, Any]:
    return resolved.to_values(resolved.compose_experiment(overrides, conf=conf))


def _differences(value: Any, default: Any, key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict) and isinstance(default, dict) and value.keys() == default.keys():
        for part in value:
            yield from _differences(value[part], default[part], f"{key}.{part}".lstrip("."))
    elif value != default:
        yield key, {"default": default, "value": value}
