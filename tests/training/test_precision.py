"""Mixed precision: layers compute in 16 bits, weights and outputs have 32."""

from collections.abc import Sequence
from functools import cache

import keras
import numpy as np
import pytest

from pipeline.config.model import Model
from pipeline.config.optimizer import Optimizer
from pipeline.config.training import Precision
from pipeline.data.prepared import Meta, Split
from pipeline.models import anatomy, families
from pipeline.models.augmentation import augmented
from pipeline.models.families.cnn import Cnn
from pipeline.models.families.layers import Layers
from pipeline.models.families.mlp import Mlp
from pipeline.models.families.resnet import Resnet
from pipeline.models.families.tabular import Embedding, Tabular
from pipeline.models.fingerprint import fingerprint
from pipeline.models.serving import serve
from pipeline.training.engines.compiled import CompiledEngine
from pipeline.training.engines.keras import KerasEngine
from pipeline.training.schedule import Schedule
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, table
from tests.support.refusals import refusal
from tests.support.tasks import optimizer_of, task_of
from tests.support.toy import config_of

MIXED = [Precision.mixed_bfloat16, Precision.mixed_float16]
ROWS, BATCH = 48, 16
RANDOM = np.random.default_rng(0)
POINTS = Split(
    RANDOM.normal(size=(ROWS, 2)).astype(np.float32), (np.arange(ROWS) % 2).astype(np.int32), None
)
PICTURES = Split(
    RANDOM.integers(0, 256, size=(ROWS, 8, 8, 1)).astype(np.uint8),
    (np.arange(ROWS) % 3).astype(np.int32),
    None,
)
OUTPUTS = {"members", "output"}
FAMILIES: Sequence[tuple[Model, Meta]] = [
    (Mlp(units=[4], dropout=0.2), table()),
    (Cnn(filters=[2], kernel_size=3, units=[4]), images()),
    (Resnet(filters=[2]), images()),
    (Layers(layers=[{"class_name": "Dense", "units": 4}]), table()),
    (Tabular(embedding=Embedding.piecewise, members=2, units=[4], dropout=0.2), table()),
]
MLP = Mlp(units=[8], dropout=0.2)
AVERAGING = optimizer_of("adam", ema_momentum=0.9, clipnorm=1.0)


def engine_of(
    kind: str, precision: Precision, optimizer: Optimizer = AVERAGING, settings: Model = MLP
):
    schedule = Schedule(rows=ROWS, batch_size=BATCH, total=30, seed=1)
    task = task_of(settings, table(), POINTS, optimizer, schedule, precision=precision)
    return KerasEngine(task) if kind == "keras" else CompiledEngine(task, xla=kind == "xla")


def small_cnn(precision: Precision):
    return families.build(Cnn(filters=[2], units=[4]), images(), seed=1, precision=precision.value)


def run(engine, start: int, stop: int) -> dict[str, float]:
    engine.reset()
    return engine.run(start, stop, on_step=lambda *_: None).metrics


@pytest.mark.parametrize("precision", MIXED)
@pytest.mark.parametrize(("settings", "meta"), FAMILIES)
def test_weights_and_outputs_keep_32_bits(precision, settings, meta):
    network = families.build(settings, meta, seed=1, precision=precision.value)
    hidden = {layer.compute_dtype for layer in network.layers if layer.name not in OUTPUTS}
    assert hidden == {precision.value.removeprefix("mixed_")}
    assert network.outputs[0].dtype == "float32"
    assert {weight.dtype for weight in network.weights} == {"float32"}


@pytest.mark.parametrize("precision", MIXED)
def test_precision_does_not_change_the_first_weights(precision):
    one, other = (
        families.build(MLP, table(), seed=1, precision=p.value)
        for p in (Precision.float32, precision)
    )
    assert fingerprint(one.weights) == fingerprint(other.weights)


def test_precision_is_not_global():
    families.build(MLP, table(), seed=1, precision="mixed_bfloat16")
    assert keras.config.dtype_policy().name == "float32"


@cache
def losses(kind: str, precision: Precision) -> list[float]:
    engine = engine_of(kind, precision, optimizer_of("sgd", learning_rate=0.1), Mlp(units=[8]))
    return [run(engine, 3 * epoch, 3 * epoch + 3)["loss"] for epoch in range(3)]


