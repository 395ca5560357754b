"""What `evaluate` refuses. `tests/test_train.py` tests what it writes."""

from functools import partial

import pytest

from pipeline import evaluate, layout
from pipeline.config import resolved
from pipeline.config.values import write_yaml
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.toy import config_of, copy_conf


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(call):
    """Runs `evaluate` with some arguments."""
    return partial(call, evaluate)


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ([], "nothing"),
        (["mnist_mlp"], "mnist_mlp"),
        (["experiment="], "experiment="),
        (["data=mnist"], "data=mnist"),
        (["experiment=a", "experiment=b"], "experiment=a experiment=b"),
    ],
)
def test_command_line_names_one_experiment(command, arguments, received):
    assert refusal(command, *arguments).endswith(
        f". Received: {received}. Write experiment=<name>."
    )


def test_missing_configuration_names_the_command(command):
    assert refusal(command, "experiment=shapes") == (
        "outputs/configs/shapes.yaml is missing. Write it again with: dvc repro compose."
    )


def test_missing_training_names_the_command(folder, command):
    copy_conf(folder)
    config = config_of(folder, "data=shapes")
    write_yaml(resolved.run_settings(config), layout.CONFIGS / "shapes.yaml")
    assert refusal(command, "experiment=shapes") == (
        "outputs/shapes/run.json is missing. Make it with: dvc repro train@shapes."
    )


def test_help_shows_the_usage(command, capsys):
    with pytest.raises(SystemExit) as caught:
        command("--help")
    assert caught.value.code == 0
    assert "python -m pipeline.evaluate experiment=" in capsys.readouterr().out
