"""Ways to train for some seconds."""

import pytest

from pipeline.benchmarking import ways
from tests.support.toy import config_of

SECONDS = 0.05


@pytest.fixture
def config(in_repository):
    """36 training rows in batches of 12, for two epochs."""
    return config_of(in_repository, "data=pairs", "training.xla=false")


def test_engine_goes_on_after_the_last_epoch(config):
    way = ways.build("engine", config, limit=0)
    before = way._step
    turn = way.train(SECONDS)
    assert way._step > before > 2 * 3
    assert turn.rows == 12 * (way._step - before)
    assert turn.seconds >= SECONDS


def test_smaller_last_batch_counts_its_rows(in_repository):
    config = config_of(in_repository, "data=pairs", "training.xla=false", "training.batch_size=24")
    way = ways.build("engine", config, limit=0)
    before = way._step
    assert way.train(SECONDS).rows == rows_before(way._step) - rows_before(before)


def rows_before(step: int) -> int:
    """The rows of batches of 24 and 12 in turn."""
    return step // 2 * 36 + step % 2 * 24


@pytest.mark.parametrize("name", ["plain", "tuned"])
def test_fit_trains_about_as_long_as_asked(config, name):
    way = ways.build(name, config, limit=0)
    turn = way.train(SECONDS)
    assert turn.rows % 12 == 0
    assert turn.rate == turn.rows / turn.seconds


def test_first_setting_is_tried_even_without_time(config):
    way = ways.build("tuned", config, limit=0)
    assert way.settings == "steps_per_execution=10, jit_compile=False"


def test_tuned_takes_the_fastest(config, monkeypatch):
    rates = {"steps_per_execution=10, jit_compile=False": 3.0, "jit_compile=True": 1.0}
    tried = []

    def train(self, seconds):
        tried.append(self.settings)
        rate = next((rates[end] for end in rates if self.settings.endswith(end)), 2.0)
        return ways.Turn(rows=int(rate * 12), seconds=12.0)

    monkeypatch.setattr(ways._Fit, "train", train)
    way = ways.build("tuned", config, limit=60)
    assert way.settings == "steps_per_execution=10, jit_compile=False"
    assert len(set(tried)) == 6
