"""Runs that are made again by the real command, on toy data."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from pipeline import experiment, reproduce
from pipeline.errors import PipelineError
from pipeline.layout import CERTIFICATES
from pipeline.reproducing import data, original, packages, worktree
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.toy import config_of

SHORT = ("data=pairs", "model=linear", "training.xla=false", "tracking.log_model=false")


@pytest.fixture(autouse=True)
def folder(with_warm_commands):
    return with_warm_commands


@pytest.fixture(scope="module")
def run_id(repository):
    """A finished run in a repository without Git."""
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        config = config_of(repository, *SHORT, "tracking=mlflow")
        return experiment.run(config, prepared=repository / "data/prepared").run_id


def answer(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def certificate(run_id: str) -> str:
    return (CERTIFICATES / run_id / "certificate.md").read_text(encoding="utf-8")


def test_run_is_made_again_to_the_bit(run_id, call, capsys):
    call(reproduce, run_id[:8])
    line = answer(capsys)
    assert (line["run_id"], line["verdict"], line["culprits"]) == (run_id, "identical", [])
    assert "all variables, figures and test metrics have the same bits." in certificate(run_id)
    assert not worktree.folder_of(original.read(run_id)).exists()


def changed(folder, statement: str) -> None:
    with closing(sqlite3.connect(folder / "mlruns/mlflow.db")) as store, store:
        assert store.execute(statement).rowcount == 1


def test_changed_metric_is_the_culprit(folder, run_id, call, capsys):
    where = f"WHERE run_uuid = '{run_id}' AND key = 'validation/loss' AND step = 3"
    changed(folder, f"UPDATE metrics SET value = value + 1e-9 {where}")
    with pytest.raises(SystemExit) as ended:
        call(reproduce, run_id)
    changed(folder, f"UPDATE metrics SET value = value - 1e-9 {where}")
    assert ended.value.code == 1
    [culprit] = answer(capsys)["culprits"]
    assert culprit.startswith("record: the store has another value than the run: validation/loss")


def test_changed_parameter_is_a_fault_of_the_record(folder, run_id):
    where = f"WHERE run_uuid = '{run_id}' AND key = 'seed'"
    changed(folder, f"UPDATE params SET value = '7' {where}")
    faults = original.read(run_id).faults
    changed(folder, f"UPDATE params SET value = '42' {where}")
    assert faults == ["the parameter seed is not that of the run"]


def test_untouched_record_has_no_fault(run_id):
    assert original.read(run_id).faults == []


def test_other_versions_are_refused_by_name(run_id, call, monkeypatch):
    monkeypatch.setattr(packages, "packages", lambda: {**_packages(), "numpy": "1.0"})
    assert refusal(call, reproduce, run_id).startswith(
        "packages that can change the result have other versions than in the run. Received: numpy"
    )


def _packages() -> dict[str, str]:
    from pipeline.runs.lineage import packages

    return packages()


@pytest.mark.parametrize("name", ["pair", "report.html#pair"])
def test_unknown_name_is_refused_with_a_suggestion(name, folder, call):
    listed = "sources: [pairs]\ndata: {pairs: pairs}\nexperiments: {pairs: {data: pairs}}\n"
    (folder / "params.yaml").write_text(listed)
    assert refusal(call, reproduce, name) == (
        f"this is neither an experiment nor the id of a run. Received: {name}. "
        "Did you mean pairs? Allowed: pairs."
    )
    assert refusal(call, reproduce, "pairs").endswith("Make it with: dvc repro train@pairs.")


def test_unfinished_run_is_refused(folder):
    config = config_of(
        folder, *SHORT, "tracking=mlflow", "seed=5", "training.epochs=4", "checkpoint.pause_at=1"
    )
    paused = experiment.run(config, prepared=folder / "data/prepared")
    with pytest.raises(PipelineError, match="only a finished training can be made again"):
        original.read(paused.run_id)


def test_changed_setting_is_named_with_both_values(folder, run_id):
    [path] = (folder / "mlruns").rglob(f"{run_id}/artifacts/config.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("threads: 2", "threads: 1"), encoding="utf-8")
    faults = original.read(run_id).faults
    path.write_text(text, encoding="utf-8")
    assert faults == ["config.yaml: training.threads was 2 in the run, and is 1 in the file"]


def test_changed_model_is_not_compared(run_id):
    read = original.read(run_id)
    model = original.model_of(read)
    content = model.read_bytes()
    model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    faults, changed = original.read(run_id).faults, original.model_of(read)
    model.write_bytes(content)
    assert faults == [f"{model} was changed after the run"]
    assert changed is None


def test_weights_of_another_run_are_brought_along(folder, run_id, tmp_path):
    fingerprint = original.read(run_id).fingerprint
    started = replace(
        original.read(run_id),
        lineage={"identity": {"own": {"weights": {run_id[:8]: fingerprint}}}},
    )
    data.place_weights(started, tmp_path)
    [model] = tmp_path.glob("mlruns/checkpoints/*/result/model.keras")
    assert model.is_file()


def test_other_weights_are_refused(run_id, tmp_path):
    lineage = {"identity": {"own": {"weights": {run_id[:8]: "f"}}}}
    started = replace(original.read(run_id), lineage=lineage)
    message = refusal(data.place_weights, started, tmp_path)
    assert message.startswith("the weights that the run started with have changed. Received: ")


def test_link_of_a_killed_reproduction_is_not_written_through(folder, run_id, tmp_path):
    read = original.read(run_id)
    prepared = tmp_path / "data/prepared/pairs"
    prepared.parent.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    prepared.symlink_to(elsewhere)
    data.place(read, tmp_path, commands=None)
    assert prepared.resolve() == (folder / "data/prepared/pairs").resolve()
    assert list(elsewhere.iterdir()) == []
