"""What `train --show` prints."""

import pytest

from pipeline.config.settings_table import settings_table
from tests.support import ROOT
from tests.support.refusals import refusal

CONF = ROOT / "conf"


@pytest.fixture(scope="module")
def rows():
    """Value and place by setting."""
    overrides = ["experiment=mnist_mlp", "seed=3", "training.early_stopping={patience: 9}"]
    table = settings_table(overrides, conf=CONF)
    names, values, places = (list(column.cells) for column in table.columns)
    return {name: pair for name, *pair in zip(names, values, places, strict=True)}


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("seed", "3", "command line"),
        ("training.early_stopping.patience", "9", "command line"),
        ("model.units", "[256, 256, 128]", f"{CONF}/experiment/mnist_mlp.yaml"),
        ("data.task", "classification", f"{CONF}/data/mnist.yaml"),
        ("data.name", "mnist", f"{CONF}/data/mnist.yaml"),
        ("name", "mnist_mlp", f"{CONF}/experiment/mnist_mlp.yaml"),
        ("checkpoint.every_seconds", "30.0", f"{CONF}/config.yaml"),
        ("checkpoint.pause_at", "null", "default"),
    ],
)
def test_setting_has_its_value_and_place(rows, name, value, place):
    assert rows[name] == [value, place]


def test_mistake_is_refused():
    assert "sede is not a setting" in refusal(settings_table, ["data=mnist", "sede=3"], conf=CONF)


@pytest.mark.usefixtures("in_repository")
def test_experiment_without_a_file_is_shown():
    table = settings_table(["experiment=shapes"])
    assert ("name", "shapes") in zip(*(column.cells for column in table.columns[:2]), strict=True)
