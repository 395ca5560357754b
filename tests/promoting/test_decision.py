"""Whether a candidate takes the place of the champion."""

from typing import Any

import pytest

from pipeline.comparing.comparison import ROWS, SEEDS, Part
from pipeline.comparing.names import Contender, Evaluated
from pipeline.promoting import decision
from pipeline.promoting.decision import Decision
from pipeline.promoting.entrant import Entrant
from tests.comparing.test_text import comparison, part


def entrant(name: str, parameters: int) -> Entrant:
    nothing: Any = None
    tested = Evaluated(name, {"parameters": parameters}, nothing, None)
    return Entrant(nothing, Contender(name, name, "mae", tested, {}, {}, ()), tested)


def judged(*parts: Part, parameters: int) -> Decision:
    """The decision about the candidate `a` against the champion `b` of 1,000 parameters."""
    return decision._judged(comparison(*parts), entrant("a", parameters), entrant("b", 1_000))


@pytest.mark.parametrize(
    ("better", "parameters", "outcome"),
    [
        (["a"], 9_000, "better"),
        ([""], 999, "smaller"),
        ([""], 1_000, "not better"),
        (["b"], 999, "not better"),
        (["a", "a"], 9_000, "better"),
        (["a", ""], 9_000, "not better"),
        (["a", ""], 999, "smaller"),
        (["b", ""], 999, "not better"),
        (["", "b"], 999, "not better"),
        (["a", "b"], 999, "not better"),
    ],
)
def test_candidate_is_better_or_smaller_within_the_noise(better, parameters, outcome):
    parts = [part(over, name) for over, name in zip((SEEDS, ROWS), better, strict=False)]
    decided = judged(*parts, parameters=parameters)
    assert decided.outcome == outcome
    assert decided.promotes == (outcome != "not better")


def test_unknown_noise_promotes_no_smaller_one():
    assert judged(part(ROWS, "", p=None), parameters=10) == Decision(
        "not better",
        "not decided: the difference is inside the noise of the test rows "
        "(mae -0.1000 [-0.2000, +0.0100])",
    )


@pytest.mark.parametrize(
    ("parameters", "end"),
    [
        (999, "it is smaller, 999 against 1,000 parameters"),
        (1_000, "it is not smaller, 1,000 against 1,000 parameters"),
    ],
)
def test_verdict_names_the_sizes(parameters, end):
    assert judged(part(ROWS, ""), parameters=parameters).verdict.endswith(f"; {end}")


@pytest.mark.parametrize("force", [True, False])
def test_first_candidate_needs_no_comparison(force):
    decided = decision.decide(entrant("a", 10), None, force=force)
    assert decided == Decision("first", "the first champion")
