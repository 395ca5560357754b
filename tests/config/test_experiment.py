"""What null means in an experiment, by the model and the rows."""

import pytest

from tests.support.toy import config_of


def settled(folder, *overrides: str, rows: int = 100, numbers: int | None = 3):
    """The training settings for data of this size."""
    usual = ("training.epochs=null", "training.batch_size=null")
    config = config_of(folder, "data=pairs", *usual, *overrides)
    return config.settled(rows=rows, numbers=numbers).training


@pytest.mark.parametrize("model", ["mlp", "linear"])
def test_other_models_take_batches_of_32(repository, model):
    training = settled(repository, f"model={model}", rows=10**6)
    assert (training.batch_size, training.epochs) == (32, 200)


def test_tabular_takes_batches_by_the_rows(repository):
    training = settled(repository, "model=tabular", rows=20_000)
    assert (training.batch_size, training.epochs) == (256, 30)


def test_settings_that_are_given_stay(repository):
    training = settled(repository, "model=tabular", "training.batch_size=7", "training.xla=true")
    assert (training.batch_size, training.xla) == (7, True)


def test_steps_need_no_epochs(repository):
    training = settled(repository, "training.steps=5")
    assert (training.steps, training.epochs) == (5, None)


@pytest.mark.parametrize(
    ("overrides", "rows", "xla"),
    [
        (["model=mlp"], 100, True),
        (["model=mlp", "training.engine=keras"], 100, False),
        (["model=tabular"], 9_999, False),
        (["model=tabular"], 10_000, True),
    ],
)
def test_xla_follows_model_engine_and_rows(repository, overrides, rows, xla):
    assert settled(repository, *overrides, rows=rows).xla is xla


def test_settled_settings_stay_settled(repository):
    once = config_of(repository, "data=pairs", "model=tabular").settled(rows=100, numbers=3)
    assert once.settled(rows=100, numbers=3) == once
