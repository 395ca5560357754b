"""Learning curves, by what they show."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.data.prepared import Target
from pipeline.evaluation.figures.learning_curves import FIGURE, plot
from tests.support.subjects import HISTORY, legend, only, point, suited

EPOCHS = [1.0, 2.0, 3.0]
CURVES = {
    "loss": {"train": [0.9, 0.5, 0.4], "validation": [1.0, 0.6, 0.7]},
    "accuracy (share of rows)": {"train": [np.nan, 0.5, 0.6], "validation": [0.1, 0.2, 0.3]},
}


@pytest.fixture(scope="module")
def figure():
    return plot(EPOCHS, CURVES, saved=2.0, title="toy: learning curves")


def panels(one) -> list[str]:
    return [axes.get_ylabel() for axes in only(FIGURE, one).axes]


def test_each_metric_has_its_own_panel(figure):
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy (share of rows)"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"epoch"}
    assert figure.get_suptitle() == "toy: learning curves"


def test_panel_shows_both_splits(figure):
    train, validation, _ = figure.axes[0].get_lines()
    assert train.get_xydata().tolist() == [[1.0, 0.9], [2.0, 0.5], [3.0, 0.4]]
    assert validation.get_xydata().tolist() == [[1.0, 1.0], [2.0, 0.6], [3.0, 0.7]]


def test_splits_differ_by_more_than_colour(figure):
    train, validation, saved = figure.axes[0].get_lines()
    assert len({line.get_linestyle() for line in (train, validation, saved)}) == 3
    assert train.get_marker() != validation.get_marker()


def test_unmeasured_value_is_left_out(figure):
    assert figure.axes[1].get_lines()[0].get_xydata().tolist() == [[2.0, 0.5], [3.0, 0.6]]


@pytest.mark.parametrize(("points", "marker"), [(40, "o"), (41, "None")])
def test_few_points_have_marks(points, marker):
    epochs = list(range(points))
    curves = {"loss": {"train": [1.0] * points}}
    axes = plot(epochs, curves, saved=1, title="").axes[0]
    assert axes.get_lines()[0].get_marker() == marker


def test_line_marks_the_epoch_of_saved_weights(figure):
    for axes in figure.axes:
        assert axes.get_lines()[2].get_xdata() == [2.0, 2.0]
        assert legend(axes) == ["train", "validation", "saved weights (epoch 2)"]


def test_learning_rate_has_the_last_panel():
    rates = [0.3, 0.2, 0.1]
    axes = plot(EPOCHS, CURVES, saved=2.0, title="", learning_rate=rates).axes[2]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "learning rate")
    assert axes.get_lines()[0].get_xydata().tolist() == [[1.0, 0.3], [2.0, 0.2], [3.0, 0.1]]


def test_metrics_have_units(dense_on_images):
    assert panels(dense_on_images) == ["loss", "accuracy (share of rows)"]


@pytest.mark.parametrize(
    ("target", "unit"),
    [(Target("y", 1000.0), "y / 1,000"), (Target("y", 1.0, 3.0, 2.0), "y")],
)
def test_metrics_have_the_unit_of_the_target(regressing, target, unit):
    meta = replace(regressing.meta, targets=[target])
    one = replace(regressing, meta=meta, history=[point(20, loss=0.5, mae=1.0, mse=2.0)])
    assert panels(one)[1:] == [f"mae ({unit})", f"mse ({unit}, squared)"]


def test_loss_of_a_standardised_target_says_so(regressing):
    meta = replace(regressing.meta, targets=[Target("y", 1.0, 3.0, 2.0)])
    one = replace(regressing, meta=meta, history=[point(20, loss=0.5, mae=1.0)])
    assert panels(one)[0] == "loss of the standardised y"


def test_class_name_is_not_a_formula(dense_on_images):
    figures = {"loss": 1.3, "recall/$a$": 0.5, f"f1/{40 * 'a'}": 0.5}
    assert panels(replace(dense_on_images, history=[point(20, **figures)]))[1:] == [
        r"recall/\$a\$",
        f"f1/{37 * 'a'}\naaa",
    ]


@pytest.mark.parametrize(("loss", "shown"), [(1.3, []), (40.0, ["log_loss (nats)"])])
def test_metric_that_equals_the_loss_is_left_out(dense_on_images, loss, shown):
    history = [point(20, loss=loss, accuracy=0.5, log_loss=1.3)]
    assert panels(replace(dense_on_images, history=history)) == [
        "loss",
        "accuracy (share of rows)",
        *shown,
    ]


def test_weighted_and_plain_loss_have_own_panels(dense_on_images):
    history = [point(20, loss=1.0, weighted_loss=3.0)]
    assert panels(replace(dense_on_images, history=history)) == ["loss", "weighted_loss"]


def test_running_loss_is_drawn_without_a_train_loss(dense_on_images):
    metrics = {"running/loss": 5.0, "validation/loss": 1.0}
    history = [replace(point(step), metrics=metrics) for step in (10, 20)]
    axes = only(FIGURE, replace(dense_on_images, history=history)).axes
    assert [one.get_ylabel() for one in axes] == [
        "loss",
        "running loss, as the steps minimise it",
    ]
    assert legend(axes[0])[0] == "validation"
    assert legend(axes[1])[0] == "running"


def test_train_loss_replaces_the_running_loss(dense_on_images):
    history = [replace(one, metrics=one.metrics | {"running/loss": 5.0}) for one in HISTORY]
    assert panels(replace(dense_on_images, history=history)) == panels(dense_on_images)


def test_diverged_point_is_left_out(dense_on_images):
    last = replace(point(30), metrics={"validation/loss": np.nan, "train/loss": np.nan})
    axes = only(FIGURE, replace(dense_on_images, history=[*HISTORY, last])).axes
    assert [one.get_ylabel() for one in axes] == ["loss", "accuracy (share of rows)"]
    assert axes[0].get_lines()[0].get_xydata().tolist() == [[1.0, 2.0], [2.0, 1.0]]


def test_learning_rate_is_shown_if_it_varies(dense_on_images):
    history = [point(10, 0.1, loss=2.0), point(20, 0.05, loss=1.0)]
    assert panels(replace(dense_on_images, history=history)) == ["loss", "learning rate"]


def test_saved_step_is_marked_by_its_epoch(dense_on_images):
    axes = only(FIGURE, replace(dense_on_images, saved_step=10)).axes[0]
    assert axes.get_lines()[2].get_xdata() == [1.0, 1.0]


def test_training_in_steps_has_an_axis_of_steps(dense_on_images):
    history = [point(0, loss=3.0), point(4, loss=2.0), point(10, loss=1.5), point(1004, loss=1.0)]
    axes = only(FIGURE, replace(dense_on_images, history=history, saved_step=1004)).axes[0]
    assert axes.get_xlabel() == "step"
    assert axes.get_lines()[1].get_xdata().tolist() == [0, 4, 10, 1004]
    assert legend(axes)[-1] == "saved weights (step 1,004)"


def test_single_evaluation_within_an_epoch_keeps_epochs(dense_on_images):
    history = [point(4, loss=3.0), point(10, loss=2.0), point(20, loss=1.0)]
    assert only(FIGURE, replace(dense_on_images, history=history)).axes[0].get_xlabel() == "epoch"


def test_every_experiment_has_curves(experiments):
    assert suited(FIGURE, experiments) == set(experiments)
