"""What the report says about an experiment before it has run."""

from textwrap import indent

import pytest

from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.outline import Defaults, changes, description, outline
from pipeline.config.resolved import run_settings
from tests.support import ROOT
from tests.support.toy import copy_conf

HEAD = """# @package _global_
# What it shows,
# in two lines.
#   dvc repro evaluate@x
# Reaches 90 %.
seed: 1
"""
REST = """defaults:
  - override /data: shapes
reported: about 0.9
claims:
  - {metric: epochs, at_most: 3}
"""


@pytest.fixture(scope="module")
def conf(tmp_path_factory):
    return copy_conf(tmp_path_factory.mktemp("repository"))


def changed(conf, *overrides):
    return {
        key: change["value"]
        for key, change in changes(compose_experiment(overrides, conf=conf), Defaults(conf)).items()
    }


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (HEAD, "What it shows, in two lines."),
        ("# @package _global_\n# One line.\nseed: 1\n", "One line."),
        ("# @package _global_\nseed: 1\n", ""),
    ],
)
def test_description_is_the_first_comment(tmp_path, head, expected):
    (tmp_path / "x.yaml").write_text(head, encoding="utf-8")
    assert description(tmp_path / "x.yaml") == expected


def test_default_experiment_changes_nothing(conf):
    assert changed(conf, "data=shapes") == {}


@pytest.mark.parametrize("data", ["shapes", "pairs", "prices"])
@pytest.mark.parametrize("choices", [(), ("optimizer=sgd",), ("model=cnn", "optimizer=adamw")])
def test_defaults_of_all_data_are_those_of_hydra(conf, data, choices):
    defaults = Defaults(conf)
    defaults.of("pairs", *choices)  # that of other data is made from it
    composed = run_settings(compose_experiment([f"data={data}", *choices], conf=conf))
    assert defaults.of(data, *choices) | {"name": data} == composed


def test_defaults_of_data_that_set_another_group_are_composed(tmp_path):
    conf = copy_conf(tmp_path)
    file = conf / "data/shapes.yaml"
    own = indent(file.read_text(encoding="utf-8"), "  ")
    text = f"# @package _global_\nseed: 9\ndata:\n{own}"
    file.write_text(text, encoding="utf-8")
    defaults = Defaults(conf)
    defaults.of("pairs")
    assert defaults.of("shapes")["seed"] == 9


def test_defaults_that_refer_to_the_data_are_composed(tmp_path):
    conf = copy_conf(tmp_path)
    for file, old, new in [
        (conf / "config.yaml", "seed: 42", "seed: ${data.split.seed}"),
        (conf / "data/shapes.yaml", "seed: 1", "seed: 9"),
    ]:
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    defaults = Defaults(conf)
    defaults.of("pairs")
    assert defaults.of("shapes")["seed"] == 9


def test_change_has_value_and_default(conf):
    config = compose_experiment(["data=shapes", "training.batch_size=8"], conf=conf)
    assert changes(config, Defaults(conf)) == {"training.batch_size": {"default": 12, "value": 8}}


def test_other_family_is_compared_with_its_file(conf):
    assert changed(conf, "data=shapes", "model=cnn", "model.kernel_size=3", "optimizer=sgd") == {
        "model.family": "cnn",
        "model.kernel_size": 3,
        "optimizer.family": "sgd",
    }


def test_group_set_to_null_is_one_change(conf):
    assert changed(conf, "data=shapes", "training.early_stopping=null") == {
        "training.early_stopping": None
    }


def test_outline_has_description_claims_and_command(conf):
    (conf / "experiment/small.yaml").write_text(HEAD + REST, encoding="utf-8")
    config = compose_experiment(["experiment=small", "training.threads=1"], conf=conf)
    assert outline(config, ["training.threads=1"], Defaults(conf)) == {
        "description": "What it shows, in two lines.",
        "reported": "about 0.9",
        "claims": [{"metric": "epochs", "at_most": 3.0}],
        "changed": {
            "seed": {"default": 42, "value": 1},
            "training.threads": {"default": 2, "value": 1},
        },
        "command": "python -m pipeline.train small training.threads=1 force=true",
    }


def test_experiment_without_a_file_is_the_default(conf):
    expected = outline(compose_experiment(["data=shapes"], conf=conf), [], Defaults(conf))
    assert expected["description"] == "The default experiment on these data."
    assert expected["command"] == "python -m pipeline.train data=shapes force=true"


def test_every_experiment_has_a_description():
    heads = sorted((ROOT / "conf/experiment").glob("*.yaml"))
    assert [head.stem for head in heads if not description(head).endswith(".")] == []
