"""Overrides that are refused before Hydra parses them."""

import pytest

from pipeline.config import overrides
from tests.support import ROOT
from tests.support.refusals import refusal

CONF = ROOT / "conf"
LONG = "model.units=[" + "1," * 2500 + "1]"
FAULTS = {
    LONG: f"command line: an override is too long. Received: {LONG[:60]}… with 5,015 characters. "
    "Expected: at most 5,000. Write longer settings into a file of conf/.",
    f"a={'{b:' * 31}1{'}' * 31}": "command line: an override is nested too deeply. "
    f"Received: a={'{b:' * 19}{{… with 31 levels of brackets. Expected: at most 30 levels.",
    "experiment=../../x": "command line: a choice is outside its folder of conf/. "
    f"Received: experiment=../../x. Name a file of {CONF}/experiment.",
    "+experiment=../config": "command line: a choice is outside its folder of conf/. "
    f"Received: +experiment=../config. Name a file of {CONF}/experiment.",
}


@pytest.mark.parametrize("override", FAULTS, ids=lambda text: text[:20])
def test_override_is_refused_in_one_line(override):
    text = refusal(overrides.require_readable, ["seed=1", override], conf=CONF)
    assert text == FAULTS[override]


@pytest.mark.parametrize(
    "override", ["source.path=../wine.csv", "hydra/launcher=joblib", "seed", f"a={'[]' * 40}", "~a"]
)
def test_usual_override_is_accepted(override):
    overrides.require_readable([override], conf=CONF)


@pytest.mark.parametrize("override", ["hydra.mode=MULTIRUN", "+hydra/launcher=joblib"])
def test_setting_of_hydra_is_refused_for_one_training(override):
    assert refusal(overrides.require_none_of_hydra, ["seed=1", override]) == (
        f"command line: settings of Hydra have no effect here. Received: {override}. "
        "Remove them, or sweep with: python -m pipeline.sweep."
    )


@pytest.mark.parametrize("flag", ["--cfg", "--cfg=job", "-c", "--info", "-cn", "-p", "--resolve"])
def test_flag_of_hydra_leads_to_show(flag):
    assert refusal(overrides.require_readable, [flag, "job"], conf=CONF) == (
        "command line: this is a flag of Hydra, and Hydra runs inside these commands. "
        f"Received: {flag}. See the settings, and what sets them, with: "
        "python -m pipeline.train <experiment> --show."
    )


WRITTEN = {
    "+experiment=mnist_mlp": "command line: an experiment is chosen without +. "
    "Received: +experiment=mnist_mlp. Write experiment=mnist_mlp.",
    "experiment=mnist_mlp.yaml": "command line: an experiment is named without its folder and "
    "ending. Received: experiment=mnist_mlp.yaml. Write experiment=mnist_mlp.",
    "experiment=course/iris": "command line: experiments lie directly in their folder. Received: "
    "experiment=course/iris. Move the file to {conf}/experiment/iris.yaml, and write "
    "experiment=iris.",
    "experiment=other": "{conf}/experiment/other.yml: files of conf/ end in .yaml. "
    "Received: experiment=other. Rename it to {conf}/experiment/other.yaml.",
    "experiment=plain": "{conf}/experiment/plain.yaml: the line `# @package _global_` is missing. "
    "Write it as the first line, so that the settings apply to the whole experiment.",
}
ENTRIES = {
    "override data: mnist": "slash",
    "override  hydra/launcher: joblib": "slash",
    "override modle: cnn": "slash",
    "optional override data: mnist": "slash",
    "/data: mnist": "override",
    "data: mnist": "override and slash",
}


@pytest.mark.parametrize("override", WRITTEN)
def test_mistake_in_the_name_of_an_experiment_has_its_remedy(override, tmp_path):
    for name, text in (
        ("course/iris.yaml", "# @package _global_\n"),
        ("other.yml", "# @package _global_\n"),
        ("plain.yaml", "seed: 3\n"),
    ):
        file = tmp_path / "experiment" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    text = refusal(overrides.require_readable, [override], conf=tmp_path)
    assert text == WRITTEN[override].format(conf=tmp_path)


@pytest.mark.parametrize("override", ["experiment=good", "experiment=nothing", "experiment=a,b"])
def test_other_names_of_experiments_are_left_to_hydra(override, tmp_path):
    file = tmp_path / "experiment/good.yaml"
    file.parent.mkdir()
    file.write_text("# A good experiment.\n#  @package  _global_\nseed: 3\n", "utf-8")
    overrides.require_readable([override], conf=tmp_path)


@pytest.fixture
def conf(tmp_path):
    """Settings with one group, `data`, and a folder next to the experiments."""
    (tmp_path / "config.yaml").write_text("defaults:\n  - data: ???\n", "utf-8")
    (tmp_path / "experiment/course").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_without_slash_or_override_is_refused(conf, entry):
    file = conf / "experiment/own.yaml"
    file.write_text(f"# @package _global_\ndefaults:\n  - {entry}\n", "utf-8")
    key, _, name = " ".join(entry.split()).partition(": ")
    group = key.split()[-1].lstrip("/")
    text = refusal(overrides.require_readable, ["experiment=own"], conf=conf)
    assert " ".join(text.split()) == (
        f"{file}: an entry of the defaults list has no {ENTRIES[entry]}. "
        f"Received: {key}: {name}. Write `override /{group}: {name}`."
    )


@pytest.mark.parametrize(
    "entry", ["override /data: mnist", "_self_", "base", "course: iris", "override course: iris"]
)
def test_other_entries_are_left_to_hydra(conf, entry):
    file = conf / "experiment/own.yaml"
    file.write_text(f"# @package _global_\ndefaults:\n  - {entry}\n", "utf-8")
    overrides.require_readable(["experiment=own"], conf=conf)
