"""The compiled engine beside Keras's `fit`, on networks of a few units."""

import keras
import numpy as np
import pytest

from pipeline.config import model
from pipeline.config.optimizer import Adam, Optimizer, Sgd
from pipeline.config.training import Loss
from pipeline.data.prepared import Meta, Part
from pipeline.models import families
from pipeline.models.fingerprint import fingerprint
from pipeline.training import compiled_engine, objectives
from pipeline.training.compiled_engine import CompiledEngine
from pipeline.training.keras_engine import KerasEngine
from pipeline.training.schedule import Schedule
from tests import pinned  # noqa: F401 - pins TensorFlow's threads before its first operation
from tests.facts import images, regression, table

ROWS = 70  # batches of 16 leave one of 6
EPOCHS = 3
RANDOM = np.random.default_rng(0)
POINTS = Part(RANDOM.normal(size=(ROWS, 2)).astype(np.float32), (np.arange(ROWS) % 2).astype(np.int32), None)
PRICES = Part(POINTS.x, POINTS.x.sum(axis=1).astype(np.float32), None)
PICTURES = Part(RANDOM.integers(0, 256, size=(ROWS, 8, 8, 1)).astype(np.uint8), (np.arange(ROWS) % 3).astype(np.int32), None)
NORMALISED = model.Layers(
    layers=[
        {"class_name": "Dense", "units": 6, "kernel_regularizer": "l2"},
        {"class_name": "BatchNormalization"},
        {"class_name": "ReLU"},
    ]
)
CASES = {
    "mlp": (model.Mlp(units=[8, 4]), table(), POINTS, Sgd(learning_rate=0.1)),
    "regression": (model.Mlp(units=[5]), regression(), PRICES, Adam(learning_rate=0.01)),
    "cnn": (model.Cnn(filters=[3], kernel_size=3, units=[5]), images(), PICTURES, Adam(learning_rate=0.01, clipnorm=1.0)),
    "batch normalisation and a penalty": (NORMALISED, table(), POINTS, Sgd(learning_rate=0.05, momentum=0.9)),
}


def parts_of(settings: model.Model, meta: Meta, train: Part, optimizer: Optimizer, seed: int = 1) -> dict:
    loss = objectives.loss_name(None, meta)
    return {
        "network": families.build(settings, meta, seed=seed),
        "optimizer": objectives.build_optimizer(optimizer),
        "loss": objectives.build_loss(loss),
        "metrics": objectives.build_metrics(meta, loss),
        "train": train,
        "schedule": Schedule(rows=ROWS, batch_size=16, total=EPOCHS * 5, seed=seed),
    }


def compiled(case: str = "mlp", *, xla: bool = False, **changes) -> CompiledEngine:
    return CompiledEngine(**(parts_of(*CASES[case]) | changes), xla=xla)


def with_dropout(*, xla: bool = False) -> CompiledEngine:
    return CompiledEngine(**parts_of(model.Mlp(units=[8], dropout=0.5), *CASES["mlp"][1:]), xla=xla)


def quiet(_step, _means):
    pass


def epochs(engine) -> list[dict[str, float]]:
    return [engine.run(5 * epoch, 5 * epoch + 5, on_step=quiet).metrics for epoch in range(EPOCHS)]


@pytest.mark.parametrize("case", ["mlp", "regression", "cnn"])
def test_a_graph_gives_the_bits_of_fit(case):
    by_keras, by_us = KerasEngine(**parts_of(*CASES[case])), compiled(case)
    assert epochs(by_us) == epochs(by_keras)
    assert fingerprint(by_us.variables) == fingerprint(by_keras.variables)


