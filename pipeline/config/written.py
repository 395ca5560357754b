"""Checks settings as people wrote them, before YAML and OmegaConf turn them into other values.

YAML reads `No` as false and `010` as 8, and OmegaConf makes the texts `False` and `8` of them.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import yaml

from pipeline.config.yaml_files import State, state_of
from pipeline.errors import PipelineError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SEVERAL = {
    "source.path": "For several files with the same columns, write a pattern such as data/*.csv. "
    "For training and test rows in two files, set path and test_path",
}


def require_kinds(file: Path, schema: type) -> None:
    """Checks that texts are written as text, and single values are not lists.

    Looks only at sources, data variants and experiments, because they hold names of columns.

    Args:
        schema: the dataclass of the whole configuration.

    Raises:
        PipelineError: a value is of another kind. The message names all of them.
    """
    if file.parent.name not in ("experiment", "source", "data"):
        return
    try:
        fault = _first_fault(file, state_of(file), schema)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return  # Hydra reports these.
    if fault is not None:
        where, value, expected = fault
        raise PipelineError(f"{file}: {where}", received=value, expected=expected)


@lru_cache(maxsize=4096)
def _first_fault(
    file: Path,
    state: State,  # noqa: ARG001 - part of the key
    schema: type,
) -> tuple[str, str, str] | None:
    """Reads the file. A process does so again only if the file has changed."""
    group = file.parent.name
    hints = get_type_hints(schema)
    if group == "experiment":
        hint, key = schema, ""
    elif group in hints:
        hint, key = hints[group], group
    else:
        return None
    node = yaml.compose(file.read_text(encoding="utf-8"), Loader=_Loader)
    return next(_faults(node, hint, key), None)


def _faults(node: Any, hint: Any, key: str) -> Iterator[tuple[str, str, str]]:
    """Yields what is wrong, what is written, and what to write."""
    lists = list(_not_single(node, hint, key))
    yield from lists
    texts = list(_not_text(node, hint))
    if texts:
        quoted = ", ".join(f'"{text}"' for text in texts)
        yield (
            f"YAML does not read {'a value' if len(texts) == 1 else 'some values'} as text",
            ", ".join(texts),
            f"Put {'it' if len(texts) == 1 else 'them'} in quotes: {quoted}",
        )


def _not_single(node: Any, hint: Any, key: str) -> Iterator[tuple[str, str, str]]:
    """Lists and tables where one value is expected, and single values where a list is."""
    hint = _without_none(hint)
    if _is_schema(hint) and isinstance(node, yaml.MappingNode):
        for name, value, inner, _ in _settings(node, hint):
            yield from _not_single(value, inner, f"{key}.{name}".lstrip("."))
    elif _is_scalar(hint) and isinstance(node, yaml.SequenceNode | yaml.MappingNode):
        expected = "Write one value"
        if key in _SEVERAL:
            expected = f"{expected}. {_SEVERAL[key]}"
        yield f"{key} takes one value", _text(node), expected
    elif get_origin(hint) is list and isinstance(node, yaml.ScalarNode) and not _is_null(node):
        name = key.rpartition(".")[2]
        yield f"{key} takes a list", node.value, f"Write {name}: [{node.value}]"


def _not_text(node: Any, hint: Any, texts: bool = False) -> Iterator[str]:
    """Scalars that YAML reads as another text than the one that is written."""
    hint = _without_none(hint)
    if _is_schema(hint) and isinstance(node, yaml.MappingNode):
        for _, value, inner, holds_texts in _settings(node, hint):
            yield from _not_text(value, inner, holds_texts)
    elif get_origin(hint) is list or (texts and isinstance(node, yaml.SequenceNode)):
        inner = str if texts else get_args(hint)[0]
        for item in node.value if isinstance(node, yaml.SequenceNode) else []:
            yield from _not_text(item, inner)
    elif get_origin(hint) is dict or (texts and isinstance(node, yaml.MappingNode)):
        kinds = (str, str) if texts else get_args(hint)
        for pair in node.value if isinstance(node, yaml.MappingNode) else []:
            # OmegaConf refuses a number as a key.
            if not texts and _is_other(pair[0]):
                yield pair[0].value
            else:
                yield from _not_text(pair[0], kinds[0], texts)
            yield from _not_text(pair[1], kinds[1], texts)
    elif (hint is str or texts) and isinstance(node, yaml.ScalarNode) and _changes(node):
        yield node.value


def _changes(node: Any) -> bool:
    """Whether a scalar without quotes becomes another text."""
    return _is_other(node) and str(yaml.safe_load(node.value)) != node.value


def _is_other(node: Any) -> bool:
    """Whether YAML reads a scalar as something else than text."""
    return not node.style and node.tag.rpartition(":")[2] in ("bool", "int", "float")


def _settings(node: Any, schema: Any) -> Iterator[tuple[str, Any, Any, bool]]:
    """The known settings of a table: name, value, type, and whether they hold texts."""
    hints = get_type_hints(schema)
    holds_texts = {one.name: bool(one.metadata.get("texts")) for one in fields(schema)}
    for name, value in node.value:
        if name.value in hints:
            yield name.value, value, hints[name.value], holds_texts[name.value]


def _without_none(hint: Any) -> Any:
    """The type of an optional value."""
    if get_origin(hint) in (Union, UnionType):
        others = [one for one in get_args(hint) if one is not NoneType]
        return others[0] if len(others) == 1 else Any
    return hint


def _is_schema(hint: Any) -> bool:
    return isinstance(hint, type) and is_dataclass(hint)


def _is_scalar(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, str | int | float | bool | Enum)


def _is_null(node: Any) -> bool:
    return bool(node.tag.endswith(":null"))


def _text(node: Any) -> str:
    """A list or table as one line."""
    text = yaml.serialize(node)
    return " ".join(text.split()) if isinstance(node, yaml.MappingNode) else _listed(node)


def _listed(node: Any) -> str:
    return f"[{', '.join(getattr(item, 'value', '…') for item in node.value)}]"
