"""The predictions that `evaluate` keeps, to the bit."""

import numpy as np

from pipeline.evaluation import predictions
from pipeline.files import sha256
from pipeline.models.scores import NumberScores, by_target
from tests.support.compared import classifier, regressor
from tests.support.metas import images, labels, numbers, regression
from tests.support.modules import loaded_by
from tests.support.refusals import refusal
from tests.support.results import SURE

RANDOM = np.random.default_rng(0)


def stored(tmp_path, scores, meta):
    """What is read back."""
    path = tmp_path / predictions.FILE
    predictions.write(path, scores, meta, truth="t")
    return predictions.read(path, made_by="x")


def test_classes_are_kept_to_the_bit(tmp_path):
    scores = classifier(7, [2])
    kept = stored(tmp_path, scores, images())
    assert np.array_equal(kept.scores.truth, scores.truth)
    assert np.array_equal(kept.scores.log_probabilities, scores.log_probabilities)
    assert kept.scores.log_probabilities.dtype == np.float64
    assert list(kept.scores.classes) == ["a", "b", "c"]


def test_quantities_are_kept_to_the_bit(tmp_path):
    scores = regressor(range(9), 1.0)
    kept = stored(tmp_path, scores, regression())
    assert np.array_equal(kept.scores.truth, scores.truth)
    assert np.array_equal(kept.scores.prediction, scores.prediction)


def test_facts_name_the_rows_and_targets(tmp_path):
    facts = stored(tmp_path, classifier(7, []), images()).facts
    assert (facts.task, facts.truth, facts.rows) == ("classification", "t", 7)
    assert (facts.targets, facts.classes) == (["y"], [["a", "b", "c"]])


def test_several_quantities_keep_their_names(tmp_path):
    meta = numbers("heating", "cooling")
    scores = by_target(meta, [NumberScores(RANDOM.random(4), RANDOM.random(4)) for _ in range(2)])
    kept = stored(tmp_path, scores, meta).scores
    assert list(kept.parts) == ["heating", "cooling"]
    assert np.array_equal(kept.parts["cooling"].prediction, scores.parts["cooling"].prediction)


def test_labels_keep_their_levels(tmp_path):
    meta = labels("red", "round")
    parts = [classifier(4, []).take(slice(None)) for _ in range(2)]
    kept = stored(tmp_path, by_target(meta, parts), meta)
    assert kept.facts.classes == [["a", "b", "c"]] * 2
    assert np.array_equal(kept.scores.predicted, by_target(meta, parts).predicted)


def test_equal_scores_give_equal_bytes(tmp_path):
    paths = [tmp_path / name for name in ("a.npz", "b.npz")]
    for path in paths:
        predictions.write(path, SURE, images(), truth="t")
    assert sha256(paths[0]) == sha256(paths[1])


def test_other_version_is_refused(tmp_path, monkeypatch):
    path = tmp_path / predictions.FILE
    predictions.write(path, SURE, images(), truth="t")
    monkeypatch.setattr(predictions, "_VERSION", 2)
    assert refusal(predictions.read, path, made_by="x") == (
        f"{path} is of another version of this package. Make it again with: x."
    )


def test_reading_needs_no_tensorflow():
    assert not {"tensorflow", "keras"} & loaded_by("import pipeline.evaluation.predictions")
