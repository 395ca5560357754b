"""The command `report`: its arguments, what it prints, and when it fails."""

from functools import partial
from pathlib import Path

import pytest

from pipeline import report
from pipeline.config import resolved
from pipeline.config.values import write_yaml
from pipeline.tracking.stores.mlflow import STORE
from pipeline.tracking.tracker import RunFacts
from tests.support import ROOT
from tests.support.metas import images
from tests.support.modules import loaded_by
from tests.support.refusals import refusal
from tests.support.results import (
    CLAIMS,
    bind,
    planned,
    write_failure,
    write_outputs,
    write_plan,
)
from tests.support.stores import add_store
from tests.support.toy import config_of, copy_conf

PARAMS = """sources: [shapes, pairs]
data: {shapes: shapes, pairs: pairs}
experiments: {shapes: {data: shapes}, pairs: {data: pairs}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A repository with the plan of two experiments and the result of `shapes`."""
    monkeypatch.chdir(tmp_path)
    copy_conf(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    write_outputs(tmp_path / "outputs")
    (tmp_path / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    return tmp_path


@pytest.fixture
def command(call):
    """Runs `report` with some arguments."""
    return partial(call, report)


def compose(folder: Path, tracking: str) -> None:
    config = config_of(folder, "data=shapes", f"tracking={tracking}")
    write_yaml(resolved.run_settings(config), folder / "outputs/configs/shapes.yaml")
    bind(folder / "outputs/shapes")


def markdown(folder: Path) -> str:
    return (folder / "outputs/report.md").read_text(encoding="utf-8")


def test_missing_result_fails_after_the_report(folder, command, capsys):
    compose(folder, "memory")
    error = "1 of 2 experiments have no result. Received: pairs. See the reasons above."
    assert refusal(command) == error
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "pairs: not run yet: dvc repro evaluate@pairs",
        "Report: outputs/report.md and outputs/report.html",
    ]
    assert "| pairs |  | no result: " in markdown(folder)


@pytest.mark.parametrize("arguments", [(), ("shapes",), ("--check",)])
def test_edited_settings_are_composed_before_a_report(folder, command, arguments):
    compose(folder, "memory")
    (folder / "conf/experiment/digits_cnn.yaml").write_text("# edited\n")
    assert refusal(command, *arguments).startswith("outputs/plan.json is stale")
    assert not (folder / "outputs/report.md").exists()


def test_named_experiments_are_the_only_ones(folder, command):
    compose(folder, "memory")
    command("shapes")
    assert "pairs" not in markdown(folder)


def test_failed_seeds_fail_the_report(folder, command):
    compose(folder, "memory")
    write_failure(folder / "outputs", "repeat@shapes", "diverged.")
    assert refusal(command, "shapes") == (
        "training several times failed. Received: shapes. See the reasons above."
    )


def test_lost_run_is_a_missing_result(folder, command):
    add_store(folder)
    compose(folder, "mlflow")
    assert refusal(command, "shapes").startswith("1 of 1 experiments have no result.")
    assert (
        "its run is not in the tracking store. Bring it with: dvc pull, or train it again with: "
        "dvc repro --force train@shapes" in markdown(folder)
    )


def test_run_in_the_store_is_reported(folder, command):
    add_store(folder)
    compose(folder, "mlflow")
    facts = RunFacts("shapes", {}, {}, images(), Path("data/prepared/shapes"))
    with STORE.open_run(facts) as tracker:
        pass
    bind(folder / "outputs/shapes", run_id=tracker.run_id)
    command("shapes")
    assert f"| {tracker.run_id} |" in markdown(folder)
    assert (folder / "mlruns").is_dir()


def test_unknown_experiment_is_refused_with_a_suggestion(folder, command):
    assert refusal(command, "shape") == (
        "params.yaml has no experiment of this name. "
        "Received: shape. Did you mean shapes? Allowed: pairs, shapes."
    )


def test_check_fails_with_the_unmet_claims(folder, command, capsys):
    assert refusal(command, "--check") == (
        "2 of 3 claims are not met. Received: shapes: parameters ≤ 100; pairs: test/accuracy ≥ 0.9."
    )
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert not (folder / "outputs/report.md").exists()


def test_check_of_met_claims_succeeds(folder, command, capsys):
    write_plan(folder / "outputs", shapes=planned(claims=CLAIMS[:1]))
    command("--check", "shapes")
    assert capsys.readouterr().out == "met      shapes: test/accuracy ≥ 0.9: 0.95\n"


def test_unknown_flag_is_refused(folder, command):
    assert refusal(command, "--chek") == (
        "this flag does not exist. Received: --chek. Expected: --check or --help."
    )


def test_help_shows_the_usage(command, capsys):
    with pytest.raises(SystemExit) as caught:
        command("--help")
    assert caught.value.code == 0
    assert "python -m pipeline.report --check" in capsys.readouterr().out


def test_report_loads_no_tensorflow():
    code = (
        "from pipeline.report import activation_functions; activation_functions();"
        "from pipeline.tracking import stores; stores.load('mlflow')"
    )
    assert not {"tensorflow", "keras"} & loaded_by(code)
