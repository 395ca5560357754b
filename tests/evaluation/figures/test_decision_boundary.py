"""Decision boundaries, by what they show."""

import numpy as np
import pytest

from pipeline.data.prepared import NumericFeature
from pipeline.evaluation.drawing.plane import Points
from pipeline.evaluation.figures.decision_boundary import FIGURE, plot
from tests.support.metas import plain, table
from tests.support.subjects import dense, only, subject, suited

ACROSS, UP = np.linspace(0, 4, 5), np.linspace(-1, 1, 3)
TRAIN = Points(np.array([[1.0, 0.0], [3.0, 0.0], [3.5, 0.5]]), np.array([0, 1, 1]))
TEST = Points(np.array([[0.5, -0.5]]), np.array([0]))
RISING = np.tile(ACROSS / 4, (3, 1))  # the probability of the second class, 0.5 at 2


def bounded(probabilities, classes):
    return plot(
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
def figure():
    return bounded(np.stack([1 - RISING, RISING], axis=2), ["no", "yes"])


def test_plane_has_the_colour_of_the_predicted_class(figure):
    (image,) = figure.axes[0].images
    assert image.get_array().tolist() == [[0, 0, 0, 1, 1]] * 3
    assert image.get_extent() == [0, 4, -1, 1]
    assert image.get_clim() == (-0.5, 1.5)
    assert figure.get_suptitle() == "toy: boundary"


def test_boundary_has_equal_probabilities(figure):
    contour = figure.axes[0].collections[0]
    (path,) = contour.get_paths()
    assert path.vertices[:, 0].tolist() == [2.0, 2.0, 2.0]


def test_each_class_has_its_own_mark(figure):
    _, *scattered, _ = figure.axes[0].collections
    assert [points.get_offsets().tolist() for points in scattered] == [
        [[1.0, 0.0]],
        [[0.5, -0.5]],
        [[3.0, 0.0], [3.5, 0.5]],
        [],
    ]
    marks = [len(points.get_paths()[0]) for points in scattered]
    assert marks[0] == marks[1] != marks[2] == marks[3]


def test_rings_mark_the_test_split(figure):
    rings = figure.axes[0].collections[-1]
    assert rings.get_offsets().tolist() == [[0.5, -0.5]]
    assert len(rings.get_facecolors()) == 0


def test_axes_are_the_features(figure):
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("width", "height")
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 4), (-1, 1))


def test_legend_names_classes_ring_and_line(figure):
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["no", "yes", "test split", "boundary"]


def test_one_predicted_class_has_no_boundary():
    figure = bounded(np.stack([np.ones_like(RISING), 0 * RISING], axis=2), ["no", "yes"])
    assert len(figure.axes[0].collections) == 2 * 2 + 1


def test_three_classes_have_boundaries_between_them():
    third = np.abs(RISING - 0.5) * -1 + 0.6
    figure = bounded(np.stack([1 - RISING, RISING, third], axis=2), ["a", "b", "c"])
    assert set(np.unique(figure.axes[0].images[0].get_array())) == {0, 1, 2}
    assert len(figure.axes[0].collections) == 2 + 2 * 3 + 1


def test_axes_have_the_unit_of_the_csv(plane):
    (axes,) = only(FIGURE, plane).axes
    rings = np.asarray(axes.collections[-1].get_offsets())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("width", "height")
    assert rings[:, 0] == pytest.approx(10 + 2 * plane.test.x[:, 0].astype(float))
    low, high = axes.get_xlim()
    assert low < rings[:, 0].min() < rings[:, 0].max() < high


def test_boundary_is_that_of_the_served_model(plane):
    (path,) = only(FIGURE, plane).axes[0].collections[0].get_paths()
    assert path.vertices[:, 0] == pytest.approx(10.0, abs=1e-4)


def test_many_rows_are_thinned(plane):
    many = subject(dense(), plane.meta, rows=1200)
    rings = only(FIGURE, many).axes[0].collections[-1]
    assert len(rings.get_offsets()) == 500


def test_quotient_of_columns_has_no_plane():
    quotient = plain(
        [NumericFeature("a", ["a"], 0.0, 0.0, 1.0), NumericFeature("q", ["b", "c"], 0.0, 0.0, 1.0)],
        [],
    )
    assert FIGURE.draw(subject(dense(), table(table=quotient))) == {}


def test_two_features_have_a_boundary(experiments):
    assert suited(FIGURE, experiments) == {"plane"}


@pytest.mark.parametrize(("classes", "figures"), [(20, 1), (21, 0)])
def test_too_many_classes_have_no_boundary(classes, figures):
    names = [f"c{number}" for number in range(classes)]
    assert len(FIGURE.draw(subject(dense(), table(classes=names)))) == figures
