"""The compiled engine compared with Keras's `fit`, on networks of a few units."""

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import optimizer as optimizer_settings
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.model import Model
from pipeline.config.optimizer import Optimizer
from pipeline.config.training import LOSSES, Training
from pipeline.data.prepared import Meta, Split
from pipeline.models import families
from pipeline.models.families.cnn import Cnn
from pipeline.models.families.layers import Layers
from pipeline.models.families.linear import Linear
from pipeline.models.families.mlp import Mlp
from pipeline.models.families.tabular import Embedding, Tabular
from pipeline.models.fingerprint import fingerprint
from pipeline.training import engines, fitted_model
from pipeline.training.engine import Reading, TrainingTask
from pipeline.training.engines import compiled as compiled_engine
from pipeline.training.engines.compiled import CompiledEngine
from pipeline.training.engines.keras import KerasEngine
from pipeline.training.rows import Resident, Streamed
from pipeline.training.schedule import Schedule
from tests.support import ROOT
from tests.support import pinned_threads as pinned  # noqa: F401 - before TensorFlow's first operation
from tests.support.metas import images, labels, regression, table
from tests.support.tasks import optimizer_of, task_of, with_network

CONF = ROOT / "conf"
ROWS = 70
WHOLE = 14  # five equal batches, so an engine compiles one program
PARTIAL = 16  # leaves a batch of 6, for which an engine compiles a second program
EPOCHS = 3
RANDOM = np.random.default_rng(0)
POINTS = Split(
    RANDOM.normal(size=(ROWS, 2)).astype(np.float32), (np.arange(ROWS) % 2).astype(np.int32), None
)
ANSWERS = Split(POINTS.x, np.column_stack([POINTS.y, 1 - POINTS.y]), None)
PRICES = Split(POINTS.x, POINTS.x.sum(axis=1).astype(np.float32), None)
PICTURES = Split(
    RANDOM.integers(0, 256, size=(ROWS, 8, 8, 1)).astype(np.uint8),
    (np.arange(ROWS) % 3).astype(np.int32),
    None,
)
NORMALISED = Layers(
    layers=[
        {"class_name": "Dense", "units": 6, "kernel_regularizer": "l2"},
        {"class_name": "BatchNormalization"},
        {"class_name": "ReLU"},
    ]
)
CASES = {
    "mlp": (Mlp(units=[8, 4]), table(), POINTS, optimizer_of("sgd", learning_rate=0.1)),
    "regression": (Mlp(units=[5]), regression(), PRICES, optimizer_of("adam", learning_rate=0.01)),
    "ensemble": (
        Tabular(embedding=Embedding.piecewise, embedding_size=2, members=2, units=[5]),
        regression(),
        PRICES,
        optimizer_of("adam", learning_rate=0.01),
    ),
    "cnn": (
        Cnn(filters=[3], kernel_size=3, units=[5]),
        images(),
        PICTURES,
        optimizer_of("adam", learning_rate=0.01, clipnorm=1.0),
    ),
    "batch normalisation and a penalty": (
        NORMALISED,
        table(),
        POINTS,
        optimizer_of("sgd", learning_rate=0.05, momentum=0.9),
    ),
}


def task(
    settings: Model,
    meta: Meta,
    train: Split,
    optimizer: Optimizer,
    *,
    loss: str | None = None,
    batch: int = WHOLE,
) -> TrainingTask:
    schedule = Schedule(rows=ROWS, batch_size=batch, total=EPOCHS * 5, seed=1)
    return task_of(settings, meta, train, optimizer, schedule, loss=loss)


def small_task(
    optimizer: Optimizer = CASES["mlp"][3], *, split: Split = POINTS, batch: int = WHOLE
) -> TrainingTask:
    """The task that compiles fastest. Each variable takes time to compile."""
    return task(Linear(), table(), split, optimizer, batch=batch)


def compiled(
    case: str = "mlp", *, xla: bool = False, batch: int = WHOLE, **changes
) -> CompiledEngine:
    return CompiledEngine(replace(task(*CASES[case], batch=batch), **changes), xla=xla)


def with_dropout(*, xla: bool = False) -> CompiledEngine:
    return CompiledEngine(task(*RESUMED["dropout"]), xla=xla)


