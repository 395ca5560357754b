"""Optimizers: the Keras objects that settings become."""

import sys
from functools import cache

import keras
import pytest

from pipeline.config import optimizer
from pipeline.config.optimizer import COSINE, OPTIMIZERS
from pipeline.errors import ConfigError
from pipeline.registry import Registry
from pipeline.training import optimizers
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.tasks import optimizer_of


def build(family: str, weights=(), **settings):
    return optimizers.build(optimizer_of(family, **settings), weights=weights, steps=100)


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("sgd", {"momentum": 0.5, "nesterov": True, "clipnorm": 2.0}),
        ("adam", {"beta_1": 0.5, "beta_2": 0.6, "epsilon": 0.1}),
        ("adagrad", {"initial_accumulator_value": 0.2, "global_clipnorm": 2.0}),
        ("adamw", {"weight_decay": 0.1, "amsgrad": True, "clipvalue": 2.0}),
        ("muon", {"exclude_layers": ["output"], "ns_steps": 3}),
        ("rmsprop", {"gradient_accumulation_steps": 2, "loss_scale_factor": 4.0}),
    ],
)
def test_optimizer_has_the_values_of_its_settings(family, settings):
    built = build(family, learning_rate=0.1, **settings)
    assert float(built.learning_rate) == pytest.approx(0.1)
    assert {name: getattr(built, name) for name in settings} == settings


@pytest.mark.parametrize("family", sorted(optimizer.families()))
def test_optimizer_without_settings_is_that_of_keras(family):
    expected = getattr(keras.optimizers, optimizer.families()[family].class_name)()
    built = build(family)
    assert type(built) is type(expected)
    assert built.get_config() | {"name": expected.name} == expected.get_config()


@cache
def network():
    """Has every kind of weight: with and without decay. Each test gives it its first values."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    inner = [
        layers.Dense(3, bias_initializer="ones"),
        layers.BatchNormalization(beta_initializer="ones"),
        layers.PReLU(alpha_initializer="ones"),
        layers.Reshape((3, 1)),
        layers.LayerNormalization(beta_initializer="ones"),
        layers.GroupNormalization(1, beta_initializer="ones"),
        layers.RMSNormalization(),
        layers.MultiHeadAttention(2, 2, bias_initializer="ones"),
        layers.GRU(2, bias_initializer="ones"),
    ]
    tensor = first = keras.Input((2,))
    for layer in inner:
        attends = isinstance(layer, layers.MultiHeadAttention)
        tensor = layer(tensor, tensor) if attends else layer(tensor)
    model = keras.Model(first, tensor)
    return model, model.get_weights()


def decayed(family: str, **settings) -> tuple[set[str], set[str]]:
    """The names of the weights that weight decay changes in one step, and those of the others."""
    both = []
    for rate in (0.0, 0.5):
        model, values = network()
        model.set_weights(values)
        weights = model.trainable_variables
        rates = {"weight_decay": rate} | ({"adam_weight_decay": rate} if family == "muon" else {})
        built = build(family, weights, learning_rate=0.1, **rates, **settings)
        built.build(weights)
        built.apply([keras.ops.ones_like(weight) for weight in weights])
        both.append([(weight.name, keras.ops.convert_to_numpy(weight)) for weight in weights])
    changed = {name: (one != other).any() for (name, one), (_, other) in zip(*both, strict=True)}
    return {name for name in changed if changed[name]}, {
        name for name in changed if not changed[name]
    }


KERNELS = {"kernel", "recurrent_kernel"}
OTHERS = {"alpha", "beta", "bias", "gamma", "scale"}


@pytest.mark.parametrize("family", sorted(optimizer.families()))
def test_weight_decay_skips_biases_and_normalisation(family):
    assert decayed(family) == (KERNELS, OTHERS)


@pytest.mark.parametrize("family", ["adamw", "muon", "sgd"])
def test_weight_decay_shrinks_all_weights_if_asked(family):
    assert decayed(family, decay_biases=True) == (KERNELS | OTHERS, set())


def test_ema_momentum_turns_averages_on():
    built = build("adam", ema_momentum=0.9)
    assert (built.use_ema, built.ema_momentum) == (True, 0.9)
    assert not build("adam").use_ema


SIGN_DESCENT = """
import keras

class SignDescent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, threshold=0.5, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        if threshold < 0:
            raise ValueError("`threshold` must not be negative")
        self.threshold = threshold
"""


@pytest.fixture
def _own_optimizer(tmp_path, monkeypatch):
    """Makes `sign_descent` the only optimizer."""
    (tmp_path / "own_optimizers").mkdir()
    (tmp_path / "own_optimizers/__init__.py").touch()
    (tmp_path / "own_optimizers/sign_descent.py").write_text(SIGN_DESCENT)
    monkeypatch.syspath_prepend(tmp_path)
    own = Registry("own_optimizers", "optimizer")
    for module in (optimizer, optimizers):
        monkeypatch.setattr(module, "OPTIMIZERS", own)
    for cached in (optimizer.families, optimizer.settings_of):
        cached.cache_clear()
    yield
    for module in [name for name in sys.modules if name.startswith("own_optimizers")]:
        del sys.modules[module]
    monkeypatch.undo()
    for cached in (optimizer.families, optimizer.settings_of):
        cached.cache_clear()
    assert OPTIMIZERS.package == "pipeline.training.optimizers"


@pytest.mark.usefixtures("_own_optimizer")
def test_optimizer_of_ones_own_is_one_module():
    assert "own_optimizers.sign_descent" not in sys.modules
    built = build("sign_descent", threshold=0.25, weight_decay=0.1)
    assert (built.threshold, built.weight_decay) == (0.25, 0.1)


@pytest.mark.usefixtures("_own_optimizer")
def test_value_that_an_optimizer_refuses_is_refused():
    text = refusal(build, "sign_descent", threshold=-1.0, error=ConfigError)
    assert text.startswith("optimizer is refused by SignDescent. Received: {")
    assert "`threshold` must not be negative" in text
    assert len(text.splitlines()) == 1


def rates(at: list[int], **settings) -> list[float]:
    built = build("sgd", learning_rate=0.4, schedule=COSINE, **settings)
    return [float(built._learning_rate(step)) for step in at]


def test_rate_falls_along_half_a_cosine():
    assert rates([0, 25, 50, 100]) == pytest.approx([0.4, 0.2 * (1 + 0.5**0.5), 0.2, 0], abs=1e-6)


def test_rate_falls_to_final_share():
    assert rates([100], final_share=0.1) == pytest.approx([0.04])


def test_rate_rises_linearly_during_warmup():
    assert rates([0, 10, 20, 60, 100], warmup_steps=20) == pytest.approx(
        [0, 0.2, 0.4, 0.2, 0], abs=1e-6
    )


def test_warmup_must_end_before_training():
    assert refusal(rates, [0], warmup_steps=100, error=ConfigError) == (
        "optimizer.warmup_steps is as long as the training or longer. Received: 100. "
        "Choose fewer than 100 steps."
    )


def test_accumulation_must_fit_into_the_training():
    assert build("sgd", gradient_accumulation_steps=100)
    text = refusal(build, "sgd", gradient_accumulation_steps=101, error=ConfigError)
    assert text == (
        "optimizer.gradient_accumulation_steps is more than the steps of the training, so no "
        "weight would change. Received: 101. Choose at most 100 steps."
    )
