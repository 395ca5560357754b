"""The configurations of a repeated experiment."""

from dataclasses import replace

import pytest

from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.repeats import Repeats, description
from pipeline.config.split import SplitMethod
from pipeline.config.variations import (
    configuration_of,
    configurations,
    require_drawn_splits,
    split_of,
    splits_by_configuration,
)
from tests.support import ROOT
from tests.support.refusals import refusal


@pytest.fixture(scope="module")
def config() -> ExperimentConfig:
    return compose_experiment(["experiment=diabetes_mlp"], conf=ROOT / "conf")


def test_seeds_keep_the_split(config):
    runs = configurations(config, Repeats(seeds=[3, 1]))["seeds"]
    assert {value: run.seed for value, run in runs.items()} == {3: 3, 1: 1}
    assert all(run.data == config.data for run in runs.values())


def test_splits_keep_the_seed(config):
    runs = configurations(config, Repeats(split_seeds=[7, 8]))["split_seeds"]
    assert [run.data.split.seed for run in runs.values()] == [7, 8]
    assert {run.seed for run in runs.values()} == {config.seed}


def test_each_fold_is_a_run(config):
    runs = configurations(config, Repeats(folds=3))["folds"]
    splits = [run.data.split for run in runs.values()]
    assert [(split.method, split.folds, split.fold) for split in splits] == [
        (SplitMethod.kfold, 3, fold) for fold in range(3)
    ]
    assert {(split.test, split.seed, split.validation) for split in splits} == {(None, 42, 0.2)}


def test_series_over_other_rows_come_first(config):
    repeats = Repeats(seeds=[1, 2], split_seeds=[1, 2], folds=2)
    assert list(configurations(config, repeats)) == ["folds", "split_seeds", "seeds"]


@pytest.mark.parametrize(
    ("varied", "text"),
    [("seeds", "5 seeds of one split"), ("split_seeds", "5 splits"), ("folds", "5 folds")],
)
def test_description_says_what_varied(varied, text):
    assert description(varied, 5) == text


@pytest.mark.parametrize(
    ("repeats", "varied"),
    [(Repeats(split_seeds=[1, 2]), "split_seeds"), (Repeats(folds=5, seeds=[1, 2]), "folds")],
)
def test_split_that_is_not_drawn_cannot_vary(repeats, varied):
    data = compose_experiment(["experiment=xor_mlp"], conf=ROOT / "conf").data
    assert refusal(require_drawn_splits, {"xor_mlp": repeats}, {"xor_mlp": data}) == (
        f"params.yaml: repeats.xor_mlp.{varied} varies a split that is not drawn. "
        "Received: data.split.method whole. "
        "List seeds only, or choose a data variant with a drawn split."
    )


def test_seeds_vary_on_any_split():
    data = compose_experiment(["experiment=xor_mlp"], conf=ROOT / "conf").data
    require_drawn_splits({"xor_mlp": Repeats(seeds=[1, 2])}, {"xor_mlp": data})


ALL = Repeats(seeds=[3, 1], split_seeds=[7, 8], folds=3)


@pytest.mark.parametrize("varied", ["seeds", "split_seeds", "folds"])
def test_repetitions_belong_to_one_configuration(config, varied):
    runs = configurations(config, ALL)[varied].values()
    assert len({configuration_of(run) for run in runs}) == 1


def test_split_is_known_by_seed_and_fold(config):
    runs = configurations(config, ALL)
    assert [split_of(run) for run in runs["split_seeds"].values()] == [("7", "null"), ("8", "null")]
    assert [split_of(run) for run in runs["folds"].values()] == [("42", fold) for fold in "012"]


def test_another_setting_is_another_configuration(config):
    other = replace(config, training=replace(config.training, batch_size=7))
    assert configuration_of(other) != configuration_of(config)


def test_name_of_an_experiment_belongs_to_its_configuration(config):
    assert configuration_of(replace(config, name="other")) != configuration_of(config)


def test_data_variant_counts_by_its_settings(config):
    renamed = replace(config.data, name="renamed")
    plain = [replace(config, name=data.name, data=data) for data in (config.data, renamed)]
    assert len({configuration_of(one) for one in plain}) == 1


def test_splits_are_listed_by_configuration(config):
    runs = list(configurations(config, ALL)["split_seeds"].values())
    other = replace(runs[0], training=replace(config.training, batch_size=7))
    assert splits_by_configuration([*runs, other]) == [
        {("7", "null"), ("8", "null")},
        {("7", "null")},
    ]
