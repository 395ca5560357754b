"""The experiments of conf/: each opens with its command, what it shows and the figure that its claims hold it to."""

import re

import pytest
import yaml

from pipeline.config import params, plan
from tests.support import ROOT

FILES = sorted((ROOT / "conf/experiment").glob("*.yaml"))
CLAIMS = {
    "california_deep": ["test/r2 ≥ 0.8"],
    "california_mlp": ["test/mse ≤ 0.45"],
    "cifar10_cnn": ["test/accuracy ≥ 0.8"],
    "cifar10_mlp": ["test/accuracy ≥ 0.43"],
    "cifar10_mlp_overfit": ["validation/accuracy ≥ 0.49"],
    "diabetes_mlp": ["test/r2 ≥ 0.4"],
    "digits_cnn": ["test/accuracy ≥ 0.97"],
    "iris_logistic": ["test/accuracy ≥ 1"],
    "iris_perceptron": ["test/accuracy ≥ 1"],
    "mnist_cnn": ["test/accuracy ≥ 0.985", "test/accuracy/at_step/1000 ≥ 0.93"],
    "mnist_cnn_best": ["test/accuracy ≥ 0.994"],
    "mnist_deep": ["test/accuracy ≥ 0.98", "epochs ≤ 10000"],
    "mnist_dnn": ["test/accuracy ≥ 0.93", "validation/accuracy ≥ 0.94"],
    "mnist_dnn_300_100": ["test/accuracy ≥ 0.975"],
    "mnist_dnn_tuned": ["validation/accuracy ≥ 0.973"],
    "mnist_linear": ["test/accuracy ≥ 0.89", "validation/accuracy ≥ 0.9"],
    "mnist_mlp": ["test/accuracy ≥ 0.9", "parameters = 300,938"],
    "mnist_mlp_onehot": ["test/accuracy ≥ 0.9", "parameters = 300,938"],
    "xor_mlp": ["test/accuracy ≥ 1"],
}


@pytest.fixture(scope="module")
def composed():
    return {
        config.name: config
        for config in plan.compose_all(params.read(ROOT / "params.yaml"), conf=ROOT / "conf")
    }


def head(path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines[: next(number for number, line in enumerate(lines) if not line.startswith("#"))]


def numbers(text: str) -> set[float]:
    """Each number of a text, and each percentage as a share too."""
    found = set()
    for number, percent in re.findall(r"(\d[\d,]*(?:\.\d+)?)( %)?", text):
        value = float(number.replace(",", ""))
        found |= {value, round(value / 100, 6)} if percent else {value}
    return found


def test_params_yaml_runs_every_experiment():
    assert sorted(params.read(ROOT / "params.yaml").experiments) == [path.stem for path in FILES]


def test_each_experiment_claims_what_the_course_or_we_set(composed):
    assert {
        name: [str(claim) for claim in config.claims] for name, config in composed.items()
    } == CLAIMS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_head_says_what_is_shown_the_commands_and_the_figure_with_its_time(path):
    package, shows, commands, reaches = head(path)
    assert package == "# @package _global_"
    assert shows.endswith(".")
    name = path.stem
    assert (
        commands
        == f"#   dvc repro evaluate@{name}     or     python -m pipeline.train experiment={name}"
    )
    assert re.fullmatch(r"# Reaches .* on two cores.*", reaches)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_head_states_the_figures_that_the_claims_hold_it_to(path):
    claims = yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]
    bounds = {
        claim.get("at_least", claim.get("at_most")) for claim in claims if "/" in claim["metric"]
    }
    assert bounds <= numbers(head(path)[3])
