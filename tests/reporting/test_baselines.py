"""Baselines in the report: next to each result, and as a table of the experiment."""

from typing import Any

import pytest

from pipeline.evaluation import opponents
from pipeline.reporting import rendering, results
from tests.reporting.test_html import Page
from tests.reporting.test_rendering import printed
from tests.support.results import METRICS, TEST, planned, rows_of, write_plan, write_result

CONSTANT: dict[str, Any] = {
    "title": "always the commonest class",
    "place": 10,
    "rows": 36,
    "training_rows": 36,
    "seconds": 0.04,
    "validation": {"accuracy": 0.95, "log_loss": 0.2},
    "test": {
        "accuracy": {"value": 0.95, "low": 0.9, "high": 0.97},
        "log_loss": {"value": 0.1985, "low": 0.1, "high": 0.3},
    },
    "difference": {
        "accuracy": {"value": 0.0, "low": -0.01, "high": 0.01, "verdict": "no better"},
        "log_loss": {"value": 0.0015, "low": 0.001, "high": 0.002, "verdict": "worse"},
    },
}
NEAREST = {
    "title": "nearest class mean",
    "place": 20,
    "rows": 5_000,
    "training_rows": 45_000,
    "seconds": 4.2,
    "validation": {"accuracy": 0.8},
    "test": {"accuracy": {"value": 0.8123, "low": 0.8, "high": 0.82}},
    "difference": {"accuracy": {"value": 0.1377, "low": 0.1251, "high": 0.15, "verdict": "better"}},
}
BOOSTING = {"title": "gradient boosting", "place": 40, "left_out": "9 features are too much work"}
SUMMARY = {
    "baselines": {"boosting": BOOSTING, "commonest_class": CONSTANT, "nearest_mean": NEAREST},
    "telling_baseline": {"accuracy": "commonest_class", "log_loss": "commonest_class"},
}


def changed(baseline: dict[str, Any], **difference: Any) -> dict[str, Any]:
    """A baseline with another difference of the accuracy."""
    entry = {"value": 0.1377, "low": 0.1251, "high": 0.15, "verdict": "better"} | difference
    return baseline | {"difference": {"accuracy": entry}}


@pytest.fixture
def outputs(tmp_path):
    folder = tmp_path / "outputs"
    write_result(folder, "shapes", metrics=METRICS | SUMMARY)
    write_plan(folder, shapes=planned())
    return folder


@pytest.fixture
def row(outputs):
    return rows_of(outputs, "shapes")[0]


@pytest.fixture
def page(outputs, row):
    rendering.write([row], outputs)
    return Page((outputs / "report.html").read_text(encoding="utf-8"))


def test_simple_baselines_come_first(row):
    assert [one.title for one in row.baselines] == [
        "always the commonest class",
        "nearest class mean",
        "gradient boosting",
    ]


def test_useless_network_is_shown_with_the_commonest_class(outputs, row, page):
    """Audit A5: the accuracy of a network equalled that of the commonest class, unseen."""
    assert row.score == "accuracy 0.9500 [0.9000, 0.9750]"
    assert row.baseline.sentence == "always the commonest class 0.9500; network no better"
    assert page.rows()[1][2] == "always the commonest class 0.9500network no better"
    markdown = (outputs / "report.md").read_text(encoding="utf-8")
    assert "| always the commonest class 0.9500; network no better |" in markdown
    assert "always the commonest class 0.9500" in printed([row])
    assert "network no better" in printed([row])


@pytest.mark.parametrize(
    ("difference", "sentence"),
    [
        ({}, "nearest class mean 0.8123; network better by 0.1377 [0.1251, 0.1500]"),
        (
            {"value": -0.2, "low": -0.3, "high": -0.1, "verdict": "worse"},
            "nearest class mean 0.8123; network worse by 0.2000 [0.1000, 0.3000]",
        ),
        ({"verdict": "no better"}, "nearest class mean 0.8123; network no better"),
        (
            {"low": None, "high": None, "verdict": "not compared"},
            "nearest class mean 0.8123; not compared",
        ),
    ],
)
def test_sentence_says_by_how_much(difference, sentence):
    entry = changed(NEAREST, **difference)
    assert opponents.Opponent(entry, "accuracy").sentence == sentence


def test_smaller_loss_is_a_positive_margin():
    entry = changed(NEAREST, value=-0.2, low=-0.3, high=-0.1)
    opponent = opponents.Opponent(entry, "accuracy")
    assert (opponent.margin, opponent.margin_interval) == ("0.2000", "[0.1000, 0.3000]")


def test_baseline_follows_the_claimed_metric(outputs):
    claim = {"metric": "test/log_loss", "at_most": 0.5}
    write_plan(outputs, shapes=planned(claims=[claim]))
    (row,) = rows_of(outputs, "shapes")
    assert row.baseline.sentence == (
        "always the commonest class 0.1985; network worse by 0.0015 [0.0010, 0.0020]"
    )


def test_section_has_a_row_for_each_baseline(page):
    text = page.text("section", id="shapes")
    assert "the network0.9500[0.9000, 0.9750]1.2 s" in text
    assert "0.9500[0.9000, 0.9700]0.0000[-0.0100, 0.0100]network no better36 training rows" in text
    assert "5,000 of 45,000 training rows, 4.2 s" in text
    assert "gradient boostingleft out: 9 features are too much work" in text


def test_section_has_all_metrics_of_the_baselines(page):
    text = page.text("section", id="shapes")
    assert "metricthe networkalways the commonest classnearest class mean" in text
    assert "log_loss0.20000.1985" in text


def test_metric_without_probabilities_is_not_measured(outputs):
    claim = {"metric": "test/log_loss", "at_most": 0.5}
    write_plan(outputs, shapes=planned(claims=[claim]))
    (row,) = rows_of(outputs, "shapes")
    rendering.write([row], outputs)
    text = Page((outputs / "report.html").read_text("utf-8")).text("section", id="shapes")
    assert "nearest class meannot measured: it gives no probabilities" in text


def test_difference_can_be_claimed():
    metrics = METRICS | SUMMARY
    path = "baselines/nearest_mean/difference/accuracy"
    assert results.look_up(metrics, path) == 0.1377
    assert results.look_up(metrics, f"{path}/low") == 0.1251


def test_result_without_baselines_has_none(outputs):
    write_result(outputs, "deep", metrics=METRICS | {"test": TEST})
    write_plan(outputs, deep=planned())
    (row,) = rows_of(outputs, "deep")
    rendering.write([row], outputs)
    text = (outputs / "report.html").read_text(encoding="utf-8")
    assert (row.baselines, row.baseline) == ([], None)
    assert "Baselines on the test split" not in text
