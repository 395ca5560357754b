"""The plan: experiments of params.yaml, checked against conf/."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.plan import compose_all
from pipeline.config.repeats import Repeats
from pipeline.config.training import Training
from tests.support import refusals
from tests.support.toy import copy_conf, params_of

IRIS = {"sources": ["iris"], "data": {"iris_setosa": "iris"}}


@pytest.fixture
def in_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a folder with a copy of `conf/` the current one."""
    copy_conf(tmp_path)
    monkeypatch.chdir(tmp_path)


def refusal(**listed: Any) -> str:
    return refusals.refusal(compose_all, params_of(**listed))


def test_default_experiment_needs_no_file(in_conf):
    (config,) = compose_all(params_of(data={"shapes": "shapes"}, experiments={"shapes": "shapes"}))
    assert (config.name, config.data.name, config.model.family) == ("shapes", "shapes", "mlp")


def test_other_experiment_needs_a_file(in_conf):
    assert refusal(data={"shapes": "shapes"}, experiments={"deep": "shapes"}) == (
        "params.yaml: experiments.deep has no file conf/experiment/deep.yaml. Received: deep: "
        "{data: shapes}. "
        "Write the file. To run the default experiment, name it shapes."
    )


def test_overrides_apply_to_every_experiment(in_conf):
    configs = compose_all(
        params_of(
            data={"shapes": "shapes", "pairs": "pairs"},
            experiments={"shapes": "shapes", "pairs": "pairs"},
            overrides=["training.threads=1"],
        )
    )
    assert [config.training.threads for config in configs] == [1, 1]


def test_split_that_is_not_drawn_cannot_vary(in_conf):
    assert refusal(
        data={"xor": "xor"}, experiments={"xor": "xor"}, repeats={"xor": Repeats(folds=5)}
    ) == (
        "params.yaml: repeats.xor.folds varies a split that is not drawn. Received: "
        "data.split.method whole. "
        "List seeds only, or choose a data variant with a drawn split."
    )


def test_other_data_than_in_the_file_are_refused(in_conf):
    assert refusal(
        data=IRIS["data"] | {"shapes": "shapes"}, experiments={"iris_perceptron": "shapes"}
    ) == (
        "params.yaml: experiments.iris_perceptron.data differs from "
        "conf/experiment/iris_perceptron.yaml. "
        "Received: shapes. Expected: iris_setosa."
    )


def test_source_other_than_in_the_file_is_refused(in_conf):
    assert refusal(data={"iris_setosa": "digits"}) == (
        "params.yaml: data.iris_setosa differs from the source in conf/data/iris_setosa.yaml. "
        "Received: digits. Expected: iris."
    )


def test_overrides_cannot_change_shared_data(in_conf):
    assert refusal(
        **IRIS, experiments={"iris_perceptron": "iris_setosa"}, overrides=["data.split.seed=7"]
    ) == (
        "conf/experiment/iris_perceptron.yaml or the overrides in params.yaml change the settings "
        "of shared data. Received: data=iris_setosa. Write another data variant in conf/data/ "
        "and use that."
    )


def test_experiment_file_cannot_change_shared_data(in_conf):
    Path("conf/experiment/deep.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /data: shapes\ndata: {rows: 30}\n"
    )
    assert refusal(data={"shapes": "shapes"}, experiments={"deep": "shapes"}) == (
        "conf/experiment/deep.yaml or the overrides in params.yaml change the settings "
        "of shared data. Received: data=shapes. Write another data variant in conf/data/ and use "
        "that."
    )


def test_own_file_has_the_path_of_its_source(in_conf):
    Path("conf/source/wine.yaml").write_text("format: csv\npath: wine.csv\n")
    assert compose_all(params_of(own_files={"wine": "./wine.csv"})) == []


def test_other_path_of_an_own_file_is_refused(in_conf):
    Path("conf/source/wine.yaml").write_text("format: csv\npath: wine.csv\n")
    assert refusal(own_files={"wine": "other.csv"}) == (
        "params.yaml: own_files.wine differs from the path in conf/source/wine.yaml. Received: "
        "other.csv. Expected: wine.csv."
    )


def test_own_file_needs_a_source_with_a_path(in_conf):
    assert refusal(own_files={"iris": "iris.csv"}) == (
        "params.yaml: own_files.iris differs from the path in conf/source/iris.yaml. Received: "
        "iris.csv. "
        "Expected: a source with a path."
    )


def test_unknown_override_for_all_is_refused(in_conf):
    assert refusal(
        data={"shapes": "shapes"}, experiments={"shapes": "shapes"}, overrides=["training.thread=1"]
    ) == (
        "command line: training.thread is not a setting. Received: training.thread=1. Did you "
        "mean threads? "
        f"Allowed: {', '.join(sorted(field.name for field in fields(Training)))}."
    )
