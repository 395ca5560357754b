"""Early stopping as a small machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.training import Direction, EarlyStopping
from pipeline.training.stopping import Stopping


def after(values, **rule) -> Stopping:
    """The machine after a value at the end of each epoch of ten steps."""
    stopping = Stopping(EarlyStopping(**{"direction": Direction.min, "patience": 2} | rule))
    for epoch, value in enumerate(values, start=1):
        stopping.see(value, epoch=epoch, step=10 * epoch)
    return stopping


def test_it_waits_for_as_many_epochs_as_its_patience():
    assert not after([1.0, 2.0]).exhausted
    assert after([1.0, 2.0, 2.0]).exhausted


def test_a_better_value_begins_the_waiting_anew():
    found = after([1.0, 2.0, 0.5, 2.0])
    assert (found.best, found.best_step, found.wait) == (0.5, 30, 1)


def test_an_equal_value_is_no_better():
    assert after([1.0, 1.0]).best_step == 10


def test_larger_is_better_where_the_rule_says_so():
    assert after([0.5, 0.9, 0.7], direction=Direction.max).best == 0.9


@pytest.mark.parametrize(("value", "best"), [(0.75, 1.0), (0.5, 0.5)])
def test_a_gain_must_be_more_than_the_least(value, best):
    assert after([1.0, value], min_delta=0.25).best == best


def test_epochs_before_the_first_that_counts_are_not_seen():
    found = after([0.1, 0.2, 5.0, 6.0], start_epoch=3)
    assert (found.best, found.best_step, found.wait) == (5.0, 30, 1)


def test_it_says_whether_a_value_is_the_best_so_far():
    stopping = Stopping(EarlyStopping(direction=Direction.min))
    assert [stopping.see(value, epoch=1, step=1) for value in (3.0, 4.0, 2.0)] == [True, False, True]


@given(values=st.lists(st.floats(allow_nan=False), min_size=1))
def test_the_best_is_the_first_smallest_value(values):
    found = after(values)
    assert found.best == min(values)
    assert found.best_step == 10 * (values.index(min(values)) + 1)


def test_two_rules_do_not_share_their_state():
    after([1.0, 2.0, 2.0])
    assert Stopping(EarlyStopping(direction=Direction.min)).best is None
