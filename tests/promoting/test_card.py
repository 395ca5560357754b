"""The card of a version."""

from typing import Any

import pytest

from pipeline.promoting import card
from pipeline.tracking.registered_models import Version

RUN = "3f2a91c0" * 4
TAGS = {
    "experiment": "shapes_cnn",
    "test.metric": "accuracy",
    "test": "0.9500 [0.9000, 0.9750]",
    "test.rows": "1,200",
    "parameters": "45,000",
    card.VERDICT: "the first champion",
    card.OUTCOME: "first",
}


def version(number: int = 1, **tags: str) -> Version:
    named = {name.replace("__", "."): text for name, text in tags.items()}
    return Version(number, RUN, "models:/m-1", TAGS | named, "")


def test_page_of_a_first_version_is_short():
    assert card.page("shapes", version(), []).splitlines() == [
        "# shapes, version 1",
        "",
        f"shapes_cnn, run `{RUN}`",
        "",
        "**accuracy 0.9500 [0.9000, 0.9750]** on 1,200 test rows; 45,000 parameters",
        "",
        "- Verdict: the first champion.",
        "- Made again with the same bits: not yet: python -m pipeline.reproduce 3f2a91c0",
        "",
        "## Data: unknown",
    ]


def test_page_names_opponents_rivals_proof_and_data():
    own = version(
        2,
        compared_with="version 1",
        reproduced="yes",
        data="shapes",
        data__raw__b="22",
        data__digest__test="11",
        data__source="not shown",
        baseline__linear="a linear model: 0.8000; the network is better",
    )
    page = card.page("shapes", own, ["version 1, shapes_mlp"])
    assert "- Verdict: the first champion. Compared with version 1.\n" in page
    assert "- Made again with the same bits: yes\n" in page
    assert "## Rejected rivals\n\n- version 1, shapes_mlp\n\n" in page
    assert "## Simple models on the same rows\n\n- a linear model: 0.8000; the network" in page
    assert page.endswith("## Data: shapes\n\n- data.digest.test: `11`\n- data.raw.b: `22`")


@pytest.mark.parametrize(
    ("tags", "fate"),
    [
        ({"outcome": "not better", "verdict": "not decided"}, "not decided"),
        ({"outcome": "better"}, "the champion before"),
        ({"outcome": "better", "rolled_back": "now"}, "it was champion, and was rolled back"),
    ],
)
def test_rivals_are_those_that_lost_to_a_version(tags, fate):
    versions = [version(1, lost_to="2", **tags), version(2), version(3, lost_to="1")]
    assert card.rivals(versions[1], versions) == [
        f"version 1, shapes_cnn, accuracy 0.9500 [0.9000, 0.9750]: {fate}"
    ]


def baseline(value: float | None, **limits: float) -> dict[str, Any]:
    entry = {"accuracy": {"value": value, **limits}}
    difference = {"accuracy": {"verdict": "better"}}
    return {"title": "a linear model", "test": entry, "difference": difference}


def test_baselines_without_the_headline_are_no_tags():
    entries = {"linear": baseline(0.8), "bound": baseline(None), "trees": {"left_out": "too large"}}
    assert card._baselines({"baselines": entries}, "accuracy") == {
        "baseline.linear": "a linear model: 0.8000; the network is better"
    }


def test_figure_has_its_interval_if_there_is_one():
    assert card._figure({"value": 0.5}) == "0.5000"
    assert card._figure({"value": 0.5, "low": 0.0, "high": 1.0}) == "0.5000 [0.0000, 1.0000]"
