"""The results of experiments, read from `outputs/`."""

import json
from dataclasses import replace

import pytest

from pipeline.config.repeats import Repeats
from pipeline.config.values import write_yaml
from pipeline.files import write_sealed
from pipeline.reporting import rendering
from pipeline.reporting.results import look_up
from tests.support.damage import flip_a_bit
from tests.support.metas import images
from tests.support.results import (
    CLAIMS,
    CLIMBING,
    METRICS,
    PARAMS,
    RUN,
    SERIES,
    SETTINGS,
    TEST,
    bind,
    planned,
    rows_of,
    write_failure,
    write_outputs,
    write_plan,
    write_result,
    write_seeds,
)


def test_row_has_the_result_of_an_experiment(outputs):
    (row,) = rows_of(outputs, "shapes")
    assert (row.experiment, row.data, row.source, row.missing) == ("shapes", "shapes", "shapes", "")
    assert (row.headline, row.score) == ("accuracy", "accuracy 0.9500 [0.9000, 0.9750]")
    assert (row.result.run.run_id, row.result.saved.epoch) == (RUN["run_id"], 2.0)


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


def test_name_of_a_class_may_hold_slashes():
    test = {"recall/a": {"value": 0.5, "low": 0.25}, "recall/a/low": {"value": 0.75}}
    metrics = {"test": test, "validation": {"recall/a": 0.125}}
    assert look_up(metrics, "test/recall/a") == 0.5
    assert look_up(metrics, "test/recall/a/low") == 0.75
    assert look_up({"test": {"recall/a": test["recall/a"]}}, "test/recall/a/low") == 0.25
    assert look_up(metrics, "validation/recall/a") == 0.125


def test_claim_on_an_undefined_metric_has_the_reason(tmp_path):
    metrics = METRICS | {
        "test": TEST | {"r2": {"value": None, "reason": "one row has no variance"}},
        "validation": {"mape": None},
        "not_defined": {"train": {}, "validation": {"mape": "the target is 0 in 1 row"}},
    }
    write_result(tmp_path, "shapes", metrics=metrics)
    claims = [
        {"metric": "test/r2", "at_least": 0.4},
        {"metric": "validation/mape", "at_most": 0.1},
    ]
    write_plan(tmp_path, shapes=planned(claims=claims))
    (row,) = rows_of(tmp_path, "shapes")
    assert [claim.reached for claim in row.claims] == [
        "not defined: one row has no variance",
        "not defined: the target is 0 in 1 row",
    ]
    assert row.score == "r2 not defined"


BALANCED = {"value": 0.5, "low": 0.4, "high": 0.6}
IMBALANCED = METRICS | {
    "beside": ["balanced_accuracy"],
    "test": TEST | {"balanced_accuracy": BALANCED},
}


def test_balanced_accuracy_follows_the_headline(tmp_path):
    write_result(tmp_path, "shapes", metrics=IMBALANCED)
    write_plan(tmp_path, shapes=planned())
    (row,) = rows_of(tmp_path, "shapes")
    assert row.score == "accuracy 0.9500 [0.9000, 0.9750]"
    assert row.beside == ["balanced_accuracy 0.5000 [0.4000, 0.6000]"]


ERROR = "mae 3.0000 [2.0000, 4.0000]"


@pytest.mark.parametrize(
    ("metric", "beside"),
    [("r2", [ERROR]), ("mse", [ERROR]), ("mae", [])],
)
def test_error_in_the_unit_follows_any_other_metric(tmp_path, metric, beside):
    error = {"value": 3.0, "low": 2.0, "high": 4.0}
    test = {"r2": {"value": 0.9}, "mse": {"value": 10.0}, "mae": error}
    splits = {
        "test": test,
        "train": dict.fromkeys(test, 1.0),
        "validation": dict.fromkeys(test, 1.0),
    }
    metrics = METRICS | splits | {"headline": "r2", "beside": ["mae"]}
    write_result(tmp_path, "shapes", metrics=metrics)
    write_plan(tmp_path, shapes=planned(claims=[{"metric": f"test/{metric}", "at_least": 0}]))
    (row,) = rows_of(tmp_path, "shapes")
    assert row.beside == beside
    rendering.write([row], tmp_path)
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert ("; mae 3.0000" in page) == bool(row.beside)


def test_other_headline_needs_nothing_beside(tmp_path):
    write_result(tmp_path, "shapes", metrics=IMBALANCED)
    write_plan(tmp_path, shapes=planned(claims=[{"metric": "test/log_loss", "at_most": 1}]))
    assert rows_of(tmp_path, "shapes")[0].beside == []


