"""The experiments of conf/: the head of each file, and its claims."""

import re

import pytest
import yaml
from omegaconf import OmegaConf

from pipeline.config import params, plan
from pipeline.config.values import to_values
from tests.support import ROOT
from tests.support.experiment_files import head, numbers

FILES = sorted((ROOT / "conf/experiment").glob("*.yaml"))
CLAIMS = {
    "california_deep": ["test/r2 ≥ 0.84"],
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
    "mnist_dnn_300_100": ["test/accuracy ≥ 0.974"],
    "mnist_dnn_tuned": ["test/accuracy ≥ 0.955"],
    "mnist_linear": ["test/accuracy ≥ 0.89", "validation/accuracy ≥ 0.9"],
    "mnist_mlp": ["test/accuracy ≥ 0.9", "parameters = 300,938"],
    "mnist_mlp_onehot": ["test/accuracy ≥ 0.9", "parameters = 300,938"],
    "xor_mlp": ["test/accuracy ≥ 1"],
}


@pytest.fixture(scope="module")
def planned():
    return params.read(ROOT / "params.yaml")


@pytest.fixture(scope="module")
def configs(planned):
    return {config.name: config for config in plan.compose_all(planned, conf=ROOT / "conf")}


def test_params_yaml_lists_every_experiment(planned):
    assert sorted(planned.experiments) == [path.stem for path in FILES]


def test_plan_has_all_experiments_in_order(planned, configs):
    assert [(name, config.data.name) for name, config in configs.items()] == list(
        planned.experiments.items()
    )


def test_values_are_those_of_omegaconf(configs):
    for config in configs.values():
        of_omegaconf = OmegaConf.to_container(OmegaConf.structured(config), enum_to_str=True)
        assert repr(to_values(config)) == repr(of_omegaconf)


def test_each_experiment_has_its_claims(configs):
    assert {
        name: [str(claim) for claim in config.claims] for name, config in configs.items()
    } == CLAIMS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_head_states_purpose_commands_and_result(path):
    package, purpose, commands, result = head(path)
    assert package == "# @package _global_"
    assert purpose.endswith(".")
    name = path.stem
    assert commands == f"#   dvc repro evaluate@{name}     or     python -m pipeline.train {name}"
    assert re.fullmatch(
        r"# Reaches .*\d.* in (about \d+|a few) (minutes?|seconds) on two cores.*", result
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_head_states_the_bounds_of_its_claims(path):
    claims = yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]
    bounds = {
        claim.get("at_least", claim.get("at_most")) for claim in claims if "/" in claim["metric"]
    }
    assert bounds <= numbers(head(path)[3])
