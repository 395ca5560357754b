"""The history of a training, in memory and on disk."""

import math

from hypothesis import given
from hypothesis import strategies as st

from pipeline.runs import history
from pipeline.runs.history import Point

FLOATS = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
POINTS = st.builds(
    Point,
    step=st.integers(0, 10**9),
    epoch=FLOATS,
    timestamp=st.integers(0, 2**63 - 1),
    seconds=FLOATS,
    training_seconds=FLOATS,
    timed_examples=st.integers(0, 10**9),
    learning_rate=FLOATS,
    metrics=st.dictionaries(
        st.sampled_from(["train/loss", "validation/loss", "train/accuracy"]),
        st.floats(allow_nan=False, allow_infinity=False),
        min_size=1,
    ),
)


def point(**facts) -> Point:
    defaults = {
        "step": 3,
        "epoch": 0.5,
        "timestamp": 1_700_000_000_123,
        "seconds": 2.0,
        "training_seconds": 1.0,
        "timed_examples": 40,
        "learning_rate": 0.1,
        "metrics": {"validation/loss": 0.25},
    }
    return Point(**defaults | facts)


@given(points=st.lists(POINTS, min_size=1, max_size=5))
def test_history_is_read_with_the_same_floats(tmp_path_factory, points):
    path = tmp_path_factory.getbasetemp() / "history.csv"
    history.write(points, path)
    assert history.read(path) == points


def test_missing_metric_is_an_empty_cell(tmp_path):
    history.write([point(), point(step=6, metrics={"train/loss": 1.0})], tmp_path / "history.csv")
    assert (tmp_path / "history.csv").read_text() == (
        "step,epoch,timestamp,seconds,training_seconds,timed_examples,learning_rate,validation/loss,train/loss\n"
        "3,0.5,1700000000123,2.0,1.0,40,0.1,0.25,\n"
        "6,0.5,1700000000123,2.0,1.0,40,0.1,,1.0\n"
    )


def test_divergence_is_a_last_infinite_point():
    diverged = point(step=6, metrics={"validation/loss": float("nan")})
    assert history.divergence([point(), diverged]) is diverged
    assert history.divergence([point(), point(metrics={"train/loss": float("inf")})]) is not None
    assert history.divergence([point(), point()]) is None
    assert history.divergence([]) is None


def test_diverged_point_is_read_back(tmp_path):
    metrics = {"validation/loss": float("nan")}
    history.write([point(metrics=metrics | {"validation/r2": 0.5}), point()], tmp_path / "h.csv")
    first, second = history.read(tmp_path / "h.csv")
    assert math.isnan(first.metrics["validation/loss"])
    assert second.metrics == {"validation/loss": 0.25}


def test_speed_counts_only_training_passes():
    assert point(timed_examples=40, training_seconds=0.5, seconds=100.0).examples_per_second == 80.0


def test_speed_is_zero_before_the_first_pass():
    assert point(timed_examples=0, training_seconds=0.0).examples_per_second == 0.0
