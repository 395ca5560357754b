"""Which steps a replay covers, and from which checkpoint it starts."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.replaying import hindsight
from pipeline.replaying.hindsight import Query
from tests.support.refusals import refusal

ORIGINAL = SimpleNamespace(
    name="toy", run_id="3f2a91c0", identity={}, folder=Path("kept"), last_step=12, times={12: 1}
)


@pytest.fixture(autouse=True)
def _kept(monkeypatch):
    """The run has kept checkpoints of the steps 4, 8 and 12."""
    monkeypatch.setattr(hindsight, "kept_steps", lambda _folder: [4, 8, 12])


def stretch_and_steps(*names: str, **limits: int | bool) -> tuple[tuple[int, int], list[int]]:
    request = hindsight._request(ORIGINAL, Query(names, **limits))
    [stretch] = request.stretches
    return stretch, request.steps


@pytest.mark.parametrize(
    ("limits", "stretch", "steps"),
    [
        ({}, (0, 12), list(range(1, 13))),
        ({"first": 6}, (4, 12), list(range(6, 13))),
        ({"first": 4}, (0, 12), list(range(4, 13))),
        ({"first": 9, "last": 10}, (8, 10), [9, 10]),
        ({"last": 8, "every": 3}, (0, 8), [1, 4, 7]),
    ],
)
def test_replay_starts_from_the_checkpoint_before_its_first_step(limits, stretch, steps):
    assert stretch_and_steps("grad_norm", **limits) == (stretch, steps)


@pytest.mark.parametrize(("last", "stretch"), [(12, (8, 12)), (8, (4, 8)), (3, (0, 3))])
def test_fault_lies_after_the_last_checkpoint(last, stretch):
    (start, _), steps = stretch_and_steps(last=last, find_fault=True)
    assert ((start, last), steps[-1]) == (stretch, last)


def test_fault_with_a_metric_is_looked_for_from_the_first_step():
    assert stretch_and_steps("accuracy", find_fault=True)[0] == (0, 12)


@pytest.mark.parametrize("limits", [{"first": 5, "last": 4}, {"last": 13}, {"first": -1}])
def test_steps_that_the_run_has_not_are_refused(limits):
    line = refusal(hindsight._request, ORIGINAL, Query(("accuracy",), **limits))
    assert line.startswith("these are not steps of the run.")
    assert line.endswith("It has 12 steps.")


def test_name_of_neither_a_metric_nor_a_probe_is_refused():
    line = refusal(hindsight._request, ORIGINAL, Query(("grad_nrm",)))
    assert line.startswith("this is neither a metric nor a probe. Received: grad_nrm.")
