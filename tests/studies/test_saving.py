"""The best trial as an experiment: a file that composes to it, in the form of the others, and a line in params.yaml."""

import re
import shutil

import pytest

from pipeline.config import params
from pipeline.config.resolved import compose_experiment, to_values
from pipeline.config.training import Direction
from pipeline.errors import PipelineError
from pipeline.studies import saving
from pipeline.studies.saving import Found
from pipeline.studies.space import Objective
from tests.config.test_experiments import head, numbers
from tests.support import ROOT
from tests.support.searches import LARGEST

TRIAL = [
    "experiment=mnist_dnn",
    "training.steps=null",
    "training.epochs=20",
    "training.evaluate_at=[]",
    "optimizer=adam",
    "optimizer.learning_rate=0.00071",
    "model.units=[300,100]",
    "model.dropout=0.25",
]
FILE = """# @package _global_
# mnist_dnn, tuned: the best of 30 trials by random search, which trained for 3 minutes in all.
#   dvc repro evaluate@tuned     or     python -m pipeline.train experiment=tuned
# Reaches 96.3 % validation accuracy, in about 7 seconds on two cores.
defaults:
  - override /data: mnist_first_10000
  - override /model: mlp
  - override /optimizer: adam

model:
  units: [300, 100]
  dropout: 0.25
optimizer: {learning_rate: 0.00071, clipnorm: 5.0}
training: {epochs: 20, batch_size: 30, loss_reduction: sum, early_stopping: null}
claims:
- {metric: validation/accuracy, at_least: 0.963}
"""


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


def found(folder, *overrides, **given):
    config = compose_experiment([*TRIAL, *overrides], conf=folder / "conf")
    known = {
        "base": "mnist_dnn",
        "method": "random",
        "trials": 30,
        "objective": LARGEST,
        "value": 0.96399,
    }
    return Found(**{"config": config, "seconds": 7.4, "searched": 170.0, **known, **given})


def save(folder, trial, name="tuned"):
    return saving.save(name, trial, conf=folder / "conf", listed=folder / "params.yaml")


def refusal(folder, *overrides, name="tuned"):
    with pytest.raises(PipelineError) as caught:
        saving.require_possible(
            name,
            found(folder, *overrides).config,
            conf=folder / "conf",
            listed=folder / "params.yaml",
        )
    return str(caught.value)


def test_the_file_holds_what_differs_from_the_default_and_the_figure_found(folder):
    text = save(folder, found(folder)).read_text()
    assert text.startswith(FILE)
    assert re.fullmatch(r"# Written by pipeline.tune: [0-9a-f]{16}\n", text.removeprefix(FILE))


def test_the_file_composes_to_the_trial(folder):
    save(folder, found(folder))
    composed = compose_experiment(["experiment=tuned"], conf=folder / "conf")
    assert to_values(composed) == to_values(found(folder).config) | {"name": "tuned"}
    assert [str(claim) for claim in composed.claims] == ["validation/accuracy ≥ 0.963"]


@pytest.mark.parametrize("metric", ["validation/log_loss", "validation/accuracy"])
def test_the_head_has_the_form_of_the_other_experiments(folder, metric):
    objective = Objective(
        metric, Direction.max if metric == "validation/accuracy" else Direction.min
    )
    lines = head(save(folder, found(folder, objective=objective)))
    assert lines[1].endswith(".")
    assert (
        lines[2]
        == "#   dvc repro evaluate@tuned     or     python -m pipeline.train experiment=tuned"
    )
    assert re.fullmatch(r"# Reaches .* on two cores.*", lines[3])
    assert {0.963, 0.964} & numbers(lines[3])


def test_a_figure_that_evaluate_does_not_measure_is_no_claim(folder):
    save(folder, found(folder, objective=Objective("validation/loss", Direction.min)))
    assert compose_experiment(["experiment=tuned"], conf=folder / "conf").claims == []


@pytest.mark.parametrize(
    ("name", "before"),
    [("mnist_dnn_found", "mnist_dnn_tuned"), ("a", "california_deep"), ("zebra", "")],
)
def test_params_yaml_lists_it_in_the_order_of_names_and_keeps_all_else(folder, name, before):
    lines = (folder / "params.yaml").read_text().splitlines()
    save(folder, found(folder), name)
    added = (folder / "params.yaml").read_text().splitlines()
    place = added.index(f"  {name}: {{data: mnist_first_10000}}")
    assert added[:place] + added[place + 1 :] == lines
    assert added[place + 1].strip().split(":")[0] == before
    assert params.read(folder / "params.yaml").experiments[name] == "mnist_first_10000"


def test_saving_again_writes_over_what_a_search_wrote(folder):
    save(folder, found(folder))
    listed = (folder / "params.yaml").read_text()
    text = save(folder, found(folder, value=0.97)).read_text()
    assert "at_least: 0.97}" in text
    assert (folder / "params.yaml").read_text() == listed


def test_a_file_of_another_hand_is_not_written_over(folder):
    assert refusal(folder, name="mnist_linear") == (
        f"{folder}/conf/experiment/mnist_linear.yaml was not written by a search, or was edited since. "
        "Received: search.save_as=mnist_linear. Choose another name."
    )


def test_a_file_that_was_edited_is_not_written_over(folder):
    file = save(folder, found(folder))
    file.write_text(file.read_text().replace("20", "21"))
    assert "tuned.yaml was not written by a search, or was edited since." in refusal(folder)


def test_data_that_params_yaml_does_not_list_are_refused(folder):
    (folder / "params.yaml").write_text("sources: [mnist]\ndata: {mnist: mnist}\n")
    assert refusal(folder) == (
        f"{folder}/params.yaml does not list the data of this experiment. Received: mnist_first_10000. Allowed: mnist."
    )


def test_an_experiment_of_this_name_on_other_data_is_refused(folder):
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(
        text.replace("  xor_mlp: {data: xor}", "  xor_mlp: {data: xor}\n  tuned: {data: xor}")
    )
    assert refusal(folder) == (
        f"{folder}/params.yaml has experiments.tuned on other data. Received: mnist_first_10000. Choose another name."
    )


def test_experiments_on_one_line_are_left_to_a_person(folder):
    (folder / "params.yaml").write_text(
        "sources: [mnist]\ndata: {mnist_first_10000: mnist}\nexperiments: {}\n"
    )
    with pytest.raises(PipelineError) as caught:
        save(folder, found(folder))
    assert str(caught.value) == (
        f"{folder}/params.yaml: an experiment could not be added. Received: tuned: {{data: mnist_first_10000}}. "
        "Write it there by hand, one experiment to a line."
    )
