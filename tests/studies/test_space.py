"""Settings of a search: spaces, their faults in one line, and how values become overrides."""

import math
import shutil

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from pipeline.config.resolved import compose_experiment
from pipeline.config.training import Direction
from pipeline.errors import PipelineError
from pipeline.studies.explore import Proposal
from pipeline.studies.proposals import trial_overrides
from pipeline.studies.space import Bayesian, Hyperband, Method, compose_search, hydra_text
from tests.support import ROOT
from tests.support.searches import NESTED, SPACE, config, parameter

KINDS = "Expected: one of float: [low, high], int: [low, high], choice: [value, …]."
FAULTS = {
    "space.seed is not possible. Received: {}. " + KINDS: {},
    "space.seed is not possible. Received: {'float': [0, 1], 'int': [0, 1]}. " + KINDS: {
        "float": [0, 1],
        "int": [0, 1],
    },
    "space.seed has no step. Received: {'float': [0, 1], 'step': 1}. Allowed: float, log, when.": {
        "float": [0, 1],
        "step": 1,
    },
    "space.seed.float is not possible. Received: [1, 0]. Expected: [low, high] of type float.": {
        "float": [1, 0]
    },
    "space.seed.float is not possible. Received: ['a', 1]. Expected: [low, high] of type float.": {
        "float": ["a", 1]
    },
    "space.seed.float is not possible. Received: 1. Expected: [low, high] of type float.": {
        "float": 1
    },
    "space.seed.int is not possible. Received: [0.5, 1]. Expected: [low, high] of type int.": {
        "int": [0.5, 1]
    },
    "space.seed.float is not possible. Received: [0, 1]. Expected: numbers above 0 beside log: true.": {
        "float": [0, 1],
        "log": True,
    },
    "space.seed.log is not possible. Received: 1. Expected: true or false.": {
        "float": [1, 2],
        "log": 1,
    },
    "space.seed.step is not possible. Received: 0. Expected: a whole number from 1.": {
        "int": [0, 8],
        "step": 0,
    },
    "space.seed.step is not possible. Received: 4. Expected: a divisor of 9.": {
        "int": [1, 10],
        "step": 4,
    },
    "space.seed.float is not possible. Received: [0, inf]. Expected: [low, high] of type float.": {
        "float": [0, math.inf]
    },
    "space.seed.choice is not possible. Received: []. Expected: a list of values.": {"choice": []},
    "space.seed.when names no choice above it. Received: optimiser. Did you mean optimizer? Allowed: optimizer.": {
        "int": [1, 2],
        "when": {"optimiser": ["sgd"]},
    },
    "space.seed.when.optimizer is not possible. Received: ['adagrad']. Expected: among sgd, adam.": {
        "int": [1, 2],
        "when": {"optimizer": ["adagrad"]},
    },
    "space.seed.when is not possible. Received: ['optimizer']. Expected: {other setting: [value, …]}.": {
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


def refusal(*arguments, conf=ROOT / "conf"):
    with pytest.raises(PipelineError) as caught:
        compose_search(arguments, conf=conf)
    return str(caught.value)


@pytest.mark.parametrize("message", FAULTS)
def test_a_fault_of_a_space_is_told_in_one_line(message):
    with pytest.raises(PipelineError) as caught:
        parameter(**FAULTS[message])
    assert str(caught.value) == message


def test_a_space_holds_what_its_entries_say():
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


def test_a_condition_on_a_conditional_setting_holds_with_that_one_alone():
    *_, momentum = config("random", NESTED).parameters()
    assert momentum.when == {"optimizer": ("sgd",), "optimizer.nesterov": ("true",)}


@pytest.mark.parametrize(
    ("choices", "value"), [([8, None], 8), ([0.1, 1], 1), ([True, False], True), ([[8], [4]], [8])]
)
def test_a_condition_names_a_choice_as_it_is_written(choices, value):
    space = {
        "optimizer": {"choice": choices},
        "seed": {"int": [1, 2], "when": {"optimizer": [value]}},
    }
    assert config("random", space).parameters()[-1].when == {"optimizer": (hydra_text(value),)}


def test_what_decides_what_is_asked_is_not_searched():
    with pytest.raises(PipelineError) as caught:
        config("random", {"data": {"choice": ["digits", "mnist"]}})
    assert str(caught.value) == (
        "space.data cannot be searched. Received: data. Allowed: model, optimizer, seed, training."
    )


def test_under_hyperband_no_setting_depends_on_the_length_of_training():
    space = {
        "training.epochs": {"choice": [3, 4]},
        "seed": {"int": [1, 2], "when": {"training.epochs": [3]}},
    }
    with pytest.raises(PipelineError) as caught:
        config("hyperband", space)
    assert str(caught.value) == (
        "space.seed.when is on the length of training, which hyperband sets itself. Received: training.epochs. "
        "Leave it out, or choose another search."
    )


def test_numbers_of_one_type_are_choices_with_an_order_and_all_else_is_text():
    assert parameter(choice=[8, 16]).choices == (8, 16)
    assert parameter(choice=[8, None]).choices == ("8", "null")
    assert parameter(choice=[[8], [8, 4]]).choices == ("[8]", "[8,4]")


@pytest.mark.parametrize("text", TEXTS)
def test_a_value_is_written_as_hydra_reads_it(text):
    value = TEXTS[text]
    assert hydra_text(value) == text
    assert OverridesParser.create().parse_override(f"+x={text}").value() == value


def test_an_experiment_is_searched_in_the_space_of_its_name():
    overrides, found = compose_search(
        ["experiment=mnist_dnn", "search=hyperband", "seed=3"], conf=ROOT / "conf"
    )
    assert overrides == ["experiment=mnist_dnn", "seed=3"]
    assert isinstance(found.search, Hyperband)
    assert "optimizer.learning_rate" in found.space


def test_without_a_choice_the_search_is_bayesian():
    _, found = compose_search(["experiment=mnist_dnn", "search.trials=7"], conf=ROOT / "conf")
    assert isinstance(found.search, Bayesian)
    assert (found.search.method, found.search.trials, found.search.save_as) == (
        Method.bayesian,
        7,
        None,
    )


def test_a_space_may_be_chosen(conf):
    (conf / "space/small.yaml").write_text("optimizer: {choice: [sgd, adam]}\n")
    _, found = compose_search(["experiment=mnist_mlp", "space=small"], conf=conf)
    assert list(found.space) == ["optimizer"]


def test_an_experiment_without_a_space_says_where_it_would_stand():
    assert refusal("experiment=mnist_mlp").startswith(
        f"{ROOT}/conf/space/mnist_mlp.yaml, the space of this experiment, is missing. Received: experiment=mnist_mlp. "
        "Write it, or choose another: space=… "
    )


def test_a_setting_that_is_searched_cannot_be_given():
    assert refusal("experiment=mnist_dnn", "optimizer=sgd") == (
        "command line: optimizer is searched. Received: optimizer=sgd. Take it from the space first."
    )


def test_a_fault_of_a_space_names_its_file(conf):
    (conf / "space/mnist_dnn.yaml").write_text("optimizer.learning_rate: {float: [1, 0]}\n")
    assert refusal("experiment=mnist_dnn", conf=conf) == (
        f"{conf}/space/mnist_dnn.yaml: space.optimizer.learning_rate.float is not possible. Received: [1, 0]. "
        "Expected: [low, high] of type float."
    )


def test_a_space_of_one_choice_is_refused(conf):
    (conf / "space/mnist_dnn.yaml").write_text("optimizer: {choice: [adam]}\n")
    assert "space leaves nothing to search. Received: optimizer." in refusal(
        "experiment=mnist_dnn", conf=conf
    )


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            "search.trials=0",
            "command line: search.trials is not possible. Received: 0. Expected: a whole number from 1.",
        ),
        (
            "search.seed=0",
            "command line: search.seed is not possible. Received: 0. Expected: an integer from 1 to 2,147,483,647.",
        ),
        (
            "search.save_as=1",
            "command line: search.save_as is not possible. Received: 1. Expected: a lower-case letter, then more of them, "
            "digits and _.",
        ),
        (
            "++search.trials=0",
            "command line: search.trials is not possible. Received: 0. Expected: a whole number from 1.",
        ),
        (
            "search.trails=3",
            "command line: search.trails is not a setting. Received: search.trails=3. Did you mean trials? ",
        ),
        (
            "search=grid",
            "command line: search has no file of this name. Received: search=grid. Allowed: ",
        ),
        (
            "search.save_as=A",
            "command line: search.save_as is not possible. Received: A. Expected: a lower-case letter, then more of them, "
            "digits and _.",
        ),
    ],
)
def test_a_fault_of_the_search_is_told_in_one_line(argument, message):
    assert refusal("experiment=mnist_dnn", argument).startswith(message)


