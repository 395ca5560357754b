"""A training that cannot fit into the memory of the machine is refused before TensorFlow loads."""

import os
import subprocess
import sys

import psutil
import pytest

from pipeline.config.model import Model
from pipeline.errors import ConfigError
from pipeline.models.families.layers import Layers
from pipeline.models.families.mlp import Mlp
from pipeline.training import memory
from tests.support import ROOT
from tests.support.metas import images
from tests.support.refusals import refusal
from tests.support.toy import config_of

WIDE = {"class_name": "Dense", "units": 100_000}
DROPOUT = {"class_name": "Dropout", "rate": 0.1}
TOO_LARGE = [
    "model=layers model.layers=[{class_name: Dense, units: 1000000000}]",
    "model=cnn model.filters=[100000,100000]",
    "model=cnn model.filters=[900000]",
    "model=cnn model.kernel_size=1000000",
    "model=resnet model.filters=[100000]",
    "model.units=[1000000,1000000]",
]


@pytest.fixture
def config(in_repository):
    def config(*overrides):
        return config_of(in_repository, "data=shapes", *overrides)

    return config


def test_weights_gradients_averages_and_outputs_are_counted(config):
    small = config("model.units=[10]", "training.batch_size=8")
    weights, outputs = 64 * 10 + 10 + 10 * 3 + 3, 10 + 3
    assert memory.least_bytes(small, images()) == 4 * (4 * weights + 8 * outputs)


@pytest.mark.parametrize(
    ("overrides", "copies"),
    [
        (["optimizer=sgd"], 2),
        (["optimizer=sgd", "optimizer.momentum=0.9"], 3),
        (["optimizer=lion"], 3),
        (["optimizer=adamw", "optimizer.ema_momentum=0.99"], 5),
    ],
)
def test_optimizer_decides_the_copies(config, overrides, copies):
    one = config("model=linear", "training.batch_size=1", *overrides)
    assert memory.least_bytes(one, images()) == 4 * (copies * 195 + 3)


def test_outputs_of_mixed_precision_have_16_bits(config):
    mixed = config("model.units=[10]", "training.batch_size=8", "training.precision=mixed_bfloat16")
    weights, outputs = 64 * 10 + 10 + 10 * 3 + 3, 10 + 3
    assert memory.least_bytes(mixed, images()) == 4 * 4 * weights + 2 * 8 * outputs


def test_batch_is_at_most_all_rows(config):
    one = config("model=linear", "training.batch_size=10000000")
    assert memory.least_bytes(one, images()) == 4 * (4 * 195 + 36 * 3)


@pytest.mark.parametrize("overrides", TOO_LARGE)
def test_network_without_bounds_is_refused(config, overrides):
    one = config(*overrides.split(" ", 1)) if "=layers" in overrides else config(*overrides.split())
    text = refusal(memory.require_enough, one, images(), error=ConfigError)
    assert text.startswith("model needs more memory than this machine has. Received: {'")


def test_message_has_the_sizes_and_the_memory(config):
    wide = config("model.units=[1000000,1000000]", "training.batch_size=32")
    text = refusal(memory.require_enough, wide, images(), error=ConfigError)
    total = psutil.virtual_memory().total / 1e9
    assert text == (
        "model needs more memory than this machine has. Received: {'units': [1000000, 1000000]} "
        "with training.batch_size 32: 1,000,069,000,003 weights or more, 16,001.4 GB. "
        f"Expected: at most {total:,.1f} GB. Choose a smaller network or batch."
    )


def test_dropout_between_wide_layers_hides_nothing():
    narrow, wide = ([WIDE, DROPOUT] * count for count in (1, 2))
    sizes = [Layers(layers=layers).least_size([2], 1).parameters for layers in (narrow, wide)]
    assert sizes[1] - sizes[0] == 100_000**2


def test_family_of_unknown_size_is_accepted(config):
    one = config("model.units=[8]")
    assert Model.least_size(one.model, [8, 8, 1], 3).parameters == 0
    assert isinstance(one.model, Mlp)


def test_train_refuses_before_tensorflow_loads(in_repository):
    program = (
        "import sys; from pipeline import train;"
        "sys.argv = ['train', 'data=shapes', 'model.units=[1000000,1000000]'];\n"
        "try: train.main()\n"
        "except Exception as error: print(type(error).__name__, 'tensorflow' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "ConfigError False\n"
