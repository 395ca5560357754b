"""Explains errors of Hydra, OmegaConf and PyYAML in one line with the remedy.

Their exceptions hold some facts only in their texts. Only this module reads those texts, and a
test covers each pattern.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml
from hydra.errors import OverrideParseException

from pipeline.errors import PipelineError, suggestion

_IN_FILE = re.compile(r"^In '?(?P<config>[^':\s]+)'?: ")
_FULL_KEY = re.compile(r"full_key: (?P<key>\S+)")
_OBJECT_TYPE = re.compile(r"object_type=(?P<type>\w+)")
_UNKNOWN_KEY = re.compile(r"Key '(?P<key>[^']+)' not in '(?P<type>\w+)'")
_NO_CHOICE = re.compile(r"Could not find '(?P<group>.+)/(?P<choice>[^/']*)'")
_NO_GROUP = re.compile(r"Could not override '(?P<group>[^']+)'\. No match in the defaults list")
_UNCHOSEN = re.compile(r"You must specify '(?P<group>[^']+)'")
_BAD_OVERRIDE = re.compile(r"Error parsing override '(?P<override>[^']*)'")
_AMBIGUOUS = re.compile(r"(?:Ambiguous value for argument|Sweep parameters) '(?P<override>[^\n]*)'")
_BAD_VALUE = re.compile(
    r"^(?:Value .*|Invalid (?:value|type).*|Unsupported value.*|Incompatible value.*|Merge error.*"
    r"|.* does not support deletion.*|.* is not Optional)$",
    re.MULTILINE,
)


COMMAND_LINE = "command line"
_UNKNOWN = "is not a setting"


class SettingError(PipelineError):
    """The error of one setting.

    Args:
        place: what sets it: a file, or `COMMAND_LINE`.
        key: its full dotted name, such as `training.batch_size`.
        what: the fault, such as `is invalid`.
    """

    def __init__(
        self, place: str, key: str, what: str, *, received: object = None, expected: str = ""
    ) -> None:
        self.place, self.key, self.fault = place, key, what
        super().__init__(f"{place}: {key} {what}", received=received, expected=expected)

    @property
    def is_unknown(self) -> bool:
        """Whether no schema has the setting."""
        return self.fault == _UNKNOWN

    def beside(self, other: str, remedy: str) -> "SettingError":
        """The error of a setting that is invalid only together with another one."""
        return SettingError(
            self.place,
            self.key,
            f"{self.fault} with {other}",
            received=self.received,
            expected=f"{self.expected.rstrip('.')}. {remedy}" if self.expected else remedy,
        )


def explained(
    error: Exception,
    *,
    overrides: Sequence[str],
    conf: Path,
    root: str,
    root_schema: type,
    schemas: Sequence[type],
    place_of: Callable[[str], str],
) -> PipelineError:
    """Translates an error that composing `conf/<root>.yaml` with `overrides` raised.

    Args:
        root_schema: the schema of the whole configuration.
        schemas: the registered schemas; their keys are the ones to suggest.
        place_of: finds the place that set a key, because some errors name no file.
    """
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        place = (
            f"{_path_below(conf, Path(mark.name))}, line {mark.line + 1}, column {mark.column + 1}"
        )
        return PipelineError(
            f"{place}: this is not valid YAML",
            received=error.problem,
            expected="Expected: plain YAML",
        )
    cause = error.__cause__ if error.__cause__ is not None else error
    text = str(error) + "\n" + str(cause)
    if isinstance(error, OverrideParseException):
        return _unreadable_override(error.override)
    if match := _BAD_OVERRIDE.search(text):
        return _unreadable_override(match["override"])
    if match := _AMBIGUOUS.search(text):
        return PipelineError(
            "command line: one setting has several values",
            received=match["override"],
            expected="Expected: one value, a list such as model.units=[64,32], or -m for a sweep",
        )
    if match := _UNCHOSEN.search(text):
        if unknown := _unknown_override(overrides, conf, root, root_schema):
            return unknown
        if root == "config":
            return PipelineError(
                "command line: no experiment is named",
                expected="Write its name, or data=<data variant> for the default network. "
                + suggestion("", _choices("experiment", conf)),
            )
        choices = suggestion("", _choices(match["group"], conf))
        return PipelineError(
            f"command line: {match['group']} is missing",
            expected=f"Add {match['group']}=… {choices}",
        )
    if match := _NO_CHOICE.search(text):
        return _unknown_choice(match["group"], match["choice"], overrides, conf, root)
    if match := _NO_GROUP.search(text):
        return _unknown_group(match["group"], _file_of(text, conf), conf)
    return _bad_key(text, overrides, conf, [root_schema, *schemas], place_of)


def _unknown_override(
    overrides: Sequence[str], conf: Path, root: str, root_schema: type
) -> PipelineError | None:
    """The error for the first override of something that is neither a setting nor a group.

    Hydra would first ask for the data that the misspelt experiment names.
    """
    groups = [folder.name for folder in conf.iterdir() if folder.is_dir()]
    names = {*groups, *(field.name for field in fields(root_schema)), "hydra"}
    for override in overrides:
        key = override.lstrip("+~").partition("=")[0]
        first = key.partition(".")[0].partition("/")[0].partition("@")[0]
        if first not in names:
            groups = ["experiment"] if root == "config" else []
            allowed = sorted({*field_names(root_schema), *groups})
            return unknown_key("command line", first, override, allowed, root_schema)
    return None


def _unreadable_override(override: str) -> PipelineError:
    expected = "Expected: for example training.batch_size=32"
    if "=" in override:
        expected += ". Put a value that Hydra cannot read in quotes, as 'reported=\"> 90 %\"'"
    return PipelineError(
        "command line: an override is not key=value", received=override, expected=expected
    )


def _unknown_choice(
    group: str, choice: str, overrides: Sequence[str], conf: Path, root: str
) -> PipelineError:
    place = str(conf / f"{root}.yaml")
    if any(override.lstrip("+") == f"{group}={choice}" for override in overrides):
        place = "command line"
    else:
        for override in overrides:
            key, _, name = override.partition("=")
            file = conf / key.lstrip("+") / f"{name}.yaml"
            if key.lstrip("+") == "experiment" and file.is_file():
                place = str(file)
    return PipelineError(
        f"{place}: {group} has no file of this name",
        received=f"{group}={choice}",
        expected=suggestion(choice, _choices(group, conf)),
    )


def _unknown_group(group: str, place: str, conf: Path) -> PipelineError:
    groups = [folder.name for folder in conf.iterdir() if folder.is_dir()]
    return PipelineError(
        f"{place}: this is not a group of settings",
        received=group,
        expected=suggestion(group, groups),
    )


def _bad_key(
    text: str,
    overrides: Sequence[str],
    conf: Path,
    schemas: Sequence[type],
    place_of: Callable[[str], str],
) -> PipelineError:
    match = _FULL_KEY.search(text)
    problem = _BAD_VALUE.search(text)
    reason = problem.group(0).strip() if problem else text.splitlines()[0]
    if match is None:
        return PipelineError(
            f"{_file_of(text, conf)}: {reason}", expected="See docs/configuration.md"
        )
    key = match["key"]
    place = _file_of(text, conf) if _IN_FILE.search(text) else place_of(key)
    if "missing mandatory value" in text:
        return SettingError(place, key, "is missing", expected="Set it: it has no default")
    received = _received(key, place, overrides, conf)
    if "Incompatible key type 'NoneType'" in text:
        is_override = any(override.lstrip("+").startswith(f"{key}=") for override in overrides)
        return PipelineError(
            f"{place if is_override else conf}: a name in {key} is null",
            received=received if is_override else None,
            expected='Write names in quotes. In a file: {"null": 2}. '
            f"On the command line: '{key}=\"{{null: 2}}\"'",
        )
    if unknown := _UNKNOWN_KEY.search(text):
        allowed = _settings(unknown["type"], schemas)
        return unknown_key(place, key, received, allowed, schemas[0] if "." not in key else None)
    return SettingError(place, key, "is invalid", received=received, expected=_sentence(reason))


def unknown_key(
    place: str, key: str, received: str, allowed: Sequence[str], root_schema: type | None = None
) -> SettingError:
    """The error for a key that is not in the schema.

    Args:
        root_schema: the schema of the whole configuration, if a group may be missing in the key.
    """
    paths = list(_paths_to(key, root_schema)) if root_schema is not None else []
    return SettingError(
        place,
        key,
        _UNKNOWN,
        received=received,
        expected=f"Did you mean {' or '.join(paths)}?"
        if paths
        else suggestion(key.rpartition(".")[2], allowed),
    )


def _paths_to(key: str, schema: type, prefix: str = "") -> Iterator[str]:
    """The full names of settings with this name in the groups of a schema."""
    for name, hint in get_type_hints(schema).items():
        for part in (hint, *get_args(hint)):
            if isinstance(part, type) and is_dataclass(part):
                if key in field_names(part):
                    yield f"{prefix}{name}.{key}"
                yield from _paths_to(key, part, f"{prefix}{name}.")


def _sentence(reason: str) -> str:
    return reason[0].upper() + reason[1:]


def _file_of(text: str, conf: Path) -> str:
    match = _IN_FILE.search(text)
    return f"{conf / match['config']}.yaml" if match else "command line"


def file_at_fault(error: Exception, conf: Path) -> Path | None:
    """The file that an error of Hydra names, if it names one."""
    match = _IN_FILE.search(str(error))
    return conf / f"{match['config']}.yaml" if match else None


def _path_below(conf: Path, path: Path) -> str:
    """Shortens an absolute path, so that it begins with `conf` as the user wrote it."""
    try:
        return str(conf / path.relative_to(conf.resolve()))
    except ValueError:
        return str(path)


def _received(key: str, place: str, overrides: Sequence[str], conf: Path) -> str:
    leaf = key.rpartition(".")[2]
    if place == "command line":
        names = {override.lstrip("+~").split("=")[0]: override for override in overrides}
        return names.get(key, key)
    is_set, value = setting_in_file(key, Path(place), conf)
    return f"{leaf}={value}" if is_set else leaf


def setting_in_file(key: str, file: Path, conf: Path) -> tuple[bool, Any]:
    """Looks up a key in a file of `conf`. Returns whether it is set, and its value.

    A file of a group sets keys without the name of the group.
    """
    path = key.split("[")[0].split(".")
    if file.parent != conf and file.parent.name == path[0]:
        path = path[1:]
    try:
        node: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return False, None
    for part in path:
        if not isinstance(node, dict) or part not in node:
            return False, None
        node = node[part]
    return True, node


def _choices(group: str, conf: Path) -> list[str]:
    return [file.stem for file in (conf / group).glob("*.yaml")]


def _settings(type_name: str, schemas: Sequence[type]) -> list[str]:
    for schema in schemas:
        for cls in _nested(schema):
            if cls.__name__ == type_name:
                return field_names(cls)
    return []


def field_names(schema: type) -> list[str]:
    """The keys of a schema that a file may set."""
    return [field.name for field in fields(schema) if field.name not in ("name", "family")]


def _nested(schema: type) -> Iterator[type]:
    yield schema
    for hint in get_type_hints(schema).values():
        for part in (hint, *get_args(hint)):
            if isinstance(part, type) and is_dataclass(part):
                yield from _nested(part)
