"""The best trial as an experiment: its file in `conf/experiment/` and its line in `params.yaml`."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import composition, params
from pipeline.config.experiment import WITHOUT_EFFECT, ExperimentConfig
from pipeline.config.outline import changes
from pipeline.config.resolved import compose_experiment, effective_values
from pipeline.config.training import Direction
from pipeline.errors import PipelineError, suggestion
from pipeline.files import write_text
from pipeline.layout import CONF, PARAMS
from pipeline.studies.space import Objective

_CORES = {1: "one core", 2: "two cores"}
_DIGITS = 3  # of a claim
_MEASURED = (
    "validation/accuracy",
    "validation/log_loss",
)  # also by `evaluate`, and by the same names


@dataclass(frozen=True)
class Found:
    """The best trial: its settings, the value of the objective, and the seconds that it and all trials were trained."""

    config: ExperimentConfig
    base: str
    method: str
    trials: int
    objective: Objective
    value: float
    seconds: float
    searched: float


def require_possible(
    name: str, config: ExperimentConfig, *, conf: Path = CONF, listed: Path = PARAMS
) -> None:
    """Refuses a name that cannot become an experiment, before anything is searched.

    Raises:
        PipelineError: a file of this name that no search wrote, or data that `params.yaml` does not list.
    """
    file = _file(name, conf)
    if file.exists() and not _is_ours(file):
        raise PipelineError(
            f"{file} was not written by a search, or was edited since",
            received=f"search.save_as={name}",
            expected="Choose another name",
        )
    known = params.read(listed)
    if config.data.name not in known.data:
        raise PipelineError(
            f"{listed} does not list the data of this experiment",
            received=config.data.name,
            expected=suggestion(config.data.name, known.data),
        )
    if known.experiments.get(name, config.data.name) != config.data.name:
        raise PipelineError(
            f"{listed} has experiments.{name} on other data",
            received=config.data.name,
            expected="Choose another name",
        )


def save(name: str, found: Found, *, conf: Path = CONF, listed: Path = PARAMS) -> Path:
    """Writes the experiment, and makes sure that it composes to the settings of the trial.

    Returns:
        Its file in `conf/experiment/`.
    """
    require_possible(name, found.config, conf=conf, listed=listed)
    file = _file(name, conf)
    text = _text(name, found, conf)
    write_text(file, text + _seal(text))
    if effective_values(compose_experiment([f"experiment={name}"], conf=conf)) != effective_values(
        found.config
    ) | {"name": name}:
        raise PipelineError(
            f"{file} does not compose to the settings of the best trial",
            expected="Write it by hand",
        )
    params.add_experiment(name, found.config.data.name, listed)
    return file


def _file(name: str, conf: Path) -> Path:
    return conf / "experiment" / f"{name}.yaml"


def _text(name: str, found: Found, conf: Path) -> str:
    """The file without its seal: a head as every experiment has it, and the settings that are not the default's."""
    config = found.config
    bound = _bound(found)
    reaches = _reaches(found, bound)
    head = [
        "# @package _global_",
        f"# {found.base}, tuned: the best of {found.trials} trials by {found.method} search, "
        f"which trained for {_duration(found.searched)} in all.",
        f"#   dvc repro evaluate@{name}     or     python -m pipeline.train experiment={name}",
        f"# Reaches {reaches}, in about {_duration(found.seconds)} on {_cores(config)}.",
    ]
    values: dict[str, Any] = {}
    for key, change in changes(config, conf=conf).items():
        if key.split(".")[0] not in WITHOUT_EFFECT and not key.endswith(".family"):
            _set(values, key.split("."), change["value"])
    values["claims"] = (
        [{"metric": found.objective.metric} | bound] if found.objective.metric in _MEASURED else []
    )
    families = [
        ("data", config.data.name),
        ("model", config.model.family),
        ("optimizer", config.optimizer.family),
    ]
    defaults = ["defaults:", *(f"  - override /{group}: {choice}" for group, choice in families)]
    return "\n".join([*head, *defaults, "", composition.to_yaml(values, short=True)])


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value


def _bound(found: Found) -> dict[str, float]:
    """What a claim holds the experiment to: the value, rounded to the side on which it is met."""
    if found.objective.direction is Direction.max:
        return {"at_least": math.floor(found.value * 10**_DIGITS) / 10**_DIGITS}
    return {"at_most": math.ceil(found.value * 10**_DIGITS) / 10**_DIGITS}


def _reaches(found: Found, bound: dict[str, float]) -> str:
    name = str(found.objective.metric).replace("/", " ")
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
    """The last line, by which a later search knows that nobody has edited the file since."""
    return f"# Written by pipeline.tune: {hashlib.sha256(text.encode()).hexdigest()[:16]}\n"


def _is_ours(file: Path) -> bool:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return bool(lines) and lines[-1] == _seal("".join(lines[:-1]))
