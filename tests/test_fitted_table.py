"""Tables on terminals of any width."""

import pytest
from rich import box
from rich.console import Console

from pipeline.fitted_table import FittedTable


def table() -> FittedTable:
    shown = FittedTable(box=box.ASCII, drop=("time", "run"), keep=("figure",))
    shown.add_column("name", overflow="fold")
    shown.add_column("figure", no_wrap=True, overflow="fold")
    shown.add_column("run", no_wrap=True)
    shown.add_column("time", no_wrap=True)
    shown.add_row("digits cnn", "0.98 [0.97, 0.99]", "3f2a91c0", "1 min 35 s")
    return shown


def drawn(width: int) -> list[list[str]]:
    """The cells of each line."""
    console = Console(width=width)
    with console.capture() as capture:
        console.print(table())
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= width
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if "+" not in line
    ]


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (54, ["name", "figure", "run", "time"]),
        (53, ["name", "figure", "run"]),
        (41, ["name", "figure", "run"]),
        (40, ["name", "figure"]),
        (30, ["name", "figure"]),
    ],
)
def test_columns_are_dropped_in_their_order(width, headings):
    assert drawn(width)[0] == headings


def test_figure_stays_whole_if_the_others_get_narrower():
    figures = [row[1] for row in drawn(27)]
    assert "0.98 [0.97, 0.99]" in figures


def test_nothing_is_cut_on_the_narrowest_terminal():
    text = "".join("".join(row) for row in drawn(13))
    assert sorted(text) == sorted("namefiguredigitscnn0.98[0.97,0.99]")
