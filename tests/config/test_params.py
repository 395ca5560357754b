"""params.yaml: what runs."""

from pathlib import Path

import pytest
import yaml

from pipeline.config import params
from pipeline.errors import PipelineError
from tests.support import ROOT
from tests.support.toy import params_of

MLP = "sources: [iris]\ndata: {iris: iris}\nexperiments: {mlp: {data: iris}}\n"

FAULTS = {
    "[": "params.yaml: this is not YAML. Received: while parsing a flow node expected the node content, but found "
    "'<stream end>' in \"<unicode string>\", line 1, column 2: [ ^.",
    "- 1": "params.yaml holds no settings. Expected: sources, own_files, data, experiments, repeats, overrides.",
    "": "params.yaml holds no settings. Expected: sources, own_files, data, experiments, repeats, overrides.",
    "experiment: {}": "params.yaml: experiment is not a setting. Received: experiment. "
    "Did you mean experiments? Allowed: data, experiments, overrides, own_files, repeats, sources.",
    "1: {}": "params.yaml: 1 is not a setting. Received: 1. "
    "Allowed: data, experiments, overrides, own_files, repeats, sources.",
    "sources: iris": "params.yaml: sources is no list of texts. Received: iris.",
    "sources: [1]": "params.yaml: sources is no list of texts. Received: [1].",
    "overrides: [training.threads: 4]": "params.yaml: overrides is no list of texts. Received: [{'training.threads': 4}].",
    "data: [iris]": "params.yaml: data does not give one name for each key. Received: ['iris'].",
    "own_files: {wine: [wine.csv]}": "params.yaml: own_files does not give one name for each key. "
    "Received: {'wine': ['wine.csv']}.",
    "sources: [iris]\ndata: {setosa: irs}": "params.yaml: data.setosa needs what is not listed. "
    "Received: irs. Did you mean iris? Allowed: iris.",
    "experiments: {mlp: {data: iris}}": "params.yaml: experiments.mlp needs what is not listed. "
    "Received: iris. Allowed: nothing.",
    "experiments: {mlp: iris}": "params.yaml: experiments.mlp does not say its data. Received: iris. "
    "Expected: {data: <data variant>}.",
    "experiments: {mlp: {data: iris, seed: 1}}": "params.yaml: experiments.mlp does not say its data. "
    "Received: {'data': 'iris', 'seed': 1}. Expected: {data: <data variant>}.",
    "experiments: {mlp: }": "params.yaml: experiments.mlp does not say its data. Expected: {data: <data variant>}.",
    "experiments: [mlp]": "params.yaml: experiments is no table of names. Received: ['mlp']. "
    "Expected: <experiment>: {data: <data variant>}.",
    MLP + "repeats: [mlp]": "params.yaml: repeats is no table of names. Received: ['mlp']. "
    "Expected: <experiment>: {data: <data variant>, seeds: [<seed>, <seed>, …]}.",
    MLP
    + "repeats: {mpl: {data: iris, seeds: [1, 2]}}": "params.yaml: repeats.mpl is no experiment that is listed. "
    "Received: mpl. Did you mean mlp? Allowed: mlp.",
    MLP
    + "repeats: {mlp: [1, 2]}": "params.yaml: repeats.mlp does not say its data and seeds. Received: [1, 2]. "
    "Expected: {data: <data variant>, seeds: [<seed>, <seed>, …]}.",
    MLP
    + "repeats: {mlp: {data: iris}}": "params.yaml: repeats.mlp does not say its data and seeds. Received: {'data': 'iris'}. "
    "Expected: {data: <data variant>, seeds: [<seed>, <seed>, …]}.",
    MLP
    + "repeats: {mlp: {data: digits, seeds: [1, 2]}}": "params.yaml: repeats.mlp.data is not that of experiments.mlp. "
    "Received: digits. Expected: iris.",
}


def refusal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    with pytest.raises(PipelineError) as caught:
        params.read()
    return str(caught.value)


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_refused_in_one_line(tmp_path, monkeypatch, text):
    (tmp_path / "params.yaml").write_text(text)
    assert refusal(tmp_path, monkeypatch) == FAULTS[text]


@pytest.mark.parametrize(
    "seeds",
    ["1", "[]", "[1]", "[1, 1]", "[1, -2]", "[1, 4294967296]", "[1, true]", "[1, 2.0]", "[1, '2']"],
)
def test_seeds_that_cannot_be_repeated_over_are_refused(tmp_path, monkeypatch, seeds):
    (tmp_path / "params.yaml").write_text(f"{MLP}repeats: {{mlp: {{data: iris, seeds: {seeds}}}}}")
    assert refusal(tmp_path, monkeypatch) == (
        f"params.yaml: repeats.mlp.seeds is not possible. Received: {yaml.safe_load(seeds)}. "
        "Expected: two or more different integers from 0 to 4,294,967,295."
    )


def test_a_missing_file_says_where_to_go(tmp_path, monkeypatch):
    assert (
        refusal(tmp_path, monkeypatch)
        == "params.yaml is missing. Run the command in the repository's root."
    )


def test_empty_keys_are_nothing(tmp_path):
    (tmp_path / "params.yaml").write_text("sources:\ndata:\nexperiments:\n")
    assert params.read(tmp_path / "params.yaml") == params_of()


def test_an_own_file_is_a_source(tmp_path):
    (tmp_path / "params.yaml").write_text(
        "own_files: {wine: wine.csv}\ndata: {wine: wine}\nexperiments: {wine: {data: wine}}"
    )
    assert params.read(tmp_path / "params.yaml") == params_of(
        own_files={"wine": "wine.csv"}, data={"wine": "wine"}, experiments={"wine": "wine"}
    )


def test_repeats_are_seeds_by_experiment(tmp_path):
    (tmp_path / "params.yaml").write_text(f"{MLP}repeats: {{mlp: {{data: iris, seeds: [3, 1]}}}}")
    assert params.read(tmp_path / "params.yaml").repeats == {"mlp": [3, 1]}


def test_the_repositorys_own_file_is_read():
    found = params.read(ROOT / "params.yaml")
    assert found.experiments["mnist_mlp"] == "mnist"
    assert found.data["mnist_first_5000"] == "mnist"
