"""What a sweep found, from where its trials stand."""

import csv
from dataclasses import replace

import pytest

from pipeline.config.training import Direction
from pipeline.studies import grid as sweep
from pipeline.studies import summary
from pipeline.studies.sweep_journal import FAILED, FINISHED, RUNNING, Journal, Standing
from tests.support import ROOT

CONF = ROOT / "conf"


@pytest.fixture(scope="module")
def grid():
    return sweep.grid(["data=digits", "model.units=[8],[4]", "seed=1,2"], conf=CONF)


def standings(*objectives: float | None) -> list[Standing]:
    return [
        Standing(number, FAILED, reason="it broke")
        if value is None
        else Standing(number, FINISHED, value, 1.5, f"run{number}")
        for number, value in enumerate(objectives)
    ]


def test_the_best_trial_has_the_least_objective():
    assert summary.best(standings(0.5, 0.2, None, 0.3), Direction.min).number == 1


def test_or_the_greatest():
    assert summary.best(standings(0.5, 0.2, None, 0.3), Direction.max).number == 0


def test_where_all_failed_there_is_no_best():
    assert summary.best(standings(None, None), Direction.min) is None


def test_a_group_has_its_mean_and_its_interval(grid):
    first, _ = summary.groups(grid, standings(1.0, 3.0, 5.0, 5.0), Direction.min)
    half = (
        12.706 * 2**0.5 / 2**0.5
    )  # Student's t for one degree of freedom, times the standard error
    assert (first.label, first.trials, first.mean) == ("model.units=[8]", 2, 2.0)
    assert first.interval == pytest.approx((2 - half, 2 + half), abs=1e-3)


def test_the_best_group_comes_first(grid):
    found = summary.groups(grid, standings(1.0, 3.0, 5.0, 5.0), Direction.max)
    assert [group.label for group in found] == ["model.units=[4]", "model.units=[8]"]


def test_a_group_of_one_has_no_interval(grid):
    (found,) = summary.groups(grid, standings(1.0, None, None, None), Direction.min)
    assert (found.trials, found.interval) == (1, None)


def test_the_table_has_a_row_for_each_trial(grid, tmp_path):
    summary.write(grid, standings(0.5, None, 0.25, 0.3), tmp_path / "summary.csv")
    assert (tmp_path / "summary.csv").read_text().splitlines()[:3] == [
        "trial,model.units,seed,status,objective,seconds,run_id,fingerprint,reason",
        "0,[8],1,FINISHED,0.5,1.500,run0,,",
        "1,[8],2,FAILED,,0.000,,,it broke",
    ]


def test_the_table_has_a_column_for_each_metric(grid, tmp_path):
    measured = [replace(one, metrics={"validation/accuracy": 0.9}) for one in standings(0.5)]
    summary.write(grid, [*measured, *standings(0.5, None)[1:]], tmp_path / "summary.csv")
    with (tmp_path / "summary.csv").open(newline="") as file:
        assert [row["validation/accuracy"] for row in csv.DictReader(file)] == ["0.9", ""]


def test_a_journal_gives_back_what_it_was_told(tmp_path):
    told = Standing(3, FINISHED, 0.25, 1.5, "run", "print", "", {"validation/loss": 0.25})
    Journal(tmp_path).write(told)
    assert Journal(tmp_path).read(3) == told


def test_a_trial_that_nobody_told_of_waits(tmp_path):
    assert Journal(tmp_path).read(7) == Standing(7)


def test_a_sweep_that_begins_again_forgets_where_trials_stood(tmp_path):
    Journal(tmp_path).write(Standing(0, RUNNING))
    Journal(tmp_path).begin()
    assert Journal(tmp_path).read(0) == Standing(0)
