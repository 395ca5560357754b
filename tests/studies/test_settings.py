"""Settings of a search: its space, its errors in one line, and how values become overrides."""

import math
import shutil

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from pipeline.config.data import Task
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction
from pipeline.studies.objective import Objective
from pipeline.studies.oracles import bayesian, hyperband
from pipeline.studies.settings import ObjectiveSettings, compose_tune
from pipeline.studies.space import hydra_text
from tests.support import ROOT
from tests.support.modules import loaded_by
from tests.support.raw_sources import data_of
from tests.support.refusals import refusal
from tests.support.searches import NESTED, SPACE, config, parameter

KINDS = "Expected: one of float: [low, high], int: [low, high], choice: [value, …]."
ERRORS = {
    "space.seed is invalid. Received: {}. " + KINDS: {},
    "space.seed is invalid. Received: {'float': [0, 1], 'int': [0, 1]}. " + KINDS: {
        "float": [0, 1],
        "int": [0, 1],
    },
    "space.seed has no step. Received: {'float': [0, 1], 'step': 1}. Allowed: float, log, when.": {
        "float": [0, 1],
        "step": 1,
    },
    "space.seed.float is invalid. Received: [1, 0]. Expected: [low, high] of type float.": {
        "float": [1, 0]
    },
    "space.seed.float is invalid. Received: ['a', 1]. Expected: [low, high] of type float.": {
        "float": ["a", 1]
    },
    "space.seed.float is invalid. Received: 1. Expected: [low, high] of type float.": {"float": 1},
    "space.seed.int is invalid. Received: [0.5, 1]. Expected: [low, high] of type int.": {
        "int": [0.5, 1]
    },
    "space.seed.float is invalid. Received: [0, 1]. "
    "Expected: numbers above 0, because log is true.": {
        "float": [0, 1],
        "log": True,
    },
    "space.seed.log is invalid. Received: 1. Expected: true or false.": {
        "float": [1, 2],
        "log": 1,
    },
    "space.seed.step is invalid. Received: 0. Expected: a whole number from 1.": {
        "int": [0, 8],
        "step": 0,
    },
    "space.seed.step is invalid. Received: 4. Expected: a divisor of 9.": {
        "int": [1, 10],
        "step": 4,
    },
    "space.seed.float is invalid. Received: [0, inf]. Expected: [low, high] of type float.": {
        "float": [0, math.inf]
    },
    "space.seed.choice is invalid. Received: []. Expected: a list of values.": {"choice": []},
    "space.seed.when names no choice above it. Received: optimiser. "
    "Did you mean optimizer? Allowed: optimizer.": {
        "int": [1, 2],
        "when": {"optimiser": ["sgd"]},
    },
    "space.seed.when.optimizer is invalid. Received: ['adagrad']. Expected: among sgd, adam.": {
        "int": [1, 2],
        "when": {"optimizer": ["adagrad"]},
    },
    "space.seed.when is invalid. Received: ['optimizer']. Expected: {other setting: [value, …]}.": {
        "int": [1, 2],
        "when": ["optimizer"],
    },
}
TEXTS = {
    "null": None,
    "true": True,
    "1e-05": 1e-05,
    "adam": "adam",
    "'true'": "true",
    "'1'": "1",
    "'it\\'s'": "it's",
    "[[16,8],{class_name:RandomFlip,mode:horizontal}]": [
        [16, 8],
        {"class_name": "RandomFlip", "mode": "horizontal"},
    ],
}


