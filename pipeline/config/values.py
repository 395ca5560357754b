"""Settings as plain values: dictionaries, lists, numbers and texts."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from pipeline.files import write_text


def to_values(config: Any) -> dict[str, Any]:
    """Turns a checked configuration into plain values. Enumerations become their names."""
    return {field.name: _plain(getattr(config, field.name)) for field in fields(config)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return to_values(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def write_yaml(values: dict[str, Any], path: Path) -> None:
    """Writes resolved settings as YAML that every reader understands in the same way."""
    write_text(path, to_yaml(values))


def to_yaml(values: dict[str, Any], *, short: bool = False) -> str:
    """Settings as YAML. `short` writes each innermost list or group on one line."""
    style = None if short else False
    return yaml.dump(
        values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=style
    )


class _Dumper(yaml.SafeDumper):
    """Writes floats as `1.0e-05`, because readers of YAML 1.1 read `1e-05` as text."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _represent_float(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    text = {float("inf"): ".inf", float("-inf"): "-.inf"}.get(value, repr(value))
    mantissa, exponent, power = text.partition("e")
    if exponent and "." not in mantissa:
        text = f"{mantissa}.0e{power}"
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(float, _represent_float)
