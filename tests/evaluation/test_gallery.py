"""Which figures an experiment gets, by its data and its network."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.config.model import FAMILIES
from pipeline.data.prepared import NumericFeature, Part, Table, Target
from pipeline.evaluation import gallery
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.gallery import curves, layers
from pipeline.evaluation.gallery import images as pictures
from pipeline.evaluation.scoring import Scores
from pipeline.models import serving
from pipeline.models.families.cnn import Cnn
from pipeline.models.families.layers import Layers
from pipeline.models.families.linear import Linear
from pipeline.models.families.mlp import Mlp
from pipeline.runs.history import Point
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, regression, table

MLP, CNN = Mlp(units=[4]), Cnn(filters=[2, 3], kernel_size=3, units=[])
PICTURES = ["confusion_matrix", "learning_curves", "sample_images", "worst_errors"]
FIRST_LAYER = "first_layer_weights"


def point(step: int, learning_rate: float = 0.1, **metrics: float) -> Point:
    named = {
        f"{split}/{name}": value
        for name, value in metrics.items()
        for split in ("train", "validation")
    }
    return Point(step, step / 10, 0, 0.0, 0.0, 0, learning_rate, named)


HISTORY = [point(10, loss=2.0, accuracy=0.5), point(20, loss=1.0, accuracy=0.6)]


def features(**spans: tuple[float, float]) -> Table:
    """Numeric features by name: mean and scale."""
    return Table(
        [NumericFeature(name, [name], 0.0, mean, scale) for name, (mean, scale) in spans.items()],
        [],
    )


def subject(config, meta, *, rows: int = 14, **changes) -> Subject:
    """An untrained network, 20 random rows to train and `rows` to test, of which it gets some wrong."""
    random = np.random.default_rng(0)
    train, test = (_part(random, meta, count) for count in (20, rows))
    probabilities = (
        random.dirichlet(np.ones(meta.outputs), size=rows)
        if meta.outputs > 1
        else random.random((rows, 1))
    )
    scores = Scores(meta.task, test.y, probabilities if meta.classes else random.normal(size=rows))
    given = {"snapshots": {}, "history": HISTORY, "kept": 20} | changes
    return Subject(
        "toy", meta, served(config, meta), train=train, test=test, scores=scores, **given
    )


def served(config, meta):
    """Without clearing Keras's session, as `families.build` does first: that takes most of its time."""
    network = FAMILIES.load(config.family, key="model.family").build(config, meta, 1)
    return serving.serve(network, meta)


def _part(random: np.random.Generator, meta, rows: int) -> Part:
    if meta.pixel_maximum is None:
        x = random.normal(size=(rows, *meta.shape)).astype(np.float32)
    else:
        x = random.integers(0, 256, size=(rows, *meta.shape), dtype=np.uint8)
    y = np.arange(rows) % len(meta.classes) if meta.classes else random.normal(size=rows)
    return Part(x, y, None)


@pytest.fixture(scope="module")
def dense():
    """A dense network on grey images."""
    return subject(MLP, images())


@pytest.fixture(scope="module")
def convolving():
    """A convolutional network on grey images."""
    return subject(CNN, images())


@pytest.fixture(scope="module")
def halved():
    """A unit that parts the plane at a width of 10."""
    one = subject(Linear(), table(table=features(width=(10.0, 2.0), height=(0.0, 1.0))))
    one.network.set_weights([np.array([[1.0], [0.0]]), np.array([0.0])])
    return one


@pytest.fixture(scope="module")
def estimating():
    """A regression of three features."""
    return subject(MLP, regression(3))


def test_a_dense_network_on_images_shows_its_first_layer(dense):
    assert sorted(gallery.draw(dense)) == sorted([*PICTURES, FIRST_LAYER])


def test_a_linear_network_on_images_labels_its_weights_with_the_classes():
    figure = layers.draw(subject(Linear(), images()))[FIRST_LAYER]
    assert [text.get_text() for text in figure.axes[0].texts] == ["a", "b", "c"]
    assert figure.get_suptitle() == "toy: weights of output"


def test_units_that_are_not_shown_have_no_labels():
    figure = layers.draw(subject(Linear(), images(shape=[240, 240, 1]), rows=1))[FIRST_LAYER]
    assert [text.get_text() for text in figure.axes[0].texts] == ["a"]


