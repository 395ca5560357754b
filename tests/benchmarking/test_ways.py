"""Ways to train for some seconds."""

import pytest

from pipeline.benchmarking import ways
from pipeline.data.prepared import load_meta
from pipeline.layout import PREPARED
from pipeline.training import fitting
from tests.support.toy import config_of

SECONDS = 0.05


@pytest.fixture
def config(in_repository):
    """36 training rows in batches of 12, for two epochs."""
    return config_of(in_repository, "data=pairs", "training.xla=false")


def test_engine_goes_on_after_the_last_epoch(config):
    way = ways.build("engine", config, seconds=SECONDS, limit=0)
    while way._step <= 2 * 3:  # the schedule has so many steps
        way.train()
    before = way._step
    turn = way.train()
    assert turn.rows == 12 * (way._step - before) > 0
    assert turn.seconds >= SECONDS


def test_smaller_last_batch_counts_its_rows(in_repository):
    config = config_of(in_repository, "data=pairs", "training.xla=false", "training.batch_size=24")
    way = ways.build("engine", config, seconds=SECONDS, limit=0)
    before = way._step
    assert way.train().rows == rows_before(way._step) - rows_before(before)


def rows_before(step: int) -> int:
    """The rows of batches of 24 and 12 in turn."""
    return step // 2 * 36 + step % 2 * 24


@pytest.mark.parametrize("name", ["plain", "tuned"])
def test_each_turn_of_fit_trains_the_same_rows(config, name):
    way = ways.build(name, config, seconds=SECONDS, limit=0)
    turn = way.train()
    assert turn.rows == way.train().rows == way._used * way._epochs
    assert turn.rate == turn.rows / turn.seconds


def test_settings_say_whether_xla_was_used(config, monkeypatch):
    """Keras goes on without XLA if it cannot compile the network."""
    monkeypatch.setattr("keras.src.trainers.trainer.model_supports_jit", lambda _: False)
    task = fitting.build(config, load_meta(PREPARED / "pairs"), PREPARED / "pairs").engine.task
    way = ways._Fit(task, SECONDS, steps_per_execution=2, jit_compile=True)
    assert way.settings == "steps_per_execution=2, jit_compile=False"


def test_first_setting_is_tried_even_without_time(config):
    way = ways.build("tuned", config, seconds=SECONDS, limit=0)
    assert way.settings == "steps_per_execution=10, jit_compile=False"


@pytest.mark.parametrize("fastest", [10, 50, 200])
def test_tuned_takes_the_fastest(config, monkeypatch, fastest):
    def train(self):
        is_fastest = self.settings.startswith(f"steps_per_execution={fastest},")
        return ways.Turn(rows=24 if is_fastest else 12, seconds=1.0)

    monkeypatch.setattr(ways._Fit, "train", train)
    way = ways.build("tuned", config, seconds=SECONDS, limit=60)
    assert way.settings.startswith(f"steps_per_execution={fastest},")
