"""The whole picture, at the widths and heights of terminals."""

from dataclasses import dataclass

import pytest
from rich.console import Console

from pipeline.tracking.curves import Measured, WatchedRun
from pipeline.watching.choosing import choose
from pipeline.watching.view import View
from tests.support import pages
from tests.support.terminal import COLOUR
from tests.watching.runs import measured, run

CURVES = {
    "train_loss": [2, 1, 0.5],
    "validation_loss": [2, 1.5, 1],
    "train_accuracy": [0.25, 0.5, 0.75],
    "validation_accuracy": [0.25, 0.75, 0.5],
}
SWEEP = run("sweep 12ab34", "5" * 32, kind="sweep", trials="8", objective="validation/accuracy")
TRIALS = [run(f"learning_rate=0.0{n} seed=1", f"{n}" * 32, parent="5" * 32) for n in range(3)]


@dataclass
class Store:
    """The same curves for each run."""

    stored: list[WatchedRun]

    def runs(self) -> list[WatchedRun]:
        return self.stored

    def measured(self, _run_id: str) -> Measured:
        return measured(**CURVES)


def drawn(runs, *, width: int, height: int | None = None) -> list[str]:
    store = Store(runs)
    console = Console(width=width, height=height, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(View(store, width, height).draw(choose(runs, []), now=8.0))
    return capture.get().splitlines()


@pytest.mark.parametrize(("name", "has_colour"), [("NO_COLOR", False), ("OTHER", True)])
def test_no_color_removes_colours(monkeypatch, name, has_colour):
    monkeypatch.setenv(name, "1")
    console = Console(width=80, force_terminal=True, color_system="standard")
    with console.capture() as capture:
        console.print(View(Store([run()]), 80, 24).draw(choose([run()], []), now=8.0))
    assert bool(COLOUR.search(capture.get())) is has_colour


def test_row_holds_state_progress_time_left_and_values():
    lines = drawn([run()], width=80)
    assert lines[0].split() == ["run", "state", "epochs", "left", "train", "validation", "best"]
    assert lines[1].split() == [
        "toy",
        "running",
        "3/10",
        "0:21",
        "0.75",
        "accuracy",
        "0.5",
        "0.75",
        "at",
        "2",
    ]


def test_page_shows_what_is_drawn():
    (shown,) = pages.blocks("watching.md", "text")
    lines = [line.rstrip() for line in drawn([run()], width=60)]
    assert shown.splitlines() == lines[: lines.index("toy: accuracy") - 1]


@pytest.mark.parametrize("width", [60, 80, 140])
def test_nothing_is_wider_than_the_terminal(width):
    lines = drawn([run(), SWEEP, *TRIALS], width=width)
    assert max(map(len, lines)) <= width


def test_narrow_terminal_keeps_state_and_value():
    lines = drawn([run("a_run_with_a_long_name_of_its_own")], width=50)
    assert lines[1].split()[1:] == ["running", "accuracy", "0.5"]


def test_study_counts_its_trials_and_names_the_best():
    lines = drawn([SWEEP, *TRIALS], width=80)
    assert lines[1].split() == [
        "toy,",
        "sweep",
        "12ab34",
        "running",
        "0/8",
        "trials",
        "accuracy",
        "0.75",
    ]
    assert lines[2].startswith("  learning_rate=0.00 seed=1")


def test_charts_are_side_by_side_in_a_wide_terminal():
    assert [line.split() for line in drawn([run()], width=140) if "loss" in line] == [
        ["toy:", "loss", "toy:", "accuracy"]
    ]


@pytest.mark.parametrize("height", [8, 16, 23, 40])
def test_nothing_is_higher_than_the_terminal(height):
    runs = [run(f"r{n}", f"{n}" * 32) for n in range(30)]
    assert len(drawn(runs, width=80, height=height)) <= height
