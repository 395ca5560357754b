"""Short labels of settings, for names of runs."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.config.variations import SEED

_SHORTER = {"learning_rate": "lr"}


def short_label(values: Mapping[str, Any]) -> str:
    """Settings with only the end of each name: `lr=0.01 units=[64]`. It fits a column of names.

    Args:
        values: settings by their dotted names.
    """
    return " ".join(f"{_short_name(name, values)}={short(value)}" for name, value in values.items())


def _short_name(name: str, names: Iterable[str]) -> str:
    """The shortest end of a name that no other name has; `seed` is that of the training."""
    others = {*names, SEED} - {name}
    parts = name.split(".")
    ends = (".".join(parts[-count:]) for count in range(1, len(parts) + 1))
    unique = (end for end in ends if not any(f".{other}".endswith(f".{end}") for other in others))
    end = next(unique, name)
    return _SHORTER.get(end, end)


def short(value: Any) -> str:
    """A value of a setting with at most four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
