"""Fits of baselines: what they predict, and that a kept one is used only where it is right."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from pipeline import environment
from pipeline.baselines import Baseline, boosting, commonest_class, linear
from pipeline.data.prepared import load_meta, load_split
from pipeline.environment import Cpu
from pipeline.evaluation import baseline_fits
from pipeline.evaluation.baseline_fits import Fit
from pipeline.layout import PREPARED
from tests.support.damage import rot

SHAPES, PAIRS, PRICES = (PREPARED / name for name in ("shapes", "pairs", "prices"))


@pytest.fixture(autouse=True)
def _runs(in_repository, tmp_path, monkeypatch):
    """Each test has a folder `mlruns/` of its own."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))


@pytest.fixture
def only(monkeypatch):
    """Makes some baselines the only ones."""

    def only(**baselines: Baseline) -> None:
        monkeypatch.setattr(baseline_fits, "suiting", lambda _meta: baselines)

    return only


def fits(data: Any) -> dict[str, tuple[Baseline, Fit]]:
    splits = {split: load_split(data, split) for split in ("validation", "test")}
    return baseline_fits.fits(data, splits)


def predictions(data: Any, name: str, split: str = "test") -> Any:
    return fits(data)[name][1].predictions[split]


def truth(data: Any) -> Any:
    return np.asarray(load_split(data, "test").y)


class Failing:
    """An estimator that cannot be fitted."""

    def fit(self, _x: Any, _y: Any) -> None:
        raise ValueError("no rows suit me")


def failing(**facts: Any) -> Baseline:
    return replace(linear.BASELINE, build=lambda _meta, _rows: Failing(), **facts)


def test_classifiers_predict_logarithms_of_probabilities():
    for name in ("commonest_class", "linear"):
        logarithms = predictions(SHAPES, name)
        assert logarithms.shape == (12, 3)
        assert np.exp(logarithms).sum(axis=1) == pytest.approx(np.ones(12))


def test_two_classes_have_two_probabilities():
    for name in ("commonest_class", "linear", "boosting"):
        logarithms = predictions(PAIRS, name)
        assert np.exp(logarithms).sum(axis=1) == pytest.approx(np.ones(12))
    hits = predictions(PAIRS, "linear").argmax(axis=1) == truth(PAIRS)
    assert hits.sum() == 12


def test_commonest_class_has_the_training_shares():
    labels = np.asarray(load_split(PAIRS, "train").y)
    shares = np.bincount(labels) / len(labels)
    assert np.exp(predictions(PAIRS, "commonest_class")[0]) == pytest.approx(shares)


def test_nearest_mean_predicts_class_numbers():
    classes = predictions(SHAPES, "nearest_mean")
    assert (classes.dtype, classes.shape) == (np.int64, (12,))
    assert (classes == truth(SHAPES)).all()


def test_regression_predicts_the_prepared_target():
    train, test = (load_split(PRICES, split) for split in ("train", "test"))
    assert predictions(PRICES, "mean") == pytest.approx(np.zeros(12), abs=1e-6)
    expected = Ridge().fit(np.float64(train.x), train.y).predict(np.float64(test.x))
    assert predictions(PRICES, "linear") == pytest.approx(expected, rel=1e-6)


def test_class_without_training_rows_has_a_finite_logarithm():
    x, y = np.zeros((4, 1)), np.array([0, 0, 2, 2])
    model = commonest_class.BASELINE.build(load_meta(SHAPES), 4).fit(x, y)
    logarithms = baseline_fits.log_probabilities(model, x, 3)
    assert np.exp(logarithms[0]) == pytest.approx([0.5, 0, 0.5])
    assert -710 < logarithms[0, 1] < -700


def test_every_split_that_is_predicted_has_its_rows():
    for split in ("validation", "test"):
        assert len(predictions(SHAPES, "linear", split)) == 12


def test_equal_data_give_equal_bits(tmp_path, monkeypatch):
    found = []
    for folder in ("one", "two"):
        monkeypatch.setenv("DVC_ROOT", str(tmp_path / folder))
        found.append(predictions(PAIRS, "boosting").tobytes())
    assert found[0] == found[1]


def test_large_data_are_sampled(only, monkeypatch, capsys):
    only(linear=replace(linear.BASELINE, most_rows=lambda _meta: 20.0))
    monkeypatch.setattr(baseline_fits, "_LEAST_ROWS", 20)
    assert fits(SHAPES)["linear"][1].rows == 20
    assert "a linear model: learned from 20 of 36 training rows in " in capsys.readouterr().err


def test_sample_is_the_same_each_time(only, monkeypatch, tmp_path):
    monkeypatch.setattr(baseline_fits, "_LEAST_ROWS", 20)
    only(linear=replace(linear.BASELINE, most_rows=lambda _meta: 20.0))
    found = []
    for folder in ("one", "two"):
        monkeypatch.setenv("DVC_ROOT", str(tmp_path / folder))
        found.append(predictions(PRICES, "linear").tobytes())
    assert found[0] == found[1]


def test_kept_fit_is_not_fitted_again(only):
    before = predictions(PAIRS, "linear")
    only(linear=failing())
    assert predictions(PAIRS, "linear").tobytes() == before.tobytes()


@pytest.mark.parametrize("file", ["record.json", "predictions.npz"])
@pytest.mark.parametrize("damage", ["flipped", "missing"])
def test_damaged_fit_is_fitted_again(only, tmp_path, file, damage):
    only(linear=linear.BASELINE)
    before = predictions(PAIRS, "linear")
    (path,) = tmp_path.glob(f"mlruns/baselines/*/{file}")
    path.unlink() if damage == "missing" else rot(path, byte=path.stat().st_size // 2, bit=0)
    only(linear=replace(linear.BASELINE, build=boosting.BASELINE.build))
    assert predictions(PAIRS, "linear").tobytes() != before.tobytes()


def test_other_data_do_not_share_a_fit(only):
    only(linear=linear.BASELINE)
    assert len(predictions(PAIRS, "linear")[0]) == 2
    assert len(predictions(SHAPES, "linear")[0]) == 3


def test_another_cpu_does_not_share_a_fit(only, monkeypatch):
    predictions(PAIRS, "linear")
    monkeypatch.setattr(environment, "cpu", lambda: Cpu("another", "x86_64"))
    only(linear=failing())
    assert fits(PAIRS)["linear"][1].left_out


def test_reason_of_the_estimator_is_kept(only):
    only(linear=failing())
    assert fits(PAIRS)["linear"][1].left_out == "scikit-learn cannot fit it: no rows suit me"


def test_too_much_work_is_left_out(only, monkeypatch):
    """1,000 rows are the fewest that say something."""
    only(linear=failing(most_rows=lambda _meta: 35))
    monkeypatch.setattr(baseline_fits, "_LEAST_ROWS", 36)
    assert fits(SHAPES)["linear"][1].left_out == (
        "64 features and 3 classes are too much work, even with 36 training rows"
    )


def test_fit_is_said_once(capsys):
    fits(PAIRS)
    said = capsys.readouterr().err
    assert "pairs: a linear model: learned from 36 training rows in " in said
    fits(PAIRS)
    assert capsys.readouterr().err == ""


def test_record_has_no_absolute_path(only, tmp_path):
    only(linear=linear.BASELINE)
    fits(PAIRS)
    (path,) = tmp_path.glob("mlruns/baselines/*/record.json")
    assert sorted(json.loads(path.read_text())) == [
        "files",
        "left_out",
        "rows",
        "seconds",
        "sha256",
    ]