@dataclass(frozen=True)
class Trained:
    """A trained engine, its first weights, and its history."""

    engine: Any
    weights: list[np.ndarray]
    history: list[dict[str, float]]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.engine.variables)


@cache
def trained(kind: str, case: str) -> Trained:
    """Trains a case once for all tests that only read the result."""
    engine = engine_of(kind, task(*CASES[case], batch=PARTIAL))
    weights = engine.network.get_weights()
    return Trained(engine, weights, epochs(engine))


@cache
def trained_dropout(*, xla: bool = True) -> Trained:
    """Trains a network with dropout once for all tests that only read the result."""
    engine = with_dropout(xla=xla)
    return Trained(engine, engine.network.get_weights(), epochs(engine))


def quiet(_step, _progress):
    pass


def segment(engine, start: int, stop: int) -> Reading:
    engine.reset()
    return engine.run(start, stop, on_step=quiet)


def epochs(engine) -> list[dict[str, float]]:
    return [segment(engine, 5 * epoch, 5 * epoch + 5).metrics for epoch in range(EPOCHS)]


@pytest.mark.parametrize("case", ["mlp", "regression", "cnn"])
def test_graph_gives_the_bits_of_fit(case):
    by_keras, by_us = trained("keras", case), trained("graph", case)
    assert by_us.history == by_keras.history
    assert by_us.fingerprint == by_keras.fingerprint


@pytest.mark.parametrize(
    ("case", "xla"), [(case, xla) for case in CASES for xla in (False, True) if case != "cnn"]
)
def test_losses_match_fit_within_a_hundred_thousandth(case, xla):
    by_keras, by_us = trained("keras", case), trained("xla" if xla else "graph", case)
    for expected, means in zip(by_keras.history, by_us.history, strict=True):
        assert means["loss"] == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.parametrize("kind", ["graph", "keras"])
@pytest.mark.parametrize("case", CASES)
def test_prediction_is_that_of_keras(kind, case):
    engine, split = trained(kind, case).engine, CASES[case][2]
    expected = engine.network.predict(split.x, verbose=0)
    assert engine.predict(split) == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("rows", [1, ROWS - 1, ROWS])
def test_prediction_in_blocks_covers_every_row(monkeypatch, rows):
    engine = trained("graph", "mlp").engine
    whole = engine.predict(POINTS)
    monkeypatch.setattr(fitted_model, "_PREDICTED_ROWS", rows)
    assert engine.predict(POINTS) == pytest.approx(whole, rel=1e-5, abs=1e-6)
    assert whole.shape == (ROWS, 1)


@pytest.mark.parametrize("kind", ["graph", "keras"])
def test_prediction_changes_no_state(kind):
    engine = trained(kind, "batch normalisation and a penalty").engine
    before = engine.get_state()
    engine.predict(POINTS)
    assert all(map(np.array_equal, before, engine.get_state()))


@pytest.mark.parametrize("xla", [False, True])
def test_slicing_gives_the_same_bits(monkeypatch, xla):
    whole = trained("xla" if xla else "graph", "mlp")
    monkeypatch.setattr(compiled_engine, "_SLICE_SECONDS", 0.0)  # A slice is then one step.
    monkeypatch.setattr(compiled_engine, "_FIRST_SLICE", 1)
    sliced = compiled(xla=xla, batch=PARTIAL)
    assert epochs(sliced) == whole.history
    assert fingerprint(sliced.variables) == whole.fingerprint


def test_segments_give_the_weights_of_one_run():
    whole, segmented = compiled(batch=PARTIAL), compiled(batch=PARTIAL)
    whole.run(0, 5, on_step=quiet)
    for start, stop in ((0, 1), (1, 4), (4, 5)):
        segmented.run(start, stop, on_step=quiet)
    assert fingerprint(segmented.variables) == fingerprint(whole.variables)


def test_last_partial_batch_is_trained():
    engine = compiled(batch=PARTIAL)
    assert segment(engine, 4, 5).timed_examples == 6
    assert int(engine.optimizer.iterations) == 1


