"""How far a run is."""

import pytest

from pipeline.tracking.curves import Measured, Value
from pipeline.watching.progress import Best, Progress
from tests.watching.runs import EPOCHS, measured, run

STEPS = EPOCHS | {"training.steps": "50", "training.epochs": "null"}


def test_time_left_counts_from_the_first_point():
    """The 2 s before it hold the compilation: 3 s an epoch, 7 epochs, and 1 s since the last."""
    progress = Progress.of(run(), measured(validation_loss=[3, 2, 1]))
    assert progress.seconds_left(now=9.0) == 3 * 7 - 1


@pytest.mark.parametrize("state", ["finished", "killed", "paused"])
def test_what_does_not_run_has_no_time_left(state):
    assert Progress.of(run(state=state), measured(validation_loss=[2, 1])).seconds_left() is None


def test_one_point_gives_no_time_left():
    assert Progress.of(run(), measured(validation_loss=[1])).seconds_left() is None


def test_best_accuracy_is_the_largest():
    progress = Progress.of(run(), measured(validation_accuracy=[0.1, 0.9, 0.5]))
    assert progress.best("accuracy") == Best(0.9, 2.0)


def test_best_loss_is_the_smallest():
    assert Progress.of(run(), measured(validation_loss=[3, 1, 2])).best("loss") == Best(1.0, 2.0)


def test_own_metric_has_the_direction_of_its_monitor():
    stopping = {"monitor": "validation/m.py:f", "direction": "max"}
    settings = EPOCHS | {f"training.early_stopping.{key}": value for key, value in stopping.items()}
    progress = Progress.of(run(), measured(settings, **{"validation_m.py:f": [1, 2]}))
    assert progress.best("m.py:f") == Best(2.0, 2.0)


def test_axis_counts_steps_if_the_experiment_does():
    progress = Progress.of(run(), measured(STEPS, validation_loss=[3, 2]))
    assert (progress.points("validation/loss"), progress.done) == ([(5.0, 3.0), (10.0, 2.0)], 10.0)


def test_figures_are_loss_and_headline():
    curves = {"validation_auc": [1], "validation_accuracy": [1], "validation_loss": [1]}
    assert Progress.of(run(), measured(**curves)).figures == ["loss", "accuracy"]


def test_monitor_is_drawn_instead_of_the_headline():
    settings = EPOCHS | {"training.early_stopping.monitor": "validation/auc"}
    curves = {"validation_auc": [1], "validation_accuracy": [1], "validation_loss": [1]}
    assert Progress.of(run(), measured(settings, **curves)).figures == ["loss", "auc"]


def test_own_metric_without_a_monitor_has_no_best_value():
    progress = Progress.of(run(), measured(**{"validation_m.py:f": [1, 2]}))
    assert progress.best("m.py:f") is None


@pytest.mark.parametrize(("now", "left"), [(5.0, 24.0), (0.0, 24.0), (28.0, 1.0), (99.0, 0.0)])
def test_time_left_is_never_negative_nor_grows(now, left):
    """Two epochs took 3 s each, the last one ended at 5 s, and 8 epochs remain."""
    assert Progress.of(run(), measured(validation_loss=[2, 1])).seconds_left(now) == left


def test_time_left_counts_steps_if_the_experiment_does():
    progress = Progress.of(run(), measured(STEPS, validation_loss=[3, 2, 1]))
    assert progress.seconds_left(now=8.0) == 3 / 5 * 35


def test_unknown_length_gives_no_time_left():
    progress = Progress.of(run(), measured({}, validation_loss=[3, 2, 1]))
    assert (progress.total, progress.seconds_left()) == (None, None)


def test_run_without_an_epoch_has_done_nothing():
    assert Progress.of(run(), measured()).done == 0.0


def test_value_outside_an_epoch_has_no_place():
    both = measured(validation_loss=[3, 2])
    late = [*both.curves["validation/loss"], Value(11, 1.0, 9_000)]
    progress = Progress.of(run(), Measured(EPOCHS, both.curves | {"validation/loss": late}))
    assert progress.points("validation/loss") == [(1, 3.0), (2, 2.0)]


def test_time_without_epochs_gives_no_time_left():
    curves = {"seconds": [Value(5, 1.0, 1_000), Value(10, 2.0, 2_000)]}
    assert Progress.of(run(), Measured(EPOCHS, curves)).seconds_left() is None


def test_run_without_a_task_draws_the_first_figure():
    curves = {"validation_f1": [1], "validation_auc": [1], "validation_loss": [1]}
    assert Progress.of(run(), measured({}, **curves)).figures == ["loss", "auc"]


@pytest.mark.parametrize(
    ("name", "figures"), [("auc", ["auc"]), ("loss", ["loss"]), ("mse", ["mse"])]
)
def test_single_figure_is_drawn_once(name, figures):
    assert Progress.of(run(), measured(**{f"validation_{name}": [1]})).figures == figures
