"""The board of a study on small terminals and in log files."""

import pytest
from rich.console import Console
from rich.text import Text

from pipeline.studies.board import FRAME, Board, most_informative, trial_table
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.trial import Trial
from tests.support.searches import ACCURACY

SETTINGS = ["model.units", "optimizer.learning_rate", "training.early_stopping.patience"]
SGD = Trial(0, {"optimizer": "sgd", "optimizer.momentum": 0.123456}, [])
ADAM = Trial(1, {"optimizer": "adam"}, [], pause_at=3)


def drawn(width: int, rows: int, *, one_line: bool) -> str:
    console = Console(width=width)
    table = trial_table("toy", SETTINGS, ("validation/loss", "seconds"), one_line=one_line)
    table.caption = "best: trial 1"
    for number in range(rows):
        status = Text("FAILED: the loss is no longer a number", no_wrap=one_line)
        table.add_row(str(number), "[100,100]", "0.001", "5", status, "0.1234", "10.0")
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def board() -> Board:
    return Board("toy", "toy, search 1", 2, ["optimizer", "optimizer.momentum"], ACCURACY)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_live_table_has_one_line_for_each_row(width):
    text = drawn(width, 10, one_line=True)
    assert len(text.splitlines()) == 10 + FRAME - 1
    assert text.count("0.1234") == text.count("[100,100]") == 10


def test_final_table_is_complete():
    text = drawn(60, 1, one_line=False)
    assert "…" not in text
    assert {"FAILED:", "longer", "number"} <= set(text.replace("\u2502", " ").split())


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [(2, [4, 5]), (3, [1, 4, 5]), (4, [1, 3, 4, 5]), (6, [0, 1, 2, 3, 4, 5]), (7, range(7))],
)
def test_rows_are_chosen_running_failed_finished_waiting(rows, numbers):
    statuses = [
        *(Status.FINISHED, Status.FAILED, Status.FINISHED, Status.FINISHED),
        *(Status.RUNNING, Status.RUNNING, Status.WAITING, Status.WAITING),
    ]
    outcomes = [Outcome(Trial(number, {}, []), status) for number, status in enumerate(statuses)]
    chosen = most_informative(outcomes, rows)
    assert [outcome.trial.number for outcome in chosen] == list(numbers)


def test_table_is_empty_for_settings_a_trial_lacks(capsys):
    outcomes = [Outcome(SGD, Status.FINISHED, 0.5), Outcome(ADAM, Status.FINISHED, 0.75)]
    board().summarise(outcomes)
    text = capsys.readouterr().err
    rows = [[cell.strip() for cell in line.split("\u2502")] for line in text.splitlines()]
    assert [row[1:5] for row in rows if len(row) > 1] == [
        ["0", "sgd", "0.1235", "FINISHED"],
        ["1", "adam", "", "FINISHED"],
    ]
    assert "toy, search 1: 2 of 2 trials" in text
    assert "best: trial 1, 0.7500" in text


def test_table_names_the_best_mean_over_seeds(capsys):
    trials = [Trial(n, {"units": units, "seed": str(n)}, []) for n, units in enumerate("aabb")]
    outcomes = [
        Outcome(trial, Status.FINISHED, value)
        for trial, value in zip(trials, [0.9, 0.1, 0.6, 0.7], strict=True)
    ]
    Board("toy", "toy, sweep 1", 4, ["units", "seed"], ACCURACY).summarise(outcomes)
    assert "best mean: trials 2, 3, 0.6500" in capsys.readouterr().err


def test_each_outcome_is_logged_once(capsys):
    live = board()
    first = Outcome(SGD, Status.FINISHED, 0.5, epochs=9.0, seconds=1.25)
    paused = Outcome(ADAM, Status.PAUSED, 0.75, epochs=3.0, seconds=1.0)
    failed = Outcome(Trial(1, ADAM.values, [], pause_at=9), Status.FAILED, reason="it diverged")
    running = Outcome(failed.trial, Status.RUNNING)
    with live:
        for outcomes in ([first], [first, paused], [first, paused, running], [paused, failed]):
            live.show(outcomes)
    assert capsys.readouterr().err.splitlines() == [
        "toy: 1/2  trial 0  optimizer=sgd optimizer.momentum=0.1235  FINISHED  0.5000  "
        "9 epochs in 1.2 s",
        "toy: 2/2  trial 1  optimizer=adam  PAUSED  0.7500  3 epochs in 1.0 s",
        "toy: 2/2  trial 1  optimizer=adam  FAILED: it diverged",
    ]
