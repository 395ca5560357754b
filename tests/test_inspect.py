"""The command `inspect`: tables of layers and weights, and figures of activations."""

import shutil
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import pipeline
from pipeline import experiment, inspect
from pipeline.data.prepared import load_meta
from pipeline.evaluation import looks
from pipeline.files import digests_below
from pipeline.runs import result
from pipeline.runs.record import RunRecord
from pipeline.tracking import connection
from tests.support.cards import card_of
from tests.support.damage import flip_a_bit
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.subjects import convolutions, dense, linear, served
from tests.support.toy import config_of

SHORT = [
    "data=shapes",
    "tracking=mlflow",
    "model.units=[5]",
    "training.epochs=1",
    "training.xla=false",
]
LAYERS = {"cnn": ("shapes", [*convolutions(2), *dense(4)[1:]]), "prices": ("prices", linear())}


@pytest.fixture(scope="module")
def repository_with_models(repository):
    """The repository with three models in outputs/; an MLflow run trained `shapes`."""
    outputs = repository / "outputs"
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        experiment.run(config_of(repository, *SHORT), output=outputs / "shapes")
    for name, (data, layers) in LAYERS.items():
        (outputs / name).mkdir()
        meta = load_meta(repository / "data/prepared" / data)
        result.save_model(served(layers, meta), outputs / name / "model.keras", card_of(meta))
        files = digests_below(outputs / name)
        RunRecord("id", "key", "fingerprint", "settings", {}, {}, [], files).write(outputs / name)
    return repository


@pytest.fixture(autouse=True)
def _in_repository(repository_with_models, in_repository):
    pass


@pytest.fixture
def command(call):
    """Runs `inspect` with some arguments."""
    return partial(call, inspect)


@pytest.fixture
def printed(command, capsys):
    """Runs `inspect` and returns the cells of the table that it prints."""

    def run(*arguments: str) -> list[list[str]]:
        command(*arguments)
        lines = capsys.readouterr().out.splitlines()
        rows = [line.split("│")[1:-1] for line in lines if line.startswith("│")]
        return [[cell.strip() for cell in row] for row in rows]

    return run


def run_id() -> str:
    client = connection.client()
    (run,) = client.search_runs([client.get_experiment_by_name("shapes").experiment_id])
    return run.info.run_id


def test_model_of_another_run_is_refused(tmp_path, monkeypatch, command):
    shutil.copytree("outputs/cnn", tmp_path / "outputs/cnn")
    monkeypatch.chdir(tmp_path)
    flip_a_bit(Path("outputs/cnn/model.keras"))
    assert refusal(command, "cnn") == (
        "outputs/cnn/model.keras is damaged or stale: it does not match its record. "
        "Make it again with: dvc repro train@cnn."
    )


def test_layers_of_the_nested_network_are_listed(printed):
    assert printed("cnn") == [
        ["", "pixels", "InputLayer", "(None, 8, 8, 1)", "0", "0"],
        ["", "network", "Sequential", "(None, 3)", "551", "551"],
        ["0", "scale", "Rescaling", "(None, 8, 8, 1)", "0", "0"],
        ["1", "conv_1", "Conv2D", "(None, 8, 8, 2)", "20", "20"],
        ["2", "flatten", "Flatten", "(None, 128)", "0", "0"],
        ["3", "dense_1", "Dense", "(None, 4)", "516", "516"],
        ["4", "output", "Dense", "(None, 3)", "15", "15"],
        ["", "probability", "Activation", "(None, 3)", "0", "0"],
        ["", "total", "", "", "551", "551"],
    ]


def test_layers_between_csv_and_network_are_listed(printed):
    kinds = {kind for _, _, kind, *_ in printed("prices")}
    assert {"Functional", "Divide", "Concatenate", "Sequential", "Rescaling"} <= kinds


def test_first_characters_of_an_id_name_a_run(printed):
    by_run = printed(run_id()[:8])
    assert by_run == printed("shapes")
    total = f"{64 * 5 + 5 + 5 * 3 + 3}"
    assert by_run[-1] == ["", "total", "", "", total, total]


def test_model_of_a_run_is_the_saved_one():
    saved = keras.saving.load_model("outputs/shapes/model.keras", compile=False)
    logged = pipeline.load(run_id()).model
    for value, expected in zip(logged.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("name", ["dense_1", "dense1", "Dense1", "3"])
def test_layer_has_a_name_and_a_number(printed, name):
    assert [row[:3] for row in printed("cnn", "--layer", name)] == [
        ["kernel", "(128, 4)", "float32"],
        ["bias", "(4,)", "float32"],
    ]


def test_weights_of_a_nested_model_name_their_layer(printed):
    assert [row[0] for row in printed("cnn", "--layer", "network")] == [
        f"{name}/{kind}" for name in ("conv_1", "dense_1", "output") for kind in ("kernel", "bias")
    ]


def test_layer_without_weights_is_shown(command, capsys):
    command("cnn", "--layer", "flatten")
    assert capsys.readouterr().out.splitlines()[-1].strip() == "It has no weights."


def test_unknown_layer_is_refused_with_a_suggestion(command):
    assert refusal(command, "cnn", "--layer", "dens_2") == (
        "the model has no layer of this name. Received: dens_2. Did you mean dense_1? "
        "Allowed: conv_1, dense_1, flatten, network, output, pixels, probability, scale."
    )


def test_unknown_number_of_a_layer_is_refused(command):
    assert refusal(command, "cnn", "--layer", "5") == (
        "the network has no layer of this number. Received: 5. Expected: 0 to 4."
    )


@pytest.mark.parametrize("layer", ["conv_1", "1"])
def test_kernels_of_a_channel_are_drawn(command, capsys, layer):
    command("cnn", "--kernels", layer, "--channel", "0")
    file = "outputs/inspect/cnn_kernels_conv_1_0.png"
    assert capsys.readouterr().out.split() == [file]
    assert Path(file).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["conv_1", "--channel", "1"],
            "conv_1 has no input channel of this number. Received: 1. Expected: 0 to 0.",
        ),
        (
            ["dense_1"],
            "dense_1 has no kernels that are images. Received: Dense. "
            "Choose a layer of the kind Conv2D. The figure first_layer_weights of "
            "python -m pipeline.evaluate shows the first dense layer of a model of images.",
        ),
        (
            ["flatten"],
            "flatten has no kernels that are images. Received: Flatten. "
            "Choose a layer of the kind Conv2D.",
        ),
    ],
)
def test_impossible_kernels_are_refused(command, arguments, message):
    assert refusal(command, "cnn", "--kernels", *arguments) == message


