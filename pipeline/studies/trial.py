"""A trial: one training of a study, and the settings that make it different."""

from dataclasses import dataclass
from typing import Any

from pipeline.config.labels import short, short_label
from pipeline.config.variations import REPETITIONS


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
        """The label without seeds and splits, because they only repeat a configuration."""
        values = {name: value for name, value in self.values.items() if name not in REPETITIONS}
        return " ".join(f"{name}={short(value)}" for name, value in values.items())

    @property
    def short_label(self) -> str:
        """The label with only the end of each name. It fits a column of run names."""
        return short_label(self.values)

    @property
    def arguments(self) -> list[str]:
        """The overrides of the next training, including its pause."""
        pause = [] if self.pause_at is None else [f"checkpoint.pause_at={self.pause_at}"]
        return [*self.overrides, *pause]
