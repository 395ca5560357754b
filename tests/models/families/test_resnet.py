"""Residual networks: their stages and their data."""

from pipeline.models import families
from pipeline.models.families.resnet import Resnet
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, table
from tests.support.refusals import refusal


def build(config, meta):
    return families.build(config, meta, seed=1)


def test_resnet_needs_images():
    assert refusal(build, Resnet(), table()) == (
        "model resnet needs images. Received: data=toy, a table. Choose model=mlp or model=linear."
    )


def test_resnet_refuses_too_many_halvings():
    assert refusal(build, Resnet(filters=[2, 2, 2, 2], pool_first=True), images()) == (
        "model.filters halves images of 8 by 8 pixels too often. Received: [2, 2, 2, 2]. "
        "Remove filters."
    )


def test_resnet_halves_images_before_later_stages():
    network = build(Resnet(filters=[2, 3, 3], blocks=2), images())
    sizes = [
        network.get_layer(f"block_{stage}_{block}_add").output.shape[1]
        for stage in (1, 2, 3)
        for block in (1, 2)
    ]
    assert sizes == [8, 8, 4, 4, 2, 2]


def test_shortcut_needs_no_layer_for_equal_shapes():
    network = build(Resnet(filters=[2], blocks=1), images())
    assert "block_1_1_shortcut" not in [layer.name for layer in network.layers]


def test_pool_first_halves_images_once_more():
    network = build(Resnet(filters=[2, 3], pool_first=True), images())
    assert network.get_layer("block_1_1_add").output.shape[1:] == (4, 4, 2)
