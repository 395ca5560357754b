"""Compositions that share their first part are those of Hydra."""

import shutil

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import OmegaConf, open_dict

from pipeline.config import hydra_composition
from pipeline.config.experiment_composition import register
from tests.support import ROOT

CONF = ROOT / "conf"


def of_hydra(overrides, conf=CONF):
    """The result of Hydra by itself: settings and choices, without Hydra's own."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(conf), version_base="1.3"):
        settings = compose("config", overrides, return_hydra_config=True)
    choices = dict(settings.hydra.runtime.choices)
    with open_dict(settings):
        del settings["hydra"]
    return OmegaConf.to_container(settings), own(choices)


def own(choices):
    return {group: name for group, name in choices.items() if not group.startswith("hydra/")}


def composed(overrides, conf=CONF):
    register()
    result = hydra_composition.composed("config", overrides, conf)
    return OmegaConf.to_container(result.settings), own(result.choices)


@pytest.mark.parametrize(
    "overrides",
    [
        ["data=iris_setosa"],
        ["seed=3", "experiment=mnist_mlp", "optimizer.learning_rate=0.5"],
        ["experiment=mnist_mlp", "optimizer=sgd", "optimizer.momentum=0.9"],
        ["data=digits", "model=layers", "model.layers=[{kind: Flatten}]"],
        ["data=diabetes", "training={epochs: 3}"],
        ["data=diabetes", "training.early_stopping={patience: 3}", "training.steps=9"],
        ["data=diabetes", "+data.ratios={a: [age, bmi]}", "++seed=4"],
        ["data=diabetes", "name=x", "data.features=[age,bmi]", "hydra.verbose=true"],
    ],
)
def test_settings_and_choices_are_those_of_hydra(overrides):
    assert composed(overrides) == of_hydra(overrides)


@pytest.mark.parametrize(
    "overrides",
    [
        ["data=diabetes", "sede=3"],
        ["data=diabetes", "seed=x"],
        ["data=nothing", "sede=3"],
        ["data=diabetes", "seed=1,2"],
        ["data=diabetes", "+seed=1"],
        ["data=diabetes", "~training.nothing"],
        ["data=diabetes", "~training.early_stopping"],
        ["data=diabetes", "dat@a=3"],
    ],
)
def test_mistakes_are_those_of_hydra(overrides):
    raised = []
    for call in (of_hydra, composed):
        with pytest.raises(HydraException) as caught:
            call(overrides)
        raised.append((type(caught.value), str(caught.value)))
    assert raised[0] == raised[1]


@pytest.mark.parametrize("name", sorted(file.stem for file in (CONF / "experiment").glob("*.yaml")))
def test_experiment_is_that_of_hydra(name):
    assert composed([f"experiment={name}"]) == of_hydra([f"experiment={name}"])


@pytest.mark.parametrize(
    "text",
    [
        "defaults: [override /data: iris_setosa, override /hydra/launcher: basic]\nseed: 3\n",
        "defaults: [override /data: iris_setosa]\nhydra: {verbose: true}\nseed: 3\n",
    ],
)
def test_file_may_hold_settings_of_hydra(tmp_path, text):
    conf = shutil.copytree(CONF, tmp_path / "conf")
    (conf / "experiment/new.yaml").write_text(f"# @package _global_\n{text}", "utf-8")
    assert composed(["experiment=new"], conf) == of_hydra(["experiment=new"], conf)


def test_one_composition_does_not_change_the_next():
    before = composed(["data=diabetes"])
    composed(["data=diabetes", "training.epochs=77", "+data.ratios={a: [age, bmi]}"])
    assert composed(["data=diabetes"]) == before


def test_interpolation_follows_the_overrides_of_its_composition(tmp_path):
    """It refers to another group than the one that holds it."""
    conf = shutil.copytree(CONF, tmp_path / "conf")
    text = "defaults: [override /data: iris_setosa]\ntraining: {batch_size: '${seed}'}\n"
    (conf / "experiment/new.yaml").write_text(f"# @package _global_\n{text}", "utf-8")
    register()
    for seed in (3, 5):
        result = hydra_composition.composed("config", ["experiment=new", f"seed={seed}"], conf)
        assert result.settings.training.batch_size == seed


def test_groups_without_overrides_are_shared():
    register()
    first, second = (
        hydra_composition.composed(
            "config", ["data=diabetes", f"optimizer.learning_rate={rate}"], CONF
        ).settings
        for rate in (0.5, 0.25)
    )
    assert (first.optimizer.learning_rate, second.optimizer.learning_rate) == (0.5, 0.25)
    assert first._get_node("training") is second._get_node("training")
    assert first._get_node("data") is not second._get_node("data")


def test_changed_file_is_read_again(tmp_path):
    conf = shutil.copytree(CONF, tmp_path / "conf")
    assert composed(["data=diabetes"], conf)[0]["seed"] == 42
    file = conf / "config.yaml"
    file.write_text(file.read_text("utf-8").replace("seed: 42", "seed: 43"), "utf-8")
    assert composed(["data=diabetes"], conf)[0]["seed"] == 43


def test_changed_folder_of_equal_files_is_another(tmp_path):
    conf = shutil.copytree(CONF, tmp_path / "conf")
    (conf / "data/new.yaml").write_text("source: iris\ntask: classification\ntarget: x\n", "utf-8")
    assert composed(["data=new"], conf)[1]["data"] == "new"
    with pytest.raises(HydraException, match="new"):
        composed(["data=new"])