def test_steps_are_reported_in_order(monkeypatch):
    monkeypatch.setattr(compiled_engine, "_FIRST_SLICE", 2)
    monkeypatch.setattr(compiled_engine, "_SLICE_SECONDS", 0.0)
    steps = []
    compiled(batch=PARTIAL).run(5, 10, on_step=lambda step, _progress: steps.append(step))
    assert steps == [7, 8, 9, 10]


def test_compiling_trains_nothing():
    engine = compiled()
    engine.run(0, 5, on_step=quiet)
    assert int(engine.optimizer.iterations) == 5


@pytest.mark.parametrize("xla", [False, True])
def test_dropout_gives_the_same_bits_twice(xla):
    one, two = trained_dropout(xla=xla), with_dropout(xla=xla)
    assert epochs(two) == one.history
    assert fingerprint(two.variables) == one.fingerprint


def test_dropout_counts_its_calls():
    variables = trained_dropout().engine.variables
    counters = [int(variable.value) for variable in variables if variable.path.endswith("counter")]
    assert counters == [EPOCHS * 5]


def test_dropout_is_off_in_prediction():
    engine = trained_dropout(xla=False).engine
    assert np.array_equal(engine.predict(POINTS), engine.predict(POINTS))


def test_network_keeps_the_dropout_of_keras():
    network = trained_dropout().engine.network
    assert [type(layer) for layer in network.layers if "dropout" in layer.name] == [
        keras.layers.Dropout
    ]


def test_training_changes_the_network():
    dropout = trained_dropout()
    assert not np.array_equal(dropout.engine.network.get_weights()[0], dropout.weights[0])


def test_perceptron_loss_is_0_without_mistakes():
    x = np.array([[1.0, 0.0]] * ROWS, dtype=np.float32)
    right = Split(x, np.ones(ROWS, dtype=np.int32), None)
    separable = task(Linear(), table(), right, CASES["mlp"][3], loss="perceptron")
    engine = CompiledEngine(separable, xla=False)
    engine.network.set_weights([np.array([[1.0], [0.0]]), np.array([0.0])])
    assert epochs(engine) == [{"loss": 0.0}] * EPOCHS


def engine_of(kind: str, task: TrainingTask, *, limit: int | None = None):
    if kind == "keras":
        return KerasEngine(task, in_memory_limit=limit)
    return CompiledEngine(task, xla=kind == "xla", in_memory_limit=limit)


RESUMED = {name: case for name, case in CASES.items() if name != "regression"}
RESUMED["dropout"] = (Mlp(units=[8], dropout=0.5), *CASES["mlp"][1:])
RESUMED["accumulation"] = (
    Linear(),
    *CASES["mlp"][1:3],
    optimizer_of("adam", gradient_accumulation_steps=3, clipnorm=0.1, ema_momentum=0.9),
)
KINDS = [
    ("xla", "dropout"),
    ("xla", "accumulation"),
    *((kind, case) for case in RESUMED for kind in ("graph", "keras")),
]


@pytest.fixture
def short_slices(monkeypatch):
    monkeypatch.setattr(compiled_engine, "_FIRST_SLICE", 1)
    monkeypatch.setattr(compiled_engine, "_SLICE_SECONDS", 0.0)


def state_at(
    engine, step: int, *, start: int, stop: int
) -> tuple[list[np.ndarray], dict[str, float]]:
    """The engine's state inside a segment, and the metrics at the end of the segment."""
    states = {}

    def on_step(reached: int, _progress: Reading) -> None:
        states[reached] = engine.get_state()

    engine.reset()
    metrics = engine.run(start, stop, on_step=on_step).metrics
    return states[step], metrics


@pytest.mark.parametrize(("kind", "case"), KINDS)
def test_new_engine_resumes_inside_a_segment(short_slices, kind, case):
    # Two of the cases have a partial batch, after the step from which they resume.
    has_partial = case in ("mlp", "accumulation") and kind != "xla"
    batch = PARTIAL if has_partial else WHOLE
    whole, resumed = (engine_of(kind, task(*RESUMED[case], batch=batch)) for _ in range(2))
    segment(whole, 0, 5)
    state, expected = state_at(whole, 7, start=5, stop=10)
    resumed.set_state(state)
    progress = resumed.run(7, 10, on_step=quiet)
    assert progress.metrics == expected
    assert fingerprint(resumed.variables) == fingerprint(whole.variables)


