"""The graph of a network."""

import keras

from pipeline.evaluation.drawing.network_graph import plot
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.subjects import texts


def test_layers_of_a_list_stand_below_each_other():
    layers = [keras.layers.Flatten(name="flat"), keras.layers.Dense(3, name="output")]
    network = keras.Sequential([keras.Input((2, 2)), *layers])
    loaded = keras.Sequential.from_config(network.get_config())  # it adds layer by layer
    (axes,) = plot(loaded, title="toy").axes
    assert [text for text in texts(axes) if text] == [
        "flat: Flatten\n(None, 4)",
        "output: Dense\n(None, 3), 15 parameters",
    ]
    assert arrows(axes) == 1


def test_branches_share_a_row():
    start = keras.Input((2,), name="start")
    branches = [keras.layers.Dense(1, name=name)(start) for name in ("left", "right")]
    sums = keras.layers.Add(name="sum")(branches)
    (axes,) = plot(keras.Model(start, sums), title="toy").axes
    heights = {text.get_text().partition(":")[0]: text.get_position()[1] for text in axes.texts}
    assert heights["start"] < heights["left"] == heights["right"] < heights["sum"]
    assert arrows(axes) == 4


def arrows(axes) -> int:
    return texts(axes).count("")
