"""The best trial of a search becomes an experiment like the others."""

import re
import shutil

import pytest

from pipeline.config import params
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction
from pipeline.config.resolved import run_settings
from pipeline.studies import saving
from pipeline.studies.objective import Objective
from pipeline.studies.saving import BestTrial
from tests.support import ROOT
from tests.support.experiment_files import head, numbers
from tests.support.refusals import refusal
from tests.support.searches import ACCURACY, LOSS

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
LOG_LOSS = Objective("validation/log_loss", Direction.min)
FILE = """# @package _global_
# mnist_dnn, tuned: the best of 30 trials of a random search (3 minutes of training in all).
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


def best_trial(folder, *overrides, **fields):
    config = compose_experiment([*TRIAL, *overrides], conf=folder / "conf")
    defaults = {
        "base": "mnist_dnn",
        "method": "random",
        "trials": 30,
        "objective": ACCURACY,
        "value": 0.96399,
    }
    seconds = {"seconds": 7.4, "seconds_of_all": 170.0}
    return BestTrial(**{"config": config, **seconds, **defaults, **fields})


def save(folder, trial, name="tuned"):
    return saving.save(name, trial, conf=folder / "conf", listed=folder / "params.yaml")


def message(folder, name="tuned"):
    """Why the best trial cannot be saved under a name."""
    config, listed = best_trial(folder).config, folder / "params.yaml"
    return refusal(saving.require_possible, name, config, conf=folder / "conf", listed=listed)


def test_file_holds_changed_settings_and_the_claim(folder):
    text = save(folder, best_trial(folder)).read_text()
    assert text.startswith(FILE)
    assert re.fullmatch(r"# Written by pipeline.tune: [0-9a-f]{16}\n", text.removeprefix(FILE))


def test_file_composes_to_the_trial(folder):
    save(folder, best_trial(folder))
    composed = compose_experiment(["experiment=tuned"], conf=folder / "conf")
    assert run_settings(composed) == run_settings(best_trial(folder).config) | {"name": "tuned"}
    assert [str(claim) for claim in composed.claims] == ["validation/accuracy ≥ 0.963"]


@pytest.mark.parametrize("objective", [LOG_LOSS, ACCURACY])
def test_head_has_the_form_of_other_experiments(folder, objective):
    lines = head(save(folder, best_trial(folder, objective=objective)))
    assert lines[1].endswith(".")
    assert (
        lines[2]
        == "#   dvc repro evaluate@tuned     or     python -m pipeline.train experiment=tuned"
    )
    assert re.fullmatch(r"# Reaches .* on two cores.*", lines[3])
    assert {0.963, 0.964} & numbers(lines[3])


def test_metric_that_evaluate_lacks_is_not_claimed(folder):
    save(folder, best_trial(folder, objective=LOSS))
    assert compose_experiment(["experiment=tuned"], conf=folder / "conf").claims == []


@pytest.mark.parametrize(
    ("name", "before"),
    [("mnist_dnn_new", "mnist_dnn_tuned"), ("a", "california_deep"), ("zebra", "")],
)
def test_params_yaml_lists_it_by_name(folder, name, before):
    lines = (folder / "params.yaml").read_text().splitlines()
    save(folder, best_trial(folder), name)
    added = (folder / "params.yaml").read_text().splitlines()
    place = added.index(f"  {name}: {{data: mnist_first_10000}}")
    assert added[:place] + added[place + 1 :] == lines
    assert added[place + 1].strip().split(":")[0] == before
    assert params.read(folder / "params.yaml").experiments[name] == "mnist_first_10000"


def test_saving_again_replaces_the_file(folder):
    save(folder, best_trial(folder))
    listed = (folder / "params.yaml").read_text()
    text = save(folder, best_trial(folder, value=0.97)).read_text()
    assert "at_least: 0.97}" in text
    assert (folder / "params.yaml").read_text() == listed


def test_file_by_a_person_is_not_overwritten(folder):
    assert message(folder, name="mnist_linear") == (
        f"{folder}/conf/experiment/mnist_linear.yaml was not written by a search, "
        "or was edited since. Received: search.save_as=mnist_linear. Choose another name."
    )


def test_edited_file_is_not_overwritten(folder):
    file = save(folder, best_trial(folder))
    file.write_text(file.read_text().replace("20", "21"))
    assert "tuned.yaml was not written by a search, or was edited since." in message(folder)


def test_unlisted_data_are_rejected(folder):
    (folder / "params.yaml").write_text("sources: [mnist]\ndata: {mnist: mnist}\n")
    assert message(folder) == (
        f"{folder}/params.yaml does not list the data of this experiment. "
        "Received: mnist_first_10000. Allowed: mnist."
    )


def test_same_name_on_other_data_is_rejected(folder):
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(
        text.replace("  xor_mlp: {data: xor}", "  xor_mlp: {data: xor}\n  tuned: {data: xor}")
    )
    assert message(folder) == (
        f"{folder}/params.yaml has experiments.tuned on other data. "
        "Received: mnist_first_10000. Choose another name."
    )


def test_experiments_on_one_line_are_not_edited(folder):
    (folder / "params.yaml").write_text(
        "sources: [mnist]\ndata: {mnist_first_10000: mnist}\nexperiments: {}\n"
    )
    assert refusal(save, folder, best_trial(folder)) == (
        f"{folder}/params.yaml: an experiment could not be added. "
        "Received: tuned: {data: mnist_first_10000}. "
        "Write one experiment per line, and add this one by hand."
    )


def test_standardized_target_is_not_claimed(folder):
    """`evaluate` measures in the target's unit, the training in standard deviations."""
    standardized = ["data=diabetes", "data.standardize_target=true"]
    trial = BestTrial(
        config=compose_experiment(standardized, conf=folder / "conf"),
        base="diabetes",
        method="random",
        trials=3,
        objective=Objective("validation/mae", Direction.min),
        value=0.5,
        seconds=7.4,
        seconds_of_all=20.0,
    )
    assert "claims: []" in save(folder, trial).read_text()
