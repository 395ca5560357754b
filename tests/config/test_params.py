"""params.yaml lists what runs."""

from pathlib import Path

import pytest
import yaml

from pipeline.config import params
from pipeline.config.repeats import Repeats
from tests.support import ROOT
from tests.support.refusals import refusal
from tests.support.toy import params_of

pytestmark = pytest.mark.usefixtures("in_empty_folder")

MLP = "sources: [iris]\ndata: {iris: iris}\nexperiments: {mlp: {data: iris}}\n"

ENTRY = "{data: <data variant>}"
REPEAT = "{data: <data variant>, seeds: [<seed>, <seed>, …]}"
WRITE = f"Write mlp: {REPEAT}, with seeds, split_seeds, folds, or several of them."
KEYS = "sources, own_files, own_code, data, experiments, repeats, overrides"
FAULTS = {
    "[": "params.yaml is not valid YAML. Received: while parsing a flow node "
    "expected the node content, but found '<stream end>' "
    'in "<unicode string>", line 1, column 2: [ ^.',
    "- 1": f"params.yaml has no keys. Expected: {KEYS}.",
    "": f"params.yaml has no keys. Expected: {KEYS}.",
    "experiment: {}": "params.yaml: experiment is not a setting. Received: experiment. "
    "Did you mean experiments? Allowed: data, experiments, overrides, own_code, own_files, "
    "repeats, sources.",
    "1: {}": "params.yaml: 1 is not a setting. Received: 1. "
    "Allowed: data, experiments, overrides, own_code, own_files, repeats, sources.",
    "sources: iris": "params.yaml: sources is not a list of texts. Received: iris. "
    "Write sources: [<text>, <text>, …].",
    "sources: [1]": "params.yaml: sources is not a list of texts. Received: [1]. "
    "Write sources: [<text>, <text>, …].",
    "overrides: [training.threads: 4]": "params.yaml: overrides is not a list of texts. "
    "Received: [{'training.threads': 4}]. Write overrides: [<text>, <text>, …].",
    "data: [iris]": "params.yaml: data is not a table. Received: ['iris']. "
    "Write lines of <name>: <name>.",
    "own_files: {wine: [wine.csv]}": "params.yaml: own_files does not map each name to one name. "
    "Received: {'wine': ['wine.csv']}. Write own_files: {<name>: <name>}.",
    "sources: [iris]\ndata: {setosa: irs}": "params.yaml: data.setosa is not a listed source. "
    "Received: irs. Did you mean iris? Allowed: iris.",
    "experiments: {mlp: {data: iris}}": "params.yaml: experiments.mlp is not a listed data "
    "variant. Received: iris. Allowed: nothing.",
    "experiments: {mlp: iris}": "params.yaml: experiments.mlp does not name its data. "
    f"Received: iris. Write mlp: {ENTRY}.",
    "experiments: {mlp: {data: iris, seed: 1}}": "params.yaml: experiments.mlp does not name its "
    f"data. Received: {{'data': 'iris', 'seed': 1}}. Write mlp: {ENTRY}.",
    "experiments: {mlp: }": "params.yaml: experiments.mlp does not name its data. "
    f"Write mlp: {ENTRY}.",
    "experiments: [mlp]": "params.yaml: experiments is not a table. Received: ['mlp']. "
    f"Write lines of <experiment>: {ENTRY}.",
    MLP.replace("mlp", "../mlp"): "params.yaml: a name is invalid. Received: ../mlp. "
    "Use lower-case letters, digits and _, at most 100.",
    "sources: [a/b]": "params.yaml: a name is invalid. Received: a/b. "
    "Use lower-case letters, digits and _, at most 100.",
    f"sources: [{'a' * 101}]": f"params.yaml: a name is invalid. Received: {'a' * 101}. "
    "Use lower-case letters, digits and _, at most 100.",
    f"sources: [{', '.join('a' * 10_000)}]": "params.yaml has too many values. Received: more than "
    "10,000 values, with those that aliases repeat. Expected: at most 10,000.",
    MLP + "repeats: [mlp]": "params.yaml: repeats is not a table. Received: ['mlp']. "
    f"Write lines of <experiment>: {REPEAT}.",
    MLP + "repeats: {mpl: {data: iris, seeds: [1, 2]}}": "params.yaml: repeats.mpl is not listed "
    "under experiments. Received: mpl. Did you mean mlp? Allowed: mlp.",
    MLP + "repeats: {mlp: [1, 2]}": "params.yaml: repeats.mlp does not name its data and what "
    f"varies. Received: [1, 2]. {WRITE}",
    MLP
    + "repeats: {mlp: {data: iris}}": "params.yaml: repeats.mlp does not name its data and what "
    f"varies. Received: {{'data': 'iris'}}. {WRITE}",
    MLP + "repeats: {mlp: {data: iris, splits: 3}}": "params.yaml: repeats.mlp does not name its "
    f"data and what varies. Received: {{'data': 'iris', 'splits': 3}}. {WRITE}",
    MLP + "repeats: {mlp: {data: digits, seeds: [1, 2]}}": "params.yaml: repeats.mlp.data differs "
    "from experiments.mlp.data. Received: digits. Expected: iris.",
}


