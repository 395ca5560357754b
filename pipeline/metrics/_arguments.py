"""Arguments of metrics: what stands after the slash in a name such as `recall/setosa`."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_MOST_CLASSES = 100  # with more, `evaluate` measures only those that training names


@dataclass(frozen=True)
class Argument:
    """What the argument of a metric can be.

    Args:
        name: what it is, for messages.
        expected: the texts that are valid for any data, for messages.
        is_valid: whether a text is one of them.
        suits: whether a valid text suits the classes of the data.
        usual: the arguments that `evaluate` measures, from the classes of the data.
        is_optional: whether the metric has a meaning without it.
    """

    name: str
    expected: str
    is_valid: Callable[[str], bool]
    suits: Callable[[str, Sequence[str]], bool]
    usual: Callable[[Sequence[str]], list[str]]
    is_optional: bool = False


def a_class(*, is_optional: bool = False) -> Argument:
    """The name of a class of the data. It may hold spaces, dots and slashes."""
    return Argument(
        name="class",
        expected="the name of a class of the data",
        is_valid=bool,
        suits=lambda name, classes: name in classes,
        usual=lambda classes: list(classes) if len(classes) <= _MOST_CLASSES else [],
        is_optional=is_optional,
    )


def a_quantile() -> Argument:
    """A number between 0 and 1."""
    return Argument(
        name="quantile",
        expected="a number between 0 and 1",
        is_valid=_is_quantile,
        suits=lambda _text, _classes: True,
        usual=lambda _classes: [],
    )


def a_count() -> Argument:
    """A number of classes."""
    return Argument(
        name="k",
        expected="a whole number from 1, below the number of classes",
        is_valid=lambda text: text.isascii() and text.isdigit() and text[0] != "0",
        suits=lambda text, classes: int(text) < len(classes),
        usual=lambda classes: [k for k, least in (("3", 5), ("5", 10)) if len(classes) >= least],
    )


def _is_quantile(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and 0 < value < 1
