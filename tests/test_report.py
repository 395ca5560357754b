"""The report: what every experiment reached, and why one is missing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from pipeline import layout, report
from pipeline.config import composition, resolved
from pipeline.config.experiment import Claim
from pipeline.errors import PipelineError
from pipeline.reporting import formatting, rendering, results
from pipeline.reporting.overview import overview
from pipeline.tracking.stores.mlflow import STORE
from pipeline.tracking.tracker import RunFacts
from tests.support import ROOT
from tests.support.metas import images
from tests.support.results import CLIMBING, METRICS, RUN, SEEDS, planned, write_result
from tests.support.toy import config_of, copy_conf, params_of

PARAMS = params_of(
    sources=["shapes"],
    data={"shapes": "shapes"},
    experiments={"shapes": "shapes", "pairs": "shapes"},
)
CLAIMS = [{"metric": "test/accuracy", "at_least": 0.9}, {"metric": "parameters", "at_most": 100}]
RUN_ID = RUN["run_id"]


def write_plan(outputs: Path, **entries) -> None:
    (outputs / "plan.json").write_text(json.dumps(entries))


@pytest.fixture
def outputs(tmp_path):
    """One experiment with a result, and one without."""
    folder = tmp_path / "outputs"
    write_result(folder, "shapes")
    write_plan(
        folder,
        shapes=planned(claims=CLAIMS, reported="about 0.9"),
        pairs=planned(claims=CLAIMS[:1]),
    )
    return folder


def rows_of(outputs: Path, *names: str) -> list[results.Row]:
    return results.collect(
        PARAMS, names or ["shapes", "pairs"], outputs=outputs, prepared=outputs.parent / "prepared"
    )


def test_a_row_says_what_an_experiment_reached(outputs):
    (row,) = rows_of(outputs, "shapes")
    assert (row.experiment, row.data, row.source, row.missing) == ("shapes", "shapes", "shapes", "")
    assert (row.headline, row.figure) == ("accuracy", "accuracy 0.9500 [0.9000, 0.9750]")
    assert (row.result.run["run_id"], row.result.kept.epoch) == (RUN_ID, 2.0)


def test_claims_are_held_against_what_was_reached(outputs):
    (row,) = rows_of(outputs, "shapes")
    assert [rendering.verdict(claim) for claim in row.claims] == [
        "test/accuracy ≥ 0.9: met",
        "parameters ≤ 100: NOT met (1,234)",
    ]
    assert row.verdict == "unmet"


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
    write_plan(outputs, shapes=planned(claims=[{"metric": "test/r2", "at_least": 0.4}]))
    (row,) = rows_of(outputs, "shapes")
    assert [rendering.verdict(claim) for claim in row.claims] == [
        "test/r2 ≥ 0.4: NOT met (not measured)"
    ]
    assert row.headline == "accuracy"


def test_the_first_claim_on_the_test_split_is_the_headline(outputs):
    claims = [{"metric": "parameters", "at_most": 1}, {"metric": "test/log_loss", "at_most": 1}]
    write_plan(outputs, shapes=planned(claims=claims))
    (row,) = rows_of(outputs, "shapes")
    assert row.figure == "log_loss 0.2000 [0.1000, 0.3000]"


def test_an_experiment_that_claims_nothing_has_no_verdict(outputs):
    write_plan(outputs, shapes=planned())
    rows = rows_of(outputs, "shapes")
    assert rows[0].verdict == "none"
    assert overview(rows).verdict == "0 of 0 experiments meet their figure"


def test_figures_are_pictures_that_say_what_they_show(outputs):
    (row,) = rows_of(outputs, "shapes")
    (picture,) = row.result.figures
    assert picture.alt == (
        "learning curves of shapes: loss and metrics of the training and the validation split over the epochs; "
        "a dotted line marks the epoch whose weights are kept"
    )
    assert (picture.width, picture.height, picture.is_wide) == (4, 3, False)
    assert picture.url.startswith("data:image/png;base64,iVBOR")


def test_figures_come_in_the_order_of_their_kind_and_then_of_their_number(tmp_path):
    names = (
        "first_layer_weights_step_100",
        "first_layer_weights_step_20",
        "other",
        "confusion_matrix",
        "learning_curves",
    )
    write_result(tmp_path, "shapes", figures=names)
    write_plan(tmp_path, shapes=planned())
    assert [picture.title for picture in rows_of(tmp_path, "shapes")[0].result.figures] == [
        "learning curves",
        "confusion matrix",
        "first layer weights step 20",
        "first layer weights step 100",
        "other",
    ]


def test_a_figure_that_is_no_picture_is_refused(outputs):
    figure = outputs / "shapes/figures/learning_curves.png"
    figure.write_bytes(b"image")
    with pytest.raises(PipelineError) as caught:
        rows_of(outputs, "shapes")
    assert (
        str(caught.value)
        == f"{figure} is damaged. Make it anew with: dvc repro --force evaluate@shapes."
    )


def test_an_experiment_that_was_not_run_says_how_to_run_it(outputs):
    (row,) = rows_of(outputs, "pairs")
    assert (row.result, row.missing) == (None, "not run yet: dvc repro evaluate@pairs")
    assert (row.verdict, row.figure, row.figure_of_seeds, row.overfits) == ("unmet", "", "", "")


@pytest.mark.parametrize(
    "stage", ["compose", "fetch@shapes", "fetch_own@shapes", "prepare@shapes", "train@pairs"]
)
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


def test_an_experiment_that_could_not_be_composed_is_missing_all_the_same(outputs):
    write_plan(outputs, shapes=planned())
    assert rows_of(outputs, "pairs")[0].missing == "not run yet: dvc repro evaluate@pairs"


@pytest.mark.parametrize("file", ["history.csv", "run.json", "snapshots/index.json"])
def test_an_evaluated_experiment_whose_new_training_failed_is_missing(outputs, file):
    (outputs / "shapes" / file).unlink()
    (outputs / "failures").mkdir()
    (outputs / "failures/train@shapes.txt").write_text("diverged.\n")
    (row,) = rows_of(outputs, "shapes")
    assert (row.result, row.missing) == (None, "train@shapes: diverged.")


def test_the_mean_over_seeds_stands_with_half_of_its_interval(outputs):
    (outputs / "shapes/seeds.json").write_text(json.dumps(SEEDS))
    (row,) = rows_of(outputs, "shapes")
    assert row.figure_of_seeds == "3 seeds: 0.9710 ± 0.0060"
    assert list(row.result.seeds.runs) == [1, 2, 10]


def test_a_training_that_overfits_is_flagged(tmp_path):
    write_result(tmp_path, "shapes", losses=CLIMBING)
    write_plan(tmp_path, shapes=planned())
    (row,) = rows_of(tmp_path, "shapes")
    assert row.overfits == "overfits from epoch 2"


def test_snapshots_are_measured_by_step(tmp_path):
    at_steps = {
        "accuracy_at_step_1000": 0.9,
        "accuracy_at_step_20": 0.5,
        "log_loss_at_step_20": 0.7,
    }
    write_result(tmp_path, "shapes", metrics=METRICS | {"test": METRICS["test"] | at_steps})
    write_plan(tmp_path, shapes=planned())
    (row,) = rows_of(tmp_path, "shapes")
    assert list(row.result.test_by_step.items()) == [
        (20, {"accuracy": 0.5, "log_loss": 0.7}),
        (1000, {"accuracy": 0.9}),
    ]


def test_the_overview_counts_what_is_met_and_what_it_took(outputs):
    write_plan(outputs, shapes=planned(claims=CLAIMS[:1]), pairs=planned(claims=CLAIMS[:1]))
    found = overview(rows_of(outputs))
    assert found.verdict == "1 of 2 experiments meet their figure"
    assert found.effort == "1.2 s of training, 1 January 1970 (UTC)"
    assert overview(rows_of(outputs, "pairs")).effort == "nothing is trained yet"


def test_markdown_has_a_line_for_each_experiment(outputs):
    rendering.write(rows_of(outputs), outputs)
    assert (outputs / "report.md").read_text(encoding="utf-8").splitlines() == [
        "# Experiments",
        "",
        "0 of 2 experiments meet their figure; 1.2 s of training, 1 January 1970 (UTC).",
        "",
        "| experiment | reported | test figure [95 % interval] | must reach | overfitting "
        "| parameters | epochs | time | examples/s | MLflow run |",
        "|---|---|---|---|---|--:|--:|--:|--:|---|",
        "| shapes | about 0.9 | accuracy 0.9500 [0.9000, 0.9750] "
        "| test/accuracy ≥ 0.9: met; parameters ≤ 100: NOT met (1,234) "
        f"|  | 1,234 | 4 | 1.2 s | 13,000 | {RUN_ID} |",
        "| pairs |  | missing: not run yet: dvc repro evaluate@pairs "
        "| test/accuracy ≥ 0.9: NOT met (not measured) | | | | | | |",
    ]


def test_equal_rows_give_equal_bytes(outputs, tmp_path):
    for name in ("1", "2"):
        rendering.write(rows_of(outputs), tmp_path / name)
    for file in ("report.md", "report.html"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


def drawn(rows: list[results.Row], width: int) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(rendering.table(rows))
    return captured.get()


def test_the_terminal_shows_every_experiment(outputs):
    text = drawn(rows_of(outputs), 160)
    assert "accuracy 0.9500 [0.9000, 0.9750]" in text
    assert "parameters ≤ 100: NOT met (1,234)" in " ".join(text.split())
    assert RUN_ID[:8] in text
    (line,) = [line for line in text.splitlines() if line.strip().startswith("pairs")]
    assert "missing" in line


def test_the_terminal_flags_overfitting(tmp_path):
    write_result(tmp_path, "shapes", losses=CLIMBING)
    write_plan(tmp_path, shapes=planned())
    assert "! overfits from epoch 2" in drawn(rows_of(tmp_path, "shapes"), 160)


def test_a_reason_is_told_once_for_all_that_it_keeps_back(outputs):
    (outputs / "failures").mkdir()
    (outputs / "failures/fetch@shapes.txt").write_text("no network.\n")
    known = params_of(data={"shapes": "shapes"}, experiments={"pairs": "shapes", "deep": "shapes"})
    rows = results.collect(known, ["pairs", "deep"], outputs=outputs)
    assert rendering.reasons(rows) == ["pairs, deep missing: fetch@shapes: no network."]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.44, "0.4 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (95.4, "1 min 35 s"),
        (3599.6, "1 h 0 min"),
        (7380, "2 h 3 min"),
    ],
)
def test_a_duration_reads_as_people_say_it(seconds, text):
    assert formatting.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.98333, "0.9833"),
        (2913.42, "2,913.4"),
        (0.0001, "0.0001"),
        (0.0000314, "3.1e-05"),
        (0.0, "0.0000"),
    ],
)
def test_a_figure_has_digits_that_say_something(value, text):
    assert formatting.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(40.0, "40"), (11.636, "11.6"), (10_001.0, "10,001")])
def test_epochs_are_counted_whole_from_a_hundred_on(value, text):
    assert formatting.epochs(value) == text


def test_days_of_two_months_are_told_whole():
    assert (
        formatting.dates(1_764_547_199_000, 1_764_547_200_000)
        == "30 November 2025 to 1 December 2025"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (0.001, "0.001"),
        ([256, 128], "[256, 128]"),
        ({"monitor": "loss"}, "{monitor: loss}"),
    ],
)
def test_a_setting_reads_as_in_its_file(value, text):
    assert formatting.setting(value) == text


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("training.batch_size", ["training.", "batch_", "size"]),
        ("test/accuracy ≥ 0.9", ["test/", "accuracy ≥ 0.9"]),
        ("mnist", ["mnist"]),
    ],
)
def test_a_long_name_may_break_between_its_parts(name, parts):
    assert formatting.parts(name) == parts


@pytest.mark.parametrize(
    ("value", "text"), [(0.98333, "0.9833"), (-1.5, "-1.5000"), (2913.44, "2,913.4")]
)
def test_large_numbers_need_fewer_decimals(value, text):
    assert formatting.number(value) == text


def reported(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """The error of `pipeline.report`, or nothing."""
    monkeypatch.setattr(sys, "argv", ["report", *arguments])
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


def test_a_missing_experiment_is_an_error_after_the_report_is_written(
    repository, monkeypatch, capsys
):
    composed(repository, "memory")
    assert (
        reported(monkeypatch) == "1 of 2 experiments are missing. Received: pairs. See why above."
    )
    assert capsys.readouterr().out.endswith("Report: outputs/report.md and outputs/report.html\n")
    assert "| pairs |  | missing: " in (repository / "outputs/report.md").read_text(
        encoding="utf-8"
    )


def test_the_report_of_named_experiments_holds_those_alone(repository, monkeypatch, capsys):
    composed(repository, "memory")
    assert reported(monkeypatch, "shapes") == ""
    assert "pairs" not in (repository / "outputs/report.md").read_text(encoding="utf-8")


def test_a_run_that_is_not_in_the_store_is_said_so(repository, monkeypatch, capsys):
    composed(repository, "mlflow")
    assert (
        reported(monkeypatch, "shapes")
        == "1 of 1 experiments are missing. Received: shapes. See why above."
    )
    assert (
        "missing: its run is not in the tracking store; train it again: dvc repro --force train@shapes"
        in (repository / "outputs/report.md").read_text(encoding="utf-8")
    )


def test_a_run_that_is_in_the_store_is_reported(repository, monkeypatch, capsys):
    composed(repository, "mlflow")
    with STORE.open_run(
        RunFacts("shapes", {}, {}, images(), Path("data/prepared/shapes"))
    ) as tracker:
        pass
    (repository / "outputs/shapes/run.json").write_text(
        json.dumps(RUN | {"run_id": tracker.run_id})
    )
    assert reported(monkeypatch, "shapes") == ""
    assert layout.mlruns() == repository / "mlruns"


def test_an_experiment_that_is_not_planned_is_refused(repository, monkeypatch):
    assert reported(monkeypatch, "shape") == (
        "no experiment of params.yaml has this name. Received: shape. Did you mean shapes? Allowed: pairs, shapes."
    )


def test_a_check_prints_every_claim_and_ends_with_those_that_are_not_met(
    repository, monkeypatch, capsys
):
    assert reported(monkeypatch, "--check") == (
        "2 of 3 claims are not met. Received: shapes: parameters ≤ 100; pairs: test/accuracy ≥ 0.9."
    )
    assert capsys.readouterr().out.splitlines() == [
        "met      shapes: test/accuracy ≥ 0.9: 0.95",
        "NOT met  shapes: parameters ≤ 100: 1,234",
        "NOT met  pairs: test/accuracy ≥ 0.9: not measured (not run yet: dvc repro evaluate@pairs)",
    ]
    assert not (repository / "outputs/report.md").exists()


def test_a_check_of_claims_that_are_met_is_no_error(repository, monkeypatch, capsys):
    write_plan(repository / "outputs", shapes=planned(claims=CLAIMS[:1]))
    assert reported(monkeypatch, "--check", "shapes") == ""


def test_an_unknown_flag_is_refused(repository, monkeypatch):
    assert (
        reported(monkeypatch, "--chek")
        == "an unknown flag. Received: --chek. Expected: --check or --help."
    )


def test_the_report_loads_no_tensorflow():
    code = "import sys; from pipeline.report import activation_functions; activation_functions(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert {"tensorflow", "keras"} & set(done.stdout.split()) == set()