def test_image_is_drawn_and_is_a_look(command, capsys):
    before = len(looks.read().looks)
    command("cnn", "--image", "3")
    file = "outputs/inspect/cnn_image_3.png"
    assert capsys.readouterr().out.split() == [file]
    assert Path(file).read_bytes().startswith(b"\x89PNG")
    assert [look.shown for look in looks.read().looks[before:]] == [["row 3"]]


def test_graph_is_drawn_and_written_for_tensorboard(command, capsys):
    command("cnn", "--graph")
    picture, advice = capsys.readouterr().out.splitlines()
    assert picture == "outputs/inspect/cnn_graph.png"
    assert advice.startswith("tensorboard --logdir mlruns/tensorboard ")
    (file,) = Path("mlruns/tensorboard").glob("*/*/graph/events.out.tfevents.*")
    names = operations(file)
    assert {"network/conv_1/convolution", "network/output/MatMul"} <= set(names)


def operations(file: Path) -> list[str]:
    """The names of the operations in an event file."""
    graph = tf.compat.v1.GraphDef()
    for record in tf.data.TFRecordDataset(str(file)):
        graph.MergeFromString(tf.compat.v1.Event.FromString(record.numpy()).graph_def)
    return [node.name for node in graph.node]


def test_each_convolution_is_drawn(command, capsys):
    command("cnn", "--activations", "3")
    file = "outputs/inspect/cnn_activations_3_conv_1.png"
    assert capsys.readouterr().out.split() == [file]
    assert Path(file).read_bytes().startswith(b"\x89PNG")


def test_dense_layers_are_drawn_without_convolutions(command, capsys):
    command("shapes", "--activations", "0")
    assert capsys.readouterr().out.split() == [
        "outputs/inspect/shapes_activations_0_dense_1.png",
        "outputs/inspect/shapes_activations_0_output.png",
    ]


def test_inspected_row_is_a_look(command):
    before = len(looks.read().looks)
    command("cnn", "--activations", "3")
    (look,) = looks.read().looks[before:]
    assert (look.purpose, look.data, look.rows) == ("inspect", "shapes", 12)
    assert (look.models, look.shown) == ({}, ["row 3"])


@pytest.mark.parametrize(("model", "row"), [("cnn", "12"), ("prices", "0")])
def test_refused_row_is_no_look(command, model, row):
    before = looks.read()
    refusal(command, model, "--activations", row)
    assert looks.read() == before


def test_unprepared_data_name_the_command(command, monkeypatch):
    monkeypatch.setattr(inspect, "PREPARED", Path("nowhere"))
    assert refusal(command, "cnn", "--activations", "0") == (
        "nowhere/shapes/meta.json is missing. Make it with: dvc repro prepare@shapes."
    )


def test_unknown_model_is_refused_with_a_suggestion(command):
    assert refusal(command, "shape") == (
        "this is not an experiment, run id, model URI or folder. Received: shape. "
        "Did you mean shapes? Allowed: cnn, prices, shapes."
    )


def test_experiment_without_a_model_names_its_newest_run(command):
    Path("outputs/shapes/run.json").rename("outputs/run.json")
    try:
        assert refusal(command, "shapes") == (
            "outputs/shapes/run.json is missing. Make it with: dvc repro train@shapes, "
            f"or use its run {run_id()[:8]}."
        )
    finally:
        Path("outputs/run.json").rename("outputs/shapes/run.json")


def test_unknown_run_is_refused(command):
    assert f"Received: {'0' * 32}." in refusal(command, "0" * 32)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ([], "the following arguments are required: model"),
        (["cnn", "--activations", "x"], "argument --activations: invalid int value: 'x'"),
        (["cnn", "--weights"], "this flag does not exist: --weights"),
        (
            ["cnn", "--layer", "a", "--activations", "1"],
            "argument --activations: not allowed with argument --layer",
        ),
        (
            ["cnn", "--layer", "a", "--channel", "1"],
            "argument --channel: only allowed with argument --kernels",
        ),
    ],
)
def test_invalid_arguments_are_refused_in_one_line(command, arguments, what):
    assert refusal(command, *arguments) == f"{what}. See python -m pipeline.inspect --help."


def test_help_shows_the_usage(command, capsys):
    with pytest.raises(SystemExit) as caught:
        command("--help")
    assert caught.value.code == 0
    assert "python -m pipeline.inspect mnist_cnn --layer dense_1" in capsys.readouterr().out
