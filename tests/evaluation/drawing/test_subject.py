"""Labels that figures take from an experiment."""

from dataclasses import replace

import pytest

from pipeline.data.prepared import Target
from pipeline.evaluation.drawing.subject import unit_of
from tests.support.metas import images, numbers, regression
from tests.support.subjects import linear, subject


@pytest.fixture(scope="module")
def one():
    return subject(linear(), images())


def test_long_class_name_is_shortened(one):
    meta = replace(
        one.meta, classes=["no", "a class of a rather long name", "24 letters are all shown"]
    )
    assert replace(one, meta=meta).classes == [
        "no",
        "a class of a ra…ong name",
        "24 letters are all shown",
    ]


def test_dollar_signs_of_names_are_escaped(one):
    meta = replace(one.meta, classes=["$5", "b", "c"])
    assert replace(one, meta=meta).classes[0] == r"\$5"
    assert unit_of(Target("price in $")) == r"price in \$"


def test_unit_names_the_scale_of_the_target():
    assert unit_of(Target("price", unit=100_000.0)) == "price / 100,000"


def test_each_of_several_targets_has_a_suffix():
    one = subject(linear(), numbers("load / kW", "load (kW)", "°"))
    assert [target.suffix for target in one.numbers] == ["load_kw_1", "load_kw_2", "3"]
    assert one.numbers[0].title == "toy, load / kW"


def test_regression_has_no_images_and_no_classes():
    regressing = subject(linear(), regression())
    assert (regressing.has_images, regressing.classes) == (False, [])


def test_title_of_an_image_names_its_class(one):
    assert one.image_title(13) == "test image 13: b"
