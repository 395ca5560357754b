"""Why an experiment has no result."""

import pytest

from pipeline.reporting.failures import first_failure
from tests.support.results import PARAMS, rows_of, write_failure

STAGES = """
stages:
  first: {cmd: a}
  of_source: {foreach: "${sources}", do: {cmd: a}}
  of_data: {foreach: "${data}", do: {cmd: a}}
  new: {foreach: "${something_new}", do: {cmd: a}}
  evaluate: {foreach: "${experiments}", do: {cmd: a}}
  later: {foreach: "${experiments}", do: {cmd: a}}
"""


@pytest.fixture
def reason(outputs):
    """The reason of `pairs`, with the stages of a small dvc.yaml."""
    stages = outputs.parent / "dvc.yaml"
    stages.write_text(STAGES, encoding="utf-8")
    return lambda: first_failure("pairs", PARAMS, outputs / "failures", stages=stages)


@pytest.mark.parametrize(
    "stage",
    ["compose", "fetch@shapes", "fetch_own@shapes", "prepare@shapes", "train@pairs"],
)
def test_failed_stage_is_the_reason(outputs, stage):
    write_failure(outputs, stage, "no such file.")
    assert rows_of(outputs, "pairs")[0].missing == f"{stage}: no such file."


def test_first_failed_stage_is_the_reason(outputs):
    for stage in ("train@pairs", "fetch@shapes"):
        write_failure(outputs, stage, "failed.")
    assert rows_of(outputs, "pairs")[0].missing == "fetch@shapes: failed."


def test_failure_of_another_experiment_is_no_reason(outputs):
    write_failure(outputs, "train@shapes", "failed.")
    assert rows_of(outputs, "pairs")[0].missing == "not run yet: dvc repro evaluate@pairs"


@pytest.mark.parametrize(
    "stage", ["first", "of_source@shapes", "of_data@shapes", "new@pairs", "evaluate@pairs"]
)
def test_stages_come_from_dvc_yaml(outputs, reason, stage):
    write_failure(outputs, stage, "failed.")
    assert reason() == f"{stage}: failed."


@pytest.mark.parametrize("stage", ["later@pairs", "of_data@other", "report"])
def test_other_failures_are_no_reason(outputs, reason, stage):
    write_failure(outputs, stage, "failed.")
    assert reason() == ""


def test_no_failures_need_no_dvc_yaml(outputs):
    assert first_failure("pairs", PARAMS, outputs / "failures", stages=outputs / "none") == ""
