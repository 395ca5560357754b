"""The sweeps and searches that the report shows."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.formatting import dates, duration
from pipeline.reporting import pictures
from pipeline.reporting.pictures import Picture
from pipeline.reporting.results import Row
from pipeline.studies import record
from pipeline.studies.record import Rank, StudyRecord

_ORDER = ("FINISHED", "PAUSED", "FAILED", "RUNNING", "WAITING")  # of `studies.outcome.Status`


@dataclass(frozen=True)
class ShownStudy:
    """A sweep or a search in the report.

    Args:
        anchor: names its place on the page.
        record: None if its file is unreadable.
        outdated: why its figures do not hold any more; empty if they do.
    """

    anchor: str
    title: str
    record: StudyRecord | None
    figures: Sequence[Picture] = ()
    outdated: str = ""

    @property
    def head(self) -> str:
        """`24 trials: 23 finished, 1 failed; 3 min 2 s of training, 20 November 2026 (UTC)`."""
        assert self.record is not None
        counts = self.record.counts
        total = sum(counts.values())
        ended = [status for status in _ORDER if status in counts]
        listed = ", ".join(f"{counts[status]} {status.lower()}" for status in ended)
        cost = f"{duration(self.record.seconds)} of training"
        day = f", {dates(self.record.ended, self.record.ended)} (UTC)" if self.record.ended else ""
        return f"{total} trials: {listed}; {cost}{day}"

    @property
    def settings(self) -> list[str]:
        """The settings that differ between the configurations."""
        assert self.record is not None
        return list(dict.fromkeys(name for rank in self.record.ranking for name in rank.values))

    @property
    def has_intervals(self) -> bool:
        """Whether a configuration has more than one trial."""
        return self.record is not None and any(rank.interval for rank in self.record.ranking)

    @property
    def command(self) -> str:
        """The command that trains the best trial again."""
        assert self.record is not None
        return shlex.join(["python", "-m", "pipeline.train", *self.record.overrides])

    @property
    def best(self) -> Rank | None:
        return self.record.ranking[0] if self.record and self.record.ranking else None


def collect(rows: Sequence[Row], folders: Iterable[Path] | None = None) -> list[ShownStudy]:
    """The studies of experiments in the report, in the order of the experiments.

    Args:
        folders: of studies; by default all of this project.
    """
    names = [row.experiment for row in rows]
    studies = map(_read, record.folders() if folders is None else folders)
    entries = [
        study for study in studies if study.record is None or study.record.experiment in names
    ]
    return sorted(entries, key=lambda study: _place(study, names))


def _place(study: ShownStudy, names: Sequence[str]) -> tuple[int, str, int, str]:
    """Orders studies by experiment, searches before sweeps, and the latest of each kind first."""
    if study.record is None:
        return len(names), "", 0, study.title
    one = study.record
    return names.index(one.experiment), one.kind, -one.ended, one.study_id


def _read(folder: Path) -> ShownStudy:
    anchor = f"study-{folder.name}"
    try:
        one = record.read(folder)
    except PipelineError as error:
        return ShownStudy(anchor, f"{folder.parent.name}/{folder.name}", None, outdated=str(error))
    title = f"{one.experiment}: {f'{one.method} ' if one.method else ''}{one.kind}"
    return ShownStudy(
        anchor=anchor,
        title=title,
        record=one,
        figures=[
            pictures.picture(file.read_bytes(), title=name, alt=f"{title}: {alt}")
            for stem, (name, alt) in record.ALTS.items()
            if (file := folder / record.FIGURES / stem).is_file()
        ],
        outdated=one.outdated,
    )
