"""A trial: one training of a study, and the settings that make it different."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.config.variations import REPETITIONS, SEED


@dataclass(frozen=True)
class Trial:
    """What to train.

    Args:
        number: counts the trials of a study from 0. A search may suggest a number again, to train
            it for longer.
        values: the settings that vary in the study, by their dotted names.
        overrides: the Hydra overrides that turn `config.yaml` into this trial.
        pause_at: the epoch after which the training pauses. None trains to the end.
    """

    number: int
    values: dict[str, Any]
    overrides: list[str]
    pause_at: int | None = None

    @property
    def label(self) -> str:
        """The varying settings, as on a command line."""
        return " ".join(f"{name}={short(value)}" for name, value in self.values.items())

    @property
    def label_of_configuration(self) -> str:
        """The label without what only repeats a configuration: seeds and splits."""
        values = {name: value for name, value in self.values.items() if name not in REPETITIONS}
        return " ".join(f"{name}={short(value)}" for name, value in values.items())

    @property
    def short_label(self) -> str:
        """The label with only the end of each name. It fits a column of run names."""
        return " ".join(
            f"{_short_name(name, self.values)}={short(value)}"
            for name, value in self.values.items()
        )

    @property
    def arguments(self) -> list[str]:
        """The overrides of the next training, including its pause."""
        pause = [] if self.pause_at is None else [f"checkpoint.pause_at={self.pause_at}"]
        return [*self.overrides, *pause]


def _short_name(name: str, names: Iterable[str]) -> str:
    """The shortest end of a name that no other name has; `seed` is that of the training."""
    others = {*names, SEED} - {name}
    parts = name.split(".")
    ends = (".".join(parts[-count:]) for count in range(1, len(parts) + 1))
    unique = (end for end in ends if not any(f".{other}".endswith(f".{end}") for other in others))
    return next(unique, name)


def short(value: Any) -> str:
    """A value of a setting with at most four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
