"""The space of a search: the settings that it varies, with ranges or choices."""

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import ConfigError, require, suggestion

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")  # needs no quotes in Hydra's grammar
_WORDS = ("null", "true", "false", "inf", "nan")
_KINDS = {
    "float": {"float", "log", "when"},
    "int": {"int", "step", "when"},
    "choice": {"choice", "when"},
}
# With other data, the values of the trials would not be comparable.
_SEARCHABLE = ("model", "optimizer", "seed", "training")


@dataclass(frozen=True)
class Parameter:
    """A setting of the space.

    A range includes both ends. Choices that are all integers or all floats stay numbers, because
    they have an order. All other choices become texts in Hydra's grammar.

    Args:
        name: the dotted name of the setting.
        log: draws evenly in the logarithm of the value.
        when: the parameter exists only with these choices of other parameters. Empty: always.
    """

    name: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: int = 1
    choices: tuple[Any, ...] = ()
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def is_fixed(self) -> bool:
        """True if there is only one choice."""
        return len(self.choices) == 1

    def exists(self, values: Mapping[str, Any]) -> bool:
        """True if `values` of the other parameters satisfy the condition of this one."""
        return all(values.get(name) in choices for name, choices in self.when.items())


@dataclass(frozen=True)
class Space:
    """The parameters of a search. A condition names only parameters above its own."""

    parameters: tuple[Parameter, ...]

    @classmethod
    def read(cls, entries: Mapping[str, Any]) -> "Space":
        """Checks the entries of a file in `conf/space/`; raises `ConfigError`."""
        parameters: list[Parameter] = []
        for name, entry in entries.items():
            parameters.append(_parameter(name, entry, parameters))
        return cls(tuple(parameters))

    @property
    def searched(self) -> list[Parameter]:
        """The parameters that differ between trials."""
        return [parameter for parameter in self.parameters if not parameter.is_fixed]

    def without(self, names: Collection[str]) -> "Space":
        """The space without the settings that the search sets itself.

        Raises:
            ConfigError: another parameter depends on one of them.
        """
        rest = tuple(parameter for parameter in self.parameters if parameter.name not in names)
        for parameter in rest:
            if conditions := set(names) & set(parameter.when):
                raise ConfigError(
                    f"space.{parameter.name}.when",
                    "depends on a setting that this search sets itself",
                    received=", ".join(sorted(conditions)),
                    expected="Remove the condition, or choose another search",
                )
        return Space(rest)

    def overrides(self, values: Mapping[str, Any]) -> list[str]:
        """The overrides of a trial, searched and fixed, in the order of the space."""
        complete = dict(values)
        for parameter in self.parameters:
            if parameter.is_fixed and parameter.exists(complete):
                complete[parameter.name] = parameter.choices[0]
        return [
            f"{parameter.name}={_text(complete[parameter.name])}"
            for parameter in self.parameters
            if parameter.name in complete
        ]


def _parameter(name: str, entry: Any, above: Sequence[Parameter]) -> Parameter:
    """Checks one entry of a space. It may depend on entries above it."""
    key = f"space.{name}"
    if (first := name.split(".")[0]) not in _SEARCHABLE:
        raise ConfigError(
            key,
            "is not a setting for a search",
            received=name,
            expected=suggestion(first, _SEARCHABLE),
        )
    kinds = [kind for kind in _KINDS if isinstance(entry, dict) and kind in entry]
    require(
        len(kinds) == 1,
        key,
        received=entry,
        expected="one of float: [low, high], int: [low, high], choice: [value, …]",
    )
    (kind,) = kinds
    for option in entry:
        if option not in _KINDS[kind]:
            raise ConfigError(
                key,
                f"has no {option}",
                received=entry,
                expected=suggestion(str(option), _KINDS[kind]),
            )
    when = _when(key, entry.get("when") or {}, above)
    if kind == "choice":
        return Parameter(name, kind, choices=_choices(key, entry["choice"]), when=when)
    return _range(key, name, kind, entry, when)


def _range(
    key: str, name: str, kind: str, entry: Mapping[str, Any], when: Mapping[str, tuple[Any, ...]]
) -> Parameter:
    low, high = _ends(key, entry[kind], float if kind == "float" else int)
    log, step = entry.get("log", False), entry.get("step", 1)
    require(isinstance(log, bool), f"{key}.log", received=log, expected="true or false")
    require(
        not log or low > 0,
        f"{key}.float",
        received=entry[kind],
        expected="numbers above 0, because log is true",
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


def _ends(key: str, ends: Any, kind: type) -> tuple[float, float]:
    numbers = ends if isinstance(ends, list) else []
    fits = all(
        isinstance(number, int | kind) and not isinstance(number, bool) for number in numbers
    )
    ordered = fits and len(numbers) == 2 and -math.inf < numbers[0] < numbers[1] < math.inf
    require(
        ordered,
        f"{key}.{kind.__name__}",
        received=ends,
        expected=f"[low, high] of type {kind.__name__}",
    )
    return kind(numbers[0]), kind(numbers[1])


def _choices(key: str, choices: Any) -> tuple[Any, ...]:
    require(
        isinstance(choices, list) and bool(choices),
        f"{key}.choice",
        received=choices,
        expected="a list of values",
    )
    for kind in (int, float):
        if all(type(value) is kind for value in choices):
            return tuple(choices)
    return tuple(hydra_text(value) for value in choices)


def _when(key: str, conditions: Any, above: Sequence[Parameter]) -> dict[str, tuple[Any, ...]]:
    """The conditions of an entry, and those of the parameters that they name."""
    require(
        isinstance(conditions, dict),
        f"{key}.when",
        received=conditions,
        expected="{other setting: [value, …]}",
    )
    choices_above = {parameter.name: parameter for parameter in above if len(parameter.choices) > 1}
    when: dict[str, tuple[Any, ...]] = {}
    for name, values in conditions.items():
        if name not in choices_above:
            raise ConfigError(
                f"{key}.when",
                "names no choice above it",
                received=name,
                expected=suggestion(str(name), choices_above),
            )
        listed = isinstance(values, list) and bool(values)
        require(listed, f"{key}.when.{name}", received=values, expected="a list of values")
        by_text = {_text(choice): choice for choice in choices_above[name].choices}
        unknown = [value for value in values if hydra_text(value) not in by_text]
        require(
            not unknown,
            f"{key}.when.{name}",
            received=unknown,
            expected=f"among {', '.join(by_text)}",
        )
        own = {name: tuple(by_text[hydra_text(value)] for value in values)}
        when = dict(choices_above[name].when) | when | own
    return when


def _text(choice: Any) -> str:
    """A choice in Hydra's grammar. Texts among choices already follow it."""
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
