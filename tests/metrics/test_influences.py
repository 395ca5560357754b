"""By how much each row changes a metric of a ranking, beside a small change of its weight."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from pipeline.metrics import average_precision, roc_auc

ROWS = 40
_STEP = 1e-6


def ranked(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a class and the rest, and ranks with ties."""
    random = np.random.default_rng(seed)
    positive = random.random(ROWS) < 0.4
    return positive, np.round(random.normal(size=ROWS) + positive, 1)


def derivatives(metric, positive, rank) -> np.ndarray:
    """By how much a metric changes with the share of each row among the weights."""
    changes = []
    for row in range(ROWS):
        more, less = np.ones(ROWS), np.ones(ROWS)
        more[row] += _STEP
        less[row] -= _STEP
        one, other = (metric(positive, rank, sample_weight=w) for w in (more, less))
        changes.append((one - other) / (2 * _STEP))
    return ROWS * np.array(changes)


@pytest.mark.parametrize("seed", range(3))
def test_rows_change_the_average_precision_as_their_weights_do(seed):
    positive, rank = ranked(seed)
    influence = average_precision._influence(positive, rank)
    expected = derivatives(average_precision_score, positive, rank)
    np.testing.assert_allclose(influence.rows, expected, atol=1e-6)
    assert influence.value == pytest.approx(average_precision_score(positive, rank))


@pytest.mark.parametrize("seed", range(3))
def test_rows_change_the_area_under_the_curve_as_their_weights_do(seed):
    """Those of a class and those of the rest are scaled to an unbiased variance."""
    positive, rank = ranked(seed)
    influence = roc_auc._influence(positive, rank)
    expected = derivatives(roc_auc_score, positive, rank)
    for part in (positive, ~positive):
        unbiased = np.sqrt(part.sum() / (part.sum() - 1))
        np.testing.assert_allclose(influence.rows[part], unbiased * expected[part], atol=1e-6)
    assert influence.value == pytest.approx(roc_auc_score(positive, rank))