@pytest.mark.parametrize("text", FAULTS)
def test_fault_is_refused_in_one_line(text):
    Path("params.yaml").write_text(text)
    assert refusal(params.read) == FAULTS[text]


@pytest.mark.parametrize(
    "seeds",
    ["1", "[]", "[1]", "[1, 1]", "[1, -2]", "[1, 4294967296]", "[1, true]", "[1, 2.0]", "[1, '2']"],
)
def test_invalid_seeds_are_refused(seeds):
    Path("params.yaml").write_text(f"{MLP}repeats: {{mlp: {{data: iris, seeds: {seeds}}}}}")
    assert refusal(params.read) == (
        f"params.yaml: repeats.mlp.seeds is invalid. Received: {yaml.safe_load(seeds)}. "
        "Expected: two or more different integers from 0 to 4,294,967,295."
    )


def test_invalid_seeds_of_splits_are_refused():
    Path("params.yaml").write_text(f"{MLP}repeats: {{mlp: {{data: iris, split_seeds: [1]}}}}")
    assert refusal(params.read).startswith(
        "params.yaml: repeats.mlp.split_seeds is invalid. Received: [1]. "
    )


@pytest.mark.parametrize("folds", ["1", "1001", "true", "[0, 1]", "2.0"])
def test_invalid_number_of_folds_is_refused(folds):
    Path("params.yaml").write_text(f"{MLP}repeats: {{mlp: {{data: iris, folds: {folds}}}}}")
    assert refusal(params.read) == (
        f"params.yaml: repeats.mlp.folds is invalid. Received: {yaml.safe_load(folds)}. "
        "Expected: the number of folds, from 2 to 1,000."
    )


def test_missing_file_names_the_right_folder():
    assert refusal(params.read) == (
        "params.yaml is missing. Run the command in the repository's root."
    )


def test_key_that_a_stage_reads_is_allowed():
    Path("params.yaml").write_text("countries: [france]\nsources:\n")
    assert refusal(params.read).startswith("params.yaml: countries is not a setting. ")
    Path("dvc.yaml").write_text("stages: {vote: {foreach: '${countries}', do: {cmd: '${item}'}}}")
    assert params.read() == params_of()


def test_misspelt_key_of_a_stage_gets_a_suggestion():
    Path("dvc.yaml").write_text("stages: {vote: {foreach: '${countries}', do: {cmd: '${item}'}}}")
    Path("params.yaml").write_text("county: [france]\n")
    assert "Did you mean countries? " in refusal(params.read)


@pytest.mark.parametrize("name", ["item", "key"])
def test_loop_variable_of_dvc_is_not_a_key(name):
    Path("dvc.yaml").write_text("stages: {vote: {foreach: '${data}', do: {cmd: '${key} ${item}'}}}")
    Path("params.yaml").write_text(f"{name}: 1\n")
    assert refusal(params.read).startswith(f"params.yaml: {name} is not a setting. ")


def test_empty_keys_list_nothing(tmp_path):
    (tmp_path / "params.yaml").write_text("sources:\ndata:\nexperiments:\n")
    assert params.read(tmp_path / "params.yaml") == params_of()


