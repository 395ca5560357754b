"""The progress line of a training."""

import io
import sys
from collections.abc import Callable

import pytest
from rich.console import Console

from pipeline.runs.history import Point
from pipeline.training.listeners.progress import (
    LineProgress,
    TerminalProgress,
    line,
    progress,
)
from pipeline.training.schedule import Schedule

SCHEDULE = Schedule(rows=10, batch_size=5, total=40, seed=1)  # 2 steps an epoch, 20 epochs


def point(step: int, seconds: float = 0.0) -> Point:
    return Point(
        step=step,
        epoch=step / 2,
        timestamp=0,
        seconds=seconds,
        training_seconds=1.0,
        timed_examples=13_000,
        learning_rate=0.1,
        metrics={"train/loss": 0.41324, "validation/accuracy": 0.8911},
    )


class Minutes:
    """A clock that the test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def lines_at(*moments: float) -> list[str]:
    """The lines for points at these moments, one step each, and at the end."""
    clock, lines = Minutes(), []
    listener = LineProgress("toy", SCHEDULE, write=lines.append, interval=5.0, clock=clock)
    for step, clock.now in enumerate(moments, start=1):
        listener.on_point(point(step))
    listener.on_end()
    return [text.split("/")[0] for text in lines]


def test_line_shows_epoch_time_left_and_metrics():
    assert line(point(6), SCHEDULE, 34.0) == (
        "epoch 3/20  0:34 left  validation accuracy 0.8911  train loss 0.4132  13,000 examples/s"
    )


def test_line_has_no_time_left_before_it_is_known():
    assert line(point(6), SCHEDULE, None).startswith("epoch 3/20  validation accuracy 0.8911")


def test_line_of_the_last_point_has_no_time_left():
    assert line(point(40), SCHEDULE, 0.0).startswith("epoch 20/20  validation accuracy 0.8911")


def test_epochs_are_counted_in_full():
    schedule = Schedule(rows=10, batch_size=5, total=4000, seed=1)
    assert line(point(2469), schedule, None).startswith("epoch 1234.5/2000  ")


def test_first_point_is_written_at_once():
    assert lines_at(0.0) == ["toy: epoch 0.5"]


def test_quick_points_are_skipped_except_the_last():
    assert lines_at(0.0, 1.0, 2.0, 3.0) == ["toy: epoch 0.5", "toy: epoch 2"]


def test_line_is_written_after_the_interval():
    assert lines_at(0.0, 4.9, 5.0, 6.0, 10.0) == [
        "toy: epoch 0.5",
        "toy: epoch 1.5",
        "toy: epoch 2.5",
    ]


def test_training_without_points_writes_no_line():
    assert lines_at() == []


def shown(width: int, calls: Callable[[TerminalProgress], None], *, name: str = "toy") -> str:
    """The line on a terminal of this width, while the training goes on."""
    listener = TerminalProgress(
        name, SCHEDULE, console=Console(file=io.StringIO()), clock=Minutes()
    )
    calls(listener)
    with (console := Console(width=width)).capture() as capture:
        console.print(listener)
    listener.on_end()
    return capture.get().rstrip("\n")


def two_points(listener: TerminalProgress) -> None:
    listener.on_point(point(2, seconds=3.0))
    listener.on_point(point(4, seconds=5.0))


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (14, "…  epoch 2/20…"),
        (30, "toy  epoch 2/20  0:36 left"),
        (60, "toy  epoch 2/20  0:36 left  validation accuracy 0.8911"),
        (75, "toy  epoch 2/20  0:36 left  validation accuracy 0.8911  train loss 0.4132"),
    ],
)
def test_terminal_shows_as_many_metrics_as_fit(width, text):
    assert shown(width, two_points) == text


def test_bar_fills_the_rest_of_the_line():
    line = "toy  epoch 2/20  0:36 left  validation accuracy 0.8911  train loss 0.4132"
    (row,) = shown(90, two_points).splitlines()
    assert row.startswith(f"{line}  ")
    assert set(row.removeprefix(f"{line}  ")) <= set("━╸╺ ")


def test_long_name_leaves_room_for_epoch_and_time():
    text = shown(40, two_points, name="n" * 50)
    assert text == f"{'n' * 16}…  epoch 2/20  0:36 left"


def test_bar_and_speed_take_the_rest_of_a_wide_terminal():
    line_of_words = "toy  epoch 2/20  0:36 left  validation accuracy 0.8911  train loss 0.4132"
    text = shown(140, two_points)
    assert text.startswith(f"{line_of_words}  13,000 examples/s  ━")
    assert "━" not in shown(75, two_points)


def test_running_loss_is_shown_before_the_first_point():
    text = shown(80, lambda listener: listener.on_step(1, {"loss": 0.5}))
    assert text.startswith("toy  epoch 0.5/20  running loss 0.5000")


def test_ended_training_shows_its_time():
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=60)
    listener = TerminalProgress("toy", SCHEDULE, console=console)
    listener.on_point(point(40, seconds=65.0))
    listener.on_end()
    assert "toy  epoch 20/20  in 1:05  validation" in console.file.getvalue()


def test_line_starts_from_an_earlier_process():
    text = shown(60, lambda listener: listener.on_begin([point(20)]))
    assert text.startswith("toy  epoch 10/20  validation accuracy 0.8911")


def test_progress_without_a_terminal_is_lines(capsys):
    assert isinstance(progress("toy", SCHEDULE), LineProgress)


def test_notebook_shows_one_line_that_changes(monkeypatch):
    stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    monkeypatch.setattr(sys, "stderr", stream)
    shown = progress("shapes", SCHEDULE)
    shown.on_point(point(4))
    shown.on_end()
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().startswith("\r\033[Kshapes: epoch ")
