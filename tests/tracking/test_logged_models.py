"""Runs and their models, by the beginning of an id. `tests/test_inspect.py` loads a model."""

from contextlib import AbstractContextManager

from pipeline.tracking import logged_models
from tests.support.refusals import refusal


def enter(block: AbstractContextManager[object]) -> None:
    with block:
        pass


def test_ambiguous_id_is_refused(client):
    experiment_id = client.create_experiment("several")
    # Two of seventeen ids begin with the same of sixteen digits.
    ids = [client.create_run(experiment_id).info.run_id for _ in range(17)]
    firsts = [run_id[0] for run_id in ids]
    first = next(digit for digit in firsts if firsts.count(digit) > 1)
    error = refusal(logged_models.find_run, first)
    assert f"Received: {first}. " in error
    assert any(run_id in error for run_id in ids)


def test_run_without_a_model_is_refused(client):
    without = client.create_run(client.create_experiment("without")).info.run_id
    error = refusal(enter, logged_models.model_of(without))
    assert f"Received: {without}. " in error
    assert "tracking.log_model=true" in error
