"""The table of runs."""

import pytest
from rich.console import Console

from pipeline.watching.progress import Progress
from pipeline.watching.studies import Study
from pipeline.watching.table import Row, run_row, study_row, table
from tests.watching.runs import EPOCHS, measured, run

CURVES = {"validation_loss": [3, 2, 1], "train_loss": [2, 1, 0.5]}
STEPS = {"training.steps": "50", "training.epochs": "null"}


def row(curves: dict[str, list[float]] = CURVES, **settings: str) -> Row:
    """The row of a training when its last epoch has just ended."""
    own = EPOCHS | {name.replace("_", "."): value for name, value in settings.items()}
    return run_row(Progress.of(run(), measured(own, **curves)), now=8.0)


@pytest.mark.parametrize(
    ("epochs", "left"), [("10", "0:21"), ("23", "1:00"), ("1203", "1:00:00"), ("1224", "1:01:03")]
)
def test_time_left_is_in_hours_minutes_and_seconds(epochs, left):
    assert row(training_epochs=epochs).cells["left"] == left


def test_steps_are_named():
    progress = Progress.of(run(), measured(STEPS, **CURVES))
    assert run_row(progress, now=8.0).cells["epochs"] == "15/50 steps"


def test_unknown_length_shows_what_is_done():
    assert row(training_epochs="null").cells["epochs"] == "3"


def test_run_without_an_epoch_has_no_values():
    cells = {name: text for name, text in row({}).cells.items() if text}
    assert cells == {"run": "toy", "state": "running"}


def test_row_has_the_last_values_and_the_best_one():
    rising = CURVES | {"validation_loss": [3, 1, 2]}
    cells = row(rising).cells
    assert [cells[name] for name in ("train", "validation", "best")] == ["0.5", "loss 2", "1 at 2"]


def test_trial_is_indented_below_its_study():
    progress = Progress.of(run("seed=1"), measured(**CURVES))
    cells = run_row(progress, now=8.0, study=Study(run("sweep", kind="sweep"), [progress])).cells
    assert (cells["run"], cells["validation"]) == ("  seed=1", "1")


def study_of(*states: str, **tags: str) -> Row:
    trials = [Progress.of(run(state=state), measured()) for state in states]
    return study_row(Study(run("sweep 12ab34", kind="sweep", **tags), trials))


@pytest.mark.parametrize(
    ("states", "tags", "trials"),
    [
        (["running", "finished"], {"trials": "8"}, "1/8 trials"),
        (["failed", "finished"], {"trials": "8"}, "2/8 trials, 1 failed"),
        (["finished"], {}, "1 trials"),
    ],
)
def test_study_counts_its_trials(states, tags, trials):
    assert study_of(*states, **tags).cells["epochs"] == trials


def test_study_without_values_names_no_figure():
    cells = study_of("running").cells
    assert (cells["validation"], cells["best"]) == ("", "")


NAMES = ("run", "state", "epochs", "left", "train", "validation", "best")


def shown(width: int, **cells: str) -> list[tuple[str, int]]:
    """The columns of a table with one row, and their widths."""
    own = dict.fromkeys(NAMES, "") | cells
    columns = table([Row(own, "running")], width).columns
    return [(str(column.header), column.width) for column in columns]


FULL = dict.fromkeys(NAMES, "x" * 10)


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (82, NAMES),
        (81, ["run", "state", "epochs", "left", "validation", "best"]),
        (70, ["run", "state", "epochs", "left", "validation", "best"]),
        (69, ["run", "state", "epochs", "validation", "best"]),
        (57, ["run", "state", "epochs", "validation"]),
        (45, ["run", "state", "validation"]),
        (33, ["run", "state"]),
        (5, ["run", "state"]),
    ],
)
def test_narrow_terminal_drops_columns(width, columns):
    assert [name for name, _ in shown(width, **FULL)] == list(columns)


def test_long_name_is_cut_before_a_column_is_dropped():
    assert shown(38, run="x" * 40, state="x" * 10) == [("run", 26), ("state", 10)]
    assert shown(37, run="x" * 40, state="x" * 10, train="y") == [("run", 25), ("state", 10)]


def test_empty_columns_are_left_out():
    assert shown(80, run="a", best="1") == [("run", 3), ("best", 4)]


def test_long_name_is_cut_and_not_wrapped():
    own = dict.fromkeys(NAMES, "") | {"run": "a long name of a run", "state": "running"}
    console = Console(width=16)
    with console.capture() as capture:
        console.print(table([Row(own, "running")], 16))
    assert [line.split() for line in capture.get().splitlines()] == [
        ["run", "state"],
        ["a", "long…", "running"],
    ]
