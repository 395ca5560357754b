"""What a comparison says that it does not know."""

import pytest

from pipeline.comparing import making
from pipeline.comparing.comparison import FOLDS, UNTIL_DECIDED
from pipeline.comparing.names import Contender
from tests.comparing.test_text import ROWS, SEEDS, part

SEVERAL = "The noise of the seed is not in this comparison. It needs several seeds of each: "
ADVICE = {
    True: "list them under repeats in params.yaml, or use --until-decided.",
    False: "write the settings of a run into conf/experiment/, and compare experiments.",
}


@pytest.mark.parametrize("is_experiment", ADVICE)
def test_advice_on_seeds_is_possible(is_experiment):
    one, other = (
        Contender(name, name, "accuracy", None, {}, {}, (), is_experiment=of_one)
        for name, of_one in (("a", True), ("b", is_experiment))
    )
    assert making._remarks([one, other], [part(ROWS, "")]) == [SEVERAL + ADVICE[is_experiment]]


@pytest.mark.parametrize(
    ("over", "said"),
    [([SEEDS], True), ([UNTIL_DECIDED], True), ([SEEDS, ROWS], False), ([FOLDS], False)],
)
def test_seeds_alone_say_nothing_about_other_rows(over, said):
    remarks = making._remarks([], [part(noise, "") for noise in over])
    assert remarks == (
        ["All seeds were measured on the same rows: this says nothing about others."]
        if said
        else []
    )
