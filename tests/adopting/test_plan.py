"""A recording becomes the settings of an experiment."""

import pandas
import pytest
import yaml

from pipeline.adopting import plan
from pipeline.adopting.script import record
from tests.support import pinned_threads as pinned  # noqa: F401

HEAD = """
import keras, numpy as np
x, y, w = np.arange(60.0).reshape(30, 2), np.arange(30) % 2, np.arange(30.0)
model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
stopping = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
halving = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 ** epoch)
"""


@pytest.fixture
def adopted(tmp_path):
    """Records a call of `fit`. Returns the settings of the experiment and of its data."""

    def adopted(arguments: str):
        script = tmp_path / "train.py"
        script.write_text(f"{HEAD}model.fit(x[:20], y[:20], {arguments})\n", encoding="utf-8")
        plan.write(record(script), "train", "train.py", tmp_path)
        folders = ("experiment", "data")
        files = [tmp_path / f"conf/{folder}/train.yaml" for folder in folders]
        return [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]

    return adopted


@pytest.mark.parametrize(
    ("arguments", "monitor"),
    [
        ("class_weight={0: 1, 1: 3}, validation_data=(x[20:], y[20:])", "validation/loss"),
        ("sample_weight=w[:20], validation_data=(x[20:], y[20:])", "validation/loss"),
        (
            "sample_weight=w[:20], validation_data=(x[20:], y[20:], w[20:])",
            "validation/weighted_loss",
        ),
    ],
)
def test_rules_watch_the_loss_that_keras_watches(adopted, arguments, monitor):
    experiment, _ = adopted(f"callbacks=[stopping], {arguments}")
    assert experiment["training"]["early_stopping"] == {"patience": 3, "monitor": monitor}


ONE_HOT = """
import keras, numpy as np
x, y = np.arange(60.0).reshape(30, 2), np.eye(2)[np.arange(30) % 2]
model = keras.Sequential([keras.layers.Dense(2, activation="softmax")])
model.compile("adam", "categorical_crossentropy")
model.fit(x[:20], y[:20], validation_data=(x[20:], y[20:]))
"""


def test_one_hot_targets_of_two_classes_are_numbers(tmp_path):
    (tmp_path / "train.py").write_text(ONE_HOT, encoding="utf-8")
    plan.write(record(tmp_path / "train.py"), "train", "train.py", tmp_path)
    (table,) = tmp_path.rglob("*.parquet")
    rows = pandas.read_parquet(table)
    assert (rows["label"] == rows["x1"] / 2 % 2).all()
    assert len(rows) == 30


def test_rescaling_has_a_reason(adopted, tmp_path):
    adopted("validation_split=0.2")
    text = (tmp_path / "conf/experiment/train.yaml").read_text(encoding="utf-8")
    assert "# The first layer, Rescaling, undoes the standardisation of columns" in text
    assert "You may remove this layer" in text


def test_lost_names_and_scaler_are_said(tmp_path):
    table = (
        "import pandas\nfrom sklearn.preprocessing import StandardScaler\n"
        'table = pandas.DataFrame(x, columns=["a", "b"])\n'
        "scaler = StandardScaler().fit(table.values)\nx = scaler.transform(table.values)\n"
    )
    (tmp_path / "train.py").write_text(f"{HEAD}{table}model.fit(x, y)\n", encoding="utf-8")
    missing = plan.write(record(tmp_path / "train.py"), "train", "train.py", tmp_path)
    assert missing[-1] == (
        "the names of the columns and the scaler (scaler): predictions need scaled numbers; a "
        "DataFrame without a scaler keeps both, because columns are standardised here"
    )


def test_weights_are_a_column_of_the_data(adopted):
    _, data = adopted("sample_weight=w[:20], validation_data=(x[20:], y[20:])")
    assert data["sample_weight"] == "sample_weight"


def test_scheduled_rates_know_the_steps_of_an_epoch(adopted):
    experiment, _ = adopted("callbacks=[halving], batch_size=3, epochs=3, validation_split=0.5")
    assert experiment["optimizer"] == {
        "learning_rate": 1.0,
        "schedule": "keras.optimizers.schedules:PiecewiseConstantDecay",
        "schedule_arguments": {"boundaries": [3, 7], "values": [1.0, 0.5, 0.25]},
    }
