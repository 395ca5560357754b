"""The command `sweep`. `tests/end_to_end/test_sweeps.py` tests whole sweeps."""

import pytest

from pipeline import sweep
from tests.support.refusals import refusal


@pytest.mark.usefixtures("in_repository")
def test_sweep_with_an_invalid_trial_runs_none(call, capsys):
    assert refusal(call, sweep, "data=shapes", "training.batch_size=8,0") == (
        "command line: training.batch_size is invalid. "
        "Received: 0. Expected: a whole number from 1."
    )
    assert capsys.readouterr().out == ""


def test_help_shows_examples(call, capsys):
    with pytest.raises(SystemExit):
        call(sweep, "--help")
    assert "python -m pipeline.sweep experiment=" in capsys.readouterr().out
