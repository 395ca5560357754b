"""The progress line of a training."""

import io
import sys

from rich.console import Console

from pipeline.runs.history import Point
from pipeline.training.listeners.progress import (
    LineProgress,
    TerminalProgress,
    in_words,
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


def test_line_shows_epoch_metrics_and_time_left():
    assert line(point(6, seconds=6.0), SCHEDULE) == (
        "epoch 3/20  train loss 0.4132  validation accuracy 0.8911  13,000 examples/s  0:34 left"
    )


def test_minutes_and_seconds_are_left():
    assert line(point(20, seconds=125.0), SCHEDULE).endswith("  2:05 left")


def test_line_before_the_first_step_has_no_speed():
    assert line(point(0), SCHEDULE) == "epoch 0/20  train loss 0.4132  validation accuracy 0.8911"


def test_epochs_are_counted_in_full():
    schedule = Schedule(rows=10, batch_size=5, total=4000, seed=1)
    assert line(point(2469), schedule).startswith("epoch 1234.5/2000  ")


def test_metrics_have_four_decimals():
    assert (
        in_words({"train/loss": 1 / 3, "validation/mse": 2.0})
        == "train loss 0.3333  validation mse 2.0000"
    )


def test_train_loss_hides_the_running_loss():
    assert in_words({"running/loss": 0.7, "train/loss": 0.5}) == "train loss 0.5000"
    assert in_words({"running/loss": 0.7, "validation/loss": 0.5}) == (
        "running loss 0.7000  validation loss 0.5000"
    )


def test_metric_that_equals_the_loss_is_left_out():
    metrics = {"validation/loss": 0.5, "validation/log_loss": 0.500001, "validation/mae": 0.6}
    assert in_words(metrics) == "validation loss 0.5000  validation mae 0.6000"


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


def test_terminal_shows_a_bar_that_ends_full():
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=160)
    listener = TerminalProgress("toy", SCHEDULE, console=console)
    listener.on_step(20, {"loss": 0.5})
    listener.on_end()
    assert "running loss 0.5000" in console.file.getvalue()


def test_terminal_shows_the_last_metrics():
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=160)
    listener = TerminalProgress("toy", SCHEDULE, console=console)
    listener.on_point(point(40))
    listener.on_step(40, {"loss": 0.4})
    listener.on_end()
    last = console.file.getvalue().splitlines()[-2]  # the last line only shows the cursor again
    assert "40/40" in last
    assert "20.0/20" in last
    assert "13,000 examples/s" in last
    assert "train loss 0.4132  validation accuracy 0.8911" in last


def test_bar_starts_from_an_earlier_process():
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=160)
    listener = TerminalProgress("toy", SCHEDULE, console=console)
    listener.on_begin([point(20)])
    listener.on_end()
    assert "20/40" in console.file.getvalue()


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