def test_hyperband_sets_the_length_of_training_itself():
    space = SPACE | {"training.epochs": {"choice": [30, 60]}}
    assert "training.epochs" in [one.name for one in config("random", space).parameters()]
    assert "training.epochs" not in [one.name for one in config("hyperband", space).parameters()]


def test_an_objective_is_a_metric_and_its_direction():
    assert refusal("experiment=mnist_dnn", "search.objective.metric=validation/loss") == (
        "command line: search.objective is not possible. Received: validation/loss, None. "
        "Expected: metric and direction, or neither."
    )


@pytest.mark.parametrize(
    ("task", "metric", "direction"),
    [
        ("classification", "validation/accuracy", Direction.max),
        ("regression", "validation/loss", Direction.min),
    ],
)
def test_the_usual_objective_is_that_of_the_task(task, metric, direction):
    found = config("random").search.objective.for_task(task)
    assert (found.metric, found.direction) == (metric, direction)


def overrides(found, values, epochs=None):
    return trial_overrides(
        ["data=digits"], found.search, found.parameters(), Proposal(0, values, epochs)
    )


def test_a_trial_is_overrides_of_its_experiment():
    space = SPACE | {"model.units": {"choice": [[8], [8, 4]]}, "training.steps": {"choice": [None]}}
    values = {
        "optimizer": "adam",
        "optimizer.learning_rate": 1e-05,
        "model.units": "[8,4]",
        "tuner/epochs": 3,
    }
    found = overrides(config("random", space), values)
    assert found == [
        "data=digits",
        "optimizer=adam",
        "optimizer.learning_rate=1e-05",
        "model.units=[8,4]",
        "training.steps=null",
    ]
    composed = compose_experiment([*found[:-1], "training.epochs=3"], conf=ROOT / "conf")
    assert (composed.optimizer.learning_rate, composed.model.units) == (1e-05, [8, 4])


def test_a_setting_with_one_choice_depends_on_others_all_the_same():
    space = SPACE | {"optimizer.nesterov": {"choice": [True], "when": {"optimizer": ["sgd"]}}}
    assert "optimizer.nesterov=true" in overrides(config("random", space), {"optimizer": "sgd"})
    assert "optimizer.nesterov=true" not in overrides(
        config("random", space), {"optimizer": "adam"}
    )


def test_under_hyperband_a_trial_has_the_whole_length_of_training():
    found = overrides(config("hyperband", max_epochs=27), {"optimizer": "adam"}, epochs=3)
    assert found == ["data=digits", "training.steps=null", "training.epochs=27", "optimizer=adam"]
