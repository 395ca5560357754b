"""The compiled engine compared with Keras's `fit`, on networks of a few units."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import optimizer as optimizer_settings
from pipeline.config.model import Model
from pipeline.config.optimizer import Optimizer
from pipeline.config.training import LOSSES, Training
from pipeline.data.prepared import Meta, Split
from pipeline.models import families, outputs
from pipeline.models.families.cnn import Cnn
from pipeline.models.families.layers import Layers
from pipeline.models.families.linear import Linear
from pipeline.models.families.mlp import Mlp
from pipeline.models.families.tabular import Embedding, Tabular
from pipeline.models.fingerprint import fingerprint
from pipeline.training import engines, losses, optimizers
from pipeline.training.engine import Reading, TrainingTask
from pipeline.training.engines import compiled as compiled_engine
from pipeline.training.engines.compiled import CompiledEngine
from pipeline.training.engines.keras import KerasEngine
from pipeline.training.fitted_model import batch_of
from pipeline.training.rows import Resident, Streamed
from pipeline.training.schedule import Schedule
from tests.support import pinned_threads as pinned  # noqa: F401 - before TensorFlow's first operation
from tests.support.metas import images, labels, regression, table
from tests.support.tasks import optimizer_of, task_of, with_network

ROWS = 70
WHOLE = 14  # five equal batches, so an engine compiles one program
PARTIAL = 16  # leaves a batch of 6, for which an engine compiles a second program
EPOCHS = 3
RANDOM = np.random.default_rng(0)
POINTS = Split(
    RANDOM.normal(size=(ROWS, 2)).astype(np.float32), (np.arange(ROWS) % 2).astype(np.int32), None
)
ANSWERS = Split(POINTS.x, np.column_stack([POINTS.y, 1 - POINTS.y]), None)
WEIGHTED = replace(POINTS, sample_weight=np.where(POINTS.y == 1, 5, 0.5).astype(np.float32))
PRICES = Split(POINTS.x, POINTS.x.sum(axis=1).astype(np.float32), None)
PICTURES = Split(
    RANDOM.integers(0, 256, size=(ROWS, 8, 8, 1)).astype(np.uint8),
    (np.arange(ROWS) % 3).astype(np.int32),
    None,
)
NORMALISATION = "batch normalisation and a penalty"
NORMALISED = Layers(
    layers=[
        {"class_name": "Dense", "units": 6, "kernel_regularizer": "l2"},
        {"class_name": "BatchNormalization"},
        {"class_name": "ReLU"},
    ]
)
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
DESCENT = optimizer_of("sgd", learning_rate=0.1)
CASES = {
    "mlp": (Mlp(units=[8, 4]), table(), POINTS, DESCENT),
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
    NORMALISATION: (
        NORMALISED,
        table(),
        POINTS,
        optimizer_of("sgd", learning_rate=0.05, momentum=0.9),
    ),
    "dropout": (Mlp(units=[8], dropout=0.5), table(), POINTS, DESCENT),
    "random layers": (AUGMENTED, images(), PICTURES, optimizer_of("sgd", learning_rate=0.05)),
    "sample weights": (Linear(), table(), WEIGHTED, DESCENT),
    "accumulation": (
        Linear(),
        table(),
        POINTS,
        optimizer_of("adam", gradient_accumulation_steps=3, clipnorm=0.1, ema_momentum=0.9),
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
    optimizer: Optimizer = DESCENT, *, split: Split = POINTS, batch: int = WHOLE
) -> TrainingTask:
    """The task that compiles fastest. Each variable takes time to compile."""
    return task(Linear(), table(), split, optimizer, batch=batch)


@dataclass(frozen=True)
class Trained:
    """A trained engine, its state before the training, and its history."""

    engine: Any
    before: list[np.ndarray]
    history: list[dict[str, float]]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.engine.variables)

    @contextmanager
    def rewound(self) -> Iterator[Any]:
        """Yields the engine in its state before the training.

        A test that trains it again needs no time to compile.
        """
        trained_state = self.engine.get_state()
        self.engine.set_state(self.before)
        try:
            yield self.engine
        finally:
            self.engine.set_state(trained_state)


def trained_engine(engine) -> Trained:
    before = engine.get_state()
    return Trained(engine, before, epochs(engine))


@cache
def trained(kind: str, case: str) -> Trained:
    """Trains a case once for all its tests."""
    return trained_engine(engine_of(kind, task_of_case(kind, case)))


def task_of_case(kind: str, case: str) -> TrainingTask:
    has_partial = case == "mlp" or (case == "sample weights" and kind != "xla")
    return task(*CASES[case], batch=PARTIAL if has_partial else WHOLE)


def quiet(_step, _progress):
    pass


def segment(engine, start: int, stop: int) -> Reading:
    engine.reset()
    return engine.run(start, stop, on_step=quiet)


def epochs(engine) -> list[dict[str, float]]:
    return [segment(engine, 5 * epoch, 5 * epoch + 5).metrics for epoch in range(EPOCHS)]


@pytest.mark.parametrize("case", ["mlp", "regression", "cnn", "dropout"])
def test_graph_gives_the_bits_of_fit(case):
    by_keras, by_us = trained("keras", case), trained("graph", case)
    assert by_us.history == by_keras.history
    assert by_us.fingerprint == by_keras.fingerprint


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        ("xla", "mlp"),
        *((kind, case) for kind in ("graph", "xla") for case in ("ensemble", NORMALISATION)),
    ],
)
def test_losses_match_fit_within_a_hundred_thousandth(kind, case):
    by_keras, by_us = trained("keras", case), trained(kind, case)
    for expected, means in zip(by_keras.history, by_us.history, strict=True):
        assert means["loss"] == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.parametrize("case", ["mlp", "regression", "ensemble", "cnn", NORMALISATION])
def test_prediction_is_that_of_keras(case):
    engine, split = trained("graph", case).engine, CASES[case][2]
    expected = engine.network.predict(split.x, verbose=0)
    assert engine.predict(split) == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("rows", [1, ROWS - 1, ROWS])
def test_prediction_in_blocks_covers_every_row(monkeypatch, rows):
    engine = trained("graph", "mlp").engine
    whole = engine.predict(POINTS)
    monkeypatch.setattr(outputs, "BATCH", rows)
    assert engine.predict(POINTS) == pytest.approx(whole, rel=1e-5, abs=1e-6)
    assert whole.shape == (ROWS, 1)


def test_prediction_changes_no_state():
    engine = trained("graph", NORMALISATION).engine
    before = engine.get_state()
    engine.predict(POINTS)
    assert all(map(np.array_equal, before, engine.get_state()))


@pytest.mark.parametrize("kind", ["graph", "xla"])
def test_slicing_gives_the_same_bits(monkeypatch, kind):
    whole = trained(kind, "mlp")
    expected = whole.fingerprint
    monkeypatch.setattr(compiled_engine, "_SLICE_SECONDS", 0.0)  # A slice is then one step.
    monkeypatch.setattr(whole.engine, "_steps_in_slice", 1)
    with whole.rewound() as engine:
        assert epochs(engine) == whole.history
        assert fingerprint(engine.variables) == expected


def test_segments_give_the_weights_of_one_run():
    ends = []
    for stops in ((0, 5), (0, 1, 4, 5)):
        with trained("graph", "mlp").rewound() as engine:
            for start, stop in pairwise(stops):
                engine.run(start, stop, on_step=quiet)
            ends.append(fingerprint(engine.variables))
    assert ends[0] == ends[1]


def test_last_partial_batch_is_trained():
    with trained("graph", "mlp").rewound() as engine:
        assert segment(engine, 4, 5).timed_examples == 6
        assert int(engine.optimizer.iterations) == 1


def test_steps_are_reported_in_order(monkeypatch):
    whole, steps = trained("graph", "mlp"), []
    monkeypatch.setattr(compiled_engine, "_SLICE_SECONDS", 0.0)
    monkeypatch.setattr(whole.engine, "_steps_in_slice", 2)
    with whole.rewound() as engine:
        engine.run(5, 10, on_step=lambda step, _progress: steps.append(step))
    assert steps == [7, 8, 9, 10]


def test_compiling_trains_nothing():
    assert int(trained("graph", "mlp").engine.optimizer.iterations) == EPOCHS * 5


def test_dropout_counts_its_calls():
    variables = trained("xla", "dropout").engine.variables
    counters = [int(variable.value) for variable in variables if variable.path.endswith("counter")]
    assert counters == [EPOCHS * 5]


def test_dropout_is_off_in_prediction():
    engine = trained("graph", "dropout").engine
    assert np.array_equal(engine.predict(POINTS), engine.predict(POINTS))


def test_network_keeps_the_dropout_of_keras():
    network = trained("xla", "dropout").engine.network
    assert [type(layer) for layer in network.layers if "dropout" in layer.name] == [
        keras.layers.Dropout
    ]


def test_training_changes_the_network():
    dropout = trained("xla", "dropout")
    weights = dropout.engine.network.get_weights()[0]
    with dropout.rewound() as engine:
        assert not np.array_equal(engine.network.get_weights()[0], weights)


def test_perceptron_loss_is_0_without_mistakes():
    x = np.array([[1.0, 0.0]] * ROWS, dtype=np.float32)
    right = Split(x, np.ones(ROWS, dtype=np.int32), None)
    separable = task(Linear(), table(), right, DESCENT, loss="perceptron")
    engine = CompiledEngine(separable, xla=False)
    engine.network.set_weights([np.array([[1.0], [0.0]]), np.array([0.0])])
    assert epochs(engine) == [{"loss": 0.0}] * EPOCHS


def engine_of(kind: str, task: TrainingTask, *, limit: int | None = None):
    if kind == "keras":
        return KerasEngine(task, in_memory_limit=limit)
    return CompiledEngine(task, xla=kind == "xla", in_memory_limit=limit)


@pytest.mark.parametrize(
    ("kind", "case"),
    [*((kind, "accumulation") for kind in ("graph", "xla", "keras")), ("graph", "random layers")],
)
def test_new_engine_resumes_inside_an_epoch(kind, case):
    resumed = engine_of(kind, task_of_case(kind, case))
    with trained(kind, case).rewound() as whole:
        segment(whole, 0, 5)
        segment(whole, 5, 7)
        resumed.set_state(whole.get_state())
        assert resumed.run(7, 10, on_step=quiet).metrics == (
            whole.run(7, 10, on_step=quiet).metrics
        )
        assert fingerprint(resumed.variables) == fingerprint(whole.variables)


@pytest.mark.parametrize("kind", ["graph", "keras"])
def test_reset_metrics_change_the_means(kind):
    with trained(kind, "mlp").rewound() as engine:
        segment(engine, 0, 2)
        state = engine.get_state()
        expected, weights = engine.run(2, 5, on_step=quiet).metrics, fingerprint(engine.variables)
        engine.set_state(state)
        assert segment(engine, 2, 5).metrics["loss"] != expected["loss"]
        assert fingerprint(engine.variables) == weights


def test_state_of_another_network_is_refused():
    other = engine_of("graph", task(Mlp(units=[7, 4]), *CASES["mlp"][1:]))
    with pytest.raises(
        ValueError,
        match=r"first difference: \[\(\(\(2, 8\), 'float32'\), \(\(2, 7\), 'float32'\)\)\]",
    ):
        trained("graph", "mlp").engine.set_state(other.get_state())


@pytest.mark.parametrize(
    ("reduction", "weights"),
    [
        ("sum", WEIGHTED.sample_weight),
        ("sum_over_batch_size", WEIGHTED.sample_weight),
        ("mean_with_sample_weight", WEIGHTED.sample_weight),
        (None, WEIGHTED.sample_weight),
        (None, None),
    ],
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


@pytest.mark.parametrize("kind", ["graph", "xla", "keras"])
def test_running_loss_is_weighted(kind):
    with trained(kind, "sample weights").rewound() as engine:
        rows = engine._schedule.order(0)[: engine._schedule.batch_size]
        outputs = engine.predict(POINTS)[rows, 0].astype(np.float64)
        losses = np.log1p(np.exp(np.where(POINTS.y[rows] == 1, -outputs, outputs)))
        expected = np.mean(losses * WEIGHTED.sample_weight[rows])
        assert segment(engine, 0, 1).metrics == {"loss": pytest.approx(expected, rel=1e-5)}


def test_sample_weights_do_not_change_predictions():
    engine = trained("graph", "sample weights").engine
    assert np.array_equal(engine.predict(POINTS), engine.predict(WEIGHTED))


def test_sample_weights_train_as_in_fit():
    weighted = trained("graph", "sample weights")
    other = task_of_case("graph", "sample weights")
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
        assert weighted.history[epoch]["loss"] == fitted.history["loss"][0]
    assert fingerprint(network.variables) == fingerprint(weighted.engine.network.variables)


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


@pytest.mark.parametrize(("kind", "limit"), [("dictionary", None), ("tuple", 1000)])
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


def test_state_contains_seeds_of_random_layers():
    engine = trained("graph", "random layers").engine
    seeds = [
        variable.path for variable in engine.variables if "seed_generator_state" in variable.path
    ]
    assert len(seeds) == 8


def test_random_layers_are_off_in_prediction():
    engine = trained("graph", "random layers").engine
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
def test_each_loss_has_its_gradient_with_xla(loss, target):
    meta, split = BY_TARGET[target]
    built = losses.build(Training(epochs=1, loss=loss), meta)
    _, truth = batch_of(split, slice(None))

    def gradient(outputs: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            value = built(truth, outputs)
        return value, tape.gradient(value, outputs)

    width = {"several classes": 3, "several labels": 2}.get(target, 1)
    outputs = tf.constant(np.random.default_rng(0).normal(size=(ROWS, width)), tf.float32)
    compiled_value, compiled_gradient = tf.function(gradient, jit_compile=True)(outputs)
    value, expected = gradient(outputs)
    assert float(compiled_value) == pytest.approx(float(value), rel=1e-5)
    assert compiled_gradient.numpy() == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-8)
    assert np.any(expected)


SCHEDULED = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=3, decay_rate=0.5)
# No option of an entry hides the effect of another.
OPTIMIZERS = {
    "clipnorm, schedule and accumulation": lambda: keras.optimizers.SGD(
        SCHEDULED, clipnorm=0.01, gradient_accumulation_steps=2
    ),
    "weight decay and averages": lambda: keras.optimizers.Adam(
        0.01, weight_decay=0.1, use_ema=True, ema_momentum=0.9
    ),
    "loss scale and overwriting": lambda: keras.optimizers.SGD(
        0.1, loss_scale_factor=8.0, use_ema=True, ema_overwrite_frequency=2
    ),
    "global_clipnorm, schedule and averages": lambda: keras.optimizers.Adam(
        SCHEDULED, global_clipnorm=0.01, use_ema=True, ema_momentum=0.9
    ),
}


@cache
def trained_by(kind: str, optimizer: str) -> Trained:
    """Trains the smallest network once for all tests of an optimizer."""
    return trained_engine(engine_of(kind, replace(small_task(), optimizer=OPTIMIZERS[optimizer]())))


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if "global_clipnorm" not in name])
def test_optimizer_gives_the_bits_of_fit(name):
    by_keras, by_us = (trained_by(kind, name) for kind in ("keras", "graph"))
    assert by_us.history == by_keras.history
    assert by_us.fingerprint == by_keras.fingerprint


FAMILIES = sorted(optimizer_settings.families())
FIRST = [np.linspace(-1, 1, 8, dtype=np.float32).reshape(4, 2), np.ones(2, np.float32)]
GRADIENTS = [RANDOM.normal(size=(3, *weight.shape)).astype(np.float32) for weight in FIRST]


@cache
def after_three_steps(family: str, *, looped: bool, xla: bool) -> list[np.ndarray]:
    """A kernel and its bias after three steps.

    Args:
        looped: one program runs all steps, as in the compiled engine. Otherwise each step is a
            call of a program, as in `fit`.
    """
    weights = [
        keras.Variable(value, name=name)
        for name, value in zip(("kernel", "bias"), FIRST, strict=True)
    ]
    settings = optimizer_of(family, clipnorm=0.1)
    optimizer = optimizers.build(settings, weights=weights, steps=3)
    optimizer.build(weights)

    @tf.function(jit_compile=xla)
    def program(first: Any, end: Any) -> None:
        step = first
        while step < end:
            optimizer.apply([tf.gather(gradients, step) for gradients in GRADIENTS], weights)
            step += 1

    if looped:
        program(tf.constant(0), tf.constant(3))
    else:
        step = tf.function(
            lambda number: optimizer.apply(
                [tf.gather(gradients, number) for gradients in GRADIENTS], weights
            )
        )
        for number in range(3):
            step(tf.constant(number))
    return [weight.numpy() for weight in weights]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_optimizer_steps_as_in_fit(family):
    in_fit, looped = (after_three_steps(family, looped=one, xla=False) for one in (False, True))
    assert all(map(np.array_equal, in_fit, looped))
    assert all((one != first).all() for one, first in zip(looped, FIRST, strict=True))


@pytest.mark.parametrize("family", FAMILIES)
def test_each_optimizer_steps_alike_with_xla(family):
    by_graph, by_xla = (after_three_steps(family, looped=True, xla=xla) for xla in (False, True))
    for one, other in zip(by_graph, by_xla, strict=True):
        assert other == pytest.approx(one, rel=1e-5, abs=1e-6)


ACCUMULATED = {
    "sgd": {"learning_rate": 0.1, "momentum": 0.9, "clipnorm": 0.1},
    "adamw": {"learning_rate": 0.01, "weight_decay": 0.1, "global_clipnorm": 0.1},
}


@pytest.mark.parametrize(("kind", "family"), [("graph", "sgd"), ("xla", "adamw")])
def test_accumulated_batches_train_as_one_large_batch(kind, family):
    settings = ACCUMULATED[family]
    large = engine_of("graph", small_task(optimizer_of(family, **settings), batch=ROWS))
    in_parts = optimizer_of(family, **settings, gradient_accumulation_steps=5)
    accumulated = engine_of(kind, small_task(in_parts))
    for epoch in range(EPOCHS):
        segment(large, epoch, epoch + 1)
    epochs(accumulated)
    for one, other in zip(
        large.network.get_weights(), accumulated.network.get_weights(), strict=True
    ):
        assert other == pytest.approx(one, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("kind", ["graph", "xla"])
def test_weights_change_after_the_last_accumulated_batch(kind):
    with trained(kind, "accumulation").rewound() as engine:
        weights = [engine.network.get_weights()[0]]
        for step in range(6):  # the first epoch has five; the second accumulation ends in the next
            segment(engine, step, step + 1)
            weights.append(engine.network.get_weights()[0])
    changes = [(one != other).any() for one, other in pairwise(weights)]
    assert changes == [False, False, True, False, False, True]


@pytest.mark.parametrize("kind", ["graph", "xla"])
def test_optimizer_matches_fit_within_a_hundred_thousandth(kind):
    by_keras, by_us = (
        trained_by(kind, "global_clipnorm, schedule and averages").engine
        for kind in ("keras", kind)
    )
    for expected, values in zip(by_keras.variables, by_us.variables, strict=True):
        assert values.numpy() == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-6)


def test_learning_rate_follows_the_schedule():
    with trained_by("graph", "clipnorm, schedule and accumulation").rewound() as engine:
        segment(engine, 0, 3)
        assert float(engine.optimizer.learning_rate) == pytest.approx(0.05)


@pytest.mark.parametrize("kind", ["graph", "keras"])
def test_averages_match_the_formula(kind):
    with trained_by(kind, "weight decay and averages").rewound() as engine:
        weights = []
        for step in range(3):
            segment(engine, step, step + 1)
            weights.append(engine.network.get_weights()[0])
        before = fingerprint(engine.variables)
        with engine.averaged():
            averages = engine.network.get_weights()[0]
        assert fingerprint(engine.variables) == before
    assert averages == pytest.approx(
        0.9 * (0.9 * weights[0] + 0.1 * weights[1]) + 0.1 * weights[2], abs=1e-6
    )


def test_averages_before_the_first_step_are_the_weights():
    with trained_by("graph", "weight decay and averages").rewound() as engine:
        expected = engine.predict(POINTS)
        with engine.averaged():
            assert np.array_equal(engine.predict(POINTS), expected)


def test_optimizer_without_averages_keeps_the_weights():
    engine = trained("graph", "mlp").engine
    expected = engine.network.get_weights()[0]
    with engine.averaged():
        assert (engine.network.get_weights()[0] == expected).all()


@pytest.mark.parametrize(
    ("kind", "limit"), [("graph", 1), ("graph", 1100), ("xla", 1100), ("keras", 1)]
)
def test_streaming_gives_the_same_bits(kind, limit):
    resident = trained(kind, "sample weights")
    streamed = engine_of(kind, task_of_case(kind, "sample weights"), limit=limit)
    assert epochs(streamed) == resident.history
    assert fingerprint(streamed.variables) == resident.fingerprint


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
    engine = trained("xla", "mlp").engine
    rows, arrays, _ = engine._rows.take(engine._schedule.order(0), 0, PARTIAL)
    program = engine._programs[PARTIAL].experimental_get_compiler_ir(
        rows, arrays, tf.constant(0), tf.constant(1)
    )(stage="hlo")
    scalars = re.findall(r"= s32\[\] parameter", program[program.index("ENTRY") :])
    assert len(scalars) == 2  # a constant would mean a compilation for each of its values
