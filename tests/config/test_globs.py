"""Globs on a command line."""

import pytest

from pipeline.config.globs import expanded
from tests.support import ROOT
from tests.support.refusals import refusal

CONF = ROOT / "conf"
LISTED = {
    "experiment=glob(iris*)": "experiment=iris_logistic,iris_perceptron",
    "experiment=glob([iris*,xor*],exclude=*_p*)": "experiment=iris_logistic,xor_mlp",
    "experiment=glob(xor*)": "experiment=xor_mlp",
    "seed=1,2": "seed=1,2",
    "name='glob(x)'": "name='glob(x)'",
}
REFUSED = {
    "data=glob(q*)": "command line: glob(…) matches no file. Received: data=glob(q*). Allowed: c",
    "seed=glob(*)": "command line: glob(…) chooses files of a folder of conf/. "
    "Received: seed=glob(*). List the values: key=value,value,….",
}


@pytest.mark.parametrize("override", LISTED)
def test_glob_becomes_a_list_of_names(override):
    assert expanded([override], conf=CONF) == [LISTED[override]]


@pytest.mark.parametrize("override", REFUSED)
def test_glob_without_a_match_is_refused(override):
    assert refusal(expanded, [override], conf=CONF).startswith(REFUSED[override])
