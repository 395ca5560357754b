"""Explains a setting that is invalid only together with a setting of another place.

An override and a file may each be valid by itself. The message of their conflict names both, and
an override that resolves it.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import yaml_files
from pipeline.config.explain import COMMAND_LINE, SettingError

# What switches a setting off, in the order in which it is tried.
_OFF = ("null", "[]", "0")

IsValid = Callable[[Sequence[str]], bool]


def explained(
    error: SettingError, overrides: Sequence[str], file: Path | None, is_valid: IsValid
) -> SettingError:
    """The error with the other place of a conflict; the same error if there is no conflict.

    Args:
        file: the file of the experiment.
        is_valid: whether a composition with some overrides is valid.
    """
    if error.place != COMMAND_LINE:
        return _with_override(error, overrides, is_valid)
    return _with_setting(error, overrides, file, is_valid) if file else error


def _with_override(
    error: SettingError, overrides: Sequence[str], is_valid: IsValid
) -> SettingError:
    """A setting of a file that an override makes invalid."""
    for override in overrides:
        others = [one for one in overrides if one != override]
        if override.startswith("experiment=") or not is_valid(others):
            continue
        if remedy := _remedy(error.key, overrides, is_valid):
            remedy = f"Add the override {remedy}"
        elif error.is_unknown:
            remedy = f"Leave out {override}, or write another file in conf/experiment/"
        else:
            remedy = f"Leave out {override}, or override {error.key} as well"
        return error.beside(f"the override {override}", remedy)
    return error


def _with_setting(
    error: SettingError, overrides: Sequence[str], file: Path, is_valid: IsValid
) -> SettingError:
    """An override that a setting of the experiment's file makes invalid."""
    overridden = {override.lstrip("+~").partition("=")[0] for override in overrides}
    for key in _keys(file):
        if key not in overridden and (remedy := _remedy(key, overrides, is_valid)):
            return error.beside(f"{key} of {file}", f"Add the override {remedy}")
    return error


def _remedy(key: str, overrides: Sequence[str], is_valid: IsValid) -> str:
    """The override that switches a setting off, if all is valid with it."""
    tried = (f"{key}={off}" for off in _OFF)
    return next((override for override in tried if is_valid([*overrides, override])), "")


def _keys(file: Path) -> list[str]:
    try:
        return list(_below(yaml_files.load(file), ""))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return []


def _below(values: Any, prefix: str) -> Iterator[str]:
    """The full names of the settings in a group, such as `training.steps`."""
    for name, value in values.items() if isinstance(values, dict) else ():
        if isinstance(value, dict):
            yield from _below(value, f"{prefix}{name}.")
        elif prefix:
            yield f"{prefix}{name}"
