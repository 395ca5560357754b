"""`outputs/plan.json` and the settings that it was made from."""

from pathlib import Path

import pytest

from pipeline.config import plan_file
from tests.support.refusals import refusal


@pytest.fixture
def plan(in_empty_folder) -> Path:
    """A plan of two files."""
    Path("conf/experiment").mkdir(parents=True)
    Path("conf/experiment/toy.yaml").write_text("epochs: 1\n")
    Path("params.yaml").write_text("experiments: {}\n")
    plan_file.write({"toy": {"claims": [0.5]}})
    return Path("outputs/plan.json")


def test_plan_without_an_edit_is_current(plan):
    plan_file.require_current()
    assert plan_file.read() == {"toy": {"claims": [0.5]}}


def edit(name: str) -> None:
    Path(name).write_text("# edited\n")


def rename(name: str) -> None:
    Path(name).rename(Path(name).with_name("other.yaml"))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (edit, "conf/experiment/toy.yaml"),
        (edit, "conf/experiment/new.yaml"),
        (edit, "params.yaml"),
        (rename, "conf/experiment/toy.yaml"),
        (Path.unlink, Path("conf/experiment/toy.yaml")),
    ],
)
def test_plan_is_stale_after_an_edit(plan, change, name):
    change(name)
    assert refusal(plan_file.require_current) == (
        "outputs/plan.json is stale: conf or params.yaml was edited after it was written. "
        "Compose the experiments again with: dvc repro compose."
    )


def test_file_of_an_editor_is_no_setting(plan):
    edit("conf/experiment/toy.yaml~")
    plan_file.require_current()


def test_damaged_plan_is_refused(plan):
    plan.write_text(plan.read_text().replace("0.5", "0.4"))
    assert refusal(plan_file.read).startswith("outputs/plan.json is damaged.")
