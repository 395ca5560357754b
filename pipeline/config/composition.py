"""Composes files of `conf/` and overrides into one checked configuration.

Hydra composes. This module names the groups after their files, and applies the rules. Its results
hold plain values only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from hydra.errors import HydraException
from omegaconf import DictConfig, ListConfig, OmegaConf, ValueNode
from omegaconf.errors import OmegaConfBaseException

from pipeline.config import conflicts, hydra_composition, written
from pipeline.config import overrides as command_line
from pipeline.config.explain import (
    SettingError,
    explained,
    field_names,
    file_at_fault,
    setting_in_file,
    unknown_key,
)
from pipeline.config.rules import LARGEST_INTEGER
from pipeline.errors import ConfigError, PipelineError, require
from pipeline.layout import CONF

# Networks compute with 32-bit floats.
_SMALLEST_FLOAT, _LARGEST_FLOAT = 1.2e-38, 3.4e38

_NAMES = ("data.name", "model.family", "optimizer.family")

T = TypeVar("T")


def compose(root: str, schema: type[T], overrides: Sequence[str], *, conf: Path = CONF) -> T:
    """Composes `conf/<root>.yaml` with Hydra overrides and checks every rule.

    Raises:
        PipelineError: a key, type, choice or value is invalid. The message names the file.
    """

    def is_valid(others: Sequence[str]) -> bool:
        try:
            _composed(root, schema, others, conf)
        except PipelineError:
            return False
        return True

    try:
        return _composed(root, schema, overrides, conf)
    except SettingError as error:
        chosen = [one.partition("=")[2] for one in overrides if one.startswith("experiment=")]
        file = conf / "experiment" / f"{chosen[-1]}.yaml" if chosen else None
        raise conflicts.explained(error, overrides, file, is_valid) from error


def _composed(root: str, schema: type[T], overrides: Sequence[str], conf: Path) -> T:
    if not (conf / f"{root}.yaml").is_file():
        raise PipelineError(
            f"{conf / root}.yaml is missing", expected="Run the command in the repository's root"
        )
    command_line.require_readable(overrides, conf=conf)
    command_line.require_none_of_hydra(overrides)
    origin = _Origin({}, overrides, conf)
    try:
        result = hydra_composition.composed(root, overrides, conf)
        origin = _Origin(result.choices, overrides, conf)
        _require_no_sweep(result.sweeps, origin)
        for file in origin.files:
            written.require_kinds(file, schema)
        return _checked(result.settings, schema, origin)
    except (AttributeError, AssertionError) as error:  # OmegaConf raises these inside a null group
        raise PipelineError(
            "command line: a setting is inside a group that is null",
            received=" ".join(override for override in overrides if "." in override),
            expected="Set the whole group in a file of conf/experiment/",
        ) from error
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        at_fault = file_at_fault(error, conf)
        if at_fault is not None:
            written.require_kinds(at_fault, schema)
        raise explained(
            error,
            overrides=overrides,
            conf=conf,
            root=root,
            root_schema=schema,
            schemas=hydra_composition.schemas(),
            place_of=origin.of,
        ) from error
    except ValueError as error:  # Hydra raises this for data=null and experiment=1
        if "int_max_str_digits" in str(error):
            raise PipelineError(
                "a whole number has thousands of digits",
                expected=f"Expected: numbers up to {LARGEST_INTEGER:,}",
            ) from error
        groups = [
            override
            for override in overrides
            if (conf / override.lstrip("+").partition("=")[0]).is_dir()
        ]
        raise PipelineError(
            "command line: a choice is not the name of a file",
            received=" ".join(groups),
            expected="Expected: for example data=mnist",
        ) from error


def _require_no_sweep(sweeps: Mapping[str, Any], origin: "_Origin") -> None:
    """Refuses a file that would make Hydra start a sweep."""
    for key, value in sweeps.items():
        raise PipelineError(
            f"{origin.setter_of(key)}: {key} is not supported",
            received=getattr(value, "name", value),
            expected="Remove it, and sweep on the command line: python -m pipeline.sweep "
            f"{origin.choices.get('experiment')} key=value,value",
        )


def places(
    root: str, keys: Iterable[str], overrides: Sequence[str], *, conf: Path = CONF
) -> dict[str, str]:
    """What sets each key of a composition: `command line`, a file of `conf/`, or `default`."""
    choices = hydra_composition.composed(root, overrides, conf).choices
    origin = _Origin(choices, overrides, conf)
    setters = {key: origin.setter_of(key) or "default" for key in keys}
    # The names of files are settings as well.
    named = {"name": origin.files[0], **{key: origin.of(key) for key in _NAMES}}
    return setters | {key: str(place) for key, place in named.items() if key in setters}


def _named(settings: DictConfig, choices: dict[str, str | None]) -> DictConfig:
    """Names each group after the chosen file.

    An experiment without a file gets the name of its data.
    """
    for group in ("source", "data"):
        if group in settings:
            _name(settings[group], choices[group], f"{group}.name")
    if "name" in settings:
        _name(settings, choices.get("experiment") or choices["data"], "name")
    return settings


def _name(part: DictConfig, name: str | None, key: str) -> None:
    if part.name:
        raise ConfigError(
            key,
            "is not a setting",
            received=part.name,
            expected="Remove it: the name of the file in conf/ is the name",
        )
    part.name = name


class _Origin:
    """Finds what set a key last: an override, a chosen file, or a default."""

    def __init__(
        self, choices: dict[str, str | None], overrides: Sequence[str], conf: Path
    ) -> None:
        self.choices = choices
        groups = [
            "experiment",
            *(group for group in choices if "/" not in group and group != "experiment"),
        ]
        self.files = [
            conf / group / f"{choices[group]}.yaml" for group in groups if choices.get(group)
        ]
        self.files += [conf / "config.yaml"]
        self.overrides = overrides
        self.conf = conf

    def of(self, key: str) -> str:
        """What sets a key. If nothing does, the file of its group."""
        own = [file for file in self.files if file.parent.name == key.split(".")[0]]
        return self.setter_of(key) or (str(own[0]) if own else "command line")

    def setter_of(self, key: str) -> str | None:
        """What sets a key. None if the value is the default of its schema."""
        names = [override.lstrip("+~").split("=")[0] for override in self.overrides]
        if any(self._sets(name, key) for name in names):
            return "command line"
        for file in self.files:
            if setting_in_file(key, file, self.conf)[0]:
                return str(file)
        return None

    def _sets(self, name: str, key: str) -> bool:
        """Whether an override of `name` sets `key`, a group around it, or a setting inside it."""
        is_choice = (self.conf / name).is_dir()
        inside = key.startswith(f"{name}.") and not is_choice
        return name == key.split("[")[0] or name.startswith(f"{key}.") or inside


def _checked(settings: DictConfig, schema: type[T], origin: _Origin) -> T:
    try:
        settings = _named(settings, origin.choices)
        _refuse_unknown(settings, "", origin)
        checked = OmegaConf.to_object(settings)
        _require_usual_numbers(settings, "")
    except ConfigError as error:
        raise SettingError(
            origin.of(error.key),
            error.key,
            error.what.removeprefix(f"{error.key} "),
            received=error.received,
            expected=error.expected,
        ) from error
    if not isinstance(checked, schema):
        raise TypeError(f"expected {schema.__name__}, composed {type(checked).__name__}")
    return checked


def _refuse_unknown(node: Any, path: str, origin: _Origin) -> None:
    """Rejects unknown keys and `_target_`, also in parts that no schema checks.

    Such parts are keys added by `+key=value`, and dictionaries of any content.
    """
    schema: Any = OmegaConf.get_type(node) if isinstance(node, DictConfig) else None
    keys = None if schema in (None, dict) else _keys(schema)
    for key, value in _items(node):
        here = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
        if key == "_target_":
            raise ConfigError(
                here,
                "is refused",
                received=value,
                expected="Remove it: settings cannot name Python objects",
            )
        if keys is not None and key not in keys:
            raise unknown_key(origin.of(here), here, f"{key}={value}", field_names(schema))
        _refuse_unknown(value, here, origin)


@cache
def _keys(schema: Any) -> frozenset[str]:
    return frozenset(field.name for field in fields(schema))


def _require_usual_numbers(node: Any, path: str) -> None:
    """Rejects numbers that become infinite or 0 in a computation, and those that are not numbers.

    A bound that is not set, such as `at_least` of a claim, has an infinite default.
    """
    schema = OmegaConf.get_type(node) if isinstance(node, DictConfig) else None
    defaults = {} if schema in (None, dict) else {one.name: one.default for one in fields(schema)}
    for key, value in _items(node):
        here = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
        number = value._value() if isinstance(value, ValueNode) else value
        if isinstance(number, int | float) and number != defaults.get(key):
            _require_usual_number(here, number)
        _require_usual_numbers(value, here)


def _require_usual_number(key: str, number: float) -> None:
    if isinstance(number, int):
        usual, expected = abs(number) <= LARGEST_INTEGER, "a whole number of 64 bits"
    else:
        usual = number == 0 or _SMALLEST_FLOAT <= abs(number) <= _LARGEST_FLOAT
        expected = f"0, or a number from {_SMALLEST_FLOAT:g} to {_LARGEST_FLOAT:g} in size"
    require(usual, key, received=number, expected=expected)


def _items(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, DictConfig) and not node._is_none() and not node._is_missing():
        yield from node.items_ex(resolve=False)
    elif isinstance(node, ListConfig) and not node._is_none() and not node._is_missing():
        yield from enumerate(node)
