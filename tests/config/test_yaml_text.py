"""Values that are written as YAML are read back unchanged."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from pipeline.config.yaml_text import flow

TEXTS = [
    "No",
    "yes",
    "010",
    "1e3",
    "1_000",
    ".5",
    "null",
    "~",
    "-",
    "a: b",
    "x #y",
    "é",
    "",
    "=",
    "nan",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_that_yaml_would_change_is_quoted(text):
    written = f"key: {flow(text)}\n"
    assert yaml.safe_load(written)["key"] == text
    assert OmegaConf.create(written).key == text


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_read_back(text):
    assert yaml.safe_load(f"key: {flow([text])}")["key"] == [text]


def test_usual_texts_have_no_quotes():
    assert flow({"path": "docs/own file.csv", "drop": ["a", "b"], "header": False}) == (
        "{path: docs/own file.csv, drop: [a, b], header: false}"
    )