@pytest.mark.parametrize("kind", ["graph", "keras"])
def test_reset_metrics_change_the_means(short_slices, kind):
    whole, resumed = (engine_of(kind, task(*CASES["mlp"])) for _ in range(2))
    state, expected = state_at(whole, 2, start=0, stop=5)
    resumed.set_state(state)
    resumed.reset()
    progress = resumed.run(2, 5, on_step=quiet)
    assert progress.metrics["loss"] != expected["loss"]
    assert fingerprint(resumed.variables) == fingerprint(whole.variables)


@pytest.mark.parametrize("kind", ["graph", "keras"])
def test_state_of_another_network_is_refused(kind):
    engine = engine_of(kind, task(*CASES["mlp"]))
    other = engine_of(kind, task(Mlp(units=[7, 4]), *CASES["mlp"][1:]))
    with pytest.raises(
        ValueError,
        match=r"first difference: \[\(\(\(2, 8\), 'float32'\), \(\(2, 7\), 'float32'\)\)\]",
    ):
        engine.set_state(other.get_state())


def test_graph_draws_the_masks_of_fit():
    by_keras, by_us = engine_of("keras", task(*RESUMED["dropout"])), trained_dropout(xla=False)
    assert by_us.history == epochs(by_keras)
    assert by_us.fingerprint == fingerprint(by_keras.variables)


@pytest.mark.parametrize(
    "reduction", ["sum", "sum_over_batch_size", "mean", "mean_with_sample_weight", "none", None]
)
@pytest.mark.parametrize(
    "weights", [None, np.linspace(0, 3, ROWS, dtype=np.float32)], ids=["plain", "weighted"]
)
def test_each_reduction_gives_the_bits_of_fit(reduction, weights):
    split = replace(POINTS, sample_weight=weights)
    by_keras, by_us = (
        engine_of(
            kind,
            replace(
                small_task(optimizer_of("sgd", learning_rate=0.01), split=split, batch=PARTIAL),
                loss=keras.losses.BinaryCrossentropy(from_logits=True, reduction=reduction),
            ),
        )
        for kind in ("keras", "graph")
    )
    assert epochs(by_us) == epochs(by_keras)
    assert fingerprint(by_us.variables) == fingerprint(by_keras.variables)


WEIGHTED = replace(POINTS, sample_weight=np.where(POINTS.y == 1, 5, 0.5).astype(np.float32))


@pytest.mark.parametrize("kind", ["graph", "xla", "keras"])
def test_running_loss_is_weighted(kind):
    engine = engine_of(kind, small_task(split=WEIGHTED))
    rows = Schedule(rows=ROWS, batch_size=WHOLE, total=EPOCHS * 5, seed=1).order(0)[:WHOLE]
    outputs = engine.predict(POINTS)[rows, 0].astype(np.float64)
    losses = np.log1p(np.exp(np.where(POINTS.y[rows] == 1, -outputs, outputs)))
    expected = np.mean(losses * WEIGHTED.sample_weight[rows])
    assert segment(engine, 0, 1).metrics == {"loss": pytest.approx(expected, rel=1e-5)}


def test_sample_weights_do_not_change_predictions():
    plain, weighted = (compiled(train=split) for split in (POINTS, WEIGHTED))
    assert np.array_equal(plain.predict(POINTS), weighted.predict(WEIGHTED))


def test_sample_weights_train_as_in_fit():
    weighted = (Mlp(units=[8, 4]), table(), WEIGHTED, optimizer_of("sgd", learning_rate=0.1))
    engine = engine_of("graph", task(*weighted, batch=PARTIAL))
    history = epochs(engine)
    other = task(*weighted, batch=PARTIAL)
    network = other.network
    network.compile(other.optimizer, other.loss)
    for epoch in range(EPOCHS):
        order = other.schedule.order(epoch)
        x, y, weights = (
            POINTS.x[order],
            POINTS.y[order].reshape(-1, 1),
            WEIGHTED.sample_weight[order],
        )
        fitted = network.fit(
            x, y, sample_weight=weights, batch_size=PARTIAL, shuffle=False, verbose=0
        )
        assert history[epoch]["loss"] == fitted.history["loss"][0]
    assert fingerprint(network.variables) == fingerprint(engine.network.variables)


