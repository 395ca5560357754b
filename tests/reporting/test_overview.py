"""The head of the report."""

import pytest

from pipeline.evaluation.looks import Ledger
from pipeline.reporting.overview import overview
from tests.support.results import CLAIMS, RUN, look, planned, rows_of, write_plan


def verdict(outputs, *names: str, **entries) -> str:
    write_plan(outputs, **entries)
    return overview(rows_of(outputs, *names)).verdict


def test_experiments_that_meet_their_claims_are_counted(outputs):
    entries = {name: planned(claims=CLAIMS[:1]) for name in ("shapes", "pairs")}
    assert verdict(outputs, **entries) == "1 of 2 experiments meet their claims"


def test_experiments_without_claims_are_not_counted(outputs):
    entries = {"shapes": planned(claims=CLAIMS[:1]), "pairs": planned()}
    assert verdict(outputs, **entries) == "1 of 1 experiment meets its claims"


def test_one_experiment_without_claims_shows_its_score(outputs):
    score = "1 experiment · accuracy 0.9500 [0.9000, 0.9750]"
    assert verdict(outputs, "shapes", shapes=planned()) == score
    assert verdict(outputs, "pairs", pairs=planned()) == "1 experiment"


def test_several_experiments_without_claims_are_counted(outputs):
    assert verdict(outputs, shapes=planned(), pairs=planned()) == "2 experiments"


@pytest.mark.parametrize(
    ("names", "effort"),
    [
        (["shapes", "pairs"], "1.2 s of training, 1 January 1970 (UTC)"),
        (["pairs"], "nothing is trained yet"),
    ],
)
def test_effort_is_time_and_days_of_training(outputs, names, effort):
    assert overview(rows_of(outputs, *names)).effort == effort


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        (
            ["a" * 32, "b" * 32],
            "Results on reused test rows: 1 of 1. "
            "Other models scored on the same rows before: up to 2",
        ),
        ([], ""),
    ],
)
def test_results_on_reused_rows_are_counted(outputs, earlier, expected):
    ledger = Ledger([look(run) for run in [*earlier, RUN["run_id"]]])
    assert overview(rows_of(outputs, ledger=ledger)).looks == expected


def test_results_without_a_look_are_not_counted(outputs):
    assert overview(rows_of(outputs)).looks == ""
