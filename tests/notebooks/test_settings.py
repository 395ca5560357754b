"""Settings as a notebook writes them."""

import numpy as np
import pytest

from pipeline.notebooks.settings import overrides
from tests.support.refusals import refusal


@pytest.mark.parametrize(
    ("settings", "override"),
    [
        ({"epochs": 3}, "training.epochs=3"),
        ({"learning_rate": 0.01}, "optimizer.learning_rate=0.01"),
        ({"seed": 7}, "seed=7"),
        ({"force": True}, "force=true"),
        ({"early_stopping": None}, "training.early_stopping=null"),
        ({"optimizer": "adamw"}, "optimizer=adamw"),
        ({"model.units": (64, 32)}, "model.units=[64,32]"),
        ({"model": {"units": [64]}}, "model.units=[64]"),
        ({"batch_size": np.int64(16)}, "training.batch_size=16"),
        ({"seed": range(2)}, "seed=[0,1]"),
    ],
)
def test_setting_becomes_an_override(settings, override):
    assert overrides(settings) == [override]


def test_unknown_short_name_is_refused():
    message = refusal(overrides, {"epoch": 3})
    assert message.startswith("epoch is not a setting that may stand without its group.")
    assert "Did you mean epochs?" in message
