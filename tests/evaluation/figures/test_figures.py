"""Figures by what they show, not by their pixels: curves, predictions, and functions."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pipeline.evaluation import figures
from pipeline.evaluation.drawing.png import png

COUNTS = np.array([[3, 1], [0, 0]])
EPOCHS = [1.0, 2.0, 3.0]
CURVES = {
    "loss": {"train": [0.9, 0.5, 0.4], "validation": [1.0, 0.6, 0.7]},
    "accuracy (share of rows)": {"train": [np.nan, 0.5, 0.6], "validation": [0.1, 0.2, 0.3]},
}
TRUE, PREDICTED = np.array([1.0, 2.0, 5.0]), np.array([1.5, 2.0, 4.0])
LONGITUDE, LATITUDE = np.array([-120.0, -121.0, -122.0]), np.array([59.0, 60.0, 61.0])


@pytest.fixture(scope="module")
def confusion():
    return figures.confusion_matrix(COUNTS, ["no", "yes"], title="toy: test split")


@pytest.fixture(scope="module")
def scattered():
    return figures.residuals(TRUE, PREDICTED, unit="price / 1000", title="toy: test split")


@pytest.fixture(scope="module")
def mapped():
    return figures.error_map(
        LONGITUDE, LATITUDE, np.array([0.0, -2.0, 1.0]), unit="price / 1000", title="toy: errors"
    )


@pytest.fixture(scope="module")
def learned():
    return figures.learning_curves(EPOCHS, CURVES, kept=2.0, title="toy: learning curves")


@pytest.fixture(scope="module")
def functions():
    return figures.activation_functions()


def written(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def points(collection) -> list[list[float]]:
    return collection.get_offsets().tolist()


def test_counts_stand_beside_shares_of_the_true_class(confusion):
    counts, shares = confusion.axes[:2]
    assert written(counts) == ["3", "1", "0", "0"]
    assert written(shares) == ["75", "25", "0", "0"]


def test_the_truth_is_down_and_the_prediction_across(confusion):
    for axes in confusion.axes[:2]:
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["no", "yes"]
        assert [tick.get_text() for tick in axes.get_yticklabels()] == ["no", "yes"]


def test_colours_of_a_confusion_matrix_begin_at_zero_and_those_of_shares_end_at_100(confusion):
    assert [axes.collections[0].get_clim() for axes in confusion.axes[:2]] == [(0, 3), (0, 100)]


def test_bars_of_colour_say_what_they_count(confusion):
    assert [axes.get_ylabel() for axes in confusion.axes[2:]] == ["rows", "% of the true class"]


def test_long_names_of_classes_are_turned():
    figure = figures.confusion_matrix(COUNTS, ["setosa", "other"], title="")
    assert {label.get_rotation() for label in figure.axes[0].get_xticklabels()} == {45.0}


def test_long_names_of_classes_find_room():
    figure = figures.confusion_matrix(COUNTS, ["a" * 24, "b" * 24], title="")
    figure.draw_without_rendering()
    assert min(axes.get_window_extent().width for axes in figure.axes[:2]) > 120  # an inch


def test_many_classes_get_no_numbers():
    figure = figures.confusion_matrix(
        np.eye(21, dtype=int), [str(number) for number in range(21)], title=""
    )
    assert written(figure.axes[0]) == []


def test_predictions_are_shown_against_the_truth(scattered):
    left = scattered.axes[0]
    assert points(left.collections[0]) == [[1.0, 1.5], [2.0, 2.0], [5.0, 4.0]]
    assert (left.get_xlabel(), left.get_ylabel()) == ("true price / 1000", "predicted price / 1000")
    assert left.get_aspect() == 1


def test_a_line_shows_where_predictions_would_be_exact(scattered):
    (line,) = scattered.axes[0].get_lines()
    assert line.get_xydata().tolist() == [[1.0, 1.0], [5.0, 5.0]]


def test_residuals_are_prediction_less_truth(scattered):
    right = scattered.axes[1]
    assert points(right.collections[0]) == [[1.5, 0.5], [2.0, 0.0], [4.0, -1.0]]
    assert right.get_ylabel() == "residual: predicted - true\nprice / 1000"
    assert right.get_lines()[0].get_ydata() == [0, 0]


def test_errors_lie_where_they_were_made(mapped):
    (collection,) = mapped.axes[0].collections
    assert points(collection) == [[-120.0, 59.0], [-121.0, 60.0], [-122.0, 61.0]]
    assert collection.get_array().tolist() == [0.0, -2.0, 1.0]


def test_colours_of_errors_are_as_far_on_both_sides_of_a_white_zero(mapped):
    (collection,) = mapped.axes[0].collections
    low, high = collection.get_clim()
    assert (low, high) == (-high, pytest.approx(1.96))  # 98 per cent of the way
    assert collection.get_cmap()(collection.norm(0.0)) == (1.0, 1.0, 1.0, 1.0)


def test_a_map_has_degrees_of_one_length_in_both_directions(mapped):
    axes, bar = mapped.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("longitude (degrees)", "latitude (degrees)")
    assert axes.get_aspect() == pytest.approx(2.0)  # at 60 degrees north
    assert bar.get_ylabel() == "predicted - true, price / 1000"


def test_errors_of_zero_can_be_mapped():
    figure = figures.error_map(LONGITUDE, LATITUDE, np.zeros(3), unit="", title="")
    assert figure.axes[0].collections[0].get_clim() == (-1.0, 1.0)


def test_each_metric_has_a_panel_of_its_own(learned):
    assert [axes.get_ylabel() for axes in learned.axes] == ["loss", "accuracy (share of rows)"]
    assert {axes.get_xlabel() for axes in learned.axes} == {"epoch"}


def test_curves_show_both_splits(learned):
    train, validation, _ = learned.axes[0].get_lines()
    assert train.get_xydata().tolist() == [[1.0, 0.9], [2.0, 0.5], [3.0, 0.4]]
    assert validation.get_xydata().tolist() == [[1.0, 1.0], [2.0, 0.6], [3.0, 0.7]]


def test_splits_differ_by_more_than_colour(learned):
    train, validation, kept = learned.axes[0].get_lines()
    assert len({line.get_linestyle() for line in (train, validation, kept)}) == 3
    assert train.get_marker() != validation.get_marker()


def test_a_value_that_is_not_known_is_left_out_of_its_curve(learned):
    assert learned.axes[1].get_lines()[0].get_xydata().tolist() == [[2.0, 0.5], [3.0, 0.6]]


def test_the_epoch_whose_weights_were_kept_is_marked(learned):
    for axes in learned.axes:
        assert axes.get_lines()[2].get_xdata() == [2.0, 2.0]
        assert legend(axes) == ["train", "validation", "weights kept (epoch 2)"]


def test_one_metric_is_one_panel():
    figure = figures.learning_curves(EPOCHS, {"loss": CURVES["loss"]}, kept=1.0, title="")
    assert len(figure.axes) == 1


def test_a_learning_rate_has_the_last_panel():
    figure = figures.learning_curves(
        EPOCHS, CURVES, kept=2.0, title="", learning_rate=[0.3, 0.2, 0.1]
    )
    axes = figure.axes[2]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "learning rate")
    assert axes.get_lines()[0].get_xydata().tolist() == [[1.0, 0.3], [2.0, 0.2], [3.0, 0.1]]


def test_activation_functions_stand_beside_their_derivatives(functions):
    values, slopes = functions.axes
    assert legend(values) == legend(slopes) == ["step", "sigmoid", "tanh", "ReLU"]
    assert (values.get_ylabel(), slopes.get_ylabel()) == ("$f(z)$", "$f'(z)$")


@pytest.mark.parametrize(
    ("z", "values", "slopes"),
    [
        (-2.0, [0, 0.119203, -0.964028, 0], [0, 0.104994, 0.070651, 0]),
        (2.0, [1, 0.880797, 0.964028, 2], [0, 0.104994, 0.070651, 1]),
        (0.0, [np.nan, 0.5, 0, 0], [np.nan, 0.25, 1, np.nan]),
    ],
)
def test_activation_functions_have_their_values(functions, z, values, slopes):
    for axes, expected in zip(functions.axes, (values, slopes), strict=True):
        found = [line.get_ydata()[line.get_xdata() == z][0] for line in axes.get_lines()]
        assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_activation_functions_differ_by_more_than_colour(functions):
    for axes in functions.axes:
        assert len({line.get_linestyle() for line in axes.get_lines()}) == 4


def test_figures_have_their_titles(confusion, scattered, mapped, learned):
    titles = [figure.get_suptitle() for figure in (confusion, scattered, mapped, learned)]
    assert titles == ["toy: test split", "toy: test split", "toy: errors", "toy: learning curves"]


def test_an_equal_figure_is_an_equal_file():
    one, same = (
        png(figures.learning_curves(EPOCHS, CURVES, kept=2.0, title="toy")) for _ in range(2)
    )
    assert one == same


def test_a_figure_full_of_noise_is_a_small_file():
    noise = np.random.default_rng(0).normal(size=(100, 28, 28)).astype(np.float32)
    assert len(png(figures.first_layer_weights(noise, limit=2.0, title="toy"))) < 200_000


def test_a_file_has_the_colours_of_its_figure(confusion):
    with Image.open(BytesIO(png(confusion))) as image:
        assert image.size == tuple(int(120 * inches) for inches in confusion.get_size_inches())
        assert {(255, 255, 255), (8, 48, 107)} <= {
            colour for _, colour in image.convert("RGB").getcolors()
        }
