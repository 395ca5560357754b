"""What a comparison says that it does not know."""

import pytest

from pipeline.comparing import making
from pipeline.comparing.names import Contender
from tests.comparing.test_text import ROWS, part

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
