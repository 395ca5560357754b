"""What the figures of a sweep show."""

from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from pipeline.evaluation.drawing.png import png
from pipeline.evaluation.over_seeds import mean_interval
from pipeline.studies import figures

TRIALS = [
    {"optimizer.learning_rate": rate, "model.units": units, "seed": seed}
    for rate, units, seed in product(["0.001", "0.01", "0.1"], ["[100]", "[100,100]"], ["1", "2"])
]
LOSS = [0.30, 0.32, 0.28, 0.26, 0.20, 0.22, 0.18, 0.16, 0.40, 0.60, 0.80, 0.90]
BEST = 7  # 0.01, [100,100], 2
MANY = [
    {
        "optimizer.learning_rate": str(10 ** -(1 + number / 7)),
        "optimizer.momentum": str(number % 10 / 10),
        "model.units": ["[100]", "[100,100]", "[300,100,100,100,100,100,100,100,100]"][number % 3],
        "model.dropout": ["0", "0.25", "0.5"][number % 3],
        "training.batch_size": ["16", "32", "64", "128", "256", "512", "1024", "2048", "4096"][
            number % 9
        ],
        "training.early_stopping.patience": ["5", "6", "7", "50"][number % 4],
        "data": ["mnist", "mnist_first_5000", "mnist_first_10000", "california_housing"][
            number % 4
        ],
        "seed": str(number),
    }
    for number in range(30)
]


def coordinates(trials, objective, *, smaller_is_better=True, best=(0,)):
    return figures.parallel_coordinates(
        trials,
        objective,
        name="validation/loss",
        smaller_is_better=smaller_is_better,
        best=best,
        title="toy: trials",
    )


def effects(trials, objective):
    return figures.main_effects(trials, objective, name="validation/loss", title="toy: effects")


@pytest.fixture(scope="module")
def parallel():
    return coordinates(TRIALS, LOSS, best=[BEST])


@pytest.fixture(scope="module")
def effect():
    return effects(TRIALS, LOSS)


def heights(figure) -> np.ndarray:
    """Where each line crosses each axis, from the worst trial to the best."""
    return np.array([path.vertices[:, 1] for path in figure.axes[0].collections[0].get_paths()])


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def assert_no_text_overlaps(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [text for axes in figure.axes for text in axes.texts if text.get_text()]
    texts += [
        label
        for axes in figure.axes
        if axes.axison
        for label in axes.get_xticklabels()
        if label.get_rotation() == 0
    ]
    boxes = [text.get_window_extent() for text in texts]
    width, height = canvas.get_width_height()
    assert all(
        box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in boxes
    )
    assert [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)] == []


def test_line_crosses_each_axis_at_its_value(parallel):
    assert heights(parallel)[-1] == pytest.approx([0.5, 1, 1, 0])
    assert heights(parallel)[0] == pytest.approx([1, 1, 1, 1])


def test_objective_is_the_last_axis(parallel):
    names = [
        text
        for text in texts(parallel.axes[0])
        if text in ("optimizer.\nlearning_rate", "model.\nunits", "seed")
    ]
    assert names == ["optimizer.\nlearning_rate", "model.\nunits", "seed"]
    assert "validation/loss" in texts(parallel.axes[0])


def test_axes_are_labelled_with_their_values(parallel):
    assert {"0.001", "0.01", "0.1", "[100]", "[100,100]", "1", "2"} <= set(texts(parallel.axes[0]))


def test_numbers_within_a_factor_of_10_are_linear():
    figure = coordinates([{"a": "1"}, {"a": "5"}, {"a": "9"}], [3.0, 2.0, 1.0])
    assert heights(figure)[:, 0] == pytest.approx([0, 0.5, 1])


def test_numbers_from_a_factor_of_10_are_logarithmic():
    figure = coordinates([{"a": "0.01"}, {"a": str(0.1**1.5)}, {"a": "0.1"}], [3.0, 2.0, 1.0])
    assert heights(figure)[:, 0] == pytest.approx([0, 0.5, 1])


def test_axis_with_zero_is_linear():
    figure = coordinates([{"a": "0"}, {"a": "1"}, {"a": "100"}], [3.0, 2.0, 1.0])
    assert heights(figure)[:, 0] == pytest.approx([0, 0.01, 1])


def test_one_word_makes_all_values_names():
    figure = coordinates([{"a": "1"}, {"a": "null"}, {"a": "100"}], [3.0, 2.0, 1.0])
    assert heights(figure)[:, 0] == pytest.approx([0, 0.5, 1])


def test_line_has_a_gap_at_a_missing_setting():
    figure = coordinates([{"a": "1", "b": "2"}, {"a": "2"}], [1.0, 2.0])
    assert np.isnan(heights(figure)).tolist() == [[False, True, False], [False, False, False]]


def test_single_value_is_in_the_middle():
    assert heights(coordinates([{"a": "1"}], [0.5])).tolist() == [[0.5, 0.5]]


def test_better_trials_cover_worse_ones(parallel):
    assert parallel.axes[0].collections[0].get_array().tolist() == sorted(LOSS, reverse=True)


def test_largest_objective_can_be_the_best():
    figure = coordinates(TRIALS, LOSS, smaller_is_better=False)
    assert figure.axes[0].collections[0].get_array().tolist() == sorted(LOSS)


@pytest.mark.parametrize(("smaller_is_better", "best"), [(True, 0.16), (False, 0.9)])
def test_good_trials_are_dark(smaller_is_better, best):
    lines = coordinates(TRIALS, LOSS, smaller_is_better=smaller_is_better).axes[0].collections[0]
    lines.autoscale_None()
    assert lines.to_rgba(best) == pytest.approx((0.267004, 0.004874, 0.329415, 1), abs=1e-6)


