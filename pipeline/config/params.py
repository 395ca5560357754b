"""`params.yaml`: what runs. How each of them runs is said in `conf/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import PipelineError, suggestion

PARAMS = Path("params.yaml")
_KEYS = ("sources", "own_files", "data", "experiments", "overrides")


@dataclass(frozen=True)
class Params:
    """Sources to fetch, data variants by their source, experiments by their data, and overrides for all of them."""

    sources: list[str]
    own_files: dict[str, str]
    data: dict[str, str]
    experiments: dict[str, str]
    overrides: list[str]


def read(path: Path = PARAMS) -> Params:
    """Reads and checks `params.yaml`; raises `PipelineError`."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path} is missing", expected="Run the command in the repository's root") from None
    except yaml.YAMLError as error:
        raise PipelineError(f"{path}: this is not YAML", received=error) from error
    if not isinstance(values, dict):
        raise PipelineError(f"{path} holds no settings", expected=f"Expected: {', '.join(_KEYS)}")
    for key in values:
        if key not in _KEYS:
            raise PipelineError(f"{path}: {key} is not a setting", received=key, expected=suggestion(str(key), _KEYS))
    found = Params(
        sources=_list(path, values, "sources"),
        own_files=_names(path, values, "own_files"),
        data=_names(path, values, "data"),
        experiments=_experiments(path, values),
        overrides=_list(path, values, "overrides"),
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
    experiments = values.get("experiments") or {}
    if not isinstance(experiments, dict):
        raise PipelineError(
            f"{path}: experiments is no table of names",
            received=experiments,
            expected="Expected: <experiment>: {data: <data variant>}",
        )
    found: dict[str, str] = {}
    for name, given in experiments.items():
        if not isinstance(given, dict) or set(given) != {"data"} or not isinstance(given["data"], str):
            raise PipelineError(
                f"{path}: experiments.{name} does not say its data", received=given, expected="Expected: {data: <data variant>}"
            )
        found[name] = given["data"]
    return found


def _require_known(path: Path, key: str, given: Mapping[str, str], known: Any) -> None:
    for name, needed in given.items():
        if needed not in known:
            raise PipelineError(
                f"{path}: {key}.{name} needs what is not listed", received=needed, expected=suggestion(needed, known)
            )
