"""Overrides that Hydra's parser would take too long for, and those that leave `conf/`."""

import pytest

from pipeline.config import overrides
from tests.support import ROOT
from tests.support.refusals import refusal

CONF = ROOT / "conf"
LONG = "model.units=[" + "1," * 2500 + "1]"
FAULTS = {
    LONG: f"command line: an override is too long. Received: {LONG[:60]}… with 5,015 characters. "
    "Expected: at most 5,000. Write longer settings into a file of conf/.",
    f"a={'{b:' * 31}1{'}' * 31}": "command line: an override is nested too deeply. "
    f"Received: a={'{b:' * 19}{{… with 31 levels of brackets. Expected: at most 30 levels.",
    "experiment=../../x": "command line: a choice is outside its folder of conf/. "
    f"Received: experiment=../../x. Name a file of {CONF}/experiment.",
    "+experiment=../config": "command line: a choice is outside its folder of conf/. "
    f"Received: +experiment=../config. Name a file of {CONF}/experiment.",
}


@pytest.mark.parametrize("override", FAULTS, ids=lambda text: text[:20])
def test_override_is_refused_in_one_line(override):
    text = refusal(overrides.require_readable, ["seed=1", override], conf=CONF)
    assert text == FAULTS[override]


@pytest.mark.parametrize(
    "override", ["source.path=../wine.csv", "hydra/launcher=joblib", "seed", f"a={'[]' * 40}", "~a"]
)
def test_usual_override_is_accepted(override):
    overrides.require_readable([override], conf=CONF)
