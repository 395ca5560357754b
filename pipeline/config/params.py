"""`params.yaml`: what runs. How each of them runs is said in `conf/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import PipelineError, suggestion
from pipeline.files import write_text
from pipeline.layout import PARAMS

_KEYS = ("sources", "own_files", "data", "experiments", "repeats", "overrides")


@dataclass(frozen=True)
class Params:
    """Sources to fetch, data variants by their source, experiments by their data, and overrides for all of them.

    `repeats` holds the seeds of experiments that are trained over several.
    """

    sources: list[str]
    own_files: dict[str, str]
    data: dict[str, str]
    experiments: dict[str, str]
    overrides: list[str]
    repeats: dict[str, list[int]] = field(default_factory=dict)


def read(path: Path = PARAMS) -> Params:
    """Reads and checks `params.yaml`; raises `PipelineError`."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(
            f"{path} is missing", expected="Run the command in the repository's root"
        ) from None
    except yaml.YAMLError as error:
        raise PipelineError(f"{path}: this is not YAML", received=error) from error
    if not isinstance(values, dict):
        raise PipelineError(f"{path} holds no settings", expected=f"Expected: {', '.join(_KEYS)}")
    for key in values:
        if key not in _KEYS:
            raise PipelineError(
                f"{path}: {key} is not a setting",
                received=key,
                expected=suggestion(str(key), _KEYS),
            )
    experiments = _experiments(path, values)
    found = Params(
        sources=_list(path, values, "sources"),
        own_files=_names(path, values, "own_files"),
        data=_names(path, values, "data"),
        experiments=experiments,
        overrides=_list(path, values, "overrides"),
        repeats=_repeats(path, values, experiments),
    )
    _require_known(path, "data", found.data, [*found.sources, *found.own_files])
    _require_known(path, "experiments", found.experiments, found.data)
    return found


def _list(path: Path, values: Mapping[str, Any], key: str) -> list[str]:
    given = values.get(key) or []
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise PipelineError(f"{path}: {key} is no list of texts", received=given)
    return given


def _names(path: Path, values: Mapping[str, Any], key: str) -> dict[str, str]:
    given = values.get(key) or {}
    if not isinstance(given, dict) or not all(isinstance(item, str) for item in given.values()):
        raise PipelineError(f"{path}: {key} does not give one name for each key", received=given)
    return given


def _experiments(path: Path, values: Mapping[str, Any]) -> dict[str, str]:
    expected = "{data: <data variant>}"
    found: dict[str, str] = {}
    for name, given in _table(path, values, "experiments", expected).items():
        if (
            not isinstance(given, dict)
            or set(given) != {"data"}
            or not isinstance(given["data"], str)
        ):
            raise PipelineError(
                f"{path}: experiments.{name} does not say its data",
                received=given,
                expected=f"Expected: {expected}",
            )
        found[name] = given["data"]
    return found


def _repeats(
    path: Path, values: Mapping[str, Any], experiments: Mapping[str, str]
) -> dict[str, list[int]]:
    """Seeds by experiment; the data stand beside them for DVC, which looks nothing up."""
    expected = "{data: <data variant>, seeds: [<seed>, <seed>, …]}"
    found: dict[str, list[int]] = {}
    for name, given in _table(path, values, "repeats", expected).items():
        if name not in experiments:
            raise PipelineError(
                f"{path}: repeats.{name} is no experiment that is listed",
                received=name,
                expected=suggestion(str(name), experiments),
            )
        if not isinstance(given, dict) or set(given) != {"data", "seeds"}:
            raise PipelineError(
                f"{path}: repeats.{name} does not say its data and seeds",
                received=given,
                expected=f"Expected: {expected}",
            )
        if given["data"] != experiments[name]:
            raise PipelineError(
                f"{path}: repeats.{name}.data is not that of experiments.{name}",
                received=given["data"],
                expected=f"Expected: {experiments[name]}",
            )
        found[name] = _seeds(f"{path}: repeats.{name}.seeds", given["seeds"])
    return found


def _seeds(what: str, given: Any) -> list[int]:
    """Several different seeds: a mean over one has no interval."""
    seeds = given if isinstance(given, list) else []
    whole = all(
        isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**32 for seed in seeds
    )
    if not whole or len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise PipelineError(
            f"{what} is not possible",
            received=given,
            expected="Expected: two or more different integers from 0 to 4,294,967,295",
        )
    return seeds


def _table(path: Path, values: Mapping[str, Any], key: str, entry: str) -> dict[str, Any]:
    given = values.get(key) or {}
    if not isinstance(given, dict):
        raise PipelineError(
            f"{path}: {key} is no table of names",
            received=given,
            expected=f"Expected: <experiment>: {entry}",
        )
    return given


def _require_known(path: Path, key: str, given: Mapping[str, str], known: Any) -> None:
    for name, needed in given.items():
        if needed not in known:
            raise PipelineError(
                f"{path}: {key}.{name} needs what is not listed",
                received=needed,
                expected=suggestion(needed, known),
            )


def add_experiment(name: str, data: str, path: Path = PARAMS) -> None:
    """Lists an experiment on a data variant, unless it is listed; every other line stays as it is.

    Raises:
        PipelineError: the experiments do not stand one to a line, or another of this name is listed.
    """
    before = read(path)
    if before.experiments.get(name) == data:
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines.insert(_place(lines, name), f"  {name}: {{data: {data}}}\n")
    text = "".join(lines)
    if _listed(text) != before.experiments | {name: data}:
        raise PipelineError(
            f"{path}: experiments cannot take another line",
            received=f"{name}: {{data: {data}}}",
            expected="Write it there by hand, one experiment to a line",
        )
    write_text(path, text)


def _listed(text: str) -> dict[str, str]:
    """The experiments of a text; nothing where it cannot be read."""
    try:
        return {name: given["data"] for name, given in yaml.safe_load(text)["experiments"].items()}
    except (yaml.YAMLError, TypeError, KeyError, AttributeError):
        return {}


def _place(lines: list[str], name: str) -> int:
    """The line before which an experiment is listed: in the order of names where they have one."""
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