def test_hidden_units_are_no_classes(dense):
    assert len(layers.draw(dense)[FIRST_LAYER].axes[0].texts) == 0


def test_many_units_are_shown_in_part_and_colours_by_their_mean():
    one = subject(Mlp(units=[101]), images(shape=[4, 4, 3]))
    figure = layers.draw(one)[FIRST_LAYER]
    assert (
        figure.get_suptitle()
        == "toy: weights of dense_1\nfirst 100 of 101 units, mean over the colours"
    )
    kernel = one.network.get_layer("dense_1").get_weights()[0].reshape(4, 4, 3, 101)
    assert np.array_equal(
        figure.axes[0].images[0].get_array()[:4, 5:9], kernel[:, :, :, 1].mean(axis=2)
    )


def test_of_large_images_fewer_units_are_shown():
    figure = layers.draw(subject(Mlp(units=[3]), images(shape=[240, 240, 1]), rows=1))[FIRST_LAYER]
    assert figure.get_suptitle() == "toy: weights of dense_1\nfirst 1 of 3 units"


def test_snapshots_at_powers_of_ten_show_the_first_layer_on_the_same_scale(dense):
    early = served(MLP, images())
    found = layers.draw(replace(dense, snapshots=dict.fromkeys((0, 1, 10, 20, 100), early)))
    assert sorted(found) == [
        FIRST_LAYER,
        *(f"{FIRST_LAYER}_step_{step:06d}" for step in (1, 10, 100)),
    ]
    assert len({figure.axes[0].images[0].get_clim() for figure in found.values()}) == 1
    assert (
        found[f"{FIRST_LAYER}_step_000010"].get_suptitle()
        == "toy: weights of dense_1\nafter step 10"
    )


def test_a_convolutional_network_shows_kernels_and_activations(convolving):
    found = gallery.draw(convolving)
    convolutions = ["activations_conv_1", "activations_conv_2", "kernels_conv_1", "kernels_conv_2"]
    assert sorted(found) == sorted([*PICTURES, *convolutions])
    assert found["kernels_conv_1"].get_suptitle() == "toy: kernels of conv_1\nconvolution 1 of 2"
    assert (
        found["kernels_conv_2"].get_suptitle()
        == "toy: kernels of conv_2\nconvolution 2 of 2, for input channel 0 of 2"
    )


def test_kernels_are_those_of_the_network(convolving):
    shown = layers.draw(convolving)["kernels_conv_2"].axes[0].images[0].get_array()
    kernel = convolving.network.get_layer("conv_2").get_weights()[0]
    assert np.array_equal(shown[:12:4, 13:25:4], kernel[:, :, 0, 1])


def test_the_first_kernels_have_all_channels_of_coloured_images_and_few_filters_are_shown():
    found = layers.draw(
        subject(Cnn(filters=[65], kernel_size=3, units=[]), images(shape=[8, 8, 3]))
    )
    assert [axes.get_title() for axes in found["kernels_conv_1"].axes] == [
        "red",
        "green",
        "blue",
        "",
    ]
    for what in ("kernels", "activations"):
        title = found[f"{what}_conv_1"].get_suptitle()
        assert title == f"toy: {what} of conv_1\nconvolution 1 of 1, first 64 of 65 filters"


def test_activations_are_those_of_test_images_0_and_13(convolving):
    axes = layers.draw(convolving)["activations_conv_1"].axes
    assert [axes[0].get_title(), axes[2].get_title()] == ["test image 0: a", "test image 13: b"]


def test_a_short_test_split_has_no_image_13():
    assert len(layers.draw(subject(CNN, images(), rows=13))["activations_conv_1"].axes) == 2 + 1


