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


def test_second_chart_begins_in_one_column():
    lines = drawn([run()], width=140)
    (title,) = [line for line in lines if line.startswith("toy: loss")]
    start = title.index("toy: accuracy")
    assert start == (140 - 2) // 2 + 2


@pytest.mark.parametrize(("height", "rows"), [(3, 1), (8, 3), (9, 3), (10, 4)])
def test_low_terminal_shows_half_as_many_rows(height, rows):
    runs = [run(f"r{n}", f"{n}" * 32) for n in range(30)]
    assert len([line for line in drawn(runs, width=80, height=height) if "running" in line]) == rows


@pytest.mark.parametrize(("width", "lines"), [(99, 2), (100, 1)])
def test_charts_of_a_narrow_terminal_are_below_each_other(width, lines):
    shown = drawn([run()], width=width)
    assert sum("toy: loss" in line or "toy: accuracy" in line for line in shown) == lines


@pytest.mark.parametrize(("height", "lines"), [(8, 0), (9, 7), (10, 8), (40, 22)])
def test_charts_fill_the_height_that_is_left(height, lines):
    assert len(drawn([run()], width=80, height=height)) == 2 + lines


def test_study_shows_twelve_trials():
    trials = [run(f"trial {n}", f"{n:032}", parent="5" * 32, state="finished") for n in range(14)]
    lines = drawn([SWEEP, *trials], width=80)
    assert len([line for line in lines if line.startswith("  trial")]) == 12


def titles(runs: list[WatchedRun]) -> list[str]:
    return [line.strip() for line in drawn(runs, width=80) if ": " in line]


def test_running_trainings_are_drawn_before_studies_and_ended_ones():
    ended, trial = run("ended", "e" * 32, state="finished"), TRIALS[0]
    done = run("done", "d" * 32, parent="5" * 32, state="finished")
    store = Store([ended, trial, done, SWEEP])
    chosen = choose(store.stored, ["toy"])
    console = Console(width=80)
    with console.capture() as capture:
        console.print(View(store, 80).draw(chosen, now=8.0))
    assert [line for line in capture.get().splitlines() if ": " in line] == [
        f"{trial.name}: loss",
        f"{trial.name}: accuracy",
        "toy, sweep 12ab34: validation accuracy (other trials: dotted)",
        "ended: loss",
        "ended: accuracy",
    ]


def test_six_groups_of_charts_are_drawn():
    runs = [run(f"r{n}", f"{n}" * 32) for n in range(8)]
    assert len(titles(runs)) == 2 * 6


@pytest.mark.parametrize(("state", "reads"), [("finished", 1), ("running", 2)])
def test_finished_run_is_read_once(monkeypatch, state, reads):
    asked: list[str] = []
    store, one = Store([]), run(state=state)
    monkeypatch.setattr(store, "measured", lambda name: asked.append(name) or measured(**CURVES))
    view = View(store, 80)
    for _ in range(2):
        view.draw(choose([one], []), now=8.0)
    assert len(asked) == reads


def test_empty_store_asks_for_a_training():
    view = View(Store([]), 80).draw([], now=8.0)
    assert str(view).startswith("No run yet. Train something")
