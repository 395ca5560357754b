"""Repeats: what varies when an experiment is trained several times."""

from dataclasses import dataclass, field

SEEDS, SPLIT_SEEDS, FOLDS = "seeds", "split_seeds", "folds"


@dataclass(frozen=True)
class Repeats:
    """The series of trainings of one experiment, as `params.yaml` lists them.

    Args:
        seeds: seeds of the training. All trainings have the split of the data variant.
        split_seeds: seeds of the split. All trainings have the experiment's own seed.
        folds: the number of folds of a cross-validation; None for no cross-validation.
    """

    seeds: list[int] = field(default_factory=list)
    split_seeds: list[int] = field(default_factory=list)
    folds: int | None = None

    @property
    def values(self) -> dict[str, list[int]]:
        """The values of each series that is not empty, those over splits first."""
        folds = list(range(self.folds or 0))
        series = {FOLDS: folds, SPLIT_SEEDS: self.split_seeds, SEEDS: self.seeds}
        return {varied: values for varied, values in series.items() if values}


def description(varied: str, count: int) -> str:
    """What a series varies: `5 folds`, `12 splits` or `5 seeds of one split`."""
    names = {FOLDS: "folds", SPLIT_SEEDS: "splits", SEEDS: "seeds of one split"}
    return f"{count} {names[varied]}"