@pytest.mark.parametrize("kind", ["graph", "xla"])
@pytest.mark.parametrize("precision", MIXED)
def test_training_comes_close_to_32_bits(kind, precision):
    expected = losses("graph", Precision.float32)
    assert losses(kind, precision) == pytest.approx(expected, rel=0.01)
    assert losses(kind, precision) != expected


@cache
def trained(kind: str, precision: Precision):
    """An engine that has trained one epoch or more."""
    engine = engine_of(kind, precision)
    run(engine, 0, 3)
    return engine


@pytest.mark.parametrize(
    ("kind", "precision"),
    [
        ("graph", Precision.mixed_float16),
        ("keras", Precision.mixed_float16),
        ("xla", Precision.mixed_bfloat16),
    ],
)
def test_mixed_training_resumes_to_the_same_bits(kind, precision):
    whole, resumed = trained(kind, precision), engine_of(kind, precision)
    resumed.set_state(whole.get_state())
    assert run(resumed, 3, 6) == run(whole, 3, 6)
    assert fingerprint(resumed.variables) == fingerprint(whole.variables)


def test_state_contains_the_scale_of_the_loss():
    engine = trained("graph", Precision.mixed_float16)
    assert [variable.path for variable in engine.variables if "dynamic_scale" in variable.path]


@pytest.mark.parametrize("kind", ["graph", "keras"])
def test_averages_inside_a_scaled_loss(kind):
    engine = trained(kind, Precision.mixed_float16)
    own = engine.network.get_weights()
    with engine.averaged():
        averages = engine.network.get_weights()
    assert all((one != other).any() for one, other in zip(own, averages, strict=True))
    assert all(
        (one == other).all() for one, other in zip(own, engine.network.get_weights(), strict=True)
    )


def test_learning_rate_can_be_set_when_scaled():
    engine = engine_of("graph", Precision.mixed_float16)
    engine.optimizer.learning_rate = 0.25
    assert float(engine.optimizer.learning_rate) == 0.25


def test_weight_decay_of_a_scaled_loss_skips_biases():
    settings = optimizer_of("sgd", learning_rate=0.1, weight_decay=0.5)
    engine = engine_of("graph", Precision.mixed_float16, settings)
    inner = engine.optimizer.inner_optimizer
    decays = {
        weight.name: inner._use_weight_decay(weight)
        for weight in engine.network.trainable_variables
    }
    assert decays == {"kernel": True, "bias": False}


@pytest.mark.parametrize("precision", MIXED)
def test_saved_model_computes_as_the_network(precision, tmp_path):
    network = small_cnn(precision)
    serve(network, images()).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    logits = np.array(network(PICTURES.x))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    outputs = np.array(loaded(PICTURES.x))
    assert outputs.dtype == np.float32
    assert outputs == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("precision", MIXED)
def test_outputs_of_layers_are_shown_with_32_bits(precision):
    network = small_cnn(precision)
    outputs = anatomy.activations_of(network, ["conv_1"], PICTURES.x)
    assert outputs["conv_1"].dtype == np.float32


@pytest.mark.parametrize("precision", MIXED)
def test_augmentation_works_in_mixed_precision(precision):
    flip = {"class_name": "RandomFlip", "mode": "horizontal"}
    settings = Cnn(filters=[2], units=[4], augmentation=[flip, {"class_name": "RandomErasing"}])
    network = families.build(settings, images(), seed=1, precision=precision.value)
    trained = augmented(network, settings, images())
    assert np.isfinite(np.array(trained(PICTURES.x, training=True))).all()
    assert (np.array(trained(PICTURES.x, training=False)) == np.array(network(PICTURES.x))).all()


def test_image_layer_in_a_stack_keeps_32_bits():
    layers = [{"class_name": "RandomErasing"}, {"class_name": "Flatten"}]
    network = families.build(Layers(layers=layers), images(), seed=1, precision="mixed_float16")
    assert np.isfinite(np.array(network(PICTURES.x, training=True))).all()


def test_scale_of_the_loss_is_set_once(in_repository):
    overrides = ("training.precision=mixed_float16", "optimizer.loss_scale_factor=8")
    assert refusal(config_of, in_repository, "data=shapes", *overrides) == (
        "command line: optimizer.loss_scale_factor is invalid. Received: 8.0. "
        "Expected: null, because training.precision: mixed_float16 scales the loss itself."
    )
