"""Weights to start with: what is taken by name, and what does not fit."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.models import families, serving
from pipeline.models.families.mlp import Mlp
from pipeline.own import weights
from pipeline.training import warm_start
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import refusals
from tests.support.metas import table

THREE = table(classes=["a", "b", "c"])


def network(*units: int, meta=None, seed: int = 1):
    return families.build(Mlp(units=list(units)), meta or table(), seed=seed)


@pytest.fixture
def base(in_empty_folder):
    """A trained experiment `base` with a fingerprint in its record."""
    folder = Path("outputs/base")
    folder.mkdir(parents=True)
    one = network(4, 3, seed=2)
    serving.serve(one, table()).save(folder / "model.keras")
    (folder / "run.json").write_text(json.dumps({"run_id": "ab" * 16, "fingerprint": "f" * 64}))
    one.save("plain.keras")
    one.save_weights("plain.weights.h5")
    return one


def start(name: str, *units: int, meta=None):
    own = network(*units, meta=meta)
    return own, warm_start.start(own, name)


@pytest.mark.parametrize("name", ["base", "outputs/base/model.keras", "plain.keras"])
def test_layers_take_the_weights_of_their_names(base, name):
    own, said = start(name, 4, 3, meta=THREE)
    for layer in ("dense_1", "dense_2"):
        taken, given = own.get_layer(layer).get_weights(), base.get_layer(layer).get_weights()
        assert all(np.array_equal(*pair) for pair in zip(taken, given, strict=True))
    assert said.endswith("dense_1, dense_2; from scratch: output")


def test_file_of_weights_fits_the_same_layers(base):
    own, _ = start("plain.weights.h5", 4, 3)
    assert np.array_equal(own.get_weights()[0], base.get_weights()[0])
    assert "a file of weights needs the same layers in the same order" in refusals.refusal(
        start, "plain.weights.h5", 5, 3
    )


def test_project_run_is_found_by_its_id(base):
    result = Path("mlruns/checkpoints/key/result")
    result.parent.mkdir(parents=True)
    Path("outputs/base").rename(result)
    assert weights.find("abab").digest == "f" * 64


def test_layer_of_another_shape_is_refused(base):
    assert refusals.refusal(start, "plain.keras", 5, 3) == (
        "model.weights_from does not fit the network: the layer dense_1 has other shapes. "
        "Received: [(2, 4), (4,)] in plain.keras. Expected: [(2, 5), (5,)]. Give the layer another "
        "name to start it from scratch."
    )


def test_weights_without_a_common_layer_are_refused(base):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(4, name="own")]).save("own.keras")
    text = refusals.refusal(start, "own.keras", 4, 3)
    assert "no layer has the name of one of the network. Received: own in own.keras." in text


@pytest.mark.parametrize("name", ["gone", "0000", "gone/model"])
def test_unknown_source_is_refused(base, name):
    assert "names neither a trained experiment" in refusals.refusal(weights.find, name)


def test_missing_file_is_refused(base):
    assert refusals.refusal(weights.find, "gone.keras") == (
        "model.weights_from names a file that is missing. Received: gone.keras."
    )
