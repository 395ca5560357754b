"""The winner of a search or a sweep becomes an experiment like the others."""

import math
import re
import shutil
from copy import deepcopy
from functools import cache

import pytest

from pipeline.config import params
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction
from pipeline.config.resolved import run_settings
from pipeline.studies import saving
from pipeline.studies.confirming import Confirmation
from pipeline.studies.objective import Objective
from pipeline.studies.saving import Winner
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
# The mean is 0.96, the deviation 0.002: one more training reaches 0.96 - 2.132 · 0.002 · √1.2.
FIVE = Confirmation([1, 2, 3, 4, 5], [0.96, 0.958, 0.962, 0.958, 0.962])
FILE = """# @package _global_
# mnist_dnn, tuned: the best of 30 trials of a random search (3 minutes of training in all).
#   dvc repro evaluate@tuned     or     python -m pipeline.train tuned
# Reaches 96 % validation accuracy, in about 7 seconds on two cores.
# The figure is the mean of 5 seeds that took no part in the choice.
# The claim is what one more training reaches with a probability of 95 %.
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
- {metric: validation/accuracy, at_least: 0.955}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "params.yaml", folder)
    return folder


@pytest.fixture
def folder(project):
    """The project without what earlier tests saved: each copy of `conf/` is checked for seconds."""
    listed, before = (project / "params.yaml").read_text(), set(experiments(project))
    yield project
    (project / "params.yaml").write_text(listed)
    for path in set(experiments(project)) - before:
        path.unlink()


def experiments(project):
    return (project / "conf/experiment").iterdir()


@cache
def trial():
    return compose_experiment(TRIAL, conf=ROOT / "conf")


def winner(**fields):
    config = deepcopy(trial())
    defaults = {
        "base": "mnist_dnn",
        "study": "a random search",
        "trials": 30,
        "objective": ACCURACY,
        "value": 0.96399,
        "confirmation": FIVE,
    }
    seconds = {"seconds": 7.4, "seconds_of_all": 170.0}
    return Winner(**{"config": config, **seconds, **defaults, **fields})


def save(folder, one, name="tuned"):
    return saving.save(name, one, conf=folder / "conf", listed=folder / "params.yaml")


def message(folder, name="tuned"):
    """Why the winner cannot be saved under a name."""
    config, listed = winner().config, folder / "params.yaml"
    return refusal(saving.require_possible, name, config, conf=folder / "conf", listed=listed)


def test_file_holds_changed_settings_and_the_claim(folder):
    text = save(folder, winner()).read_text()
    assert text.startswith(FILE)
    assert re.fullmatch(r"# Written by a study: [0-9a-f]{16}\n", text.removeprefix(FILE))


def test_file_composes_to_the_winner(folder):
    save(folder, winner())
    composed = compose_experiment(["experiment=tuned"], conf=folder / "conf")
    assert run_settings(composed) == run_settings(winner().config) | {"name": "tuned"}
    assert [str(claim) for claim in composed.claims] == ["validation/accuracy ≥ 0.955"]


@pytest.mark.parametrize("objective", [LOG_LOSS, ACCURACY])
def test_head_has_the_form_of_other_experiments(folder, objective):
    lines = head(save(folder, winner(objective=objective)))
    assert lines[1].endswith(".")
    assert lines[2] == "#   dvc repro evaluate@tuned     or     python -m pipeline.train tuned"
    assert re.fullmatch(r"# Reaches .* on two cores.*", lines[3])
    assert 0.96 in numbers(lines[3])


def claims(folder, **fields) -> list[str]:
    """The claims of the experiment that a winner becomes."""
    save(folder, winner(**fields))
    return list(map(str, compose_experiment(["experiment=tuned"], conf=folder / "conf").claims))


def test_claim_is_the_limit_of_one_more_training(folder):
    assert FIVE.limit(ACCURACY.direction) == pytest.approx(0.96 - 2.1318 * 0.002 * 1.2**0.5)
    assert claims(folder) == ["validation/accuracy ≥ 0.955"]


def test_claim_of_a_loss_is_an_upper_limit(folder):
    assert FIVE.limit(Direction.min) == pytest.approx(0.9647, abs=1e-4)
    assert claims(folder, objective=LOG_LOSS) == ["validation/log_loss ≤ 0.965"]


def test_lucky_figure_of_the_winner_is_not_claimed(folder):
    assert claims(folder, value=0.999) == claims(folder, value=0.5)


def test_loss_of_training_is_not_claimed(folder):
    assert claims(folder, objective=LOSS) == []


def test_winner_without_other_seeds_has_no_claim(folder):
    one = winner(confirmation=None)
    lines = head(save(folder, one))
    assert lines[3].startswith("# Reaches 96.4 % validation accuracy, in about ")
    assert lines[4:] == ["# It has no claim, because it was not trained with other seeds."]
    assert compose_experiment(["experiment=tuned"], conf=folder / "conf").claims == []


@pytest.mark.parametrize(
    ("name", "before"),
    [("mnist_dnn_new", "mnist_dnn_tuned"), ("a", "california_deep"), ("zebra", "")],
)
def test_params_yaml_lists_it_by_name(folder, name, before):
    lines = (folder / "params.yaml").read_text().splitlines()
    save(folder, winner(), name)
    added = (folder / "params.yaml").read_text().splitlines()
    place = added.index(f"  {name}: {{data: mnist_first_10000}}")
    assert added[:place] + added[place + 1 :] == lines
    assert added[place + 1].strip().split(":")[0] == before
    assert params.read(folder / "params.yaml").experiments[name] == "mnist_first_10000"


def test_saving_again_replaces_the_file(folder):
    save(folder, winner())
    listed = (folder / "params.yaml").read_text()
    higher = Confirmation([1, 2], [0.97, 0.97])
    text = save(folder, winner(confirmation=higher)).read_text()
    assert "at_least: 0.97}" in text
    assert (folder / "params.yaml").read_text() == listed


def test_file_by_a_person_is_not_overwritten(folder):
    assert message(folder, name="mnist_linear") == (
        f"{folder}/conf/experiment/mnist_linear.yaml was not written by a study, "
        "or was edited since. Received: save_as=mnist_linear. Choose another name."
    )


def test_edited_file_is_not_overwritten(folder):
    file = save(folder, winner())
    file.write_text(file.read_text().replace("20", "21"))
    assert "tuned.yaml was not written by a study, or was edited since." in message(folder)


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
        "sources: [mnist]\ndata: {mnist_first_10000: mnist}\n"
        "experiments: {other: {data: mnist_first_10000}}\n"
    )
    assert refusal(save, folder, winner()) == (
        f"{folder}/params.yaml: an entry of experiments could not be added. "
        "Received: tuned: {data: mnist_first_10000}. "
        "Write one entry of experiments per line, and add this one by hand."
    )


def test_standardised_target_is_claimed_in_its_unit(folder):
    config = compose_experiment(["data=diabetes"], conf=folder / "conf")
    assert config.data.standardize_target
    values = Confirmation([1, 2, 3], [41.0, 42.0, 43.0])
    mae = Objective("validation/mae", Direction.min)
    claim = claims(folder, config=config, base="diabetes", objective=mae, confirmation=values)
    assert claim == [f"validation/mae ≤ {math.ceil(1000 * values.limit(Direction.min)) / 1000}"]


def test_winner_of_a_sweep_says_so(folder):
    text = save(folder, winner(study="a sweep")).read_text()
    assert "# mnist_dnn, tuned: the best of 30 trials of a sweep (3 minutes of" in text


def test_saving_says_what_the_choice_was_worth(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    saving.save_and_say("tuned", winner())
    assert capsys.readouterr().err.splitlines() == [
        "mnist_dnn: validation/accuracy was 0.9640 in the study; "
        "over 5 other seeds it is 0.9600 on average",
        "mnist_dnn: wrote conf/experiment/tuned.yaml and added it to params.yaml",
        "  dvc repro evaluate@tuned",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (1.6, "2 seconds"),
        (89.4, "89 seconds"),
        (90.0, "2 minutes"),
        (3600.0, "60 minutes"),
    ],
)
def test_duration_has_one_unit(seconds, words):
    assert saving._duration(seconds) == words


@pytest.mark.parametrize(("threads", "cores"), [(1, "one core"), (2, "two cores"), (3, "3 cores")])
def test_cores_are_in_words(threads, cores):
    config = deepcopy(trial())
    config.training.threads = threads
    assert saving._cores(config) == cores


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (ACCURACY, "96.4 % validation accuracy"),
        (LOG_LOSS, "a validation log_loss of 0.964"),
    ],
)
def test_winner_without_other_seeds_reaches_its_own_figure(objective, words):
    assert saving._reached(winner(objective=objective, confirmation=None)) == words
