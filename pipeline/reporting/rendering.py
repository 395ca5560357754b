"""The report as a table on the terminal, as Markdown, and as one HTML file that needs no network."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.table import Table
from rich.text import Text

from pipeline.files import write_text
from pipeline.reporting.results import CheckedClaim, Row

_TEMPLATES = Path(__file__).parent / "templates"


def write(rows: Sequence[Row], outputs: Path) -> list[Path]:
    """Writes `report.md` and `report.html` under `outputs`; equal rows give equal bytes."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    written = []
    for name in ("report.md", "report.html"):
        text = environment.get_template(f"{name}.j2").render(rows=rows, verdict=verdict)
        write_text(outputs / name, text)
        written.append(outputs / name)
    return written


def table(rows: Sequence[Row]) -> Table:
    """The report for a terminal."""
    drawn = Table(title="Experiments", title_justify="left")
    for heading, justify in _COLUMNS:
        drawn.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        if row.missing:
            drawn.add_row(row.experiment, Text("missing", style="bold red"))
            continue
        drawn.add_row(*_cells(row))
    return drawn


def reasons(rows: Sequence[Row]) -> list[str]:
    """Why experiments are missing, one line for each reason."""
    named: dict[str, list[str]] = {}
    for row in rows:
        if row.missing:
            named.setdefault(row.missing, []).append(row.experiment)
    return [f"{', '.join(names)} missing: {reason}" for reason, names in named.items()]


_COLUMNS = (
    ("experiment", "left"),
    ("test figure [95 % interval]", "left"),
    ("must reach", "left"),
    ("parameters", "right"),
    ("epochs", "right"),
    ("seconds", "right"),
    ("examples/s", "right"),
    ("MLflow run", "left"),
)


def _cells(row: Row) -> list[str | Text]:
    metrics = row.metrics
    return [
        row.experiment,
        f"{row.headline} {row.figure}",
        Text("\n").join(Text(verdict(claim), style="green" if claim.is_met else "bold red") for claim in row.claims),
        f"{metrics['parameters']:,}",
        f"{metrics['epochs']:.3g}",
        f"{metrics['seconds']:.1f}",
        f"{metrics['examples_per_second']:,.0f}",
        row.run_id[:8],
    ]


def verdict(checked: CheckedClaim) -> str:
    """`test/accuracy ≥ 0.9: met`, with the value where it is not."""
    if checked.is_met:
        return f"{checked.claim}: met"
    reached = "not measured" if checked.value is None else f"{checked.value:.4g}"
    return f"{checked.claim}: NOT met ({reached})"
