"""Looking into trained models: tables of layers and weights, and figures of activations."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline import experiment, inspect
from pipeline.config import model as families_of
from pipeline.data.prepared import load_meta, load_part
from pipeline.errors import PipelineError
from pipeline.evaluation.activations import figures_of
from pipeline.evaluation.figures.units import unit_activations
from pipeline.models import description as layers
from pipeline.models import families, serving
from pipeline.tracking import logged_models, store
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.toy import config_of, prepare_all

CNN = families_of.Cnn(family="cnn", filters=[2], kernel_size=3, units=[4])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A repository with three models in outputs/, one of which was trained by a run that the store holds."""
    folder = tmp_path_factory.mktemp("repository")
    prepared = prepare_all(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        short = [
            "data=shapes",
            "tracking=mlflow",
            "model.units=[5]",
            "training.epochs=1",
            "training.xla=false",
        ]
        experiment.run(config_of(folder, *short), output=folder / "outputs/shapes")
        for name, variant, config in (
            ("cnn", "shapes", CNN),
            ("prices", "prices", families_of.Linear(family="linear")),
        ):
            served = serving.serve(
                families.build(config, prepared[variant], seed=1), prepared[variant]
            )
            (folder / "outputs" / name).mkdir()
            served.save(folder / "outputs" / name / "model.keras")
    return folder


@pytest.fixture(autouse=True)
def _here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["inspect", *arguments])
    inspect.main()


def said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> list[list[str]]:
    """The words of each line on stdout, without the lines of tables."""
    called(monkeypatch, *arguments)
    lines = capsys.readouterr().out.splitlines()
    return [
        [cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")
    ]


def refusal(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    with pytest.raises(PipelineError) as caught:
        called(monkeypatch, *arguments)
    return str(caught.value)


def run_id() -> str:
    client = store.client()
    (run,) = client.search_runs([client.get_experiment_by_name("shapes").experiment_id])
    return run.info.run_id


def test_layers_are_listed_with_those_of_the_network_inside(monkeypatch, capsys):
    assert said(monkeypatch, capsys, "cnn") == [
        ["pixels", "InputLayer", "(None, 8, 8, 1)", "0", "0"],
        ["network", "Sequential", "(None, 3)", "167", "167"],
        ["scale", "Rescaling", "(None, 8, 8, 1)", "0", "0"],
        ["conv_1", "Conv2D", "(None, 8, 8, 2)", "20", "20"],
        ["pool_1", "MaxPooling2D", "(None, 4, 4, 2)", "0", "0"],
        ["flatten", "Flatten", "(None, 32)", "0", "0"],
        ["dense_1", "Dense", "(None, 4)", "132", "132"],
        ["output", "Dense", "(None, 3)", "15", "15"],
        ["probability", "Activation", "(None, 3)", "0", "0"],
        ["total", "", "", "167", "167"],
    ]


def test_the_way_from_a_csv_to_the_network_is_listed_too(monkeypatch, capsys):
    rows = said(monkeypatch, capsys, "prices")
    kinds = [kind for _, kind, *_ in rows]
    assert {
        "InputLayer",
        "StringLookup",
        "Divide",
        "Concatenate",
        "Sequential",
        "Rescaling",
    } <= set(kinds)


def test_what_is_not_trained_is_told_from_what_is():
    network = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(name="norm")])
    table = layers.overview(network, title="")
    assert [list(column.cells) for column in table.columns[3:]] == [["16"], ["8"]]
    assert [column.footer for column in table.columns[3:]] == ["16", "8"]


def test_a_run_is_named_by_how_its_id_begins(monkeypatch, capsys):
    by_run = said(monkeypatch, capsys, run_id()[:8])
    assert by_run == said(monkeypatch, capsys, "shapes")
    assert by_run[-1] == ["total", "", "", f"{64 * 5 + 5 + 5 * 3 + 3}", f"{64 * 5 + 5 + 5 * 3 + 3}"]


