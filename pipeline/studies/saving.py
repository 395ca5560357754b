"""Saves the winner of a search or a sweep as an experiment.

The experiment is a file in `conf/experiment/` and a line in `params.yaml`.
"""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import params
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction, metric_of
from pipeline.config.outline import Defaults, changes
from pipeline.config.resolved import effective_settings
from pipeline.config.resolved_file import SETTINGS_WITHOUT_EFFECT
from pipeline.config.values import to_yaml
from pipeline.console import log
from pipeline.errors import PipelineError, suggestion
from pipeline.files import write_text
from pipeline.layout import CONF, PARAMS
from pipeline.studies.confirming import Confirmation
from pipeline.studies.objective import Objective

_CORES = {1: "one core", 2: "two cores"}
_CLAIM_DIGITS = 3


@dataclass(frozen=True)
class Winner:
    """The best configuration of a study.

    Args:
        base: the experiment that was varied.
        study: such as `a bayesian search`.
        trials: the number of trials of the study.
        value: its objective in the study.
        confirmation: its objective with other seeds; None if it was not confirmed.
        seconds: the time of one training.
        seconds_of_all: the training time of all trials.
    """

    config: ExperimentConfig
    base: str
    study: str
    trials: int
    objective: Objective
    value: float
    confirmation: Confirmation | None
    seconds: float
    seconds_of_all: float


def require_possible(
    name: str, config: ExperimentConfig, *, conf: Path = CONF, listed: Path = PARAMS
) -> None:
    """Rejects the name of an experiment that `save_as` cannot write, before the search starts.

    Raises:
        PipelineError: a person wrote or edited the file, or `params.yaml` does not list the data.
    """
    file = _file(name, conf)
    if file.exists() and not _is_ours(file):
        raise PipelineError(
            f"{file} was not written by a study, or was edited since",
            received=f"save_as={name}",
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


def save(name: str, winner: Winner, *, conf: Path = CONF, listed: Path = PARAMS) -> Path:
    """Writes the experiment and checks that it composes to the settings of the winner.

    Returns:
        Its file in `conf/experiment/`.
    """
    require_possible(name, winner.config, conf=conf, listed=listed)
    file = _file(name, conf)
    text = _text(name, winner, conf)
    write_text(file, text + _seal(text))
    composed = effective_settings(compose_experiment([f"experiment={name}"], conf=conf))
    if composed != effective_settings(winner.config) | {"name": name}:
        raise PipelineError(
            f"{file} does not compose to the settings of the winner",
            expected="Write it by hand",
        )
    params.add_experiment(name, winner.config.data.name, listed)
    return file


def save_and_say(name: str, winner: Winner) -> Path:
    """Saves the experiment, and prints its figures and the next command."""
    file = save(name, winner)
    if winner.confirmation is not None:
        confirmed, metric = winner.confirmation, winner.objective.metric
        log(
            f"{winner.base}: {metric} was {winner.value:.4f} in the study; over "
            f"{len(confirmed.values)} other seeds it is {confirmed.mean:.4f} on average"
        )
    log(f"{winner.base}: wrote {file} and added it to params.yaml")
    log(f"  dvc repro evaluate@{name}")
    return file


def _file(name: str, conf: Path) -> Path:
    return conf / "experiment" / f"{name}.yaml"


def _text(name: str, winner: Winner, conf: Path) -> str:
    """The file without its seal: a comment, and the settings that are not defaults."""
    config = winner.config
    head = [
        "# @package _global_",
        f"# {winner.base}, tuned: the best of {winner.trials} trials of {winner.study} "
        f"({_duration(winner.seconds_of_all)} of training in all).",
        f"#   dvc repro evaluate@{name}     or     python -m pipeline.train {name}",
        f"# Reaches {_reached(winner)}, in about {_duration(winner.seconds)} on {_cores(config)}.",
        *_origin_of_the_claim(winner),
    ]
    values: dict[str, Any] = {}
    for key, change in changes(config, Defaults(conf)).items():
        if key.split(".")[0] not in SETTINGS_WITHOUT_EFFECT and not key.endswith(".family"):
            _set(values, key.split("."), change["value"])
    values["claims"] = _claims(winner)
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


def _claims(winner: Winner) -> list[dict[str, Any]]:
    """The claim that one more training meets, whatever its seed and its CPU.

    A winner that was not confirmed gets none, and neither does a loss, because `evaluate` does not
    measure it.
    """
    metric, direction = winner.objective.metric, winner.objective.direction
    if winner.confirmation is None or metric_of(metric, key="claims") is None:
        return []
    limit, scale = winner.confirmation.limit(direction), 10**_CLAIM_DIGITS
    if direction is Direction.max:
        return [{"metric": metric, "at_least": math.floor(limit * scale) / scale}]
    return [{"metric": metric, "at_most": math.ceil(limit * scale) / scale}]


def _origin_of_the_claim(winner: Winner) -> list[str]:
    if winner.confirmation is None:
        return ["# It has no claim, because it was not trained with other seeds."]
    if not _claims(winner):
        return []
    return [
        f"# The figure is the mean of {len(winner.confirmation.values)} seeds that took no part in "
        "the choice.",
        "# The claim is what one more training reaches with a probability of 95 %.",
    ]


def _reached(winner: Winner) -> str:
    name = winner.objective.metric.replace("/", " ")
    value = winner.confirmation.mean if winner.confirmation else winner.value
    if name.endswith("accuracy"):
        return f"{100 * value:.4g} % {name}"
    return f"a {name} of {value:.4g}"


def _duration(seconds: float) -> str:
    count, unit = (round(seconds), "second") if seconds < 90 else (round(seconds / 60), "minute")
    count = max(count, 1)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _cores(config: ExperimentConfig) -> str:
    threads = config.training.threads
    return _CORES.get(threads, f"{threads} cores")


def _seal(text: str) -> str:
    """The last line. It shows a later study whether the file was edited."""
    return f"# Written by a study: {hashlib.sha256(text.encode()).hexdigest()[:16]}\n"


def _is_ours(file: Path) -> bool:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return bool(lines) and lines[-1] == _seal("".join(lines[:-1]))
