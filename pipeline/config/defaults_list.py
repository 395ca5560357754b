"""Checks the defaults list of an experiment, because Hydra's errors name neither file nor entry."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import yaml_files
from pipeline.config.yaml_files import State, state_of
from pipeline.errors import PipelineError


def require_overrides(file: Path, conf: Path) -> None:
    """Checks that the choices of an experiment are written as `override /<group>: <name>`.

    Without the slash, Hydra looks for the group below `conf/experiment/`. Without `override`, it
    adds a second choice.

    Args:
        file: the experiment. One that is not valid YAML is left to Hydra.

    Raises:
        PipelineError: an entry is written in another way.
    """
    chosen = {_group(key) for key, _ in _entries(conf / "config.yaml")}
    for key, name in _entries(file):
        group, is_override = _group(key), "override" in key.split()
        is_absolute = key.split()[-1].startswith("/")
        is_choice = group in chosen or (is_override and not (file.parent / group).is_dir())
        if is_choice and not (is_override and is_absolute):
            name = "null" if name is None else name
            missing = ["override"] * (not is_override) + ["slash"] * (not is_absolute)
            raise PipelineError(
                f"{file}: an entry of the defaults list has no {' and '.join(missing)}",
                received=f"{key}: {name}",
                expected=f"Write `override /{group}: {name}`",
            )


def _entries(file: Path) -> list[tuple[str, Any]]:
    """The choices of a defaults list, such as `override /data` and `mnist`."""
    try:
        return _read(file, state_of(file))
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return []


@lru_cache(maxsize=4096)
def _read(file: Path, state: State) -> list[tuple[str, Any]]:  # noqa: ARG001 - part of the key
    """Reads the file. A process does so again only if the file has changed."""
    values = yaml_files.load(file)
    listed = values.get("defaults") if isinstance(values, dict) else None
    return [
        (str(key), name)
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict)
        for key, name in entry.items()
        if str(key).strip()
    ]


def _group(key: str) -> str:
    """The group of an entry: `data` of `override /data@other`."""
    return key.split()[-1].lstrip("/").partition("@")[0]