def test_best_trial_is_marked_and_named(parallel):
    best = parallel.axes[0].get_lines()[-1]
    assert best.get_ydata() == pytest.approx([0.5, 1, 1, 0])
    assert (best.get_marker(), best.get_color(), best.get_label()) == (
        "o",
        "black",
        "best trial: 0.16",
    )


def test_trials_of_the_best_configuration_are_marked():
    figure = coordinates(TRIALS, LOSS, best=[6, 7])
    worse, better = figure.axes[0].get_lines()[-2:]
    assert worse.get_ydata() == pytest.approx([0.5, 1, 0, heights(figure)[-2, -1]])
    assert better.get_ydata() == pytest.approx([0.5, 1, 1, 0])
    (entry,) = figure.legends[0].get_texts()
    assert entry.get_text() == "best configuration: mean 0.17"


def test_colour_bar_shows_the_objective(parallel):
    assert parallel.axes[1].get_ylabel() == "validation/loss"
    assert parallel.axes[1].get_ylim() == (0.16, 0.9)


def test_objective_from_a_factor_of_10_is_logarithmic():
    figure = coordinates([{"a": "1"}, {"a": "2"}, {"a": "3"}], [0.01, 0.1, 1.0])
    assert sorted(heights(figure)[:, 1]) == pytest.approx([0, 0.5, 1])
    assert figure.axes[1].get_yscale() == "log"


def test_each_setting_has_a_panel(effect):
    assert [axes.get_xlabel() for axes in effect.axes] == [
        "optimizer.learning_rate",
        "model.units",
        "seed",
    ]


def test_panel_shows_the_mean_of_each_value(effect):
    means = next(line for line in effect.axes[0].get_lines() if line.get_marker() == "D")
    assert means.get_xydata() == pytest.approx(np.array([[0, 0.29], [0.5, 0.19], [1, 0.675]]))


def test_bar_is_the_interval_of_the_mean(effect):
    _, _, *bars = (line.get_xydata().tolist() for line in effect.axes[1].get_lines())
    ends = [
        mean_interval([LOSS[number] for number in of])[1]
        for of in ([0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11])
    ]
    assert bars == [
        [[place, low], [place, high]] for place, (low, high) in zip([0.0, 1.0], ends, strict=True)
    ]


def test_trials_are_dots_next_to_the_mean(effect):
    dots = np.asarray(effect.axes[2].collections[0].get_offsets())
    assert dots[:, 0] == pytest.approx([float(trial["seed"]) - 1.04 for trial in TRIALS])
    assert dots[:, 1].tolist() == LOSS


def test_dots_keep_their_distance_from_other_values():
    (axes,) = effects([{"a": str(number)} for number in range(101)], [1.0, *[2.0] * 100]).axes
    assert axes.collections[0].get_offsets()[1].tolist() == pytest.approx([0.01 * 2 / 3, 2.0])


def test_each_panel_shows_the_mean_of_all_trials(effect):
    for axes in effect.axes:
        assert axes.get_lines()[0].get_ydata() == [pytest.approx(np.mean(LOSS))] * 2


def test_trials_fill_half_of_the_common_scale(effect):
    for axes in effect.axes:
        assert axes.get_ylim() == pytest.approx((-0.21, 1.27))


def test_only_means_of_ordered_values_are_connected(effect):
    styles = [
        next(line.get_linestyle() for line in axes.get_lines() if line.get_marker() == "D")
        for axes in effect.axes
    ]
    assert styles == ["-", "None", "None"]


def test_value_of_a_single_trial_has_no_interval():
    (axes,) = effects([{"a": "x"}, {"a": "y"}], [1.0, 2.0]).axes
    assert [line.get_marker() for line in axes.get_lines()] == ["None", "D"]


def test_panel_leaves_out_trials_without_its_setting():
    figure = effects([{"a": "1", "b": "1"}, {"a": "2", "b": "2"}, {"a": "3"}], [1.0, 2.0, 3.0])
    means = next(line for line in figure.axes[1].get_lines() if line.get_marker() == "D")
    assert means.get_ydata().tolist() == [1.0, 2.0]


def test_equal_objectives_can_be_drawn():
    lines, panels = coordinates(TRIALS[:2], [0.5, 0.5]), effects(TRIALS[:2], [0.5, 0.5])
    assert all(png(figure).startswith(b"\x89PNG") for figure in (lines, panels))
    assert heights(lines)[:, -1].tolist() == [0.5, 0.5]
    assert panels.axes[0].get_lines()[0].get_ydata() == [0.5, 0.5]


def test_long_values_are_shortened():
    figure = coordinates(
        [{"model.units": "[" + ",".join(["100"] * 20) + "]"}, {"model.units": "[8]"}], [1.0, 2.0]
    )
    assert "[100,100,1…,100,100]" in texts(figure.axes[0])


@pytest.mark.parametrize("draw", [coordinates, effects])
@pytest.mark.parametrize(
    "trials",
    [TRIALS, MANY, [{"seed": str(seed)} for seed in range(5)]],
    ids=["three", "eight", "one"],
)
def test_labels_do_not_overlap_and_files_are_small(draw, trials):
    figure = draw(trials, np.geomspace(0.05, 3.0, len(trials)).tolist())
    assert_no_text_overlaps(figure)
    assert len(png(figure)) < 200_000


def test_figures_have_their_titles(parallel, effect):
    assert [figure.get_suptitle() for figure in (parallel, effect)] == [
        "toy: trials",
        "toy: effects",
    ]
