"""The report: what every experiment reached, and why one is missing."""

import json
import sys
from pathlib import Path

import pytest
from rich.console import Console

from pipeline import report
from pipeline.config import composition, resolved
from pipeline.config.experiment import Claim
from pipeline.errors import PipelineError
from pipeline.reporting import rendering, results
from pipeline.tracking import runs, store
from pipeline.tracking.tracker import RunFacts
from tests.facts import images
from tests.toy import config_of, copy_conf, params_of

PARAMS = params_of(sources=["shapes"], data={"shapes": "shapes"}, experiments={"shapes": "shapes", "pairs": "shapes"})
CLAIMS = [{"metric": "test/accuracy", "at_least": 0.9}, {"metric": "parameters", "at_most": 100}]
METRICS = {
    "train": {"accuracy": 1.0, "log_loss": 0.1},
    "validation": {"accuracy": 0.9, "log_loss": 0.3},
    "test": {
        "accuracy": 0.95,
        "accuracy_low": 0.9,
        "accuracy_high": 0.975,
        "log_loss": 0.2,
        "log_loss_low": 0.1,
        "log_loss_high": 0.3,
    },
    "parameters": 1234,
    "epochs": 20.0,
    "steps": 60,
    "seconds": 1.25,
    "examples_per_second": 13_000.4,
}
RUN_ID = "0123456789abcdef" * 2


def write_result(folder: Path, *, run_id: str = RUN_ID, metrics: dict = METRICS) -> None:
    (folder / "figures").mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "run.json").write_text(json.dumps({"run_id": run_id}))
    (folder / "figures/learning_curves.png").write_bytes(b"image")


@pytest.fixture
def outputs(tmp_path):
    """One experiment with a result, and one without."""
    folder = tmp_path / "outputs"
    write_result(folder / "shapes")
    (folder / "claims.json").write_text(json.dumps({"shapes": CLAIMS, "pairs": CLAIMS[:1]}))
    return folder


def rows_of(outputs: Path, *names: str) -> list[results.Row]:
    return results.collect(PARAMS, names or ["shapes", "pairs"], outputs=outputs)


def test_a_row_says_what_an_experiment_reached(outputs):
    (row,) = rows_of(outputs, "shapes")
    assert (row.experiment, row.data, row.run_id, row.missing) == ("shapes", "shapes", RUN_ID, "")
    assert (row.headline, row.figure) == ("accuracy", "0.9500 [0.9000, 0.9750]")


def test_claims_are_held_against_what_was_reached(outputs):
    (row,) = rows_of(outputs, "shapes")
    assert [rendering.verdict(claim) for claim in row.claims] == [
        "test/accuracy ≥ 0.9: met",
        "parameters ≤ 100: NOT met (1234)",
    ]


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (Claim("test/r2", at_least=0.4), "test/r2 ≥ 0.4"),
        (Claim("test/mse", at_most=0.45), "test/mse ≤ 0.45"),
        (Claim("test/mse", at_least=0.1, at_most=0.45), "test/mse ≥ 0.1 and ≤ 0.45"),
        (Claim("parameters", at_least=300_938, at_most=300_938), "parameters = 300,938"),
    ],
)
def test_a_claim_reads_as_a_sentence(claim, text):
    assert str(claim) == text


def test_a_claim_exactly_at_its_bound_is_met():
    assert Claim("test/accuracy", at_least=0.9).is_met_by(0.9)
    assert not Claim("test/accuracy", at_least=0.9).is_met_by(0.8999999)


def test_a_claim_on_what_was_not_measured_is_not_met(outputs):
    (outputs / "claims.json").write_text(json.dumps({"shapes": [{"metric": "test/r2", "at_least": 0.4}]}))
    (row,) = rows_of(outputs, "shapes")
    assert [rendering.verdict(claim) for claim in row.claims] == ["test/r2 ≥ 0.4: NOT met (not measured)"]
    assert row.headline == "accuracy"


