"""Figures by what they show, not by their pixels."""

import numpy as np
import pytest

from pipeline.evaluation import figures

COUNTS = np.array([[3, 1], [0, 0]])
EPOCHS = [1.0, 2.0, 3.0]
CURVES = {
    "loss": {"train": [0.9, 0.5, 0.4], "validation": [1.0, 0.6, 0.7]},
    "accuracy": {"train": [np.nan, 0.5, 0.6], "validation": [0.1, 0.2, 0.3]},
}
TRUE, PREDICTED = np.array([1.0, 2.0, 5.0]), np.array([1.5, 2.0, 4.0])


@pytest.fixture(scope="module")
def confusion():
    return figures.confusion_matrix(COUNTS, ["no", "yes"], title="toy: test split")


@pytest.fixture(scope="module")
def scattered():
    return figures.residuals(TRUE, PREDICTED, unit="price / 1000", title="toy: test split")


@pytest.fixture(scope="module")
def learned():
    return figures.learning_curves(EPOCHS, CURVES, kept=2.0, title="toy: learning curves")


def written(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


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


def test_colours_of_a_confusion_matrix_begin_at_zero(confusion):
    assert [axes.collections[0].get_clim() for axes in confusion.axes[:2]] == [(0, 3), (0, 75)]


def test_bars_of_colour_say_what_they_count(confusion):
    assert [axes.get_ylabel() for axes in confusion.axes[2:]] == ["rows", "% of the true class"]


def test_long_names_of_classes_are_turned():
    figure = figures.confusion_matrix(COUNTS, ["setosa", "other"], title="")
    assert {label.get_rotation() for label in figure.axes[0].get_xticklabels()} == {45.0}


def test_many_classes_get_no_numbers():
    figure = figures.confusion_matrix(np.eye(21, dtype=int), [str(number) for number in range(21)], title="")
    assert written(figure.axes[0]) == []


def test_predictions_are_shown_against_the_truth(scattered):
    left = scattered.axes[0]
    assert points(left.collections[0]) == [[1.0, 1.5], [2.0, 2.0], [5.0, 4.0]]
    assert (left.get_xlabel(), left.get_ylabel()) == ("true price / 1000", "predicted price / 1000")


def test_a_line_shows_where_predictions_would_be_exact(scattered):
    (line,) = scattered.axes[0].get_lines()
    assert line.get_xydata().tolist() == [[1.0, 1.0], [5.0, 5.0]]


def test_residuals_are_prediction_less_truth(scattered):
    right = scattered.axes[1]
    assert points(right.collections[0]) == [[1.5, 0.5], [2.0, 0.0], [4.0, -1.0]]
    assert right.get_ylabel() == "residual (predicted - true)"
    assert right.get_lines()[0].get_ydata() == [0, 0]


def test_each_metric_has_a_panel_of_its_own(learned):
    assert [axes.get_ylabel() for axes in learned.axes] == ["loss", "accuracy"]
    assert {axes.get_xlabel() for axes in learned.axes} == {"epoch"}


def test_curves_show_both_splits(learned):
    train, validation, _ = learned.axes[0].get_lines()
    assert train.get_xydata().tolist() == [[1.0, 0.9], [2.0, 0.5], [3.0, 0.4]]
    assert validation.get_xydata().tolist() == [[1.0, 1.0], [2.0, 0.6], [3.0, 0.7]]


def test_a_value_that_is_not_known_is_left_out_of_its_curve(learned):
    assert learned.axes[1].get_lines()[0].get_xydata().tolist() == [[2.0, 0.5], [3.0, 0.6]]


def test_the_epoch_whose_weights_were_kept_is_marked(learned):
    for axes in learned.axes:
        assert axes.get_lines()[2].get_xdata() == [2.0, 2.0]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["train", "validation", "weights kept"]


def test_one_metric_is_one_panel():
    figure = figures.learning_curves(EPOCHS, {"loss": CURVES["loss"]}, kept=1.0, title="")
    assert len(figure.axes) == 1


def test_figures_have_their_titles(confusion, scattered, learned):
    titles = [figure.get_suptitle() for figure in (confusion, scattered, learned)]
    assert titles == ["toy: test split", "toy: test split", "toy: learning curves"]


def test_an_equal_figure_is_an_equal_file(tmp_path):
    for name in ("1.png", "2.png"):
        figure = figures.learning_curves(EPOCHS, CURVES, kept=2.0, title="toy")
        figure.savefig(tmp_path / name, metadata={"Software": None})
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()
