"""Which figures an experiment gets, and how they are written."""

import json
from dataclasses import replace

import pytest

from pipeline.evaluation.figures import FIGURES, draw_all, write
from tests.support.metas import table
from tests.support.subjects import dense, served, subject

ON_IMAGES = ["learning_curves", "confusion_matrix", "worst_errors", "sample_images"]


def names(one) -> list[str]:
    return [drawing.name for drawing in draw_all(one)]


def test_every_kind_has_its_own_place():
    kinds = [module.FIGURE for module in FIGURES.all().values()]
    assert len({kind.place for kind in kinds}) == len(kinds)
    assert all(kind.alt for kind in kinds)


def test_dense_network_on_images_shows_its_first_layer(dense_on_images):
    assert names(dense_on_images) == [*ON_IMAGES, "first_layer_weights"]


def test_convolutional_network_shows_kernels_and_activations(convolutional):
    assert names(convolutional) == [
        *ON_IMAGES,
        "kernels_conv_1",
        "kernels_conv_2",
        "activations_conv_1",
        "activations_conv_2",
    ]


def test_two_classes_in_the_plane_show_boundary_and_surfaces(plane):
    assert names(plane) == [
        "learning_curves",
        "confusion_matrix",
        "decision_boundary",
        "output_surfaces",
    ]


def test_three_classes_in_the_plane_show_no_surfaces():
    one = subject(dense(), table(classes=["a", "b", "c"]))
    assert names(one) == ["learning_curves", "confusion_matrix", "decision_boundary"]


@pytest.mark.parametrize(
    ("classes", "expected"),
    [(21, ["learning_curves", "confusion_matrix"]), (65, ["learning_curves"])],
)
def test_too_many_classes_are_not_drawn(classes, expected):
    one = subject(dense(), table(classes=[f"c{number}" for number in range(classes)]))
    assert names(one) == expected


def test_three_features_have_no_plane():
    assert names(subject(dense(), table(3))) == ["learning_curves", "confusion_matrix"]


def test_regression_shows_residuals(regressing):
    assert names(regressing) == ["learning_curves", "residuals"]


def test_title_has_no_leading_zeros(dense_on_images):
    one = replace(dense_on_images, snapshots={10: served(dense(), dense_on_images.meta)})
    drawing = list(draw_all(one))[-1]
    assert drawing.name == "first_layer_weights_step_000010"
    assert drawing.title == "first layer weights step 10"
    assert drawing.alt.startswith("first layer weights step 10 of toy: the weights of each unit")


def test_index_lists_every_file_in_order(regressing, tmp_path):
    assert write(regressing, tmp_path) == 2
    index = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert [item["file"] for item in index] == ["learning_curves.png", "residuals.png"]
    assert [item["title"] for item in index] == ["learning curves", "residuals"]
    assert index[1]["alt"].startswith("residuals of toy: on the test split, predicted")
    for item in index:
        assert (tmp_path / item["file"]).read_bytes().startswith(b"\x89PNG")