NAMED = {"left": POINTS.x, "right": RANDOM.normal(size=(ROWS, 3)).astype(np.float32)}
INPUTS = {"dictionary": NAMED, "tuple": tuple(NAMED.values())}


def two_inputs(kind: str) -> keras.Model:
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    left, right = keras.Input((2,), name="left"), keras.Input((3,), name="right")
    joined = keras.layers.Dense(4, activation="relu")(keras.layers.Concatenate()([left, right]))
    inputs = {"left": left, "right": right} if kind == "dictionary" else (left, right)
    return keras.Model(
        inputs, keras.layers.Dense(1)(keras.layers.Dropout(0.1)(joined)), name="network"
    )


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("limit", [None, 1000])
def test_several_inputs_train_as_in_fit(kind, limit):
    split = Split(INPUTS[kind], POINTS.y, None)
    by_keras, by_us = (
        engine_of(
            engine,
            with_network(
                task(Linear(), table(), split, optimizer_of("sgd", learning_rate=0.1)),
                two_inputs(kind),
            ),
            limit=limit,
        )
        for engine in ("keras", "graph")
    )
    assert epochs(by_us) == epochs(by_keras)
    expected = by_us.network.predict(split.x, verbose=0)
    assert by_us.predict(split) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert fingerprint(by_us.variables) == fingerprint(by_keras.variables)


def test_several_inputs_train_with_xla():
    split = Split(NAMED, POINTS.y, None)
    two_sided = with_network(
        task(Linear(), table(), split, optimizer_of("sgd", learning_rate=0.5)),
        two_inputs("dictionary"),
    )
    engine = CompiledEngine(two_sided, xla=True)
    first, *_, last = epochs(engine)
    assert last["loss"] < first["loss"]


AUGMENTED = Layers(
    layers=[
        {"class_name": "RandomFlip", "mode": "horizontal"},
        {"class_name": "RandomTranslation", "height_factor": 0.2, "width_factor": 0.2},
        {"class_name": "RandomRotation", "factor": 0.1},
        {"class_name": "RandomZoom", "height_factor": 0.2},
        {"class_name": "RandomContrast", "factor": 0.2},
        {"class_name": "RandomBrightness", "factor": 0.2, "value_range": [0, 1]},
        {"class_name": "GaussianNoise", "stddev": 0.1},
        {"class_name": "Conv2D", "filters": 3, "kernel_size": 3},
        {"class_name": "SpatialDropout2D", "rate": 0.2},
        {"class_name": "Flatten"},
    ]
)


def augmented() -> CompiledEngine:
    return CompiledEngine(
        task(AUGMENTED, images(), PICTURES, optimizer_of("sgd", learning_rate=0.05)), xla=False
    )


def test_random_layers_resume_to_the_same_bits(short_slices):
    whole, resumed = augmented(), augmented()
    segment(whole, 0, 5)
    state, expected = state_at(whole, 7, start=5, stop=10)
    resumed.set_state(state)
    progress = resumed.run(7, 10, on_step=quiet)
    assert progress.metrics == expected
    assert fingerprint(resumed.variables) == fingerprint(whole.variables)


def test_state_contains_seeds_of_random_layers():
    engine = augmented()
    seeds = [
        variable.path for variable in engine.variables if "seed_generator_state" in variable.path
    ]
    assert len(seeds) == 8


def test_random_layers_are_off_in_prediction():
    engine = augmented()
    before = fingerprint(engine.network.variables)
    plain = families.build(
        Layers(layers=AUGMENTED.layers[7:8] + AUGMENTED.layers[9:]), images(), seed=1
    )
    plain.set_weights(engine.network.get_weights())
    without = with_network(
        task(Linear(), images(), PICTURES, optimizer_of("sgd", learning_rate=0.05)), plain
    )
    expected = CompiledEngine(without, xla=False).predict(PICTURES)
    assert np.array_equal(engine.predict(PICTURES), expected)
    assert fingerprint(engine.network.variables) == before


BY_TARGET = {
    "several classes": (images(), PICTURES),
    "two classes": (table(), POINTS),
    "a number": (regression(), PRICES),
    "several labels": (labels("above", "below"), ANSWERS),
}
LOSSES_AND_TARGETS = [
    (name, target) for name, module in LOSSES.all().items() for target in module.LOSS.suits
]