def test_the_model_of_a_run_is_the_one_that_was_kept():
    kept = keras.saving.load_model("outputs/shapes/model.keras", compile=False)
    for logged, expected in zip(
        logged_models.load(run_id()).get_weights(), kept.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(logged, expected)


def test_the_weights_of_a_layer_are_told_in_numbers():
    layer = keras.layers.Dense(2, name="dense_1")
    keras.Sequential([keras.Input((2,)), layer])
    layer.set_weights([np.array([[3.0, 0.0], [-1.0, 0.0]]), np.array([0.0, 4.0])])
    table = layers.weights(layer)
    rows = list(
        zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)
    )
    assert rows == [
        ("kernel", "(2, 2)", "float32", "0.5", "1.5", "-1", "3", "50.0%", "3.162"),
        ("bias", "(2,)", "float32", "2", "2", "0", "4", "50.0%", "4"),
    ]
    assert table.title == "dense_1: Dense, output (None, 2)"


@pytest.mark.parametrize("name", ["dense_1", "dense1", "Dense1"])
def test_a_layer_may_be_named_without_underscores(monkeypatch, capsys, name):
    rows = said(monkeypatch, capsys, "cnn", "--layer", name)
    assert [row[:3] for row in rows] == [
        ["kernel", "(32, 4)", "float32"],
        ["bias", "(4,)", "float32"],
    ]


def test_the_exact_name_comes_first():
    network = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(1, name="dense_1"),
            keras.layers.Dense(2, name="dense1"),
        ]
    )
    assert layers.find(network, "dense1").units == 2
    assert layers.find(network, "dense_1").units == 1


def test_a_layer_that_holds_others_tells_whose_weights_they_are(monkeypatch, capsys):
    rows = said(monkeypatch, capsys, "cnn", "--layer", "network")
    assert [row[0] for row in rows] == [
        f"{name}/{kind}" for name in ("conv_1", "dense_1", "output") for kind in ("kernel", "bias")
    ]


def test_a_layer_without_weights_says_so(monkeypatch, capsys):
    called(monkeypatch, "cnn", "--layer", "flatten")
    assert capsys.readouterr().out.splitlines()[-1].strip() == "It has no weights."


def test_an_unknown_layer_is_refused_with_a_suggestion(monkeypatch):
    assert refusal(monkeypatch, "cnn", "--layer", "dens_2") == (
        "the model has no layer of this name. Received: dens_2. Did you mean dense_1? "
        "Allowed: conv_1, dense_1, flatten, network, output, pixels, pool_1, probability, scale."
    )


def test_each_convolution_is_drawn(monkeypatch, capsys):
    called(monkeypatch, "cnn", "--activations", "3")
    assert capsys.readouterr().out.split() == ["outputs/inspect/cnn_activations_3_conv_1.png"]
    assert Path("outputs/inspect/cnn_activations_3_conv_1.png").read_bytes().startswith(b"\x89PNG")


def test_each_dense_layer_is_drawn_where_none_convolves(monkeypatch, capsys):
    called(monkeypatch, "shapes", "--activations", "0")
    assert capsys.readouterr().out.split() == [
        "outputs/inspect/shapes_activations_0_dense_1.png",
        "outputs/inspect/shapes_activations_0_output.png",
    ]


def test_a_dense_layer_that_gives_more_than_a_row_of_units_is_not_drawn():
    meta = load_meta(Path("data/prepared/shapes"))
    stack = [
        {"class_name": "Reshape", "target_shape": [8, 8]},
        {"class_name": "Dense", "units": 2},
        {"class_name": "Flatten"},
    ]
    served = serving.serve(
        families.build(families_of.Layers(family="layers", layers=stack), meta, seed=1), meta
    )
    assert list(
        figures_of(served, load_part(Path("data/prepared/shapes"), "test"), meta, 0, title="")
    ) == ["output"]


