"""The texts of error messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError, PipelineError, require, suggestion
from tests.support.refusals import refusal


def test_error_has_three_parts_in_one_line():
    error = PipelineError(
        "a.csv, line 3: not a number", received="x", expected="Expected: a number"
    )
    assert str(error) == "a.csv, line 3: not a number. Received: x. Expected: a number."


def test_absent_parts_are_left_out():
    assert str(PipelineError("a.csv is missing")) == "a.csv is missing."


def test_received_zero_is_shown():
    error = PipelineError("training.epochs is invalid", received=0)
    assert str(error) == "training.epochs is invalid. Received: 0."


def test_long_value_is_cut():
    error = PipelineError("params.yaml is invalid", received=["a"] * 1000)
    shown = str(["a"] * 200)[:-1] + ","
    assert str(error) == f"params.yaml is invalid. Received: {shown}… (5,000 characters)."


@pytest.mark.parametrize("end", [".", "?", "!"])
def test_final_punctuation_is_not_doubled(end):
    assert str(PipelineError(f"Is this it{end}")) == f"Is this it{end}"


@given(what=st.text(), received=st.text(), expected=st.text())
def test_any_text_becomes_one_line(what, received, expected):
    assert len(str(PipelineError(what, received=received, expected=expected)).splitlines()) == 1


def test_config_error_names_its_key():
    error = ConfigError("training.epochs", "is invalid", received=-1)
    assert (error.key, error.what) == ("training.epochs", "training.epochs is invalid")


def test_require_accepts_a_true_condition():
    require(True, "seed", received=1, expected="anything")


def test_require_refuses_a_false_condition():
    message = refusal(
        require, False, "seed", error=ConfigError, received=-1, expected="a number from 0"
    )
    assert message == "seed is invalid. Received: -1. Expected: a number from 0."


def test_similar_name_is_suggested():
    assert (
        suggestion("bacth_size", ["batch_size", "epochs"])
        == "Did you mean batch_size? Allowed: batch_size, epochs."
    )


def test_no_name_is_suggested_without_a_similar_one():
    assert suggestion("zzz", ["epochs", "batch_size"]) == "Allowed: batch_size, epochs."


def test_empty_choice_allows_nothing():
    assert suggestion("a", []) == "Allowed: nothing."