@pytest.mark.parametrize(("loss", "target"), LOSSES_AND_TARGETS)
def test_each_loss_trains_with_xla(loss, target):
    descent = optimizer_of("sgd", learning_rate=0.05)
    task_of_loss = task(Linear(), *BY_TARGET[target], descent, loss=loss)
    engine = CompiledEngine(task_of_loss, xla=True)
    history = epochs(engine)
    assert history[-1]["loss"] < history[0]["loss"]


SCHEDULED = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=3, decay_rate=0.5)
OPTIMIZERS = {
    "clipnorm": lambda: keras.optimizers.SGD(0.1, clipnorm=0.01),
    "global_clipnorm": lambda: keras.optimizers.SGD(0.1, global_clipnorm=0.01),
    "schedule": lambda: keras.optimizers.SGD(SCHEDULED),
    "weight decay": lambda: keras.optimizers.Adam(0.01, weight_decay=0.1),
    "averages": lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9),
    "accumulation": lambda: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2),
    "loss scale": lambda: keras.optimizers.SGD(0.1, loss_scale_factor=8.0),
    "overwriting": lambda: keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=2),
}


@cache
def trained_by(kind: str, optimizer: str) -> Trained:
    """Trains the smallest network once for all tests of an optimizer."""
    engine = engine_of(kind, replace(small_task(), optimizer=OPTIMIZERS[optimizer]()))
    weights = engine.network.get_weights()
    return Trained(engine, weights, epochs(engine))


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "global_clipnorm"])
def test_optimizer_gives_the_bits_of_fit(name):
    by_keras, by_us = (trained_by(kind, name) for kind in ("keras", "graph"))
    assert by_us.history == by_keras.history
    assert by_us.fingerprint == by_keras.fingerprint


@pytest.mark.parametrize("family", sorted(optimizer_settings.families()))
def test_each_keras_optimizer_gives_the_bits_of_fit(family):
    by_keras, by_us = (
        engine_of(kind, small_task(optimizer_of(family, clipnorm=0.1)))
        for kind in ("keras", "graph")
    )
    assert epochs(by_us) == epochs(by_keras)
    assert fingerprint(by_us.variables) == fingerprint(by_keras.variables)


ACCUMULATED = {
    "sgd": {"learning_rate": 0.1, "momentum": 0.9, "clipnorm": 0.1},
    "adamw": {"learning_rate": 0.01, "weight_decay": 0.1, "global_clipnorm": 0.1},
}


@pytest.mark.parametrize(
    ("kind", "family"), [("graph", "sgd"), ("graph", "adamw"), ("xla", "adamw")]
)
def test_accumulated_batches_train_as_one_large_batch(kind, family):
    large, accumulated = (
        engine_of(kind, small_task(optimizer_of(family, **settings), batch=batch))
        for settings, batch in (
            (ACCUMULATED[family], ROWS),
            (ACCUMULATED[family] | {"gradient_accumulation_steps": 5}, WHOLE),
        )
    )
    for epoch in range(EPOCHS):
        segment(large, epoch, epoch + 1)
    epochs(accumulated)
    for one, other in zip(
        large.network.get_weights(), accumulated.network.get_weights(), strict=True
    ):
        assert other == pytest.approx(one, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("kind", ["graph", "xla"])
def test_weights_change_after_the_last_accumulated_batch(kind):
    settings = optimizer_of("sgd", learning_rate=0.1, gradient_accumulation_steps=3)
    engine = engine_of(kind, small_task(settings))
    weights = [engine.network.get_weights()[0]]
    for step in range(5):  # the first epoch; the second accumulation ends in the next
        segment(engine, step, step + 1)
        weights.append(engine.network.get_weights()[0])
    segment(engine, 5, 6)
    weights.append(engine.network.get_weights()[0])
    changes = [(one != other).any() for one, other in pairwise(weights)]
    assert changes == [False, False, True, False, False, True]


@pytest.mark.parametrize("family", sorted(optimizer_settings.families()))
def test_each_optimizer_steps_with_xla_as_in_a_graph(family):
    settings = compose_experiment(["data=digits", f"optimizer={family}"], conf=CONF).optimizer
    by_graph, by_xla = (engine_of(kind, small_task(settings)) for kind in ("graph", "xla"))
    before = by_graph.network.get_weights()
    for engine in (by_graph, by_xla):
        segment(engine, 0, 1)
    trained_weights = (engine.network.get_weights() for engine in (by_graph, by_xla))
    for first, one, other in zip(before, *trained_weights, strict=True):
        assert (one != first).all()
        assert other == pytest.approx(one, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("graph", "global_clipnorm"),
        ("xla", "global_clipnorm"),
        ("xla", "schedule"),
        ("xla", "averages"),
    ],
)
def test_optimizer_matches_fit_within_a_hundred_thousandth(kind, name):
    by_keras, by_us = (trained_by(kind, name).engine.network for kind in ("keras", kind))
    for expected, weights in zip(by_keras.get_weights(), by_us.get_weights(), strict=True):
        assert weights == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_learning_rate_follows_the_schedule():
    engine = compiled(optimizer=OPTIMIZERS["schedule"]())
    segment(engine, 0, 3)
    assert float(engine.optimizer.learning_rate) == pytest.approx(0.05)


