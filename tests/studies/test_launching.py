"""What a sweep says at its end."""

from typing import Any

import pytest

from pipeline.studies.grid import Grid
from pipeline.studies.launching import Swept
from pipeline.studies.objective import Objective
from pipeline.studies.trial import Trial
from tests.support.searches import ACCURACY

TRIALS = [
    Trial(number, {"model.units": units, "seed": seed}, [])
    for number, (units, seed) in enumerate([("[4]", "1"), ("[4]", "2"), ("[8]", "1"), ("[8]", "2")])
]


def swept(
    best: dict[str, Any] | None, *, trials: int = 4, objective: Objective | None = ACCURACY
) -> Swept:
    return Swept(Grid(TRIALS, [], objective), {"best": best, "trials": trials}, None)


def best(*numbers: int, tied: int = 0) -> dict[str, Any]:
    return {"trials": list(numbers), "objective": 0.9, "tied": tied}


@pytest.mark.parametrize(
    ("tied", "doubt"),
    [(0, ""), (1, "; 1 other may be as good"), (2, "; 2 others may be as good")],
)
def test_best_configuration_is_named_with_its_equals(tied, doubt):
    assert swept(best(2, 3, tied=tied)).words == (
        "sweep: the best of 4 trials is model.units=[8], "
        f"validation/accuracy 0.9000 on average over 2 trials{doubt}"
    )


def test_single_trial_of_a_configuration_is_no_average():
    assert swept(best(2)).words == (
        "sweep: the best of 4 trials is model.units=[8], validation/accuracy 0.9000"
    )


def test_sweep_of_one_configuration_chose_nothing():
    own = swept(best(0, 1), trials=2)
    assert own.words == "sweep: validation/accuracy 0.9000 on average over 2 trials"
    assert not own.has_choice


@pytest.mark.parametrize(("named", "objective"), [(None, ACCURACY), (best(0), None)])
def test_sweep_without_a_comparison_has_no_best(named, objective):
    words = swept(named, objective=objective).words
    assert words == "sweep: 4 trials finished, and none is named the best"
