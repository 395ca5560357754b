"""Intervals that hold after looks: exact values, properties, and simulated coverage."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.evaluation.adaptive import after_looks, mean_after_looks, share_after_looks
from pipeline.metrics import named
from tests.simulations.looks import adversary, honest, simulate
from tests.support import ROOT

ROWS = st.integers(1, 300)
LOOKS = st.integers(0, 2_000)


def clopper_pearson(hits: int, rows: int, confidence: float) -> tuple[float, float]:
    limits = stats.binomtest(hits, rows).proportion_ci(confidence, method="exact")
    return limits.low, limits.high


def hits_of(rows: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, rows), st.just(rows))


@pytest.mark.parametrize(("hits", "rows"), [(0, 5), (5, 5), (29, 30), (353, 360), (9_500, 10_000)])
def test_share_without_looks_has_half_the_error(hits, rows):
    expected = clopper_pearson(hits, rows, 0.975)
    assert share_after_looks(hits, rows, 0) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("hits", "rows", "looks"), [(29, 30, 1), (353, 360, 3), (80, 100, 2)])
def test_share_after_looks_divides_error_by_transcripts(hits, rows, looks):
    error = 0.05 / ((looks + 1) * (looks + 2) * (rows + 1) ** looks)
    expected = clopper_pearson(hits, rows, 1 - error)
    assert share_after_looks(hits, rows, looks) == pytest.approx(expected, abs=1e-6)


def test_all_hits_have_a_closed_form():
    """The lower limit is the p with p^30 = 0.025 / (6 · 31)."""
    low, high = share_after_looks(30, 30, 1)
    assert low == pytest.approx((0.025 / (6 * 31)) ** (1 / 30), abs=1e-10)
    assert high == 1.0


def test_errors_below_the_smallest_float_are_computed():
    """With p^n = 0.025 / (1001 · 1002 · 10001^1000). Its logarithm is -9,228."""
    log_error = math.log(0.025 / (1_001 * 1_002)) - 1_000 * math.log(10_001)
    low, _ = share_after_looks(10_000, 10_000, 1_000)
    assert low == pytest.approx(math.exp(log_error / 10_000), rel=1e-9)


def test_mean_has_the_closed_form_of_its_ends():
    """The relative entropy of 1 and p is -log p."""
    low, high = mean_after_looks(1.0, 100, 0)
    assert (low, high) == (pytest.approx((0.025 / 2) ** (1 / 100), abs=1e-10), 1.0)
    after, _ = mean_after_looks(1.0, 1_000, 2)
    log_error = math.log(0.025 / 12) - 128 * math.log(2)
    assert after == pytest.approx(math.exp(log_error / 1_000), abs=1e-10)


def test_mean_has_the_limits_of_its_definition():
    low, high = mean_after_looks(0.25, 400, 1)
    log_error = math.log(0.025 / 6) - 64 * math.log(2)
    for limit in (low, high):
        entropy = 0.25 * math.log(0.25 / limit) + 0.75 * math.log(0.75 / (1 - limit))
        assert -400 * entropy == pytest.approx(log_error, rel=1e-9)


@given(pair=ROWS.flatmap(hits_of), looks=LOOKS)
def test_interval_contains_the_value(pair, looks):
    hits, rows = pair
    for low, high in (share_after_looks(*pair, looks), mean_after_looks(hits / rows, rows, looks)):
        assert 0 <= low <= hits / rows <= high <= 1


@given(pair=ROWS.flatmap(hits_of), looks=LOOKS, more=st.integers(1, 50))
def test_more_looks_widen_the_interval(pair, looks, more):
    hits, rows = pair
    for limits in (
        [share_after_looks(hits, rows, count) for count in (looks, looks + more)],
        [mean_after_looks(hits / rows, rows, count) for count in (looks, looks + more)],
    ):
        (low, high), (lower, higher) = limits
        assert lower <= low + 1e-12
        assert higher >= high - 1e-12


@given(pair=ROWS.flatmap(hits_of))
def test_interval_without_looks_contains_the_exact_one(pair):
    hits, rows = pair
    low, high = clopper_pearson(hits, rows, 0.95)
    for lower, higher in (share_after_looks(*pair, 0), mean_after_looks(hits / rows, rows, 0)):
        assert lower <= low + 1e-12
        assert higher >= high - 1e-12


@given(pair=ROWS.flatmap(hits_of), looks=LOOKS)
def test_bound_for_means_exceeds_the_exact_one(pair, looks):
    hits, rows = pair
    low, high = share_after_looks(*pair, looks)
    lower, higher = mean_after_looks(hits / rows, rows, looks)
    assert lower <= low + 1e-12
    assert higher >= high - 1e-12


def test_page_shows_the_intervals_of_an_accuracy():
    page = (ROOT / "docs/statistics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\d,]+) \| (\[0.+\]) \| (\[0.+\]) \|$", page, re.MULTILINE)
    assert [row[0] for row in rows] == ["0", "1", "5", "12", "30", "100", "1,000"]
    for looks, *shown in rows:
        for cell, (hits, count) in zip(shown, ((342, 360), (9_500, 10_000)), strict=True):
            low, high = share_after_looks(hits, count, int(looks.replace(",", "")))
            assert cell == f"[{low:.3f}, {high:.3f}]"


def test_accuracy_is_a_share():
    for name in ("accuracy", "top_k_accuracy/3"):
        metric = named(name, key="")
        assert after_looks(metric, 353 / 360, 360, 5) == share_after_looks(353, 360, 5)


def test_bounded_mean_is_scaled():
    low, high = mean_after_looks(0.125, 5_000, 1)
    brier = named("brier", key="")
    assert after_looks(brier, 0.25, 5_000, 1) == (2 * low, 2 * high)


@pytest.mark.parametrize("name", ["log_loss", "mse", "r2", "roc_auc", "ece", "recall/a", "mae"])
def test_unbounded_metric_has_no_interval(name):
    assert after_looks(named(name, key=""), 0.5, 360, 1) is None


def test_adversary_defeats_all_but_our_interval():
    result = simulate(adversary, rows=500, looks=1_000, repetitions=40, seed=1)
    assert result.excess > 0.2
    assert (result.ordinary, result.bonferroni, result.after_looks) == (0.0, 0.0, 1.0)


def test_adversary_with_few_looks_is_covered():
    result = simulate(adversary, rows=2_000, looks=20, repetitions=40, seed=1)
    assert result.ordinary < 0.5
    assert result.after_looks >= 0.95


def test_best_of_many_honest_models_is_covered():
    result = simulate(honest, rows=500, looks=100, repetitions=40, seed=1)
    assert result.ordinary < 0.5
    assert result.after_looks >= 0.95