def test_the_first_claim_on_the_test_split_is_the_headline(outputs):
    claims = [{"metric": "parameters", "at_most": 1}, {"metric": "test/log_loss", "at_most": 1}]
    (outputs / "claims.json").write_text(json.dumps({"shapes": claims}))
    (row,) = rows_of(outputs, "shapes")
    assert (row.headline, row.figure) == ("log_loss", "0.2000 [0.1000, 0.3000]")


def test_figures_are_part_of_the_report(outputs):
    (row,) = rows_of(outputs, "shapes")
    assert row.figures == {"learning curves": "data:image/png;base64,aW1hZ2U="}


def test_an_experiment_that_was_not_run_says_how_to_run_it(outputs):
    (row,) = rows_of(outputs, "pairs")
    assert row.missing == "not run yet: dvc repro evaluate@pairs"


@pytest.mark.parametrize("stage", ["compose", "fetch@shapes", "fetch_own@shapes", "prepare@shapes", "train@pairs"])
def test_an_experiment_is_missing_for_the_reason_its_stage_left(outputs, stage):
    (outputs / "failures").mkdir()
    (outputs / f"failures/{stage}.txt").write_text("no such file.\n")
    assert rows_of(outputs, "pairs")[0].missing == f"{stage}: no such file."


def test_the_first_failed_stage_is_the_reason(outputs):
    (outputs / "failures").mkdir()
    for stage in ("train@pairs", "fetch@shapes"):
        (outputs / f"failures/{stage}.txt").write_text(f"{stage} failed.\n")
    assert rows_of(outputs, "pairs")[0].missing == "fetch@shapes: fetch@shapes failed."


def test_the_failure_of_another_experiment_is_no_reason(outputs):
    (outputs / "failures").mkdir()
    (outputs / "failures/train@other.txt").write_text("no.\n")
    assert rows_of(outputs, "pairs")[0].missing == "not run yet: dvc repro evaluate@pairs"


def test_markdown_has_a_line_for_each_experiment(outputs):
    rendering.write(rows_of(outputs), outputs)
    assert (outputs / "report.md").read_text(encoding="utf-8").splitlines()[2:] == [
        "| experiment | test figure [95 % interval] | must reach | parameters | epochs | seconds | examples/s | MLflow run |",
        "|---|---|---|--:|--:|--:|--:|---|",
        "| shapes | accuracy 0.9500 [0.9000, 0.9750] | test/accuracy ≥ 0.9: met; parameters ≤ 100: NOT met (1234) "
        f"| 1,234 | 20 | 1.2 | 13,000 | {RUN_ID} |",
        "| pairs | missing: not run yet: dvc repro evaluate@pairs | test/accuracy ≥ 0.9 | | | | | |",
    ]


def test_html_has_every_split_and_figure(outputs):
    rendering.write(rows_of(outputs), outputs)
    page = (outputs / "report.html").read_text(encoding="utf-8")
    assert '<td>accuracy</td><td class="number">1.0000</td><td class="number">0.9000</td>' in page
    assert '<td class="number">0.9000 to 0.9750</td>' in page
    assert '<img src="data:image/png;base64,aW1hZ2U=" alt="learning curves of shapes">' in page
    assert '<span class="bad">parameters ≤ 100: NOT met (1234)</span>' in page


def test_html_needs_no_network(outputs):
    rendering.write(rows_of(outputs), outputs)
    assert "http" not in (outputs / "report.html").read_text(encoding="utf-8")


def test_html_shows_a_reason_as_text(outputs):
    (outputs / "failures").mkdir()
    (outputs / "failures/train@pairs.txt").write_text("Received: <b>1</b>.\n")
    rendering.write(rows_of(outputs), outputs)
    assert "Received: &lt;b&gt;1&lt;/b&gt;." in (outputs / "report.html").read_text(encoding="utf-8")


