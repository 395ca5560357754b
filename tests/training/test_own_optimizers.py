"""The user's own optimizers and learning-rate schedules."""

from pathlib import Path

import keras
import pytest

from pipeline.training import optimizers
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import refusals
from tests.support.tasks import optimizer_of

TEXT = """
import keras

class Own(keras.optimizers.SGD):
    def __init__(self, learning_rate=0.1, twist=1.0, **shared):
        super().__init__(learning_rate, **shared)
        self.twist = twist

def made(learning_rate, twist=1.0):
    return Own(learning_rate, twist)

def nothing(learning_rate):
    return 3

def halved(step, learning_rate, every=4):
    return learning_rate * 0.5 ** (step // every)

def falling(learning_rate, steps):
    return keras.optimizers.schedules.PolynomialDecay(learning_rate, steps, 0.0)

def negative(step):
    return -step
"""


@pytest.fixture(autouse=True)
def _file(in_empty_folder):
    Path("mine.py").write_text(TEXT)


def build(family: str = "python", **settings):
    return optimizers.build(optimizer_of(family, **settings), weights=[], steps=8)


def refusal(**settings) -> str:
    return refusals.refusal(build, **settings)


@pytest.mark.parametrize("name", ["Own", "made"])
def test_own_optimizer_gets_rate_and_arguments(name):
    built = build(build=f"mine.py:{name}", learning_rate=0.25, arguments={"twist": 3.0})
    assert (float(built.learning_rate), built.twist) == (0.25, 3.0)


def test_shared_settings_reach_the_class():
    built = build(build="mine.py:Own", clipnorm=2.0, ema_momentum=0.5)
    assert (built.clipnorm, built.use_ema, built.ema_momentum) == (2.0, True, 0.5)


@pytest.mark.parametrize("name", ["mine.py:nothing", "keras.layers:Flatten"])
def test_what_is_no_optimizer_is_refused(name):
    assert refusal(build=name).startswith("optimizer.build names no keras Optimizer.")


def test_unknown_argument_is_refused():
    text = refusal(build="mine.py:made", arguments={"twits": 1})
    assert text == (
        "optimizer.arguments.twits is not an argument of mine.py:made that a setting gives. "
        "Received: twits. Did you mean twist? Allowed: twist."
    )


@pytest.mark.parametrize(
    ("schedule", "arguments", "rates"),
    [
        ("mine.py:halved", {}, [1.0, 0.5]),
        ("mine.py:halved", {"every": 2}, [1.0, 0.25]),
        ("mine.py:falling", {}, [1.0, 0.5]),
        (
            "keras.optimizers.schedules:ExponentialDecay",
            {"decay_steps": 4, "decay_rate": 0.1},
            [1.0, 0.1],
        ),
        (
            "keras.optimizers.schedules:PiecewiseConstantDecay",
            {"boundaries": [2], "values": [0.5, 0.25]},
            [0.5, 0.25],
        ),
    ],
)
def test_schedule_sets_the_rate_of_a_step(schedule, arguments, rates):
    built = build("sgd", learning_rate=1.0, schedule=schedule, schedule_arguments=arguments)
    variable = keras.Variable([0.0])
    built.build([variable])
    reached = []
    for _ in range(5):
        reached.append(float(built.learning_rate))
        built.apply([keras.ops.ones(1)])
    assert [reached[0], reached[4]] == pytest.approx(rates)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"schedule": "linear"},
            "optimizer.schedule is invalid. Received: linear. Allowed: constant, cosine, or your "
            "own, such as my_rates.py:halved.",
        ),
        (
            {"schedule_arguments": {"every": 3}},
            "optimizer.schedule_arguments is invalid. Received: {'every': 3}. Expected: none with "
            "optimizer.schedule: constant.",
        ),
        (
            {"schedule": "mine.py:halved", "schedule_arguments": {"evry": 3}},
            "optimizer.schedule_arguments.evry is not an argument of mine.py:halved that a setting "
            "gives. Received: evry. Did you mean every? Allowed: every.",
        ),
        (
            {"schedule": "mine.py:negative"},
            "optimizer.schedule gives a learning rate that is negative or not finite. "
            "Received: -0 at step 0, -8 at step 8. Expected: 0 or more.",
        ),
    ],
)
def test_schedule_is_refused_in_one_line(settings, message):
    assert refusal(family="sgd", learning_rate=1.0, **settings) == message
