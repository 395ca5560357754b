"""The report on the terminal, as Markdown, and as one self-contained HTML file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich import box
from rich.table import Table
from rich.text import Text

from pipeline import formatting
from pipeline.data import card
from pipeline.files import write_text
from pipeline.fitted_table import FittedTable
from pipeline.reporting import pictures
from pipeline.reporting.certificates import Proof
from pipeline.reporting.chart import charts
from pipeline.reporting.comparisons import ShownComparison
from pipeline.reporting.curves import curves
from pipeline.reporting.overview import overview
from pipeline.reporting.pictures import Picture
from pipeline.reporting.results import CheckedClaim, Row
from pipeline.reporting.studies import ShownStudy

LOCAL_UI = "http://127.0.0.1:5000"  # of `make ui`
_TEMPLATES = Path(__file__).parent / "templates"
_MOST_CHARACTERS = 10_000_000  # of figures; with 200 experiments, the page stays below 20 MB
_MOST_OPEN = 3  # with more experiments, their sections are folded
_MOST_RANKS = 10  # configurations of a sweep or search


def write(
    rows: Sequence[Row],
    outputs: Path,
    *,
    comparisons: Sequence[ShownComparison] = (),
    studies: Sequence[ShownStudy] = (),
    proofs: Mapping[str, Sequence[Proof]] | None = None,
    appendix: Sequence[Picture] = (),
    ui: str = "",
) -> list[Path]:
    """Writes `report.md` and `report.html` under `outputs`.

    Equal arguments give equal bytes.

    Args:
        proofs: certificates and audits, by experiment.
        appendix: figures for the end of the page, apart from those of experiments.
        ui: the address of the MLflow UI, for links to runs; empty without one.

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
            columns=_columns(rows),
            overview=overview(rows),
            charts=charts(rows),
            curves=curves(rows),
            comparisons=comparisons,
            studies=studies,
            most_ranks=_MOST_RANKS,
            proofs=proofs or {},
            appendix=appendix,
            embedded=pictures.embedded(
                [row.result.figures for row in rows if row.result], _MOST_CHARACTERS
            ),
            most_open=_MOST_OPEN,
            ui=ui,
            ui_is_local=ui == LOCAL_UI,
            remarks=_remarks(rows),
            card_headings=card.HEADINGS,
            card_row=card.row,
        )
        write_text(outputs / name, text)
        files.append(outputs / name)
    return files


def _columns(rows: Sequence[Row]) -> set[str]:
    """The columns of the summary that are not empty for every experiment."""
    filled = {
        "result": any(row.result for row in rows),
        "series": any(row.repeated for row in rows),
        "baseline": any(row.baseline for row in rows),
        "must reach": any(row.planned.claims for row in rows),
        "reported": any(row.planned.reported for row in rows),
        "overfitting": any(row.overfits for row in rows),
    }
    return {name for name, is_filled in filled.items() if is_filled}


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
    """Explains why results are missing or unchecked: one line for each reason.

    Without a result, the other reasons follow from the first.
    """
    experiments: dict[str, list[str]] = {}
    for row in rows:
        for reason in [row.missing] if row.missing else [row.without_series, row.unchecked]:
            if reason:
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
