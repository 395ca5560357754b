"""Names and values that MLflow accepts, and that stay distinct."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name, _validate_param, _validate_tag

from pipeline.tracking import names
from pipeline.tracking.facts import flattened

TEXT = st.text(st.characters(codec="utf-8"), max_size=300)
SPELLED_ALIKE = st.text(":./3EeA >a", max_size=8)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (["training", "class_weight", ">50K"], "training.class_weight.:3E:50K"),
        (["training", "class_weight", "<=50K"], "training.class_weight.:3C::3D:50K"),
        (["training", "class_weight", "blue tit"], "training.class_weight.blue tit"),
        (["training", "class_weight", "größe"], "training.class_weight.größe"),
        (["training", "class_weight", "1.5"], "training.class_weight.1:2E:5"),
        (["training", "class_weight", ""], "training.class_weight.:"),
        (["data", "ratios", "a/b"], "data.ratios.a:2F:b"),
    ],
)
def test_setting_has_a_readable_name(keys, name):
    assert names.setting(keys) == name


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("validation/accuracy", "validation/accuracy"),
        ("test/accuracy.interval_95", "test/accuracy.interval_95"),
        ("recall@5", "recall:40:5"),
        ("/a", ":2F:a"),
        ("a//b", "a:2F::2F:b"),
        ("../a", ":2E::2E::2F:a"),
        ("", ":"),
    ],
)
def test_path_keeps_slashes_and_dots(name, path):
    assert names.path(name) == path


@given(st.one_of(TEXT, SPELLED_ALIKE))
def test_mlflow_accepts_every_name(text):
    _validate_param(names.setting(["training", text]), "1")
    _validate_metric_name(names.path(text))
    _validate_tag(names.path(text), names.tag_value("x", text * 40))


@given(st.lists(SPELLED_ALIKE, max_size=3), st.lists(SPELLED_ALIKE, max_size=3))
def test_distinct_settings_have_distinct_names(one, other):
    assert (names.setting(one) == names.setting(other)) == (one == other)


@given(SPELLED_ALIKE, SPELLED_ALIKE)
def test_distinct_paths_have_distinct_names(one, other):
    assert (names.path(one) == names.path(other)) == (one == other)


def test_long_names_that_differ_at_the_end_stay_distinct():
    one, other = (names.setting(["x" * 300 + end]) for end in "ab")
    assert one != other
    assert (len(one), len(other)) == (250, 250)


def test_long_values_that_differ_at_the_end_stay_distinct():
    one, other = (names.value("x" * 6000 + end, 6000) for end in "ab")
    assert one != other
    assert (len(one), len(other)) == (6000, 6000)


def test_value_that_fits_is_exact():
    assert names.value("x" * 6000, 6000) == "x" * 6000


def test_name_of_a_run_is_shorter_than_other_tags():
    assert len(names.tag_value("mlflow.runName", "x" * 300)) == 250


def test_dot_inside_a_key_is_not_a_level():
    assert flattened({"a": {"b": 1}, "a.b": 2}) == {"a.b": "1", "a:2E:b": "2"}
