"""The report on the terminal, as Markdown, and as one self-contained HTML file."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich import box
from rich.table import Table
from rich.text import Text

from pipeline.data import card
from pipeline.files import write_text
from pipeline.fitted_table import FittedTable
from pipeline.reporting import formatting
from pipeline.reporting.comparisons import ShownComparison
from pipeline.reporting.overview import overview
from pipeline.reporting.pictures import Picture
from pipeline.reporting.results import CheckedClaim, Row

_TEMPLATES = Path(__file__).parent / "templates"


def write(
    rows: Sequence[Row],
    outputs: Path,
    *,
    comparisons: Sequence[ShownComparison] = (),
    appendix: Sequence[Picture] = (),
) -> list[Path]:
    """Writes `report.md` and `report.html` under `outputs`.

    Equal rows give equal bytes.

    Args:
        appendix: figures for the end of the page, apart from those of experiments.

    Returns:
        Both files.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": formatting.number,
        "duration": formatting.duration,
        "epochs": formatting.epochs,
        "markdown": formatting.markdown,
        "setting": formatting.setting,
        "parts": formatting.parts,
        "thousands": formatting.thousands,
        "verdict": verdict,
    }
    files = []
    for name in ("report.md", "report.html"):
        template = environment.get_template(f"{name}.j2")
        text = template.render(
            rows=rows,
            by_source=_by_source(rows),
            overview=overview(rows),
            comparisons=comparisons,
            appendix=appendix,
            remarks=_remarks(rows),
            card_headings=card.HEADINGS,
            card_row=card.row,
        )
        write_text(outputs / name, text)
        files.append(outputs / name)
    return files


def _by_source(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """The rows of each source of data, sorted by the sources' names."""
    of_source = attrgetter("source")
    return [
        (source, list(group))
        for source, group in groupby(sorted(rows, key=of_source), key=of_source)
    ]


def _remarks(rows: Sequence[Row]) -> list[tuple[str, list[str]]]:
    """The remarks on each data variant that has any."""
    remarks = {row.data: row.meta.remarks for row in rows if row.meta}
    return [(data, lines) for data, lines in remarks.items() if lines]


def table(rows: Sequence[Row]) -> Table:
    """The report for a terminal."""
    head = overview(rows)
    report = FittedTable(
        drop=("examples/s", "MLflow run", "time", "epochs", "parameters"),
        title=Text(f"{head.verdict}; {head.effort}"),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
    )
    for heading, justify, no_wrap in _COLUMNS:
        report.add_column(heading, justify=justify, no_wrap=no_wrap, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        report.add_row(*_cells(row))
    return report


def reasons(rows: Sequence[Row]) -> list[str]:
    """Explains why results are missing or unchecked: one line for each reason."""
    experiments: dict[str, list[str]] = {}
    for row in rows:
        if reason := row.missing or row.unrepeated or row.outdated or row.unchecked:
            experiments.setdefault(reason, []).append(row.experiment)
    return [f"{', '.join(names)}: {reason}" for reason, names in experiments.items()]


def stale(comparisons: Sequence[ShownComparison]) -> list[str]:
    """Names the outdated comparisons: one line each."""
    return [
        f"stale comparison: {comparison.title}: {comparison.outdated}"
        f"{f'. Compare again with: {comparison.command}' if comparison.command else ''}"
        for comparison in comparisons
        if comparison.outdated
    ]


_COLUMNS = (
    ("experiment", "left", True),
    ("test result [95 % interval]", "left", True),
    ("must reach", "left", False),
    ("parameters", "right", True),
    ("epochs", "right", True),
    ("time", "right", True),
    ("examples/s", "right", True),
    ("MLflow run", "left", True),
)


def _cells(row: Row) -> list[str | Text]:
    name = Text(row.experiment)
    if row.overfits:
        name.append(f"\n! {row.overfits}", style="yellow")
    if row.result is None:
        return [
            name,
            Text("no result", style="bold red"),
            Text("\n".join(str(claim) for claim in row.planned.claims)),
        ]
    claims = Text("\n").join(
        Text(verdict(claim), style="green" if claim.is_met else "bold red") for claim in row.claims
    )
    metrics = row.metrics
    return [
        name,
        Text("\n".join(filter(None, [row.score, *row.beside, *row.repeated, *_against(row)]))),
        claims,
        f"{metrics['parameters']:,}",
        formatting.epochs(metrics["epochs"]),
        formatting.duration(metrics["seconds"]),
        f"{metrics['examples_per_second']:,.0f}",
        row.result.run.run_id[:8],
    ]


def _against(row: Row) -> list[str]:
    """The baseline that says most, and whether the network is better."""
    return row.baseline.sentence.split("; ") if row.baseline else []


def verdict(checked: CheckedClaim) -> str:
    """`test/accuracy ≥ 0.9: met`, or `…: NOT met (0.87)`."""
    result = "met" if checked.is_met else f"NOT met ({checked.reached})"
    return f"{checked.claim}: {result}"


def checklist(rows: Sequence[Row]) -> list[str]:
    """A line for each claim: whether it is met, and the value of its metric."""
    lines = []
    for row in rows:
        for claim in row.claims:
            result = "met    " if claim.is_met else "NOT met"
            reason = f" ({row.missing})" if row.missing else ""
            lines.append(f"{result}  {row.experiment}: {claim.claim}: {claim.reached}{reason}")
    return lines