def test_metrics_of_classes_are_grouped_by_class(tmp_path):
    recall = {"value": 0.5, "low": 0.25, "high": 0.75}
    metrics = METRICS | {
        "test": TEST | {"recall/a/b": recall, "top_k_accuracy/3": {"value": 1.0}},
        "tables": {"validation": {}, "test": {"rows_by_class": {"a/b": 4, "c": 2}}},
    }
    write_result(tmp_path, "shapes", metrics=metrics)
    write_plan(tmp_path, shapes=planned())
    (row,) = rows_of(tmp_path, "shapes")
    assert row.by_class == {"a/b": {"rows": 4, "recall": recall}, "c": {"rows": 2}}
    assert row.main_metrics == ["accuracy", "log_loss", "top_k_accuracy/3"]


def test_metrics_of_labels_are_grouped_by_label(tmp_path):
    accuracy = {"value": 0.5}
    metrics = METRICS | {
        "test": {"macro_f1": {"value": 0.25}, "accuracy/spam": accuracy},
        "tables": {"validation": {}, "test": {"rows_by_class": {"spam": 4, "insult": 2}}},
    }
    write_result(tmp_path, "shapes", metrics=metrics)
    write_plan(tmp_path, shapes=planned())
    (row,) = rows_of(tmp_path, "shapes")
    assert row.by_class == {"spam": {"rows": 4, "accuracy": accuracy}, "insult": {"rows": 2}}
    assert (row.class_metrics, row.main_metrics) == (["accuracy"], ["macro_f1"])


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


@pytest.mark.parametrize(
    "file",
    ["metrics.json", "figures/learning_curves.png", "figures/index.json", "evaluation.json"],
)
def test_damaged_evaluation_is_not_shown(outputs, file):
    path = outputs / "shapes" / file
    flip_a_bit(path)
    (row,) = rows_of(outputs, "shapes")
    assert (row.result, row.score, row.verdict) == (None, "", "unmet")
    assert row.missing.startswith(f"{path} is damaged")
    assert row.missing.endswith("Make it again with: dvc repro evaluate@shapes.")


@pytest.mark.parametrize("file", ["history.csv", "snapshots/index.json", "run.json"])
def test_damaged_training_is_not_shown(outputs, file):
    path = outputs / "shapes" / file
    flip_a_bit(path)
    (row,) = rows_of(outputs, "shapes")
    assert row.result is None
    assert row.missing.startswith(f"{path} is damaged")
    assert row.missing.endswith("Make it again with: dvc repro train@shapes.")


def test_evaluation_of_an_earlier_run_is_not_shown(outputs):
    folder = outputs / "shapes"
    before = (folder / "evaluation.json").read_bytes()
    bind(folder, run_id="f" * 32)
    (folder / "evaluation.json").write_bytes(before)
    (row,) = rows_of(outputs, "shapes")
    assert row.result is None
    assert row.missing == (
        f"{folder}/metrics.json is stale: it is of run {RUN['run_id']}, and the model is of run "
        f"{'f' * 32}. Test the model with: dvc repro evaluate@shapes."
    )


def test_result_of_other_settings_is_not_shown(outputs):
    write_yaml(SETTINGS | {"seed": 2}, outputs / "configs/shapes.yaml")
    (row,) = rows_of(outputs, "shapes")
    assert row.result is None
    assert row.missing == (
        f"{outputs}/shapes is stale: its run {RUN['run_id']} has other settings than the "
        "experiment. Train it again with: dvc repro train@shapes."
    )


def test_settings_without_effect_keep_the_result(outputs):
    write_yaml(SETTINGS | {"tracking": {"store": "mlflow"}}, outputs / "configs/shapes.yaml")
    assert rows_of(outputs, "shapes")[0].result is not None


def test_result_of_other_data_is_not_shown(outputs):
    meta = images(digests=images().digests | {"test": "9" * 32})
    folder = outputs.parent / "prepared/shapes"
    folder.mkdir(parents=True)
    meta.save(folder)
    (row,) = rows_of(outputs, "shapes")
    assert row.result is None
    assert row.missing == (
        f"{outputs}/shapes is stale: its run {RUN['run_id']} was trained on other data. "
        "Received: other digests of test. Train it again with: dvc repro train@shapes."
    )


def test_result_without_its_data_is_unchecked(outputs):
    (row,) = rows_of(outputs, "shapes")
    prepared = outputs.parent / "prepared/shapes"
    assert row.result is not None
    assert row.unchecked == (
        f"{prepared} is missing, so the result was not compared with its data. "
        "Prepare them with: dvc repro prepare@shapes"
    )
    assert rendering.reasons([row]) == [f"shapes: {row.unchecked}"]


def test_stale_seeds_do_not_hide_that_the_data_are_missing(outputs):
    (row,) = rows_of(outputs, "shapes")
    row = replace(row, outdated="the seeds are stale")
    assert rendering.reasons([row]) == ["shapes: the seeds are stale", f"shapes: {row.unchecked}"]


def test_result_with_its_data_is_checked(outputs):
    prepared = outputs.parent / "prepared/shapes"
    prepared.mkdir(parents=True)
    images().save(prepared)
    (row,) = rows_of(outputs, "shapes")
    assert (row.result is not None, row.unchecked, rendering.reasons([row])) == (True, "", [])


