"""Settings of a search: how settings of an experiment are proposed, from which space, and by what they are judged."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from pipeline.config import composition
from pipeline.config.resolved import compose_experiment
from pipeline.config.rules import is_name
from pipeline.config.training import Direction
from pipeline.errors import ConfigError, PipelineError, require, suggestion
from pipeline.layout import CONF

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")  # needs no quotes in Hydra's grammar
_WORDS = ("null", "true", "false", "inf", "nan")
_KINDS = {
    "float": {"float", "log", "when"},
    "int": {"int", "step", "when"},
    "choice": {"choice", "when"},
}
LENGTH = ("training.steps", "training.epochs")
LOSS = ("training.loss", "training.loss_reduction", "training.label_smoothing")
SEARCHED = (
    "model",
    "optimizer",
    "seed",
    "training",
)  # with other data, trials could not be compared


class Method(Enum):
    """How settings are proposed."""

    random = "random"
    bayesian = "bayesian"
    hyperband = "hyperband"


@dataclass
class Objective:
    """The metric by which trials are compared; null takes validation/accuracy of classes, else validation/loss."""

    metric: str | None = None
    direction: Direction | None = None

    def __post_init__(self) -> None:
        both = (self.metric is None) == (self.direction is None)
        require(
            both,
            "search.objective",
            received=f"{self.metric}, {self.direction}",
            expected="metric and direction, or neither",
        )

    def for_task(self, task: str) -> "Objective":
        """This objective, or the usual one of a task."""
        if self.metric is not None:
            return self
        if task == "classification":
            return Objective("validation/accuracy", Direction.max)
        return Objective("validation/loss", Direction.min)


@dataclass
class Search:
    """A search of `trials` configurations. With `save_as` the best one becomes an experiment of this name."""

    method: Method = MISSING
    trials: int = 30
    seed: int = 1
    objective: Objective = field(default_factory=Objective)
    save_as: str | None = None

    def __post_init__(self) -> None:
        own = type(self).method
        require(
            self.method == own,
            "search.method",
            received=self.method.value,
            expected=f"{own.value}, as the file has it",
        )
        require(
            self.trials >= 1,
            "search.trials",
            received=self.trials,
            expected="a whole number from 1",
        )
        require(
            1 <= self.seed < 2**31,
            "search.seed",
            received=self.seed,
            expected="an integer from 1 to 2,147,483,647",
        )
        named = self.save_as is None or (
            is_name(self.save_as) and hydra_text(self.save_as) == self.save_as
        )
        expected = "a lower-case letter, then more of them, digits and _"
        require(named, "search.save_as", received=self.save_as, expected=expected)


@dataclass
class Random(Search):
    """Each trial is drawn by itself."""

    method: Method = Method.random


@dataclass
class Bayesian(Search):
    """A Gaussian process learns from the trials so far; the first three for each searched setting are drawn."""

    method: Method = Method.bayesian


@dataclass
class Hyperband(Search):
    """Many trials train for a few epochs, and of each `factor` the best goes on, up to `max_epochs` (Li et al. 2018)."""

    method: Method = Method.hyperband
    max_epochs: int = 9
    factor: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.factor >= 2,
            "search.factor",
            received=self.factor,
            expected="a whole number from 2",
        )
        enough = self.max_epochs >= self.factor
        require(
            enough,
            "search.max_epochs",
            received=self.max_epochs,
            expected=f"search.factor, {self.factor}, or more",
        )


METHODS: dict[str, type[Search]] = {"random": Random, "bayesian": Bayesian, "hyperband": Hyperband}


@dataclass(frozen=True)
class Parameter:
    """A searched setting by its dotted name; `when` names the values of other ones with which it is there at all.

    A range holds both its ends, evenly, or evenly in the logarithm with `log`. Choices, and the values in `when`, are
    texts in Hydra's grammar, but for choices that are all integers or all floats: those have an order.
    """

    name: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: int = 1
    choices: tuple[Any, ...] = ()
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass
class SearchConfig:
    """A search and its space: settings of the experiment by their dotted names, as `conf/space/` holds them."""

    search: Search = MISSING
    space: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(bool(self.space), "space", received="nothing", expected="at least one setting")
        if all(len(parameter.choices) == 1 for parameter in self.parameters()):
            raise ConfigError(
                "space",
                "leaves nothing to search",
                received=", ".join(self.space),
                expected="Give ranges",
            )

    def parameters(self) -> list[Parameter]:
        """The space, checked; under hyperband without the length of training, which it sets itself."""
        found: list[Parameter] = []
        for name, given in self.space.items():
            found.append(_parameter(name, given, found))
        if self.search.method is Method.hyperband:
            found = [parameter for parameter in found if parameter.name not in LENGTH]
            for parameter in found:
                if on_length := set(LENGTH) & set(parameter.when):
                    raise ConfigError(
                        f"space.{parameter.name}.when",
                        "is on the length of training, which hyperband sets itself",
                        received=", ".join(on_length),
                        expected="Leave it out, or choose another search",
                    )
        return found


def compose_search(
    arguments: Sequence[str], *, conf: Path = CONF
) -> tuple[list[str], SearchConfig]:
    """The overrides of the experiment, and the search, from what a command line gives.

    What begins with `search` or `space` is the search's. An experiment is searched in the space of its own name, unless
    one is chosen.

    Raises:
        PipelineError: settings that cannot be, no space, or an override for a setting that is searched.
    """
    own = [
        argument
        for argument in arguments
        if re.split("[.=]", argument.lstrip("+~"))[0] in ("search", "space")
    ]
    overrides = [argument for argument in arguments if argument not in own]
    name = compose_experiment(overrides, conf=conf).name
    if not any(argument.startswith("space=") for argument in own):
        _require_space(name, conf)
        own.append(f"space={name}")
    composition.register("tune", SearchConfig)
    for method, schema in METHODS.items():
        composition.register(method, schema, group="search")
    config = composition.compose("tune", SearchConfig, own, conf=conf)
    for override in overrides:
        if (key := override.lstrip("+~").split("=")[0]) in config.space:
            raise PipelineError(
                f"command line: {key} is searched",
                received=override,
                expected="Take it from the space first",
            )
    return overrides, config


def _require_space(name: str, conf: Path) -> None:
    if not (conf / "space" / f"{name}.yaml").is_file():
        spaces = suggestion(name, [file.stem for file in (conf / "space").glob("*.yaml")])
        raise PipelineError(
            f"{conf}/space/{name}.yaml, the space of this experiment, is missing",
            received=f"experiment={name}",
            expected=f"Write it, or choose another: space=… {spaces}",
        )


def _parameter(name: str, given: Any, before: Sequence[Parameter]) -> Parameter:
    """One entry of a space, which may depend on those before it."""
    key = f"space.{name}"
    if (first := name.split(".")[0]) not in SEARCHED:
        raise ConfigError(
            key, "cannot be searched", received=name, expected=suggestion(first, SEARCHED)
        )
    kinds = [kind for kind in _KINDS if isinstance(given, dict) and kind in given]
    require(
        len(kinds) == 1,
        key,
        received=given,
        expected="one of float: [low, high], int: [low, high], choice: [value, …]",
    )
    (kind,) = kinds
    for part in given:
        if part not in _KINDS[kind]:
            raise ConfigError(
                key, f"has no {part}", received=given, expected=suggestion(str(part), _KINDS[kind])
            )
    when = _when(key, given.get("when") or {}, before)
    if kind == "choice":
        return Parameter(name, kind, choices=_choices(key, given["choice"]), when=when)
    low, high = _range(key, given[kind], float if kind == "float" else int)
    log, step = given.get("log", False), given.get("step", 1)
    require(isinstance(log, bool), f"{key}.log", received=log, expected="true or false")
    require(
        not log or low > 0,
        f"{key}.float",
        received=given[kind],
        expected="numbers above 0 beside log: true",
    )
    whole = isinstance(step, int) and not isinstance(step, bool) and step >= 1
    require(whole, f"{key}.step", received=step, expected="a whole number from 1")
    require(
        (high - low) % step == 0 or kind == "float",
        f"{key}.step",
        received=step,
        expected=f"a divisor of {high - low:g}",
    )
    return Parameter(name, kind, low=low, high=high, log=log, step=step, when=when)


def _range(key: str, given: Any, kind: type) -> tuple[float, float]:
    numbers = given if isinstance(given, list) else []
    fits = all(
        isinstance(number, int | kind) and not isinstance(number, bool) for number in numbers
    )
    ordered = fits and len(numbers) == 2 and -math.inf < numbers[0] < numbers[1] < math.inf
    require(
        ordered,
        f"{key}.{kind.__name__}",
        received=given,
        expected=f"[low, high] of type {kind.__name__}",
    )
    return kind(numbers[0]), kind(numbers[1])


def _choices(key: str, given: Any) -> tuple[Any, ...]:
    require(
        isinstance(given, list) and bool(given),
        f"{key}.choice",
        received=given,
        expected="a list of values",
    )
    for kind in (int, float):
        if all(type(value) is kind for value in given):
            return tuple(given)
    return tuple(hydra_text(value) for value in given)


def _when(key: str, given: Any, before: Sequence[Parameter]) -> dict[str, tuple[Any, ...]]:
    require(
        isinstance(given, dict),
        f"{key}.when",
        received=given,
        expected="{other setting: [value, …]}",
    )
    known = {parameter.name: parameter for parameter in before if len(parameter.choices) > 1}
    found: dict[str, tuple[Any, ...]] = {}
    for name, values in given.items():
        if name not in known:
            raise ConfigError(
                f"{key}.when",
                "names no choice above it",
                received=name,
                expected=suggestion(str(name), known),
            )
        listed = isinstance(values, list) and bool(values)
        require(listed, f"{key}.when.{name}", received=values, expected="a list of values")
        by_text = {choice_text(choice): choice for choice in known[name].choices}
        unknown = [value for value in values if hydra_text(value) not in by_text]
        require(
            not unknown,
            f"{key}.when.{name}",
            received=unknown,
            expected=f"among {', '.join(by_text)}",
        )
        found = (
            dict(known[name].when)
            | found
            | {name: tuple(by_text[hydra_text(value)] for value in values)}
        )
    return found


def choice_text(choice: Any) -> str:
    """A choice as Hydra's grammar writes it. Those that are texts are so already."""
    return choice if isinstance(choice, str) else hydra_text(choice)


def hydra_text(value: Any) -> str:
    """A value as Hydra's grammar writes it in an override."""
    if isinstance(value, list):
        return f"[{','.join(hydra_text(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{hydra_text(item)}' for key, item in value.items())}}}"
    if isinstance(value, str) and not (_PLAIN.fullmatch(value) and value.lower() not in _WORDS):
        return "'" + value.replace("'", "\\'") + "'"
    return value if isinstance(value, str) else json.dumps(value)
