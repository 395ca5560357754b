"""The comparisons of `pipeline.compare` that the report shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.comparing import record, text
from pipeline.comparing.comparison import Comparison, Part
from pipeline.comparing.text import Table
from pipeline.errors import PipelineError
from pipeline.layout import COMPARISONS
from pipeline.reporting import pictures
from pipeline.reporting.pictures import Picture
from pipeline.reporting.results import Row


@dataclass(frozen=True)
class ShownPart:
    """One part of a comparison, in texts and tables by the metric that decides."""

    heading: str
    values: Table
    differences: Table
    remarks: Sequence[str]


@dataclass(frozen=True)
class ShownComparison:
    """A comparison in the report.

    Args:
        anchor: names its place on the page.
        outdated: why it no longer holds for the present results; empty if it does.
        command: the command that repeats the comparison.
    """

    anchor: str
    title: str
    verdict: str = ""
    remarks: Sequence[str] = ()
    parts: Sequence[ShownPart] = ()
    figures: Sequence[Picture] = ()
    is_decided: bool = False
    outdated: str = ""
    command: str = ""


def collect(rows: Sequence[Row], folder: Path = COMPARISONS) -> list[ShownComparison]:
    """The comparisons of experiments that are all in the report, by name.

    An outdated comparison has no values, only the reason.
    """
    by_name = {row.experiment: row for row in rows}
    entries = []
    for file in sorted(folder.glob(f"*/{record.FILE}")):
        anchor = f"comparison-{file.parent.name}"
        try:
            comparison = record.read(file.parent)
        except PipelineError as error:
            entries.append(ShownComparison(anchor, file.parent.name, outdated=str(error)))
            continue
        if set(comparison.experiments) <= set(by_name):
            missing = [by_name[name].missing for name in comparison.experiments]
            outdated = next(filter(None, missing), "") or record.outdated(comparison)
            entries.append(_entry(anchor, comparison, file.parent, outdated))
    return entries


def _entry(anchor: str, comparison: Comparison, folder: Path, outdated: str) -> ShownComparison:
    title, command = text.title(comparison), comparison.command
    if outdated:
        return ShownComparison(anchor, title, outdated=outdated, command=command)
    verdict, *remarks = text.conclusion(comparison)
    return ShownComparison(
        anchor=anchor,
        title=title,
        verdict=verdict,
        remarks=remarks,
        parts=[_part(comparison, part) for part in comparison.parts],
        figures=[
            pictures.picture((folder / name).read_bytes(), title=alt, alt=f"{alt}: {title}")
            for name, alt in record.FIGURES.items()
            if (folder / name).is_file()
        ],
        is_decided=bool(comparison.best),
        command=command,
    )


def _part(comparison: Comparison, part: Part) -> ShownPart:
    return ShownPart(
        heading=text.heading(part),
        values=text.values(comparison, part.decisive),
        differences=text.differences(comparison, part.decisive),
        remarks=text.part_remarks(comparison, part),
    )
