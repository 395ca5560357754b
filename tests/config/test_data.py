from typing import Any

import pytest

from pipeline.config.composition import compose
from pipeline.config.data import PrepareConfig, Task
from pipeline.config.hydra_composition import register
from pipeline.config.split import SplitMethod
from tests.support import ROOT
from tests.support.raw_sources import data_of
from tests.support.refusals import refusal


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "conf/data").glob("*.yaml")))
def test_data_variant_is_named_after_its_file(name: str) -> None:
    register("prepare", PrepareConfig)
    assert compose("prepare", PrepareConfig, [f"data={name}"], conf=ROOT / "conf").data.name == name


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"name": "Own"}, "data.name"),
        ({"rows": 2}, "data.rows"),
        ({"target_unit": 0.0}, "data.target_unit"),
        ({"ratios": {"share": ["a"]}}, "data.ratios.share"),
        ({"ratios": {"share": ["a", "y"]}}, "data.ratios.share"),
        ({"numeric": ["a"], "categorical": ["a"]}, "data.numeric"),
        ({"ratios": {"share": ["a", "b"]}, "dates": {"a": "%Y"}}, "data.dates"),
        ({"features": ["a", "a"]}, "data.features"),
        ({"features": ["a", "y"]}, "data.features"),
        ({"features": ["a"], "drop": ["a"]}, "data.drop"),
        ({"positive": "yes"}, "data.positive"),
        ({"split": {"method": SplitMethod.stratified}}, "data.split.method"),
        ({"split": {"test": 0.0}}, "data.split.test"),
        ({"split": {"test": 1.5}}, "data.split.test"),
        ({"split": {"validation": -1.0}}, "data.split.validation"),
        ({"split": {"group": "y"}}, "data.split.group"),
        ({"split": {"time": "y"}}, "data.split.time"),
        ({"split": {"seed": -1}}, "data.split.seed"),
        ({"split": {"seed": 2**32}}, "data.split.seed"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, Any], key: str) -> None:
    assert refusal(data_of, **{"task": Task.regression} | settings).startswith(f"{key} ")


def test_source_has_the_name_of_the_variant() -> None:
    assert (data_of("own").source, data_of("own", source="other").source) == ("own", "other")


def test_ratio_of_the_target_is_refused() -> None:
    message = refusal(data_of, ratios={"share": ["a", "y"]})
    assert message.startswith("data.ratios.share ")
    assert message.endswith(
        "Received: ['a', 'y']. Expected: [numerator, denominator], without the target."
    )
