"""A network against baselines: verdicts, the one to show first, and the entry of metrics.json."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.baselines import Baseline, boosting, commonest_class, linear
from pipeline.data.prepared import load_meta, load_split
from pipeline.evaluation import baseline_fits, baselines, intervals
from pipeline.evaluation.baselines import Comparison, most_telling
from pipeline.evaluation.intervals import Estimate
from pipeline.layout import PREPARED
from pipeline.metrics import accuracy, mse, named
from pipeline.models.scores import ClassScores, perfect_scores

SHAPES, PAIRS, PRICES = (PREPARED / name for name in ("shapes", "pairs", "prices"))
CLASSES = ["accuracy", "log_loss"]


@pytest.fixture(autouse=True)
def _runs(in_repository, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))


def compare(network: Any, names: list[str], data: Any) -> Any:
    return baselines.compare(network, names, data, test=load_split(data, "test"))


def perfect(data: Any) -> Any:
    """The scores of a network that knows the test split."""
    return perfect_scores(load_split(data, "test").y, load_meta(data))


def constant(data: Any) -> ClassScores:
    """The scores of a network that always answers the commonest class of the training rows."""
    meta = load_meta(data)
    commonest = np.bincount(load_split(data, "train").y).argmax()
    logarithms = np.full((meta.rows["test"], len(meta.classes)), np.log(0.1))
    logarithms[:, commonest] = np.log(0.9)
    return ClassScores(np.int64(load_split(data, "test").y), logarithms, meta.classes)


def compared(
    difference: tuple[float, float] | None,
    *,
    metric: Any = accuracy,
    baseline: Baseline = linear.BASELINE,
    value: float | None = 0.5,
) -> Comparison:
    """A comparison with a difference of these limits."""
    middle = None if difference is None and value is None else 0.1
    return Comparison(
        baseline, metric.METRIC, Estimate(value, None), Estimate(middle, difference, "few rows")
    )


@pytest.mark.parametrize(
    ("limits", "metric", "verdict"),
    [
        ((0.1, 0.2), accuracy, "better"),
        ((-0.2, -0.1), accuracy, "worse"),
        ((-0.1, 0.1), accuracy, "no better"),
        ((0.0, 0.1), accuracy, "no better"),
        ((-0.2, -0.1), mse, "better"),
        ((0.1, 0.2), mse, "worse"),
        (None, accuracy, "not compared"),
    ],
)
def test_verdict_follows_the_direction_of_the_metric(limits, metric, verdict):
    assert compared(limits, metric=metric).verdict == verdict


TRIVIAL = commonest_class.BASELINE


@pytest.mark.parametrize(
    ("trivial", "telling"),
    [((0.1, 0.2), "boosting"), ((-0.1, 0.2), "trivial"), ((-0.2, -0.1), "trivial")],
)
def test_trivial_baseline_comes_first_unless_it_is_beaten(trivial, telling):
    comparisons = {
        "trivial": compared(trivial, baseline=TRIVIAL, value=0.4),
        "linear": compared((0.1, 0.2), value=0.6),
        "boosting": compared((-0.2, -0.1), value=0.7),
    }
    assert most_telling(comparisons) == telling


def test_best_baseline_has_the_lowest_error():
    one, two = (compared((-2, -1), metric=mse, value=value) for value in (3.0, 2.0))
    assert most_telling({"one": one, "two": two}) == "two"


def test_simplest_of_equal_baselines_comes_first():
    assert most_telling({"one": compared((0.1, 0.2)), "two": compared((0.1, 0.2))}) == "one"


def test_undefined_baseline_comes_last():
    undefined = compared(None, baseline=TRIVIAL, value=None)
    assert most_telling({"trivial": undefined, "linear": compared((0.1, 0.2))}) == "linear"


def test_useless_network_does_not_beat_commonest_class():
    summary = compare(constant(PAIRS), ["accuracy"], PAIRS)
    assert summary["telling_baseline"] == {"accuracy": "commonest_class"}
    entry = summary["baselines"]["commonest_class"]
    assert entry["difference"]["accuracy"]["value"] == 0
    assert entry["difference"]["accuracy"]["verdict"] == "no better"


def test_difference_is_the_network_minus_the_baseline():
    entry = compare(perfect(SHAPES), CLASSES, SHAPES)["baselines"]["commonest_class"]
    value = entry["test"]["accuracy"]["value"]
    assert entry["difference"]["accuracy"]["value"] == pytest.approx(1 - value)
    assert entry["difference"]["accuracy"]["verdict"] == "better"
    assert entry["difference"]["log_loss"]["value"] < 0


def test_baseline_without_probabilities_has_metrics_of_classes():
    entry = compare(perfect(SHAPES), CLASSES, SHAPES)["baselines"]["nearest_mean"]
    assert list(entry["test"]) == list(entry["difference"]) == ["accuracy"]
    assert list(entry["validation"]) == ["accuracy"]


def test_entry_names_rows_and_time():
    entry = compare(perfect(SHAPES), ["accuracy"], SHAPES)["baselines"]["linear"]
    assert (entry["title"], entry["place"]) == ("a linear model", 30)
    assert (entry["rows"], entry["training_rows"]) == (36, 36)
    assert entry["seconds"] >= 0
    assert {"value", "low", "high"} <= entry["test"]["accuracy"].keys()


def test_regression_is_measured_in_the_target_unit():
    summary = compare(perfect(PRICES), ["mse", "r2"], PRICES)
    meta = load_meta(PRICES)
    targets = (
        np.float64(load_split(PRICES, "test").y) * meta.targets[0].scale + meta.targets[0].mean
    )
    mean = summary["baselines"]["mean"]["test"]["mse"]["value"]
    assert mean == pytest.approx(np.mean((targets - meta.targets[0].mean) ** 2))


def test_one_pass_gives_the_intervals_of_single_metrics():
    network, other = perfect(SHAPES), constant(SHAPES)
    measured = {name: named(name, key="") for name in ("accuracy", "macro_f1", "log_loss")}
    found = intervals.against(measured, network, {"other": other}, seed=1)["other"]
    alone = intervals.estimates(measured, other, seed=1)
    assert {name: one.other for name, one in found.items()} == alone
    for name, metric in measured.items():
        single = intervals.against({name: metric}, network, {"other": other}, seed=1)["other"]
        assert found[name] == single[name]


def test_baseline_that_is_left_out_has_a_reason(monkeypatch):
    none = replace(boosting.BASELINE, most_rows=lambda _meta: 0)
    monkeypatch.setattr(baseline_fits, "suiting", lambda _meta: {"boosting": none})
    summary = compare(perfect(PAIRS), ["accuracy"], PAIRS)
    assert summary == {
        "baselines": {
            "boosting": {
                "title": "gradient boosting",
                "place": 40,
                "left_out": "2 features and 2 classes are too much work, "
                "even with 36 training rows",
            }
        },
        "telling_baseline": {},
    }
