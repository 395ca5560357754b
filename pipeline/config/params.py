"""Reads `params.yaml`, the list of what runs, and adds experiments to it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import yaml_files
from pipeline.config.repeats import FOLDS, SEEDS, SPLIT_SEEDS, Repeats
from pipeline.config.rules import NAME, is_name
from pipeline.errors import PipelineError, suggestion
from pipeline.files import write_text
from pipeline.layout import PARAMS

_KEYS = ("sources", "own_files", "own_code", "data", "experiments", "repeats", "overrides")
_SEEDS_OF = (SEEDS, SPLIT_SEEDS)
_VARIED = (*_SEEDS_OF, FOLDS)
_MOST_FOLDS = 1_000
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
    values = _load(path)
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


def add_experiment(name: str, data: str, path: Path = PARAMS) -> None:
    """Adds a line for an experiment, unless it is listed. Changes no other line.

    Raises:
        PipelineError: experiments are not written one per line, or this one has other data.
    """
    before = read(path)
    if before.experiments.get(name) == data:
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines.insert(_place(lines, name), f"  {name}: {{data: {data}}}\n")
    text = "".join(lines)
    if _listed(text) != before.experiments | {name: data}:
        raise PipelineError(
            f"{path}: an experiment could not be added",
            received=f"{name}: {{data: {data}}}",
            expected="Write one experiment per line, and add this one by hand",
        )
    write_text(path, text)


def _listed(text: str) -> dict[str, str]:
    """The experiments in the text of `params.yaml`; empty if the text is invalid."""
    try:
        return {name: value["data"] for name, value in yaml.safe_load(text)["experiments"].items()}
    except (yaml.YAMLError, TypeError, KeyError, AttributeError):
        return {}


def _place(lines: list[str], name: str) -> int:
    """Finds the line to insert an experiment before, so that names stay sorted."""
    start = (
        next(
            (number for number, line in enumerate(lines) if line.startswith("experiments:")),
            len(lines) - 1,
        )
        + 1
    )
    end = start
    for number in range(start, len(lines)):
        if not lines[number].startswith(" "):
            break
        if lines[number].strip().split(":")[0] > name and not lines[number].strip().startswith("#"):
            return number
        end = number + 1
    return end
