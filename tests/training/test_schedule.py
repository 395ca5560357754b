"""When what happens in a training."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.training import Training
from pipeline.errors import ConfigError
from pipeline.training.schedule import Schedule

SCHEDULES = st.builds(
    lambda rows, batch_size, epochs, seed: Schedule.of(
        Training(epochs=epochs, batch_size=batch_size), rows=rows, seed=seed
    ),
    rows=st.integers(1, 200),
    batch_size=st.integers(1, 50),
    epochs=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)


def schedule(rows: int = 10, batch_size: int = 4, seed: int = 1, **training) -> Schedule:
    return Schedule.of(Training(batch_size=batch_size, **training), rows=rows, seed=seed)


def test_last_partial_batch_is_a_step():
    assert schedule(epochs=2).steps_per_epoch == 3
    assert schedule(epochs=2).total == 6


def test_last_step_has_the_remaining_rows():
    assert len(schedule(epochs=1).indices(2, 3)) == 2


def test_epoch_is_one_segment():
    assert list(schedule(epochs=2).segments()) == [(0, 3), (3, 6)]


def test_segments_end_at_evaluations_and_epochs():
    assert list(schedule(epochs=2, evaluate_at=[0, 1, 5]).segments()) == [
        (0, 1),
        (1, 3),
        (3, 5),
        (5, 6),
    ]


def test_billion_epochs_are_not_listed():
    plan = schedule(epochs=10**9, evaluate_at=[4, 2_999_999_999])
    assert list(islice(plan.segments(), 4)) == [(0, 3), (3, 4), (4, 6), (6, 9)]
    assert (plan.total, plan.epochs) == (3 * 10**9, 10**9)


def test_training_in_steps_ends_inside_an_epoch():
    plan = schedule(steps=4)
    assert (plan.total, list(plan.segments())) == (4, [(0, 3), (3, 4)])
    assert plan.epochs == pytest.approx(4 / 3)


def test_end_of_training_ends_an_epoch():
    plan = schedule(steps=4)
    assert [step for step in range(5) if plan.ends_epoch(step)] == [3, 4]


def test_evaluation_steps_are_sorted_and_unique():
    assert schedule(epochs=2, evaluate_at=[5, 1, 5]).evaluate_at == [1, 5]


def test_evaluation_after_the_last_step_is_refused():
    with pytest.raises(ConfigError) as caught:
        schedule(epochs=2, evaluate_at=[6, 7])
    assert (
        str(caught.value)
        == "training.evaluate_at lies after the last step. Received: [7]. Expected: steps up to 6."
    )


@given(plan=SCHEDULES)
def test_every_row_is_trained_once_in_every_epoch(plan):
    for start in range(0, plan.total, plan.steps_per_epoch):
        assert sorted(plan.indices(start, start + plan.steps_per_epoch).tolist()) == list(
            range(plan.rows)
        )


@given(plan=SCHEDULES, evaluate_at=st.lists(st.integers(0, 20)))
def test_segments_cover_every_step_in_order(plan, evaluate_at):
    cut = Schedule(
        plan.rows,
        plan.batch_size,
        plan.total,
        plan.seed,
        [step for step in evaluate_at if step <= plan.total],
    )
    steps = [step for start, stop in cut.segments() for step in range(start, stop)]
    assert steps == list(range(plan.total))
    assert all(
        start // plan.steps_per_epoch == (stop - 1) // plan.steps_per_epoch
        for start, stop in cut.segments()
    )


@given(plan=SCHEDULES, data=st.data())
def test_pieces_of_an_epoch_hold_its_rows(plan, data):
    cut = data.draw(st.integers(0, plan.steps_per_epoch - 1))
    pieces = [*plan.indices(0, cut), *plan.indices(cut, plan.steps_per_epoch)]
    assert pieces == plan.indices(0, plan.steps_per_epoch).tolist()


@given(plan=SCHEDULES, data=st.data())
def test_examples_are_counted_without_drawing_them(plan, data):
    epoch = data.draw(st.integers(0, plan.total // plan.steps_per_epoch - 1)) * plan.steps_per_epoch
    start = data.draw(st.integers(0, plan.steps_per_epoch - 1))
    stop = data.draw(st.integers(start + 1, plan.steps_per_epoch))
    assert plan.row_count(epoch + start, epoch + stop) == len(
        plan.indices(epoch + start, epoch + stop)
    )


def test_batch_begins_after_the_one_before():
    assert [schedule(epochs=2).first_row(step) for step in range(6)] == [0, 4, 8, 0, 4, 8]


def test_batch_is_a_slice_of_the_order():
    plan = schedule(epochs=2)
    assert plan.indices(4, 5).tolist() == plan.order(1)[4:8].tolist()


def test_order_of_a_seed_never_changes():
    assert schedule(epochs=1, seed=7).indices(0, 3).tolist() == [6, 3, 9, 1, 2, 0, 5, 7, 8, 4]


def test_orders_of_all_seeds_and_epochs_differ():
    orders = {
        tuple(schedule(rows=100, epochs=1, seed=seed).order(epoch))
        for seed in range(1, 9)
        for epoch in range(8)
    }
    assert len(orders) == 64
