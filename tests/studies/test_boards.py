"""The tables of sweeps and searches: what they show on a terminal that is small."""

import pytest
from rich.console import Console
from rich.text import Text

from pipeline.studies.search_board import Board
from pipeline.studies.search_journal import Record
from pipeline.studies.sweep_board import most_telling
from pipeline.studies.sweep_journal import FAILED, FINISHED, RUNNING, WAITING, Standing
from pipeline.studies.table import FRAME, trial_table
from tests.support.searches import LARGEST

SETTINGS = ["model.units", "optimizer.learning_rate", "training.early_stopping.patience"]


def drawn(width: int, rows: int, *, one_line: bool) -> str:
    console = Console(width=width)
    table = trial_table("toy", SETTINGS, ("validation/loss", "seconds"), one_line=one_line)
    table.caption = "the best so far: trial 1"
    for number in range(rows):
        status = Text("FAILED: the loss is no longer a number", no_wrap=one_line)
        table.add_row(str(number), "[100,100]", "0.001", "5", status, "0.1234", "10.0")
    with console.capture() as capture:
        console.print(table)
    return capture.get()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_table_that_fits_a_terminal_has_one_line_for_each_row(width):
    text = drawn(width, 10, one_line=True)
    assert len(text.splitlines()) == 10 + FRAME - 1
    assert text.count("0.1234") == text.count("[100,100]") == 10


def test_a_table_that_is_kept_says_all():
    text = drawn(60, 1, one_line=False)
    assert "…" not in text
    assert {"FAILED:", "longer", "number"} <= set(text.replace("\u2502", " ").split())


@pytest.mark.parametrize(
    ("rows", "shown"),
    [(2, [4, 5]), (3, [1, 4, 5]), (4, [1, 3, 4, 5]), (6, [0, 1, 2, 3, 4, 5]), (7, range(7))],
)
def test_what_runs_comes_first_then_what_failed_the_last_that_ended_and_the_next(rows, shown):
    statuses = [FINISHED, FAILED, FINISHED, FINISHED, RUNNING, RUNNING, WAITING, WAITING]
    standings = [Standing(number, status) for number, status in enumerate(statuses)]
    assert [standing.number for standing in most_telling(standings, rows)] == list(shown)


def test_a_search_shows_nothing_for_a_setting_that_a_trial_does_not_have(capsys):
    board = Board("toy", 2, LARGEST, ["optimizer", "optimizer.momentum"])
    board.hear(Record(0, {"optimizer": "sgd", "optimizer.momentum": 0.123456}, [], FINISHED, 0.5))
    board.hear(Record(1, {"optimizer": "adam"}, [], FINISHED, 0.75))
    board.summarise()
    rows = [
        [cell.strip() for cell in line.split("\u2502")]
        for line in capsys.readouterr().err.splitlines()
        if "\u2502" in line
    ]
    assert [row[1:5] for row in rows] == [
        ["0", "sgd", "0.1235", "FINISHED"],
        ["1", "adam", "", "FINISHED"],
    ]