@pytest.mark.parametrize("kind", ["graph", "keras"])
def test_averages_match_the_formula(kind):
    averaging = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.75)
    engine = engine_of(kind, replace(task(*CASES["mlp"]), optimizer=averaging))
    weights = []
    for step in range(3):
        segment(engine, step, step + 1)
        weights.append(engine.network.get_weights()[0])
    before = fingerprint(engine.variables)
    with engine.averaged():
        averages = engine.network.get_weights()[0]
    assert averages == pytest.approx(
        0.75 * (0.75 * weights[0] + 0.25 * weights[1]) + 0.25 * weights[2], abs=1e-6
    )
    assert fingerprint(engine.variables) == before


def test_averages_before_the_first_step_are_the_weights():
    engine = compiled(optimizer=OPTIMIZERS["averages"]())
    expected = engine.predict(POINTS)
    with engine.averaged():
        assert np.array_equal(engine.predict(POINTS), expected)


def test_optimizer_without_averages_keeps_the_weights():
    engine = compiled()
    segment(engine, 0, 5)
    expected = engine.network.get_weights()[0]
    with engine.averaged():
        assert (engine.network.get_weights()[0] == expected).all()


@pytest.mark.parametrize(
    ("kind", "limit"), [("graph", 1), ("graph", 1100), ("xla", 1100), ("keras", 1)]
)
def test_streaming_gives_the_same_bits(kind, limit):
    batch = WHOLE if kind == "xla" else PARTIAL
    resident, streamed = (
        engine_of(
            kind,
            task(Linear(), table(), WEIGHTED, CASES["mlp"][3], batch=batch),
            limit=bytes_in_memory,
        )
        for bytes_in_memory in (None, limit)
    )
    assert epochs(streamed) == epochs(resident)
    assert fingerprint(streamed.variables) == fingerprint(resident.variables)


def test_memory_limit_reaches_the_engine():
    kinds = [
        type(
            engines.build(
                task(*CASES["mlp"]), Training(epochs=1, xla=False, in_memory_limit=limit)
            )._rows
        )
        for limit in (None, 100)
    ]
    assert kinds == [Resident, Streamed]


@pytest.mark.parametrize(
    ("name", "suits"),
    [
        ("RandomFlip", False),
        ("RandAugment", False),
        ("Conv2D", False),
        ("Dense", True),
        ("GaussianNoise", True),
    ],
)
def test_network_that_convolves_runs_as_a_graph(name, suits):
    assert Layers(layers=[{"class_name": name}]).suits_xla(rows=100) is suits


def test_start_of_a_slice_is_an_argument():
    engine = compiled(xla=True)
    engine.run(0, 5, on_step=quiet)
    rows, arrays, _ = engine._rows.take(engine._schedule.order(0), 0, WHOLE)
    program = engine._programs[WHOLE].experimental_get_compiler_ir(
        rows, arrays, tf.constant(0), tf.constant(1)
    )(stage="hlo")
    scalars = re.findall(r"= s32\[\] parameter", program[program.index("ENTRY") :])
    assert len(scalars) == 2  # a constant would mean a compilation for each of its values
