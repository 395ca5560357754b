"""The results of experiments, read from `outputs/`."""

import json

import pytest

from pipeline.reporting.results import look_up
from tests.support.refusals import refusal
from tests.support.results import (
    CLAIMS,
    CLIMBING,
    METRICS,
    RUN,
    SEEDS,
    TEST,
    planned,
    rows_of,
    write_failure,
    write_plan,
    write_result,
)


def test_row_has_the_result_of_an_experiment(outputs):
    (row,) = rows_of(outputs, "shapes")
    assert (row.experiment, row.data, row.source, row.missing) == ("shapes", "shapes", "shapes", "")
    assert (row.headline, row.score) == ("accuracy", "accuracy 0.9500 [0.9000, 0.9750]")
    assert (row.result.run["run_id"], row.result.saved.epoch) == (RUN["run_id"], 2.0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("test/accuracy", 0.95),
        ("test/accuracy/low", 0.9),
        ("test/accuracy/at_step/1000", 0.5),
        ("train/accuracy", 1.0),
        ("parameters", 1234.0),
        ("test/accuracy/at_step", None),
        ("test/mse", None),
        ("parameters/low", None),
        ("test", None),
    ],
)
def test_claim_names_a_path_in_metrics(path, value):
    accuracy = TEST["accuracy"] | {"at_step": {"1000": 0.5}}
    assert look_up(METRICS | {"test": {"accuracy": accuracy}}, path) == value


def test_claims_are_compared_with_the_result(outputs):
    (row,) = rows_of(outputs, "shapes")
    assert [(claim.is_met, claim.reached) for claim in row.claims] == [
        (True, "0.95"),
        (False, "1,234"),
    ]
    assert row.verdict == "unmet"


def test_claim_on_an_unmeasured_metric_is_not_met(outputs):
    write_plan(outputs, shapes=planned(claims=[{"metric": "test/r2", "at_least": 0.4}]))
    (row,) = rows_of(outputs, "shapes")
    assert [(claim.is_met, claim.reached) for claim in row.claims] == [(False, "not measured")]
    assert row.headline == "accuracy"


def test_first_claimed_test_metric_is_the_headline(outputs):
    claims = [
        {"metric": "parameters", "at_most": 1},
        {"metric": "test/accuracy/at_step/10", "at_least": 0},
        {"metric": "test/log_loss", "at_most": 1},
    ]
    write_plan(outputs, shapes=planned(claims=claims))
    (row,) = rows_of(outputs, "shapes")
    assert row.score == "log_loss 0.2000 [0.1000, 0.3000]"


def test_experiment_without_claims_has_no_verdict(outputs):
    write_plan(outputs, shapes=planned())
    assert rows_of(outputs, "shapes")[0].verdict == "none"


def test_figures_come_from_their_index(tmp_path):
    write_result(tmp_path, "shapes", figures=("second", "first"))
    write_plan(tmp_path, shapes=planned())
    first, second = rows_of(tmp_path, "shapes")[0].result.figures
    assert (first.title, second.title) == ("title of second", "title of first")
    assert first.alt == "second of shapes"
    assert (first.width, first.height, first.is_wide) == (4, 3, False)
    assert first.url.startswith("data:image/png;base64,iVBOR")


@pytest.mark.parametrize("content", [b"image", None])
def test_damaged_figure_names_the_command(outputs, content):
    figure = outputs / "shapes/figures/learning_curves.png"
    figure.unlink() if content is None else figure.write_bytes(content)
    assert refusal(rows_of, outputs, "shapes") == (
        f"{figure} is missing or damaged. Draw it again with: dvc repro --force evaluate@shapes."
    )


def test_missing_index_names_the_command(outputs):
    index = outputs / "shapes/figures/index.json"
    index.unlink()
    assert refusal(rows_of, outputs, "shapes") == (
        f"{index} is missing. Make it with: dvc repro --force evaluate@shapes."
    )


def test_untrained_experiment_names_the_command(outputs):
    (row,) = rows_of(outputs, "pairs")
    assert (row.result, row.missing) == (None, "not run yet: dvc repro evaluate@pairs")
    assert (row.verdict, row.score, row.score_over_seeds, row.overfits) == ("unmet", "", "", "")


def test_experiment_without_a_plan_has_no_result(outputs):
    write_plan(outputs, shapes=planned())
    assert rows_of(outputs, "pairs")[0].missing == "not run yet: dvc repro evaluate@pairs"


@pytest.mark.parametrize("file", ["history.csv", "run.json", "snapshots/index.json"])
def test_failed_training_hides_an_old_evaluation(outputs, file):
    (outputs / "shapes" / file).unlink()
    write_failure(outputs, "train@shapes", "diverged.")
    (row,) = rows_of(outputs, "shapes")
    assert (row.result, row.missing) == (None, "train@shapes: diverged.")


def test_failed_seeds_leave_the_result(outputs):
    write_failure(outputs, "repeat@shapes", "diverged.")
    (row,) = rows_of(outputs, "shapes")
    assert (row.missing, row.unrepeated) == ("", "repeat@shapes: diverged.")
    assert row.result is not None


def test_mean_over_seeds_has_half_of_its_interval(outputs):
    (outputs / "shapes/seeds.json").write_text(json.dumps(SEEDS))
    (row,) = rows_of(outputs, "shapes")
    assert row.score_over_seeds == "3 seeds: 0.9710 ± 0.0060"
    assert list(row.result.seeds.runs) == [1, 2, 10]


def test_overfitting_is_flagged(tmp_path):
    write_result(tmp_path, "shapes", losses=CLIMBING)
    write_plan(tmp_path, shapes=planned())
    assert rows_of(tmp_path, "shapes")[0].overfits == "overfits from epoch 2"


def test_snapshots_are_ordered_by_step(tmp_path):
    test = {
        "accuracy": TEST["accuracy"] | {"at_step": {"1000": 0.9, "20": 0.5}},
        "log_loss": TEST["log_loss"] | {"at_step": {"1000": 0.3, "20": 0.7}},
    }
    write_result(tmp_path, "shapes", metrics=METRICS | {"test": test})
    write_plan(tmp_path, shapes=planned(claims=CLAIMS))
    (row,) = rows_of(tmp_path, "shapes")
    assert list(row.result.test_by_step.items()) == [
        (20, {"accuracy": 0.5, "log_loss": 0.7}),
        (1000, {"accuracy": 0.9, "log_loss": 0.3}),
    ]
