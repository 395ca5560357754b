"""The estimate of the time that a training still takes."""

import pytest

from pipeline.runs.history import Point
from pipeline.training.listeners.time_left import TimeLeft, evaluations_after, in_minutes
from pipeline.training.schedule import Schedule

SCHEDULE = Schedule(rows=10, batch_size=5, total=40, seed=1)  # 2 steps an epoch, 20 epochs


def point(step: int, *, seconds: float, passes: float = 0.0, rows: int = 0) -> Point:
    return Point(step, step / 2, 0, seconds, passes, rows, 0.1, {})


def left_after(*points: Point, schedule: Schedule = SCHEDULE) -> float | None:
    left = TimeLeft(schedule)
    for one in points:
        left.add(one)
    return left.seconds


COMPILED = point(1, seconds=50.0)  # its pass was not timed
FIRST = point(2, seconds=60.0, passes=1.0, rows=10)
SECOND = point(4, seconds=63.0, passes=2.0, rows=20)


def test_it_is_not_known_before_two_timed_points():
    assert left_after(COMPILED, FIRST) is None


def test_rows_and_evaluations_are_counted_apart():
    # 18 epochs: each has 10 rows at 10 a second, and 2 seconds besides.
    assert left_after(COMPILED, FIRST, SECOND) == 18 * 1.0 + 18 * 2.0


def test_nothing_is_left_at_the_end():
    assert left_after(FIRST, point(40, seconds=99.0, passes=20.0, rows=200)) == 0.0


def test_dense_evaluations_at_the_start_do_not_inflate_it():
    schedule = Schedule(rows=1000, batch_size=1, total=10_000, seed=1, evaluate_at=[1, 10, 100])
    first = point(10, seconds=20.0, passes=0.1, rows=10)
    second = point(100, seconds=22.9, passes=1.0, rows=100)
    assert left_after(first, second, schedule=schedule) == pytest.approx(99 + 10 * 2.0)


@pytest.mark.parametrize(("step", "count"), [(0, 5), (1, 4), (2, 3), (3, 3), (5, 1), (6, 0)])
def test_evaluations_are_those_of_the_schedule(step, count):
    schedule = Schedule(rows=10, batch_size=5, total=6, seed=1, evaluate_at=[0, 1, 4, 5])
    assert evaluations_after(step, schedule) == count
    assert len([stop for _, stop in schedule.segments() if stop > step]) == count


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.4, "0:04"), (125.0, "2:05"), (3725.0, "1:02:05"), (59.6, "1:00")]
)
def test_seconds_are_shown_as_minutes_and_hours(seconds, text):
    assert in_minutes(seconds) == text