@pytest.mark.parametrize("changes", [{"settings": "0" * 64}, {"data": {"train": "0" * 32}}])
def test_seeds_of_other_settings_are_not_shown(tmp_path, changes):
    outputs = write_outputs(tmp_path / "outputs")
    (tmp_path / "prepared/shapes").mkdir(parents=True)
    images().save(tmp_path / "prepared/shapes")
    write_seeds(outputs / "shapes", **changes)
    (row,) = rows_of(outputs, "shapes")
    assert (row.result.series, row.repeated) == ((), [])
    assert row.outdated == (
        f"{outputs}/shapes/seeds.json is stale: its runs have other settings or data than the "
        "experiment. Train them again with: dvc repro repeat@shapes."
    )


def test_results_of_an_earlier_version_are_not_shown(outputs):
    write_seeds(outputs / "shapes")
    path = outputs / "shapes/seeds.json"
    content = json.loads(path.read_text())
    write_sealed(path, {key: content[key] for key in ("settings", "data")})
    (row,) = rows_of(outputs, "shapes")
    assert "seeds.json is stale" in row.outdated


@pytest.mark.parametrize(
    "listed",
    [
        Repeats(seeds=[1, 2]),
        Repeats(seeds=[1, 2, 11]),
        Repeats(seeds=[1, 2, 10, 11]),
        Repeats(split_seeds=[1, 2, 10]),
        Repeats(seeds=[1, 2, 10], folds=5),
    ],
)
def test_trainings_that_are_not_listed_are_not_shown(outputs, listed):
    write_seeds(outputs / "shapes")
    params = replace(PARAMS, repeats={"shapes": listed})
    (row,) = rows_of(outputs, "shapes", params=params)
    assert row.repeated == []
    assert row.outdated == (
        f"{outputs}/shapes/seeds.json is stale: params.yaml lists other trainings. "
        "Received: 3 seeds of one split. Train the listed ones with: dvc repro repeat@shapes."
    )


def test_listed_seeds_are_shown(outputs):
    write_seeds(outputs / "shapes")
    params = replace(PARAMS, repeats={"shapes": Repeats(seeds=[10, 2, 1])})
    (row,) = rows_of(outputs, "shapes", params=params)
    assert (row.repeated, row.outdated) == (["3 seeds of one split: 0.9710, sd 0.0060"], "")


def test_only_a_mean_over_splits_has_an_interval(outputs):
    write_seeds(outputs / "shapes", "seeds", "split_seeds")
    params = replace(PARAMS, repeats={"shapes": Repeats(seeds=[10, 2, 1], split_seeds=[7, 8])})
    (row,) = rows_of(outputs, "shapes", params=params)
    assert row.repeated == ["2 splits: 0.9120 ± 0.0400", "3 seeds of one split: 0.9710, sd 0.0060"]


def test_series_without_the_headline_says_so(outputs):
    (row,) = rows_of(outputs, "shapes")
    write_seeds(outputs / "shapes")
    claims = [{"metric": "test/log_loss", "at_most": 1}]
    write_plan(outputs, shapes=planned(claims=claims))
    one = SERIES["seeds"] | {"mean": {"accuracy": 0.9}, "sd": {"accuracy": 0.1}}
    write_seeds(outputs / "shapes", series={"seeds": one})
    (row,) = rows_of(outputs, "shapes")
    assert row.repeated == ["3 seeds of one split: log_loss not measured"]


def test_untrained_experiment_names_the_command(outputs):
    (row,) = rows_of(outputs, "pairs")
    assert (row.result, row.missing) == (None, "not run yet: dvc repro evaluate@pairs")
    assert (row.verdict, row.score, row.repeated, row.overfits) == ("unmet", "", [], "")


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


def test_runs_of_a_series_are_in_order(outputs):
    write_seeds(outputs / "shapes")
    (row,) = rows_of(outputs, "shapes")
    assert list(row.result.series[0].runs) == [1, 2, 10]


def test_overfitting_is_flagged(tmp_path):
    write_result(tmp_path, "shapes", losses=CLIMBING, saved=12)
    write_plan(tmp_path, shapes=planned())
    assert rows_of(tmp_path, "shapes")[0].overfits == "overfits from epoch 2"


@pytest.mark.parametrize(
    ("monitor", "saved", "flag"),
    [
        ("validation/loss", 12, ""),
        ("validation/accuracy", 12, ""),
        ("train/loss", 12, "overfits from epoch 2"),
        ("train/loss", 6, ""),
    ],
)
def test_flag_is_that_of_the_saved_weights(tmp_path, monitor, saved, flag):
    training = {"early_stopping": {"monitor": monitor}}
    (tmp_path / "configs").mkdir()
    write_yaml(SETTINGS | {"training": training}, tmp_path / "configs/shapes.yaml")
    write_result(tmp_path, "shapes", losses=CLIMBING, saved=saved)
    write_plan(tmp_path, shapes=planned())
    assert rows_of(tmp_path, "shapes")[0].overfits == flag


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
