"""Convolutional networks: their poolings and their data."""

from pipeline.models import families
from pipeline.models.families.cnn import Cnn
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, table
from tests.support.refusals import refusal


def build(config, meta):
    return families.build(config, meta, seed=1)


def test_cnn_needs_images():
    assert refusal(build, Cnn(), table()) == (
        "model cnn needs images. Received: data=toy, a table. Choose model=mlp or model=linear."
    )


def test_cnn_refuses_too_many_poolings():
    assert refusal(build, Cnn(filters=[2, 2, 2, 2]), images()) == (
        "model.filters has too many poolings for images of 8 by 8 pixels. Received: [2, 2, 2, 2]. "
        "Remove filters, or choose a smaller model.pool_size."
    )


def test_cnn_may_pool_down_to_one_pixel():
    network = build(Cnn(filters=[2, 2, 2], units=[]), images())
    sizes = [layer.output.shape[1] for layer in network.layers if "pool" in layer.name]
    assert sizes == [4, 2, 1]