def test_own_file_is_a_source(tmp_path):
    (tmp_path / "params.yaml").write_text(
        "own_files: {wine: wine.csv}\ndata: {wine: wine}\nexperiments: {wine: {data: wine}}"
    )
    assert params.read(tmp_path / "params.yaml") == params_of(
        own_files={"wine": "wine.csv"}, data={"wine": "wine"}, experiments={"wine": "wine"}
    )


@pytest.mark.parametrize(
    ("entry", "repeats"),
    [
        ("seeds: [3, 1]", Repeats(seeds=[3, 1])),
        ("seeds: [4294967295, 0]", Repeats(seeds=[4294967295, 0])),
        ("split_seeds: [0, 1]", Repeats(split_seeds=[0, 1])),
        ("folds: 5", Repeats(folds=5)),
        ("seeds: [1, 2], split_seeds: [3, 4]", Repeats(seeds=[1, 2], split_seeds=[3, 4])),
    ],
)
def test_repeats_name_what_varies(tmp_path, entry, repeats):
    text = f"{MLP}repeats: {{mlp: {{data: iris, {entry}}}}}"
    (tmp_path / "params.yaml").write_text(text)
    assert params.read(tmp_path / "params.yaml").repeats == {"mlp": repeats}


def test_file_of_the_repository_is_valid():
    planned = params.read(ROOT / "params.yaml")
    assert planned.experiments["mnist_mlp"] == "mnist"
    assert planned.data["mnist_first_5000"] == "mnist"


ADDED = {
    "own_files": {"flats": "docs/my flats.csv"},
    "data": {"flats": "flats"},
    "experiments": {"flats": {"data": "flats"}},
}


def test_entries_are_added_between_lines_that_stay(in_empty_folder):
    before = (ROOT / "params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(before, encoding="utf-8")
    after = params.with_entries(ADDED)
    new = ["  flats: docs/my flats.csv", "  flats: flats", "  flats: {data: flats}"]
    lines = [line for line in after.splitlines() if line not in new]
    assert lines == before.replace("own_files: {} #", "own_files: #").splitlines()
    values = yaml.safe_load(after)
    assert {key: values[key]["flats"] for key in ADDED} == {
        key: entry["flats"] for key, entry in ADDED.items()
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sources: [a]\n", "sources: [a]\ndata:\n  m: a\n"),
        ("sources: [a]\ndata:", "sources: [a]\ndata:\n  m: a\n"),
        (
            "sources: [a]\ndata: # why\n    b: a\n\n    # last\n    z: a\n",
            "sources: [a]\ndata: # why\n    b: a\n\n    # last\n    m: a\n    z: a\n",
        ),
        (
            "sources: [a]\ndata:\n  b: a\n\n# end\n",
            "sources: [a]\ndata:\n  b: a\n  m: a\n\n# end\n",
        ),
        ("sources: [a]\ndata: {m: a}\n", "sources: [a]\ndata: {m: a}\n"),
    ],
)
def test_entry_is_a_line_of_its_own(before, after):
    Path("params.yaml").write_text(before, encoding="utf-8")
    assert params.with_entries({"data": {"m": "a"}}) == after


def test_entry_that_has_no_place_is_refused():
    Path("params.yaml").write_text("sources: [a]\ndata: {b: a}\n", encoding="utf-8")
    assert refusal(params.with_entries, {"data": {"m": "a"}}) == (
        "params.yaml: an entry of data could not be added. Received: m: a. "
        "Write one entry of data per line, and add this one by hand."
    )


def test_other_entry_of_a_name_is_refused():
    Path("params.yaml").write_text("sources: [a, b]\ndata: {m: b}\n", encoding="utf-8")
    assert refusal(params.with_entries, {"data": {"m": "a"}}) == (
        "params.yaml: data has another entry of this name. Received: m: b. Choose another name, or "
        "delete that entry."
    )


def test_entry_of_an_unlisted_source_is_refused():
    Path("params.yaml").write_text("sources: [iris]\n", encoding="utf-8")
    assert refusal(params.with_entries, {"data": {"m": "mnist"}}) == (
        "params.yaml: data.m is not a listed source. Received: mnist. Allowed: iris."
    )


def test_entries_need_a_file():
    assert refusal(params.with_entries, {"data": {"m": "a"}}) == (
        "params.yaml is missing. Run the command in the repository's root."
    )