@pytest.fixture
def conf(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    return tmp_path / "conf"


def message(*arguments, conf=ROOT / "conf"):
    """Why a command line is rejected."""
    return refusal(compose_tune, arguments, conf=conf)


@pytest.mark.parametrize("text", ERRORS)
def test_invalid_entry_is_rejected_in_one_line(text):
    assert refusal(parameter, **ERRORS[text]) == text


def test_parameter_has_the_values_of_its_entry():
    assert vars(parameter(int=[8, 32], step=8, when={"optimizer": ["adam"]})) == {
        "name": "seed",
        "kind": "int",
        "low": 8,
        "high": 32,
        "log": False,
        "step": 8,
        "choices": (),
        "when": {"optimizer": ("adam",)},
    }


def test_nested_condition_includes_the_outer_one():
    *_, momentum = config("random", NESTED).read_space().parameters
    assert momentum.when == {"optimizer": ("sgd",), "optimizer.nesterov": ("true",)}


@pytest.mark.parametrize(
    ("choices", "value"), [([8, None], 8), ([0.1, 1], 1), ([True, False], True), ([[8], [4]], [8])]
)
def test_condition_names_a_choice_as_written(choices, value):
    space = {
        "optimizer": {"choice": choices},
        "seed": {"int": [1, 2], "when": {"optimizer": [value]}},
    }
    seed = config("random", space).read_space().parameters[-1]
    assert seed.when == {"optimizer": (hydra_text(value),)}


def test_data_cannot_be_searched():
    assert refusal(config, "random", {"data": {"choice": ["digits", "mnist"]}}) == (
        "space.data is not a setting for a search. Received: data. "
        "Allowed: model, optimizer, seed, training."
    )


def test_condition_on_the_length_is_rejected_for_hyperband():
    space = {
        "training.epochs": {"choice": [3, 4]},
        "seed": {"int": [1, 2], "when": {"training.epochs": [3]}},
    }
    assert refusal(config, "hyperband", space) == (
        "space.seed.when depends on a setting that this search sets itself. "
        "Received: training.epochs. Remove the condition, or choose another search."
    )


def test_choices_of_mixed_types_are_texts():
    assert parameter(choice=[8, 16]).choices == (8, 16)
    assert parameter(choice=[8, None]).choices == ("8", "null")
    assert parameter(choice=[[8], [8, 4]]).choices == ("[8]", "[8,4]")


@pytest.mark.parametrize("text", TEXTS)
def test_hydra_reads_the_text_of_a_value(text):
    value = TEXTS[text]
    assert hydra_text(value) == text
    assert OverridesParser.create().parse_override(f"+x={text}").value() == value


def test_space_is_named_after_the_experiment():
    overrides, config = compose_tune(
        ["experiment=mnist_dnn", "search=hyperband", "seed=3"], conf=ROOT / "conf"
    )
    assert overrides == ["experiment=mnist_dnn", "seed=3"]
    assert isinstance(config.search, hyperband.Hyperband)
    assert "optimizer.learning_rate" in config.space


def test_default_search_is_bayesian():
    _, config = compose_tune(["experiment=mnist_dnn", "search.trials=7"], conf=ROOT / "conf")
    assert isinstance(config.search, bayesian.Bayesian)
    search = config.search
    assert (search.method, search.trials, search.save_as) == ("bayesian", 7, None)


def test_another_space_can_be_chosen(conf):
    (conf / "space/small.yaml").write_text("optimizer: {choice: [sgd, adam]}\n")
    _, config = compose_tune(["experiment=mnist_mlp", "space=small"], conf=conf)
    assert list(config.space) == ["optimizer"]


def test_missing_space_is_named():
    assert message("experiment=mnist_mlp").startswith(
        f"{ROOT}/conf/space/mnist_mlp.yaml, the space of this experiment, is missing. "
        "Received: experiment=mnist_mlp. "
        "Write this file, or choose another space with space=<name>. "
    )


def test_override_of_a_searched_setting_is_rejected():
    assert message("experiment=mnist_dnn", "optimizer=sgd") == (
        "command line: the search varies optimizer. Received: optimizer=sgd. "
        "Leave out optimizer=sgd, or remove optimizer from the space."
    )


def test_invalid_space_is_named(conf):
    (conf / "space/mnist_dnn.yaml").write_text("optimizer.learning_rate: {float: [1, 0]}\n")
    assert message("experiment=mnist_dnn", conf=conf) == (
        f"{conf}/space/mnist_dnn.yaml: space.optimizer.learning_rate.float is invalid. "
        "Received: [1, 0]. Expected: [low, high] of type float."
    )


def test_space_of_one_choice_is_rejected(conf):
    (conf / "space/mnist_dnn.yaml").write_text("optimizer: {choice: [adam]}\n")
    assert "space leaves nothing to search. Received: optimizer." in message(
        "experiment=mnist_dnn", conf=conf
    )


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (
            "search.trials=0",
            "command line: search.trials is invalid. Received: 0. Expected: a whole number from 1.",
        ),
        (
            "search.trials=1000000000",
            "command line: search.trials is invalid. "
            "Received: 1000000000. Expected: a number up to 10,000.",
        ),
        (
            f"search.save_as={'a' * 101}",
            f"command line: search.save_as is invalid. Received: {'a' * 101}. "
            "Expected: a lower-case letter, ",
        ),
        (
            "search.confirm_seeds=1",
            "command line: search.confirm_seeds is invalid. "
            "Received: 1. Expected: 0, or 2 to 1000.",
        ),
        (
            "search.seed=0",
            "command line: search.seed is invalid. "
            "Received: 0. Expected: an integer from 1 to 2,147,483,647.",
        ),
        (
            "search.save_as=1",
            "command line: search.save_as is invalid. "
            "Received: 1. Expected: a lower-case letter, "
            "then lower-case letters, digits and _.",
        ),
        (
            "++search.trials=0",
            "command line: search.trials is invalid. Received: 0. Expected: a whole number from 1.",
        ),
        (
            "search.trails=3",
            "command line: search.trails is not a setting. "
            "Received: search.trails=3. Did you mean trials? ",
        ),
        (
            "search=grid",
            "command line: search has no file of this name. Received: search=grid. "
            "Allowed: bayesian, hyperband, random.",
        ),
        (
            "search.save_as=A",
            "command line: search.save_as is invalid. "
            "Received: A. Expected: a lower-case letter, "
            "then lower-case letters, digits and _.",
        ),
    ],
)
def test_invalid_search_is_rejected_in_one_line(argument, text):
    assert message("experiment=mnist_dnn", argument).startswith(text)


