"""What `pipeline.evaluate` refuses; what it writes is tested beside training, in test_train_command."""

import sys

import pytest

from pipeline import evaluate, layout
from pipeline.config import composition, resolved
from pipeline.errors import PipelineError
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.toy import config_of, copy_conf


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["evaluate", *arguments])
    with pytest.raises(PipelineError) as caught:
        evaluate.main()
    return str(caught.value)


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
def test_exactly_one_experiment_must_be_named(monkeypatch, arguments, received):
    assert refusal(monkeypatch, *arguments) == (
        f"one experiment is evaluated at a time. Received: {received}. Expected: experiment=<name>."
    )


def test_an_experiment_that_is_not_composed_names_the_command(monkeypatch):
    assert refusal(monkeypatch, "experiment=shapes") == (
        "outputs/configs/shapes.yaml is missing. Write it again with: dvc repro compose."
    )


def test_an_experiment_that_is_not_trained_names_the_command(here, monkeypatch):
    copy_conf(here)
    config = config_of(here, "data=shapes")
    composition.save(resolved.to_values(config), layout.CONFIGS / "shapes.yaml")
    assert refusal(monkeypatch, "experiment=shapes") == (
        "outputs/shapes/run.json is missing. Make it with: dvc repro train@shapes."
    )