@pytest.mark.parametrize(("case", "xla"), [(case, xla) for case in CASES for xla in (False, True) if case != "cnn"])
def test_the_losses_are_those_of_fit_within_a_hundred_thousandth(case, xla):
    by_keras, by_us = epochs(KerasEngine(**parts_of(*CASES[case]))), epochs(compiled(case, xla=xla))
    for expected, found in zip(by_keras, by_us, strict=True):
        assert found["loss"] == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_evaluation_gives_the_values_of_keras(case):
    by_keras, by_us = KerasEngine(**parts_of(*CASES[case])), compiled(case)
    found, expected = by_us.evaluate(CASES[case][2]), by_keras.evaluate(CASES[case][2])
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("xla", [False, True])
def test_slicing_changes_no_bit(monkeypatch, xla):
    whole = compiled(xla=xla)
    history = epochs(whole)
    monkeypatch.setattr(compiled_engine, "_SLICE_SECONDS", 0.0)  # then a slice is one step
    monkeypatch.setattr(compiled_engine, "_FIRST_SLICE", 1)
    sliced = compiled(xla=xla)
    assert epochs(sliced) == history
    assert fingerprint(sliced.variables) == fingerprint(whole.variables)


def test_an_epoch_run_in_segments_gives_the_weights_of_one_run():
    whole, parted = compiled(), compiled()
    whole.run(0, 5, on_step=quiet)
    for start, stop in ((0, 1), (1, 4), (4, 5)):
        parted.run(start, stop, on_step=quiet)
    assert fingerprint(parted.variables) == fingerprint(whole.variables)


def test_the_last_partial_batch_is_trained():
    segment = compiled().run(4, 5, on_step=quiet)
    assert segment.examples == 6


def test_each_step_is_told_in_order(monkeypatch):
    monkeypatch.setattr(compiled_engine, "_FIRST_SLICE", 2)
    monkeypatch.setattr(compiled_engine, "_SLICE_SECONDS", 0.0)
    steps = []
    compiled().run(5, 10, on_step=lambda step, _means: steps.append(step))
    assert steps == [7, 8, 9, 10]


def test_compiling_trains_nothing():
    engine = compiled(optimizer=keras.optimizers.SGD(0.0))
    before = [np.array(weight) for weight in engine.network.get_weights()]
    engine.run(0, 5, on_step=quiet)
    assert all((one == other).all() for one, other in zip(before, engine.network.get_weights(), strict=True))
    assert int(engine.optimizer.iterations) == 5


@pytest.mark.parametrize("xla", [False, True])
def test_dropout_gives_the_same_bits_twice(xla):
    one, two = with_dropout(xla=xla), with_dropout(xla=xla)
    assert epochs(one) == epochs(two)
    assert fingerprint(one.variables) == fingerprint(two.variables)


def test_dropout_counts_its_calls():
    engine = with_dropout()
    epochs(engine)
    counters = [int(variable.value) for variable in engine.variables if variable.path.endswith("counter")]
    assert counters == [EPOCHS * 5]


def test_dropout_is_off_in_evaluation():
    engine = with_dropout()
    assert engine.evaluate(POINTS) == engine.evaluate(POINTS)


def test_the_network_keeps_keras_own_dropout():
    engine = with_dropout()
    epochs(engine)
    assert [type(layer) for layer in engine.network.layers if "dropout" in layer.name] == [keras.layers.Dropout]


def test_the_network_is_the_one_that_was_trained():
    engine = with_dropout()
    before = engine.network.get_weights()[0]
    epochs(engine)
    assert not np.array_equal(engine.network.get_weights()[0], before)


def test_a_loss_of_rosenblatt_moves_weights_on_mistakes_alone():
    perceptron = objectives.build_loss(Loss.perceptron)
    engine = compiled(loss=perceptron, network=families.build(model.Linear(), table(), seed=1))
    engine.network.set_weights([np.array([[1.0], [0.0]]), np.array([0.0])])
    right = Part(np.array([[1.0, 0.0]] * 16, dtype=np.float32), np.ones(16, dtype=np.int32), None)
    assert engine.evaluate(right)["loss"] == 0.0
