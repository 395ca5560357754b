"""Random streams: no two layers, and no two seeds of a run, draw the same numbers."""

import keras
import numpy as np
import pytest

from pipeline.models import families
from pipeline.models.augmentation import augmented
from pipeline.models.families.layers import Layers
from pipeline.models.families.mlp import Mlp
from pipeline.models.families.resnet import Resnet
from pipeline.models.seeds import derived_seed
from pipeline.training.random_layers import with_stand_ins
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, table

SEEDS = range(1, 9)
STACK = Layers(
    layers=[
        {"class_name": "Dense", "units": 3},
        {"class_name": "Dropout", "rate": 0.5},
        {"class_name": "GaussianNoise", "stddev": 0.1},
        {"class_name": "Dense", "units": 3},
        {"class_name": "AlphaDropout", "rate": 0.5},
    ]
)
FLIP, TURN = {"class_name": "RandomFlip"}, {"class_name": "RandomRotation", "factor": 0.1}
CASES = {
    "mlp": (Mlp(units=[3, 3, 3, 3], dropout=0.5), table()),
    "resnet": (Resnet(filters=[2], dropout=0.5), images()),
    "layers": (STACK, table()),
    "augmentation": (Mlp(units=[3], augmentation=[FLIP, TURN, FLIP]), images()),
}


def seeds_of(network) -> list[int]:
    """The seeds of all initialisers and of all random layers of a network."""
    layers = network._flatten_layers()
    kernels = [layer.kernel_initializer for layer in layers if hasattr(layer, "kernel_initializer")]
    states = [
        keras.ops.convert_to_numpy(variable)
        for variable in network.variables
        if "seed_generator_state" in variable.path
    ]
    return [*(int(state[0]) for state in states), *(kernel.seed for kernel in kernels)]


@pytest.mark.parametrize("case", CASES)
def test_all_layers_have_their_own_stream(case):
    settings, meta = CASES[case]
    seeds: list[int] = []
    for seed in SEEDS:
        network = families.build(settings, meta, seed=seed)
        seeds += seeds_of(augmented(network, settings, meta))
    assert len(set(seeds)) == len(seeds) >= 3 * len(SEEDS)


def test_all_stand_ins_have_their_own_stream():
    seeds = []
    for seed in SEEDS:
        network = with_stand_ins(families.build(STACK, table(), seed=seed), seed=seed)
        seeds += [int(layer._seed.numpy()) for layer in network.layers if hasattr(layer, "_seed")]
    assert len(set(seeds)) == len(seeds) == 2 * len(SEEDS)


def test_derived_seeds_differ():
    roles = ("dropout", "random layer")
    seeds = [derived_seed(s, role, n) for s in range(100) for role in roles for n in range(1, 11)]
    assert len(set(seeds)) == 2_000


def test_derived_seed_is_the_same_in_every_process():
    assert derived_seed(1, "dropout", 1) == 651_963_469


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_derived_seed_is_a_small_integer(seed):
    assert 0 <= derived_seed(seed, "dropout", 1) < 2**31


def test_own_seed_of_a_layer_is_kept():
    own = Layers(layers=[{"class_name": "Dropout", "rate": 0.5, "seed": 7}])
    network = families.build(own, table(), seed=1)
    assert 7 in seeds_of(network)
    assert with_stand_ins(network, seed=1).layers[0]._seed == 7


def test_dropout_does_not_change_the_first_weights():
    plain, dropping = (
        families.build(Mlp(units=[3, 3], dropout=dropout), table(), seed=1)
        for dropout in (0.0, 0.5)
    )
    for one, other in zip(plain.get_weights(), dropping.get_weights(), strict=True):
        assert np.array_equal(one, other)