def test_equal_rows_give_equal_bytes(outputs, tmp_path):
    for name in ("1", "2"):
        rendering.write(rows_of(outputs), tmp_path / name)
    for file in ("report.md", "report.html"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


def test_the_terminal_shows_every_experiment(outputs):
    console = Console(width=200)
    with console.capture() as captured:
        console.print(rendering.table(rows_of(outputs)))
    text = captured.get()
    assert "accuracy 0.9500 [0.9000, 0.9750]" in text
    assert "│ pairs      │ missing " in text
    assert RUN_ID[:8] in text


def test_a_reason_is_told_once_for_all_that_it_keeps_back(outputs):
    (outputs / "failures").mkdir()
    (outputs / "failures/fetch@shapes.txt").write_text("no network.\n")
    planned = params_of(data={"shapes": "shapes"}, experiments={"pairs": "shapes", "deep": "shapes"})
    rows = results.collect(planned, ["pairs", "deep"], outputs=outputs)
    assert rendering.reasons(rows) == ["pairs, deep missing: fetch@shapes: no network."]


def reported(monkeypatch: pytest.MonkeyPatch, *names: str) -> str:
    """The error of `pipeline.report`, or nothing."""
    monkeypatch.setattr(sys, "argv", ["report", *names])
    try:
        report.main()
    except PipelineError as error:
        return str(error)
    return ""


@pytest.fixture
def repository(outputs, monkeypatch):
    """A repository to stand in, where both experiments are planned and `shapes` has a result."""
    folder = outputs.parent
    monkeypatch.chdir(folder)
    copy_conf(folder)
    (folder / "params.yaml").write_text(
        "sources: [shapes, pairs]\ndata: {shapes: shapes, pairs: pairs}\n"
        "experiments: {shapes: {data: shapes}, pairs: {data: pairs}}\n"
    )
    return folder


def composed(folder: Path, tracking: str) -> None:
    config = config_of(folder, "data=shapes", f"tracking={tracking}")
    composition.save(resolved.to_values(config), folder / "outputs/configs/shapes.yaml")


def test_a_missing_experiment_is_an_error_after_the_report_is_written(repository, monkeypatch, capsys):
    composed(repository, "memory")
    assert reported(monkeypatch) == "1 of 2 experiments are missing. Received: pairs. See why above."
    assert capsys.readouterr().out.endswith("Report: outputs/report.md and outputs/report.html\n")
    assert "| pairs | missing: " in (repository / "outputs/report.md").read_text(encoding="utf-8")


def test_the_report_of_named_experiments_holds_those_alone(repository, monkeypatch, capsys):
    composed(repository, "memory")
    assert reported(monkeypatch, "shapes") == ""
    assert "pairs" not in (repository / "outputs/report.md").read_text(encoding="utf-8")


def test_a_run_that_is_not_in_the_store_is_said_so(repository, monkeypatch, capsys):
    composed(repository, "mlflow")
    assert reported(monkeypatch, "shapes") == "1 of 1 experiments are missing. Received: shapes. See why above."
    assert "missing: its run is not in the tracking store; train it again: dvc repro --force train@shapes" in (
        repository / "outputs/report.md"
    ).read_text(encoding="utf-8")


def test_a_run_that_is_in_the_store_is_reported(repository, monkeypatch, capsys):
    composed(repository, "mlflow")
    with runs.open_in_mlflow(RunFacts("shapes", {}, {}, images(), Path("data/prepared/shapes"))) as tracker:
        pass
    (repository / "outputs/shapes/run.json").write_text(json.dumps({"run_id": tracker.run_id}))
    assert reported(monkeypatch, "shapes") == ""
    assert store.root() == repository / "mlruns"


def test_an_experiment_that_is_not_planned_is_refused(repository, monkeypatch):
    assert reported(monkeypatch, "shape") == (
        "no experiment of params.yaml has this name. Received: shape. Did you mean shapes? Allowed: pairs, shapes."
    )
