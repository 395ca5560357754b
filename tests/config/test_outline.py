"""What the report tells of an experiment before it has run."""

import pytest

from pipeline.config.outline import changes, description, outline
from pipeline.config.resolved import compose_experiment
from tests.support import ROOT
from tests.support.toy import copy_conf

HEAD = "# @package _global_\n# What it shows,\n# in two lines.\n#   dvc repro evaluate@x\n# Reaches 90 %.\nseed: 1\n"


@pytest.fixture(scope="module")
def conf(tmp_path_factory):
    return copy_conf(tmp_path_factory.mktemp("repository"))


def changed(conf, *overrides):
    return {
        key: change["value"]
        for key, change in changes(compose_experiment(overrides, conf=conf), conf=conf).items()
    }


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (HEAD, "What it shows, in two lines."),
        ("# @package _global_\n# One line.\nseed: 1\n", "One line."),
        ("# @package _global_\nseed: 1\n", ""),
    ],
)
def test_the_description_is_the_first_comment_up_to_the_command(tmp_path, head, told):
    (tmp_path / "x.yaml").write_text(head, encoding="utf-8")
    assert description(tmp_path / "x.yaml") == told


def test_the_default_experiment_changes_nothing(conf):
    assert changed(conf, "data=shapes") == {}


def test_a_change_is_told_beside_the_default(conf):
    config = compose_experiment(["data=shapes", "training.batch_size=8"], conf=conf)
    assert changes(config, conf=conf) == {"training.batch_size": {"default": 32, "value": 8}}


def test_another_family_is_held_against_its_own_file(conf):
    assert changed(conf, "data=shapes", "model=cnn", "model.kernel_size=3", "optimizer=sgd") == {
        "model.family": "cnn",
        "model.kernel_size": 3,
        "optimizer.family": "sgd",
    }


def test_a_part_that_is_switched_off_is_one_change(conf):
    assert changed(conf, "data=shapes", "training.early_stopping=null") == {
        "training.early_stopping": None
    }


def test_an_experiment_of_a_file_is_told_with_its_claims_and_its_command(conf):
    (conf / "experiment/small.yaml").write_text(
        HEAD
        + "defaults:\n  - override /data: shapes\nreported: about 0.9\nclaims:\n  - {metric: epochs, at_most: 3}\n",
        encoding="utf-8",
    )
    config = compose_experiment(["experiment=small", "training.threads=1"], conf=conf)
    assert outline(config, ["training.threads=1"], conf=conf) == {
        "description": "What it shows, in two lines.",
        "reported": "about 0.9",
        "claims": [{"metric": "epochs", "at_most": 3.0}],
        "changed": {
            "seed": {"default": 42, "value": 1},
            "training.threads": {"default": 2, "value": 1},
        },
        "command": "python -m pipeline.train experiment=small training.threads=1 force=true",
    }


def test_an_experiment_without_a_file_is_the_default_one(conf):
    told = outline(compose_experiment(["data=shapes"], conf=conf), [], conf=conf)
    assert told["description"] == "The default experiment on these data."
    assert told["command"] == "python -m pipeline.train data=shapes force=true"


def test_every_experiment_of_the_repository_says_what_it_shows():
    heads = sorted((ROOT / "conf/experiment").glob("*.yaml"))
    assert [head.stem for head in heads if not description(head).endswith(".")] == []
