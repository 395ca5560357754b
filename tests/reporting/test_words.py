"""The result of one experiment in sentences."""

from dataclasses import replace

import pytest

from pipeline.reporting.words import in_sentences
from tests.reporting.test_baselines import BOOSTING, CONSTANT, NEAREST, changed
from tests.support.metas import table
from tests.support.results import METRICS, planned, rows_of, write_plan, write_result

RESULT = "shapes: accuracy 0.9500 [0.9000, 0.9750] on 0 test rows"
FIGURES = "Baselines: always the commonest class 0.9500, nearest class mean 0.8123"


@pytest.mark.parametrize(
    ("baselines", "sentences"),
    [
        ([], RESULT),
        (
            [CONSTANT, NEAREST, BOOSTING],
            f"{RESULT}. {FIGURES}. The network is not surely better than always the commonest "
            "class",
        ),
        (
            [changed(CONSTANT), NEAREST],
            f"{RESULT}. {FIGURES}. The network is better than all of them",
        ),
        (
            [changed(CONSTANT, verdict="worse"), NEAREST],
            f"{RESULT}. {FIGURES}. The network is worse than always the commonest class",
        ),
        (
            [CONSTANT, changed(NEAREST, verdict="no better")],
            f"{RESULT}. {FIGURES}. The network is not surely better than always the commonest "
            "class or nearest class mean",
        ),
    ],
)
def test_result_is_shown_with_the_baselines(tmp_path, baselines, sentences):
    folder = tmp_path / "outputs"
    entries = {"baselines": {str(place): one for place, one in enumerate(baselines)}}
    write_result(folder, "shapes", metrics=METRICS | entries)
    write_plan(folder, shapes=planned())
    (row,) = rows_of(folder, "shapes")
    assert in_sentences(row) == f"{sentences}."


def test_result_ends_with_what_may_mislead(tmp_path):
    folder = tmp_path / "outputs"
    write_result(folder, "shapes", metrics=METRICS)
    write_plan(folder, shapes=planned())
    (row,) = rows_of(folder, "shapes")
    meta = replace(table(), statistics={"remarks": ["a predicts the target"]})
    told = in_sentences(replace(row, meta=meta))
    assert told.endswith("test rows. Warning: a predicts the target.")
