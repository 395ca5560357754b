"""Settings as a notebook writes them: Python values by name."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.optimizer import Optimizer
from pipeline.config.resolved import run_settings
from pipeline.config.training import Training
from pipeline.errors import PipelineError, suggestion
from pipeline.notebooks.place import at_root
from pipeline.studies.space import hydra_text

_PLACE = "command line: "
_GROUPS = {"training": Training, "optimizer": Optimizer}  # their settings need no group


def composed(experiment: str, settings: Mapping[str, Any]) -> ExperimentConfig:
    """Composes an experiment.

    Args:
        settings: by name, such as `{"epochs": 3, "optimizer.learning_rate": 0.01}`.

    Raises:
        PipelineError: a setting is invalid.
    """
    try:
        return compose_experiment([f"experiment={experiment}", *overrides(settings)])
    except PipelineError as error:
        if not error.what.startswith(_PLACE):
            raise
        what = error.what.removeprefix(_PLACE)  # A notebook has no command line.
        raise PipelineError(what, received=error.received, expected=error.expected) from None


def compose(experiment: str, **settings: Any) -> dict[str, Any]:
    """The settings of an experiment, as `train` would use them.

    Args:
        settings: what to change, as in `run`.

    Returns:
        The settings by group, as plain values.

    Raises:
        PipelineError: a setting is invalid.
    """
    with at_root():
        return run_settings(composed(experiment, settings))


def overrides(settings: Mapping[str, Any]) -> list[str]:
    """Settings as overrides of a command line.

    A setting of `training` or `optimizer` may stand without its group. A dictionary is a group of
    settings if its name is that of a group.

    Raises:
        PipelineError: a short name is unknown.
    """
    return [f"{name}={hydra_text(value)}" for name, value in _flat(settings)]


def _flat(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and name in _names(ExperimentConfig):
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            yield _full_name(name), _plain(value)


def _full_name(name: str) -> str:
    if "." in name or name in _names(ExperimentConfig):
        return name
    for group, schema in _GROUPS.items():
        if name in _names(schema):
            return f"{group}.{name}"
    short = _names(ExperimentConfig).union(*map(_names, _GROUPS.values()))
    raise PipelineError(
        f"{name} is not a setting that may stand without its group",
        received=name,
        expected=suggestion(name, short),
    )


def _names(schema: type[Any]) -> set[str]:
    return {one.name for one in fields(schema)}


def _plain(value: Any) -> Any:
    """A plain value of Python. Notebooks hold numbers of NumPy, tuples and ranges as well."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple | range) else value
