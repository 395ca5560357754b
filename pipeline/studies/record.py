"""The record of a study, `study.json`: its ranking and how sure it is, for the report."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError
from pipeline.files import read_sealed, write_sealed
from pipeline.layout import PREPARED, studies

FILE, FIGURES = "study.json", "figures"
# The figures of a study by file, with their titles and alternative texts.
ALTS = {
    "parallel_coordinates.png": (
        "parallel coordinates",
        "an axis for each setting and for the objective, and a line through them for each trial; "
        "the lines of the best configuration are black",
    ),
    "main_effects.png": (
        "main effects",
        "a panel for each setting: the mean objective for each of its values, with its 95 % "
        "interval, and a dot for each trial",
    ),
}


@dataclass(frozen=True)
class Rank:
    """A configuration in the ranking of a study.

    Args:
        values: the settings that vary, without seeds and splits.
        trials: how many trials have them.
        mean: of the objective over the trials.
        interval: the 95 % interval of the mean; None for a single trial.
        mark: `best`, `≈` if it may be as good, or nothing.
    """

    values: dict[str, str]
    trials: int
    mean: float
    interval: Sequence[float] | None = None
    mark: str = ""


@dataclass(frozen=True)
class StudyRecord:
    """The content of `study.json`.

    Args:
        kind: `sweep` or `search`.
        method: of a search, such as `hyperband`; empty for a sweep.
        objective: the metric that the trials are compared by; empty if they are not compared.
        counts: how many trials have each status.
        seconds: the time of all trainings together.
        ended: when the last trial ended, in milliseconds since 1970.
        ranking: the finished configurations, the best first.
        doubts: how sure the choice is, or why there is none.
        overrides: of the best trial.
        data: the identity of the data, by data variant.
    """

    kind: str
    study_id: str
    run_id: str
    experiment: str
    method: str
    objective: str
    counts: dict[str, int]
    seconds: float
    ended: int
    ranking: list[Rank]
    doubts: list[str]
    overrides: list[str]
    data: dict[str, dict[str, str]]

    def write(self, folder: Path) -> None:
        """Writes `study.json`."""
        write_sealed(folder / FILE, asdict(self))

    @property
    def outdated(self) -> str:
        """Why its figures do not hold for the present data; empty if they do."""
        changed = [
            name for name, identity in self.data.items() if identities([name]) != {name: identity}
        ]
        return f"trained on other data than the present {', '.join(changed)}" if changed else ""


def read(folder: Path) -> StudyRecord:
    """Reads `study.json`.

    Raises:
        PipelineError: it is damaged, or another version of this package wrote it.
    """
    made_by = "the same command as before"
    values = read_sealed(folder / FILE, made_by=made_by)
    try:
        ranking = [Rank(**rank) for rank in values.pop("ranking")]
        return StudyRecord(**values, ranking=ranking)
    except (KeyError, TypeError) as error:
        raise PipelineError(
            f"{folder / FILE} is of another version of this package",
            received=error,
            expected=f"Make it again with: {made_by}",
        ) from None


def folders() -> Iterator[Path]:
    """The folders of all studies with a record, sweeps first."""
    for home in studies().values():
        yield from sorted(file.parent for file in home.glob(f"*/{FILE}"))


def identities(variants: Sequence[str]) -> dict[str, dict[str, str]]:
    """The identities of prepared data by data variant; those that are not prepared are left out."""
    prepared = [name for name in variants if (PREPARED / name / "meta.json").is_file()]
    return {name: load_meta(PREPARED / name).identity for name in dict.fromkeys(prepared)}
