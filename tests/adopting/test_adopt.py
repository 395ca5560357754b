"""`adopt` makes an experiment of a script, and its losses are those of the script's `fit`."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline import adopt, experiment, fetch, prepare
from pipeline.adopting.script import record
from pipeline.config import params
from pipeline.config.experiment_composition import compose_experiment
from pipeline.runs.run import Run
from pipeline.training import fitting
from tests.support import ROOT, warm
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal

SCRIPT = """
import keras
import numpy as np

random = np.random.default_rng(0)
x = random.normal(size=(90, 3)) * [1, 10, 100] + 5
y = (x[:, 0] + x[:, 1] / 10 > 5.5).astype(int)
model = keras.Sequential([
    keras.layers.Dense(8, activation="tanh"),
    keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "binary_crossentropy")
model.fit(x[:70], y[:70], epochs=3, batch_size=16, validation_split=0.2)
model.evaluate(x[70:], y[70:])
"""
FILES = [
    "adopted/train.parquet",
    "conf/data/train.yaml",
    "conf/experiment/train.yaml",
    "conf/source/train.yaml",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with an adopted script."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "params.yaml", folder)
    (folder / "train.py").write_text(SCRIPT, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in warm.variables().items():
            patch.setenv(name, value)
        for command, argument in (
            (adopt, "train.py"),
            (fetch, "source=train"),
            (prepare, "data=train"),
        ):
            patch.setattr("sys.argv", ["command", argument])
            command.main()
    return folder


@pytest.fixture
def here(project, monkeypatch):
    monkeypatch.chdir(project)
    for name, value in warm.variables().items():
        monkeypatch.setenv(name, value)
    return project


def new_files(folder: Path) -> list[str]:
    """The files of an adopted script, relative to the project."""
    found = [*folder.glob("adopted/*"), *folder.glob("conf/*/*.yaml")]
    names = [path.relative_to(folder) for path in found]
    return sorted(str(name) for name in names if not (ROOT / name).exists())


def test_script_becomes_files(here):
    assert new_files(here) == FILES


def test_params_list_the_experiment(here):
    listed = params.read()
    assert listed.own_files == {"train": "adopted/train.parquet"}
    assert (listed.data["train"], listed.experiments["train"]) == ("train", "train")


def test_same_command_twice_changes_nothing(here, call, capsys):
    before = contents(here)
    call(adopt, "train.py")
    assert contents(here) == before
    assert capsys.readouterr().out == (
        f"written: {', '.join(FILES)}, params.yaml\n"
        "next: dvc repro evaluate@train && python -m pipeline.report train\n"
    )


def test_adopted_experiment_is_composed(here, call, monkeypatch):
    composed = []
    monkeypatch.setattr(adopt.new_experiment, "compose_again", lambda: composed.append(here))
    call(adopt, "train.py")
    assert composed == [here]


def test_run_trains_what_was_written(here, call, monkeypatch):
    trained = []
    monkeypatch.setattr(adopt.new_experiment, "train_and_test", trained.append)
    call(adopt, "train.py", "--run")
    assert trained == ["train"]


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in [*new_files(folder), "params.yaml"]}


def test_losses_are_those_of_fit(here):
    """From the same first weights, with the rows in the order of the schedule."""
    config = compose_experiment(["experiment=train", "tracking=memory", "training.xla=false"])
    run = Run.of(config, Path("data/prepared/train"))
    fit = fitting.build(run.config, run.meta, run.data_folder)
    recording = record(here / "train.py")
    model, x, y = (recording.model, *(recording.fitted[name][:56] for name in ("x", "y")))
    model(x[:1])
    model.set_weights([keras.ops.convert_to_numpy(one) for one in fit.engine.network.weights])
    history = experiment.run(config).history
    for epoch, point in enumerate(history[-3:]):
        order = fit.schedule.order(epoch)
        fitted = model.fit(x[order], y[order], batch_size=16, shuffle=False, verbose=0).history
        np.testing.assert_allclose(point.metrics["running/loss"], fitted["loss"][0], rtol=1e-5)
    expected = model.evaluate(*(recording.fitted[name][56:] for name in ("x", "y")), verbose=0)
    np.testing.assert_allclose(history[-1].metrics["validation/loss"], expected, rtol=1e-5)


def test_name_that_is_taken_is_refused(here, call):
    before = contents(here)
    (here / "iris.py").write_text(SCRIPT, encoding="utf-8")
    assert refusal(call, adopt, "iris.py") == (
        "the name iris is taken. Received: conf/source/iris.yaml. Choose another one with --name, "
        "or delete the files and entries of that name."
    )
    assert contents(here) == before


def test_dry_run_shows_the_files_only(here, call, capsys):
    before = contents(here)
    call(adopt, "train.py", "--name", "other", "--dry-run")
    output = capsys.readouterr().out
    assert "loss: binary_crossentropy" in output
    assert "\n  other: adopted/other.parquet\n" in output
    assert output.endswith("  other: {data: other}\n\nnothing is written, because of --dry-run\n")
    assert contents(here) == before


def test_refused_script_leaves_nothing(here, call):
    (here / "text.py").write_text(SCRIPT.replace("fit(x[:70]", "fit(iter(x)"), encoding="utf-8")
    assert refusal(call, adopt, "text.py").startswith("fit gets no arrays of numbers.")
    assert new_files(here) == FILES


def test_process_that_ends_is_refused(here, call):
    (here / "exit.py").write_text("import os; os._exit(3)", encoding="utf-8")
    message = refusal(call, adopt, "exit.py")
    assert message.startswith("exit.py ended its process. Received: exit code 3.")


def test_experiment_that_cannot_be_composed_is_removed(here, tmp_path):
    before = contents(here)
    path = Path("conf/experiment/broken.yaml")
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("# @package _global_\nmodle: 1\n", encoding="utf-8")
    refusal(adopt._install, "broken", tmp_path, [path], "")
    assert contents(here) == before


def test_failed_write_restores_params(here, monkeypatch):
    before = contents(here)

    def fail(path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        raise OSError("no space")

    monkeypatch.setattr(adopt, "write_text", fail)
    with pytest.raises(OSError, match="no space"):
        adopt._install("train", here, [], "nothing")
    assert contents(here) == before


def test_other_folder_than_the_root_is_refused(here, call, in_empty_folder):
    Path("train.py").write_text(SCRIPT, encoding="utf-8")
    assert refusal(call, adopt, "train.py") == (
        "params.yaml is missing. Run the command in the repository's root."
    )


def test_calls_of_fit_count_from_1(here, call):
    assert refusal(call, adopt, "train.py", "--fit", "0") == (
        "--fit is invalid. Received: 0. Expected: 1 for the first call of fit."
    )


def test_missing_script_is_refused(here, call):
    assert refusal(call, adopt, "none.py") == "the script does not exist. Received: none.py."


def test_network_can_be_left_to_the_user(here, call, capsys):
    call(adopt, "train.py", "--name", "bare", "--without-network", "--dry-run")
    output = capsys.readouterr().out
    assert "not adopted: the network: write it into the function build of adopted/bare.py" in output
    assert "\n  bare: adopted/bare.py\n" in output


def test_run_without_network_is_refused(here, call):
    message = refusal(call, adopt, "train.py", "--run", "--without-network")
    assert message.startswith("--run needs a network. Received: --run --without-network.")
