"""Figures of two features, by what they show."""

import numpy as np
import pytest

from pipeline.evaluation import figures
from pipeline.evaluation.figures.plane import Points

ACROSS, UP = np.linspace(0, 4, 5), np.linspace(-1, 1, 3)
TRAIN = Points(np.array([[1.0, 0.0], [3.0, 0.0], [3.5, 0.5]]), np.array([0, 1, 1]))
TEST = Points(np.array([[0.5, -0.5]]), np.array([0]))
RISING = np.tile(ACROSS / 4, (3, 1))  # the probability of the second class, 0.5 at 2


def bounded(probabilities, classes):
    return figures.decision_boundary(
        ACROSS,
        UP,
        probabilities,
        train=TRAIN,
        test=TEST,
        classes=classes,
        names=("width", "height"),
        title="toy: boundary",
    )


@pytest.fixture(scope="module")
def boundary():
    return bounded(np.stack([1 - RISING, RISING], axis=2), ["no", "yes"])


@pytest.fixture(scope="module")
def surfaces():
    outputs = {"smooth": RISING, "steps": (RISING >= 0.5).astype(float)}
    return figures.output_surfaces(
        ACROSS, UP, outputs, names=("width", "height"), title="toy: output"
    )


def test_the_plane_has_the_colour_of_the_most_probable_class(boundary):
    (image,) = boundary.axes[0].images
    assert image.get_array().tolist() == [[0, 0, 0, 1, 1]] * 3
    assert image.get_extent() == [0, 4, -1, 1]
    assert image.get_clim() == (-0.5, 1.5)


def test_the_boundary_lies_where_both_classes_are_as_probable(boundary):
    contour = boundary.axes[0].collections[0]
    (path,) = contour.get_paths()
    assert path.vertices[:, 0].tolist() == [2.0, 2.0, 2.0]


def test_points_of_each_class_have_a_mark_of_their_own(boundary):
    _, *scattered, _ = boundary.axes[0].collections
    assert [found.get_offsets().tolist() for found in scattered] == [
        [[1.0, 0.0]],
        [[0.5, -0.5]],
        [[3.0, 0.0], [3.5, 0.5]],
        [],
    ]
    marks = [len(found.get_paths()[0]) for found in scattered]
    assert marks[0] == marks[1] != marks[2] == marks[3]


def test_points_of_the_test_split_are_ringed(boundary):
    rings = boundary.axes[0].collections[-1]
    assert rings.get_offsets().tolist() == [[0.5, -0.5]]
    assert len(rings.get_facecolors()) == 0


def test_the_axes_are_the_features(boundary):
    (axes,) = boundary.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("width", "height")
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 4), (-1, 1))


def test_the_legend_names_classes_ring_and_line(boundary):
    (legend,) = boundary.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "no",
        "yes",
        "of the test split",
        "boundary",
    ]


def test_a_plane_of_one_class_has_no_boundary():
    figure = bounded(np.stack([np.ones_like(RISING), 0 * RISING], axis=2), ["no", "yes"])
    assert len(figure.axes[0].collections) == 2 * 2 + 1


def test_three_classes_have_boundaries_between_them():
    third = np.abs(RISING - 0.5) * -1 + 0.6
    figure = bounded(np.stack([1 - RISING, RISING, third], axis=2), ["a", "b", "c"])
    assert set(np.unique(figure.axes[0].images[0].get_array())) == {0, 1, 2}
    assert len(figure.axes[0].collections) == 2 + 2 * 3 + 1


def test_surfaces_have_one_scale(surfaces):
    for axes in surfaces.axes[:2]:
        assert axes.get_zlim() == (0, 1)
        assert axes.collections[0].get_clim() == (0, 1)


def test_a_surface_shows_its_output(surfaces):
    smooth, steps = (axes.collections[0].get_array() for axes in surfaces.axes[:2])
    assert smooth.tolist() == pytest.approx([0.125, 0.375, 0.625, 0.875] * 2)
    assert steps.tolist() == pytest.approx([0, 0.5, 1, 1] * 2)


def test_surfaces_say_what_they_are(surfaces):
    smooth, steps, bar = surfaces.axes
    assert [axes.get_title() for axes in (smooth, steps)] == ["smooth", "steps"]
    assert (smooth.get_xlabel(), smooth.get_ylabel(), smooth.get_zlabel()) == (
        "width",
        "height",
        "output",
    )
    assert bar.get_ylabel() == "output"


def test_figures_have_their_titles(boundary, surfaces):
    assert (boundary.get_suptitle(), surfaces.get_suptitle()) == ("toy: boundary", "toy: output")
