"""The summary of a study."""

import csv
from dataclasses import replace

from pipeline.studies import summary
from pipeline.studies.choice import Choice, choose, configurations
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


def columns_of(
    *objectives: float | None, without: Status = Status.WAITING
) -> tuple[list[list[str]], str]:
    """The columns of the table, and its caption.

    Args:
        without: the status of the trials without an objective.
    """
    rows = [
        replace(one, status=without) if one.objective is None else one
        for one in outcomes(*objectives)
    ]
    choice = choose(rows, LOSS.direction)
    table = summary.configuration_table("toy", choice, LOSS)
    return [list(column.cells) for column in table.columns], table.caption


def test_table_ranks_the_configurations():
    (units, trials, means, intervals, marks), _ = columns_of(1.0, 3.0, 0.5, None)
    assert (units, trials, means) == (["[4]", "[8]"], ["1", "2"], ["0.5000", "2.0000"])
    assert intervals == ["", "[-10.7062, 14.7062]"]
    assert marks == ["best", "≈"]


def test_caption_names_configurations_with_failed_trials():
    columns, caption = columns_of(1.0, 3.0, 0.5, None, without=Status.FAILED)
    assert columns[0] == ["[8]"]
    assert caption == "1 configuration is left out, because a trial of it has failed"


def test_failed_configurations_are_counted_in_the_plural():
    choice = replace(choose(outcomes(1.0, 3.0, 0.5, 0.6), LOSS.direction), failed=2)
    assert summary.doubts(choice, LOSS)[0] == (
        "2 configurations are left out, because a trial of each of them has failed"
    )


def test_clear_winner_has_no_equals():
    columns, caption = columns_of(1.0, 1.1, 9.0, 9.1)
    assert columns[-1] == ["best", ""]
    assert caption == (
        "The choice among 2 flatters the best by 0.0000 on average: "
        "validation/loss is rather 1.0500 [0.7418, 1.3582]"
    )


def test_caption_counts_those_that_may_be_as_good():
    _, caption = columns_of(1.0, 3.0, 1.5, 3.5)
    first, second = caption.splitlines()
    assert first == (
        "≈: 1 configuration may be as good as the best (Tukey and Kramer's test, 95 %)"
    )
    assert second.startswith("The choice among 2 flatters the best by 0.")


def test_several_equals_are_counted_in_the_plural():
    choice = Choice(configurations(outcomes(1.0, 2.0, 3.0, 4.0), LOSS.direction), [True] * 3, None)
    assert summary.doubts(choice, LOSS) == [
        "≈: 2 configurations may be as good as the best (Tukey and Kramer's test, 95 %)"
    ]


def test_one_seed_each_asks_for_more():
    columns, caption = columns_of(1.0, None, 2.0, None)
    assert columns[-1] == ["best", ""]
    assert caption == (
        "Each configuration ran with one seed, so the noise of the seed is not known. "
        "Add for example seed=1,2,3 to the command"
    )


def test_single_configuration_has_no_doubts():
    assert columns_of(1.0, 2.0, None, None)[1] == ""


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


def test_caption_names_the_splits():
    splits = [
        replace(outcome, trial=replace(outcome.trial, values=values))
        for outcome in outcomes(1.0, 3.0, 1.5, 3.0)
        for units, seed in [outcome.trial.values.values()]
        for values in [{"model.units": units, "data.split.seed": seed}]
    ]
    only = Outcome(Trial(4, {"model.units": "[4]", "data.split.seed": "3"}, []), Status.FINISHED, 1)
    choice = choose([*splits, only], LOSS.direction, ratio=0.25)
    first, second, _ = summary.doubts(choice, LOSS)
    assert first == "1 split is left out, because a configuration has not finished there"
    assert second == (
        "≈: 1 configuration may be as good as the best (Tukey's test over 2 splits, 95 %)"
    )