def test_a_bar_is_the_activation_of_a_unit():
    values = np.array([[0.5, -1.0, 2.0], [0.0, 0.25, 1.0]], dtype=np.float32)
    figure = unit_activations(np.zeros((2, 8, 8)), values, ["first", "second"], title="dense_1")
    pictures, bars = figure.axes[0::2], figure.axes[1::2]
    assert [axes.get_title() for axes in pictures] == ["first", "second"]
    assert [[bar.get_height() for bar in axes.patches] for axes in bars] == values.tolist()
    assert [(axes.get_xlabel(), axes.get_ylabel()) for axes in bars] == [("unit", "activation")] * 2
    assert bars[0].get_ylim() == bars[1].get_ylim()


@pytest.mark.parametrize("index", ["12", "-1"])
def test_an_image_that_is_not_there_is_refused(monkeypatch, index):
    assert refusal(monkeypatch, "cnn", "--activations", index) == (
        f"the test split has no image of this number. Received: {index}. Expected: 0 to 11."
    )


def test_activations_of_a_table_are_refused(monkeypatch):
    assert refusal(monkeypatch, "prices", "--activations", "0") == (
        "activations are drawn for images. Received: a model for prices, a table."
    )


def test_data_that_are_not_there_name_the_command(monkeypatch):
    monkeypatch.setattr(inspect, "PREPARED", Path("nowhere"))
    assert refusal(monkeypatch, "cnn", "--activations", "0") == (
        "nowhere/shapes/meta.json is missing. Make it with: dvc repro prepare@shapes."
    )


def test_a_model_that_is_not_there_is_refused_with_a_suggestion(monkeypatch):
    assert refusal(monkeypatch, "shape") == (
        "no experiment of this name is trained, and it is no id of a run. Received: shape. "
        "Did you mean shapes? Allowed: cnn, prices, shapes."
    )


def test_a_run_that_is_not_there_is_refused(folder, monkeypatch):
    assert refusal(monkeypatch, "0" * 32) == (
        f"no run id in the tracking store sqlite:///{folder}/mlruns/mlflow.db begins so. Received: {'0' * 32}."
    )


def test_a_beginning_that_several_runs_have_is_refused():
    client = store.client()
    experiment_id = client.create_experiment("several")
    # Of seventeen ids, two begin with the same digit.
    ids = [client.create_run(experiment_id).info.run_id for _ in range(17)]
    first = next(
        digit for digit in "0123456789abcdef" if sum(found.startswith(digit) for found in ids) > 1
    )
    with pytest.raises(
        PipelineError,
        match=rf"^several run ids begin so\. Received: {first}\. Give more digits of one of: ",
    ):
        logged_models.find_run(first)


def test_a_run_without_a_model_is_refused():
    client = store.client()
    without = client.create_run(client.create_experiment("without")).info.run_id
    with pytest.raises(PipelineError) as caught:
        logged_models.load(without)
    assert str(caught.value) == (
        f"the tracking store has no model of this run. Received: {without}. "
        "Train it to its end with: tracking.log_model=true."
    )


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ([], "the following arguments are required: model"),
        (["cnn", "--activations", "x"], "argument --activations: invalid int value: 'x'"),
        (["cnn", "--weights"], "unrecognized arguments: --weights"),
        (
            ["cnn", "--layer", "a", "--activations", "1"],
            "argument --activations: not allowed with argument --layer",
        ),
    ],
)
def test_a_command_that_cannot_be_read_is_refused_in_one_line(monkeypatch, arguments, what):
    assert refusal(monkeypatch, *arguments) == f"{what}. See python -m pipeline.inspect --help."


def test_help_says_how_the_command_is_called(monkeypatch, capsys):
    called(monkeypatch, "--help")
    assert "python -m pipeline.inspect mnist_cnn --layer dense_1" in capsys.readouterr().out