def test_hyperband_sets_the_length_itself():
    space = SPACE | {"training.epochs": {"choice": [30, 60]}}
    for method, varies in (("random", True), ("hyperband", False)):
        names = [one.name for one in config(method, space).read_space().parameters]
        assert ("training.epochs" in names) == varies


@pytest.mark.parametrize(
    ("metric", "direction"),
    [("validation/accuracy", Direction.max), ("validation/log_loss", Direction.min)],
)
def test_direction_of_the_objective_follows_its_metric(metric, direction):
    objective = config("random", objective=ObjectiveSettings(metric)).search.objective
    assert objective.direction is direction
    data = data_of(task=Task.classification, target="a")
    assert objective.for_data(data) == Objective(metric, direction)


INVALID_OBJECTIVES = {
    "{metric: validation/accuracy, direction: min}": (
        "search.objective.direction is invalid. Received: min for validation/accuracy. "
        "Expected: max, because validation/accuracy is better if it is larger; or no direction."
    ),
    "{direction: min}": (
        "search.objective.direction is invalid. Received: min. "
        "Expected: null, or a search.objective.metric as well."
    ),
    "{metric: train/loss}": (
        "search.objective.metric is invalid. Received: train/loss. "
        "Expected: a metric of the validation split, such as validation/accuracy."
    ),
}


@pytest.mark.parametrize("objective", INVALID_OBJECTIVES)
def test_invalid_objective_is_refused_in_one_line(objective):
    assert message("experiment=mnist_dnn", f"search.objective={objective}") == (
        f"command line: {INVALID_OBJECTIVES[objective]}"
    )


def test_unknown_objective_is_refused_with_a_suggestion():
    text = message("experiment=mnist_dnn", "search.objective.metric=validation/acuracy")
    assert text.startswith(
        "command line: search.objective.metric is not measured by training. "
        "Received: validation/acuracy. Did you mean validation/accuracy? "
    )


@pytest.mark.parametrize(
    ("task", "target", "metric", "direction"),
    [
        (Task.classification, "a", "validation/accuracy", Direction.max),
        (Task.regression, "a", "validation/mse", Direction.min),
        (Task.regression, ["a", "b"], "validation/r2", Direction.max),
        (Task.multi_label, ["a", "b"], "validation/macro_f1", Direction.max),
    ],
)
def test_default_objective_follows_the_data(task, target, metric, direction):
    data = data_of(task=task, target=target)
    objective = config("random").search.objective.for_data(data)
    assert (objective.metric, objective.direction) == (metric, direction)


def test_trial_is_overrides_of_its_experiment():
    space = SPACE | {"model.units": {"choice": [[8], [8, 4]]}, "training.steps": {"choice": [None]}}
    values = {"optimizer": "adam", "optimizer.learning_rate": 1e-05, "model.units": "[8,4]"}
    overrides = config("random", space).read_space().overrides(values)
    assert overrides == [
        "optimizer=adam",
        "optimizer.learning_rate=1e-05",
        "model.units=[8,4]",
        "training.steps=null",
    ]
    arguments = ["data=digits", "training.epochs=3", *overrides]
    composed = compose_experiment(arguments, conf=ROOT / "conf")
    assert (composed.optimizer.learning_rate, composed.model.units) == (1e-05, [8, 4])


@pytest.mark.parametrize(("optimizer", "exists"), [("sgd", True), ("adam", False)])
def test_fixed_setting_follows_its_condition(optimizer, exists):
    nesterov = {"optimizer.nesterov": {"choice": [True], "when": {"optimizer": ["sgd"]}}}
    overrides = config("random", SPACE | nesterov).read_space().overrides({"optimizer": optimizer})
    assert ("optimizer.nesterov=true" in overrides) == exists


def test_settings_are_read_without_tensorflow():
    code = (
        "from pipeline.studies.settings import compose_tune;"
        "compose_tune(['experiment=mnist_dnn', 'search=hyperband'])"
    )
    assert not {"tensorflow", "keras", "keras_tuner", "mlflow"} & loaded_by(code)
