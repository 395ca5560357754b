"""The summary of a study."""

import csv
from dataclasses import replace

import pytest

from pipeline.config.metrics import Direction
from pipeline.studies import summary
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.trial import Trial
from tests.support.searches import LOSS

SETTINGS = ["model.units", "seed"]
TRIALS = [
    Trial(number, {"model.units": units, "seed": seed}, [f"model.units={units}", f"seed={seed}"])
    for number, (units, seed) in enumerate([("[8]", "1"), ("[8]", "2"), ("[4]", "1"), ("[4]", "2")])
]


def outcomes(*objectives: float | None) -> list[Outcome]:
    return [
        Outcome(trial, Status.FAILED, reason="it broke")
        if value is None
        else Outcome(trial, Status.FINISHED, value, epochs=2.0, seconds=1.5, run_id="run")
        for trial, value in zip(TRIALS, objectives, strict=True)
    ]


def test_configuration_has_its_mean_and_interval():
    first, _ = summary.configurations(outcomes(1.0, 3.0, 5.0, 5.0), Direction.min)
    half = 12.706  # Student's t for one degree of freedom; the standard error is 1
    assert (first.values, first.trials, first.mean) == ({"model.units": "[8]"}, 2, 2.0)
    assert first.interval == pytest.approx((2 - half, 2 + half), abs=1e-3)


def test_best_configuration_comes_first():
    ranked = summary.configurations(outcomes(1.0, 3.0, 5.0, 5.0), Direction.max)
    assert [one.values["model.units"] for one in ranked] == ["[4]", "[8]"]


def test_single_trial_has_no_interval():
    (one,) = summary.configurations(outcomes(1.0, None, None, None), Direction.min)
    assert (one.trials, one.interval) == (1, None)


def test_table_ranks_the_configurations():
    table = summary.configuration_table("toy", outcomes(1.0, 3.0, 0.5, None), LOSS)
    columns = [list(column.cells) for column in table.columns]
    assert columns[:3] == [["[4]", "[8]"], ["1", "2"], ["0.5000", "2.0000"]]
    assert columns[3][0] == ""


def test_file_has_a_row_for_each_trial(tmp_path):
    summary.write(outcomes(0.5, None, 0.25, 0.3), SETTINGS, tmp_path / "trials.csv")
    assert (tmp_path / "trials.csv").read_text().splitlines()[:3] == [
        "trial,model.units,seed,status,objective,"
        "epochs,seconds,run_id,fingerprint,overrides,reason",
        "0,[8],1,FINISHED,0.5,2,1.500,run,,model.units=[8] seed=1,",
        "1,[8],2,FAILED,,0,0.000,,,model.units=[8] seed=2,it broke",
    ]


def test_file_has_a_column_for_each_metric(tmp_path):
    first, *others = outcomes(0.5, None, None, None)
    measured = replace(first, metrics={"validation/accuracy": 0.9})
    summary.write([measured, *others], SETTINGS, tmp_path / "trials.csv")
    with (tmp_path / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["validation/accuracy"] for row in rows] == ["0.9", "", "", ""]
