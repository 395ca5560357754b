"""Saves the best trial of a search as an experiment.

The experiment is a file in `conf/experiment/` and a line in `params.yaml`.
"""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import params
from pipeline.config.data import Task
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import METRICS, Direction, modules_of
from pipeline.config.outline import Defaults, changes
from pipeline.config.resolved import effective_settings
from pipeline.config.resolved_file import SETTINGS_WITHOUT_EFFECT
from pipeline.config.values import to_yaml
from pipeline.errors import PipelineError, suggestion
from pipeline.files import write_text
from pipeline.layout import CONF, PARAMS
from pipeline.studies.objective import Objective

_CORES = {1: "one core", 2: "two cores"}
_CLAIM_DIGITS = 3


@dataclass(frozen=True)
class BestTrial:
    """The best trial of a search.

    Args:
        base: the experiment that was searched.
        method: the method of the search, such as `bayesian`.
        trials: the number of trials that the search ran.
        value: the objective of this trial.
        seconds: the training time of this trial.
        seconds_of_all: the training time of all trials.
    """

    config: ExperimentConfig
    base: str
    method: str
    trials: int
    objective: Objective
    value: float
    seconds: float
    seconds_of_all: float


def require_possible(
    name: str, config: ExperimentConfig, *, conf: Path = CONF, listed: Path = PARAMS
) -> None:
    """Rejects a name that cannot become an experiment, before the search starts.

    Raises:
        PipelineError: a person wrote or edited the file, or `params.yaml` does not list the data.
    """
    file = _file(name, conf)
    if file.exists() and not _is_ours(file):
        raise PipelineError(
            f"{file} was not written by a search, or was edited since",
            received=f"search.save_as={name}",
            expected="Choose another name",
        )
    parameters = params.read(listed)
    if config.data.name not in parameters.data:
        raise PipelineError(
            f"{listed} does not list the data of this experiment",
            received=config.data.name,
            expected=suggestion(config.data.name, parameters.data),
        )
    if parameters.experiments.get(name, config.data.name) != config.data.name:
        raise PipelineError(
            f"{listed} has experiments.{name} on other data",
            received=config.data.name,
            expected="Choose another name",
        )


def save(name: str, best: BestTrial, *, conf: Path = CONF, listed: Path = PARAMS) -> Path:
    """Writes the experiment and checks that it composes to the settings of the trial.

    Returns:
        Its file in `conf/experiment/`.
    """
    require_possible(name, best.config, conf=conf, listed=listed)
    file = _file(name, conf)
    text = _text(name, best, conf)
    write_text(file, text + _seal(text))
    composed = effective_settings(compose_experiment([f"experiment={name}"], conf=conf))
    if composed != effective_settings(best.config) | {"name": name}:
        raise PipelineError(
            f"{file} does not compose to the settings of the best trial",
            expected="Write it by hand",
        )
    params.add_experiment(name, best.config.data.name, listed)
    return file


def _file(name: str, conf: Path) -> Path:
    return conf / "experiment" / f"{name}.yaml"


def _text(name: str, best: BestTrial, conf: Path) -> str:
    """The file without its seal: a comment, and the settings that are not defaults."""
    config = best.config
    bound = _bound(best)
    head = [
        "# @package _global_",
        f"# {best.base}, tuned: the best of {best.trials} trials of a {best.method} search "
        f"({_duration(best.seconds_of_all)} of training in all).",
        f"#   dvc repro evaluate@{name}     or     python -m pipeline.train experiment={name}",
        f"# Reaches {_reached(best, bound)}, "
        f"in about {_duration(best.seconds)} on {_cores(config)}.",
    ]
    values: dict[str, Any] = {}
    for key, change in changes(config, Defaults(conf)).items():
        if key.split(".")[0] not in SETTINGS_WITHOUT_EFFECT and not key.endswith(".family"):
            _set(values, key.split("."), change["value"])
    values["claims"] = [{"metric": best.objective.metric} | bound] if _is_claimable(best) else []
    choices = [
        ("data", config.data.name),
        ("model", config.model.family),
        ("optimizer", config.optimizer.family),
    ]
    defaults = ["defaults:", *(f"  - override /{group}: {choice}" for group, choice in choices)]
    return "\n".join([*head, *defaults, "", to_yaml(values, short=True)])


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value


def _is_claimable(best: BestTrial) -> bool:
    """Whether `evaluate` measures the same under the same name, in the same unit."""
    split, _, name = best.objective.metric.partition("/")
    data = best.config.data
    standardized = data.task is Task.regression and data.standardize_target
    return split == "validation" and modules_of([name])[0] in METRICS.names() and not standardized


def _bound(best: BestTrial) -> dict[str, float]:
    """The bound of the claim: the value, rounded so that the trial meets it."""
    scale = 10**_CLAIM_DIGITS
    if best.objective.direction is Direction.max:
        return {"at_least": math.floor(best.value * scale) / scale}
    return {"at_most": math.ceil(best.value * scale) / scale}


def _reached(best: BestTrial, bound: dict[str, float]) -> str:
    name = best.objective.metric.replace("/", " ")
    (value,) = bound.values()
    return f"{100 * value:.4g} % {name}" if name.endswith("accuracy") else f"a {name} of {value:g}"


def _duration(seconds: float) -> str:
    count, unit = (round(seconds), "second") if seconds < 90 else (round(seconds / 60), "minute")
    count = max(count, 1)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _cores(config: ExperimentConfig) -> str:
    threads = config.training.threads
    return _CORES.get(threads, f"{threads} cores")


def _seal(text: str) -> str:
    """The last line. It shows a later search whether the file was edited."""
    return f"# Written by pipeline.tune: {hashlib.sha256(text.encode()).hexdigest()[:16]}\n"


def _is_ours(file: Path) -> bool:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return bool(lines) and lines[-1] == _seal("".join(lines[:-1]))
