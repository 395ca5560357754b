"""Reads `params.yaml`, the list of what runs, and adds entries to it."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import yaml_files
from pipeline.config.repeats import FOLDS, SEEDS, SPLIT_SEEDS, Repeats
from pipeline.config.rules import NAME, is_name
from pipeline.config.yaml_text import flow
from pipeline.errors import PipelineError, suggestion
from pipeline.files import write_text
from pipeline.layout import PARAMS

_KEYS = ("sources", "own_files", "own_code", "data", "experiments", "repeats", "overrides")
_SEEDS_OF = (SEEDS, SPLIT_SEEDS)
_VARIED = (*_SEEDS_OF, FOLDS)
_MOST_FOLDS = 1_000
_EMPTY_TABLE = re.compile(r"^(\w+:)\s*\{\s*\}")
_LOOP_VARIABLES = {"item", "key"}  # DVC sets them for each entry of a `foreach`


@dataclass(frozen=True)
class Params:
    """The checked content of `params.yaml`.

    Args:
        sources: sources to fetch.
        own_files: files on this machine, by source.
        data: sources, by data variant.
        experiments: data variants, by experiment.
        overrides: Hydra overrides for all experiments.
        repeats: what varies, by experiment that is repeated.
        own_code: files and folders of the user's own Python, by name.
    """

    sources: list[str]
    own_files: dict[str, str]
    data: dict[str, str]
    experiments: dict[str, str]
    overrides: list[str]
    repeats: dict[str, Repeats] = field(default_factory=dict)
    own_code: dict[str, str] = field(default_factory=dict)


def read(path: Path = PARAMS) -> Params:
    """Reads and checks `params.yaml`.

    Allows every key that the `dvc.yaml` next to it uses as `${key}`, so that your own stages can
    read lists of their own.

    Raises:
        PipelineError: the file is missing or invalid.
    """
    return _checked(path, _load(path))


def _checked(path: Path, values: Mapping[str, Any]) -> Params:
    _require_allowed_keys(path, values)
    experiments = _experiments(path, values)
    params = Params(
        sources=_list(path, values, "sources"),
        own_files=_names(path, values, "own_files"),
        data=_names(path, values, "data"),
        experiments=experiments,
        overrides=_list(path, values, "overrides"),
        repeats=_repeats(path, values, experiments),
        own_code=_names(path, values, "own_code"),
    )
    sources = [*params.sources, *params.own_files]
    for name in [*sources, *params.data, *params.experiments, *params.own_code]:
        if not is_name(str(name)):
            raise PipelineError(f"{path}: a name is invalid", received=name, expected=f"Use {NAME}")
    _require_listed(f"{path}: data", params.data, "source", sources)
    _require_listed(f"{path}: experiments", params.experiments, "data variant", params.data)
    return params


def _load(path: Path) -> dict[str, Any]:
    try:
        values = yaml_files.load(path)
    except FileNotFoundError:
        raise PipelineError(
            f"{path} is missing", expected="Run the command in the repository's root"
        ) from None
    except yaml.YAMLError as error:
        raise PipelineError(f"{path} is not valid YAML", received=error) from error
    if not isinstance(values, dict):
        raise PipelineError(f"{path} has no keys", expected=f"Expected: {', '.join(_KEYS)}")
    return values


def _require_allowed_keys(path: Path, values: Mapping[str, Any]) -> None:
    allowed = {*_KEYS, *_keys_of_stages(path.with_name("dvc.yaml"))}
    for key in values:
        if key not in allowed:
            raise PipelineError(
                f"{path}: {key} is not a setting",
                received=key,
                expected=suggestion(str(key), allowed),
            )


def _keys_of_stages(path: Path) -> set[str]:
    """The keys of `params.yaml` that the stages read."""
    if not path.is_file():
        return set()
    names = re.findall(r"\$\{(\w+)", path.read_text(encoding="utf-8"))
    return set(names) - _LOOP_VARIABLES


def _list(path: Path, values: Mapping[str, Any], key: str) -> list[str]:
    value = values.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PipelineError(
            f"{path}: {key} is not a list of texts",
            received=value,
            expected=f"Write {key}: [<text>, <text>, …]",
        )
    return value


def _names(path: Path, values: Mapping[str, Any], key: str) -> dict[str, str]:
    value = _table(path, values, key, "<name>: <name>")
    if not all(isinstance(item, str) for item in value.values()):
        raise PipelineError(
            f"{path}: {key} does not map each name to one name",
            received=value,
            expected=f"Write {key}: {{<name>: <name>}}",
        )
    return value


def _experiments(path: Path, values: Mapping[str, Any]) -> dict[str, str]:
    entry = "{data: <data variant>}"
    experiments: dict[str, str] = {}
    for name, value in _table(path, values, "experiments", f"<experiment>: {entry}").items():
        names_data = isinstance(value, dict) and set(value) == {"data"}
        if not names_data or not isinstance(value["data"], str):
            raise PipelineError(
                f"{path}: experiments.{name} does not name its data",
                received=value,
                expected=f"Write {name}: {entry}",
            )
        experiments[name] = value["data"]
    return experiments


def _repeats(
    path: Path, values: Mapping[str, Any], experiments: Mapping[str, str]
) -> dict[str, Repeats]:
    """Reads what varies for each experiment.

    Entries also name the data, because DVC cannot look them up.
    """
    entry = "{data: <data variant>, seeds: [<seed>, <seed>, …]}"
    repeats: dict[str, Repeats] = {}
    for name, value in _table(path, values, "repeats", f"<experiment>: {entry}").items():
        if name not in experiments:
            raise PipelineError(
                f"{path}: repeats.{name} is not listed under experiments",
                received=name,
                expected=suggestion(str(name), experiments),
            )
        keys = set(value) if isinstance(value, dict) else set()
        varied = keys - {"data"}
        if "data" not in keys or not varied or varied - {*_VARIED}:
            raise PipelineError(
                f"{path}: repeats.{name} does not name its data and what varies",
                received=value,
                expected=f"Write {name}: {entry}, with {', '.join(_VARIED)}, or several of them",
            )
        if value["data"] != experiments[name]:
            raise PipelineError(
                f"{path}: repeats.{name}.data differs from experiments.{name}.data",
                received=value["data"],
                expected=f"Expected: {experiments[name]}",
            )
        repeats[name] = _repeat(f"{path}: repeats.{name}", value)
    return repeats


def _repeat(name: str, value: Mapping[str, Any]) -> Repeats:
    return Repeats(
        **{key: _seeds(f"{name}.{key}", value[key]) for key in _SEEDS_OF if key in value},
        folds=_folds(f"{name}.{FOLDS}", value[FOLDS]) if FOLDS in value else None,
    )


def _seeds(name: str, value: Any) -> list[int]:
    """Checks a list of seeds.

    There must be two or more, because a single training shows no variation.
    """
    seeds = value if isinstance(value, list) else []
    if not all(_is_whole(seed, 0, 2**32 - 1) for seed in seeds) or len({*seeds}) < max(
        2, len(seeds)
    ):
        raise PipelineError(
            f"{name} is invalid",
            received=value,
            expected="Expected: two or more different integers from 0 to 4,294,967,295",
        )
    return seeds


def _folds(name: str, value: Any) -> int:
    if not _is_whole(value, 2, _MOST_FOLDS):
        raise PipelineError(
            f"{name} is invalid",
            received=value,
            expected=f"Expected: the number of folds, from 2 to {_MOST_FOLDS:,}",
        )
    return int(value)


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _table(path: Path, values: Mapping[str, Any], key: str, entry: str) -> dict[str, Any]:
    value = values.get(key) or {}
    if not isinstance(value, dict):
        raise PipelineError(
            f"{path}: {key} is not a table", received=value, expected=f"Write lines of {entry}"
        )
    return value


def _require_listed(
    table: str, entries: Mapping[str, str], kind: str, listed: Collection[str]
) -> None:
    for name, value in entries.items():
        if value not in listed:
            raise PipelineError(
                f"{table}.{name} is not a listed {kind}",
                received=value,
                expected=suggestion(value, listed),
            )


def require_experiment(name: str, listed: Collection[str]) -> None:
    """Raises `PipelineError` for a name that `params.yaml` does not list under experiments."""
    if name not in listed:
        raise PipelineError(
            f"{PARAMS} has no experiment of this name",
            received=name,
            expected=suggestion(name, listed),
        )


def require_own_code(
    files: Iterable[str], listed: Mapping[str, str], *, user: str, path: Path = PARAMS
) -> None:
    """Checks that DVC knows files of own code, so that an edit of one is noticed.

    Args:
        listed: `own_code`: files and folders by name.
        user: what uses the files.

    Raises:
        PipelineError: a file is not listed.
    """
    for file in files:
        if not any(Path(file).is_relative_to(Path(place)) for place in listed.values()):
            name = re.sub(r"\W", "_", Path(file).stem).lower()
            raise PipelineError(
                f"{path}: own_code does not list a file that {user} uses, so dvc repro would not "
                "notice an edit of it",
                received=file,
                expected=f"Add {name}: {file} to own_code, or a folder that holds it",
            )


def add_experiment(name: str, data: str, path: Path = PARAMS) -> None:
    """Adds a line for an experiment, unless it is listed. Changes no other line.

    Raises:
        PipelineError: experiments are not written one per line, or this one has other data.
    """
    write_text(path, with_entries({"experiments": {name: {"data": data}}}, path))


def with_entries(entries: Mapping[str, Mapping[str, Any]], path: Path = PARAMS) -> str:
    """The text of `params.yaml` with more entries, one a line. Keeps all other lines.

    Args:
        entries: by key of `params.yaml`, what to add by name. An equal entry is added only once.

    Raises:
        PipelineError: a table is not written one entry per line, has another entry of a name, or
            gets an entry with data or a source that is not listed.
    """
    read(path)
    text = path.read_text(encoding="utf-8")
    expected = yaml.safe_load(text)
    for key, added in entries.items():
        table = expected[key] = dict(expected.get(key) or {})
        for name, value in added.items():
            if name not in table:
                text = _with_entry(text, key, name, f"{name}: {flow(value)}")
                table[name] = value
            elif table[name] != value:
                raise PipelineError(
                    f"{path}: {key} has another entry of this name",
                    received=f"{name}: {flow(table[name])}",
                    expected="Choose another name, or delete that entry",
                )
        if _parsed(text) != expected:
            raise PipelineError(
                f"{path}: an entry of {key} could not be added",
                received=f"{name}: {flow(value)}",
                expected=f"Write one entry of {key} per line, and add this one by hand",
            )
    _checked(path, expected)
    return text


def _parsed(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _with_entry(text: str, key: str, name: str, entry: str) -> str:
    """Inserts a line into a table, so that names stay sorted."""
    lines = text.splitlines(keepends=True)
    lines = [line if line.endswith("\n") else f"{line}\n" for line in lines]
    heads = [number for number, line in enumerate(lines) if line.startswith(f"{key}:")]
    if not heads:
        return "".join([*lines, f"{key}:\n", f"  {entry}\n"])
    head = heads[-1]
    lines[head] = _EMPTY_TABLE.sub(r"\1", lines[head])
    place, indent = _place(lines, head + 1, name)
    lines.insert(place, f"{indent}{entry}\n")
    return "".join(lines)


def _place(lines: list[str], start: int, name: str) -> tuple[int, str]:
    """Finds the line to insert an entry before, and the indent of the entries."""
    indent, end = "", start
    for number in range(start, len(lines)):
        line = lines[number].rstrip("\n")
        is_entry = line.startswith(" ") and not line.strip().startswith("#")
        if line and not line.startswith((" ", "#")):
            break
        if is_entry:
            own = line[: len(line) - len(line.lstrip())]
            indent = indent or own
            if own == indent and line.strip().split(":")[0] > name:
                return number, indent
            end = number + 1
    return end, indent or "  "