def test_convolutions_beyond_the_fourth_and_of_one_pixel_are_left_out():
    sizes = [(1 + number % 2, number // 2) for number in range(10)]
    stack = [
        {"class_name": "Conv2D", "filters": 2, "kernel_size": size, "name": f"c{size}{n}"}
        for size, n in sizes
    ]
    found = layers.draw(subject(Layers(layers=[*stack, {"class_name": "Flatten"}]), images()))
    kernels = [name for name in found if name.startswith("kernels")]
    assert kernels == ["kernels_c20", "kernels_c21", "kernels_c22", "kernels_c23"]
    assert "convolution 4 of 5" in found["kernels_c23"].get_suptitle()


def test_only_the_first_convolution_of_all_sees_the_colours():
    stack = [
        {"class_name": "Conv2D", "filters": 3, "kernel_size": size, "name": f"c{size}"}
        for size in (1, 2)
    ]
    found = layers.draw(
        subject(Layers(layers=[*stack, {"class_name": "Flatten"}]), images(shape=[8, 8, 3]))
    )
    assert found["kernels_c2"].axes[0].get_title() == "input channel 0"
    assert (
        found["kernels_c2"].get_suptitle()
        == "toy: kernels of c2\nconvolution 1 of 1, for input channel 0 of 3"
    )


def test_samples_are_training_images_drawn_the_same_each_time(dense):
    first, again = (pictures.draw(dense)["sample_images"].axes[0] for _ in range(2))
    assert np.ma.allequal(first.images[0].get_array(), again.images[0].get_array())
    assert np.array_equal(first.images[0].get_array()[2:10, :8], dense.train.x[0, :, :, 0] / 255)
    assert [text.get_text() for text in first.texts] == [
        dense.classes[label] for label in dense.train.y
    ]


def test_of_many_training_images_forty_are_drawn(dense):
    many = replace(
        dense, train=Part(np.tile(dense.train.x, (3, 1, 1, 1)), np.tile(dense.train.y, 3), None)
    )
    assert len(pictures.draw(many)["sample_images"].axes[0].texts) == 40


def errors_of(one: Subject, probabilities: np.ndarray):
    """The figure of worst errors, if there is one."""
    return pictures.draw(
        replace(one, scores=Scores("classification", one.test.y, probabilities))
    ).get("worst_errors")


def test_worst_errors_begin_with_the_least_probability_for_the_truth(dense):
    probabilities = 0.9 * np.eye(3)[dense.test.y]
    probabilities[4], probabilities[9] = [0.8, 0.15, 0.05], [0.02, 0.08, 0.9]
    (axes,) = errors_of(dense, probabilities).axes
    assert [text.get_text() for text in axes.texts] == [
        "predicted c (90.0 %)\ntrue a (2.0 %)",
        "predicted a (80.0 %)\ntrue b (15.0 %)",
    ]
    assert np.array_equal(axes.images[0].get_array()[2:10, :8], dense.test.x[9, :, :, 0] / 255)


def test_no_more_than_nine_errors_are_shown(dense):
    assert len(errors_of(dense, np.eye(3)[(dense.test.y + 1) % 3]).axes[0].texts) == 9


def test_without_errors_there_are_none_to_show(dense):
    assert errors_of(dense, np.eye(3)[dense.test.y]) is None


def test_two_features_of_two_classes_are_a_plane_with_boundary_and_surfaces(halved):
    assert sorted(gallery.draw(halved)) == [
        "confusion_matrix",
        "decision_boundary",
        "learning_curves",
        "output_surfaces",
    ]


def test_the_plane_is_in_the_unit_of_the_csv(halved):
    (axes,) = gallery.draw(halved)["decision_boundary"].axes
    rings = np.asarray(axes.collections[-1].get_offsets())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("width", "height")
    assert rings[:, 0] == pytest.approx(10 + 2 * halved.test.x[:, 0].astype(float))
    low, high = axes.get_xlim()
    assert low < rings[:, 0].min() < rings[:, 0].max() < high


def test_the_boundary_is_where_the_served_model_changes_its_mind(halved):
    (path,) = gallery.draw(halved)["decision_boundary"].axes[0].collections[0].get_paths()
    assert path.vertices[:, 0] == pytest.approx(10.0, abs=1e-4)


def test_surfaces_are_the_output_and_its_step(halved):
    smooth, steps, _ = gallery.draw(halved)["output_surfaces"].axes
    assert [axes.get_title() for axes in (smooth, steps)] == [
        "its own activations, and a sigmoid",
        "a step in place of each",
    ]
    output = np.asarray(smooth.collections[0].get_array())
    assert 0 < output.min() < 0.3 < 0.7 < output.max() < 1
    assert set(np.asarray(steps.collections[0].get_array())) == {0.0, 0.5, 1.0}


def test_two_features_of_three_classes_have_a_boundary_alone():
    found = gallery.draw(subject(MLP, table(classes=["a", "b", "c"])))
    assert sorted(found) == ["confusion_matrix", "decision_boundary", "learning_curves"]


def names(count: int) -> list[str]:
    return [f"c{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("classes", "drawn"), [(21, ["confusion_matrix", "learning_curves"]), (65, ["learning_curves"])]
)
def test_classes_that_cannot_be_told_apart_are_not_drawn(classes, drawn):
    assert sorted(gallery.draw(subject(MLP, table(classes=names(classes))))) == drawn


def test_dollar_signs_are_no_formula():
    found = gallery.draw(subject(MLP, table(classes=["$5^$", "more"])))
    for name in ("confusion_matrix", "decision_boundary"):
        found[name].draw_without_rendering()
    assert found["decision_boundary"].legends[0].get_texts()[0].get_text() == r"\$5^\$"


def test_a_long_name_of_a_class_is_shortened(halved):
    meta = replace(halved.meta, classes=["no", "a class of a rather long name"])
    assert replace(halved, meta=meta).classes == ["no", "a class of a ra…ong name"]


def test_a_quotient_of_columns_is_no_place_in_the_plane():
    quotient = Table(
        [NumericFeature("a", ["a"], 0.0, 0.0, 1.0), NumericFeature("q", ["b", "c"], 0.0, 0.0, 1.0)],
        [],
    )
    assert sorted(gallery.draw(subject(MLP, table(table=quotient)))) == [
        "confusion_matrix",
        "learning_curves",
    ]


def test_other_tables_have_curves_and_what_was_predicted(estimating):
    assert sorted(gallery.draw(subject(MLP, table(3)))) == ["confusion_matrix", "learning_curves"]
    assert sorted(gallery.draw(estimating)) == ["learning_curves", "residuals"]


def test_a_table_of_places_has_a_map_of_errors_in_degrees(estimating):
    spots = features(longitude=(-120.0, 2.0), income=(0.0, 1.0), latitude=(35.0, 3.0))
    meta = replace(estimating.meta, table=spots, target=Target("value", unit=100_000.0))
    found = gallery.draw(replace(estimating, meta=meta))
    assert sorted(found) == ["error_map", "learning_curves", "residuals"]
    offsets, x = (
        np.asarray(found["error_map"].axes[0].collections[0].get_offsets()),
        estimating.test.x.astype(float),
    )
    assert sorted(offsets[:, 0]) == pytest.approx(sorted(-120 + 2 * x[:, 0]))
    assert sorted(offsets[:, 1]) == pytest.approx(sorted(35 + 3 * x[:, 2]))
    assert found["error_map"].axes[1].get_ylabel() == "predicted - true, value / 100,000"


def test_places_that_are_not_in_degrees_have_no_map(estimating):
    spots = features(longitude=(-120.0, 2.0), income=(0.0, 1.0), latitude=(35e6, 3.0))
    assert "error_map" not in gallery.draw(
        replace(estimating, meta=replace(estimating.meta, table=spots))
    )


def panels(one: Subject) -> list[str]:
    """The labels of the learning curves."""
    return [axes.get_ylabel() for axes in curves.draw(one)["learning_curves"].axes]


def test_curves_have_the_units_of_their_metrics(dense):
    assert panels(dense) == ["loss", "accuracy (share of rows)"]


@pytest.mark.parametrize(
    ("target", "unit"),
    [(Target("y", 1000.0), "y / 1,000"), (Target("y", 1.0, 3.0, 2.0), "standardised y")],
)
def test_curves_of_a_regression_have_the_unit_it_was_trained_in(estimating, target, unit):
    meta = replace(estimating.meta, target=target)
    found = panels(replace(estimating, meta=meta, history=[point(20, mae=1.0, mse=2.0)]))
    assert found == [f"mae ({unit})", f"mse ({unit}, squared)"]


def test_a_loss_that_is_no_plain_mean_gives_way_to_the_log_loss(dense):
    history = [point(20, loss=40.0, accuracy=0.5, log_loss=1.3)]
    assert panels(replace(dense, history=history)) == [
        "accuracy (share of rows)",
        "log_loss (nats)",
    ]


def test_a_learning_rate_is_shown_where_it_varies(dense):
    history = [point(10, 0.1, loss=2.0), point(20, 0.05, loss=1.0)]
    assert panels(replace(dense, history=history)) == ["loss", "learning rate"]


def test_curves_mark_the_epoch_that_was_kept(dense):
    axes = curves.draw(replace(dense, kept=10))["learning_curves"].axes[0]
    assert axes.get_lines()[2].get_xdata() == [1.0, 1.0]
