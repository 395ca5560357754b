"""The command `sweep`. `tests/end_to_end/test_sweeps.py` tests whole sweeps."""

import pytest

from pipeline import sweep
from pipeline.studies import launching
from tests.support.refusals import refusal

UNITS = "data.standardize_target=true,false"


@pytest.mark.usefixtures("in_repository")
@pytest.mark.parametrize("name", ["data=shapes", "shapes"])
def test_sweep_with_an_invalid_trial_runs_none(call, capsys, name):
    assert refusal(call, sweep, name, "training.batch_size=8,0") == (
        "command line: training.batch_size is invalid. "
        "Received: 0. Expected: a whole number from 1."
    )
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("in_repository")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["data=shapes,pairs", "sweep.save_as=best"],
            "the trials are not comparable, so none is the best: "
            "their validation rows differ: data.source. Received: sweep.save_as=best. "
            "Remove sweep.save_as, or sweep over other settings.",
        ),
        (
            [
                "data=prices",
                "data.standardize_target=true,false",
                "sweep.objective=validation/loss",
            ],
            "the trials are not comparable, so none is the best: "
            "validation/loss does not measure the same in all of them: data.standardize_target. "
            "Received: sweep.save_as=best. Remove sweep.save_as, or sweep over other settings.",
        ),
        (
            ["data=shapes", "seed=1,2", "sweep.save_as=mnist_linear"],
            "conf/experiment/mnist_linear.yaml was not written by a study, or was edited since. "
            "Received: save_as=mnist_linear. Choose another name.",
        ),
        (
            ["data=shapes", "seed=1,2", "sweep.objective=train/loss"],
            "sweep.objective is invalid. Received: train/loss. "
            "Expected: a metric of the validation split, such as validation/accuracy.",
        ),
    ],
    ids=["other rows", "other unit", "file by a person", "training figure"],
)
def test_impossible_winner_is_refused_before_training(call, arguments, message):
    saving = [] if "save_as" in " ".join(arguments) else ["sweep.save_as=best"]
    assert refusal(call, sweep, *arguments, *saving) == message


@pytest.mark.usefixtures("in_repository")
def test_winner_without_a_data_variant_is_refused_early(call, monkeypatch):
    monkeypatch.setattr(launching, "require_possible", lambda *_: None)
    arguments = ["data=pairs", "data.split.seed=2,3", "data.drop=[x]", "sweep.save_as=best"]
    assert refusal(call, sweep, *arguments) == (
        "data/prepared/pairs was prepared with other settings than the experiment has: data.drop. "
        "Received: ['x'] in the experiment, [] in the prepared data. "
        "Prepare the data again with: dvc repro prepare@pairs. "
        "If an override set it, set it in conf/data/pairs.yaml instead."
    )


def test_help_shows_examples(call, capsys):
    with pytest.raises(SystemExit):
        call(sweep, "--help")
    assert "python -m pipeline.sweep mnist_dnn" in capsys.readouterr().out
