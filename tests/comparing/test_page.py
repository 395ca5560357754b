"""Follows docs/comparing.md, with experiments of the page's names that are not trained."""

import json
import shlex

import pytest

from pipeline import compare
from pipeline.comparing import until_decided
from pipeline.layout import PREPARED
from tests.support import pages
from tests.support.compared import classifier, write_experiments, write_tested
from tests.support.metas import images

PAGE = "comparing.md"
WRONG = {
    "digits_wide": range(11),
    "digits_mlp": range(4, 22),
    "digits_tiny": range(100),
}


@pytest.fixture
def project():
    """The three experiments of the page, on 360 test rows."""
    for name, wrong in WRONG.items():
        write_tested(name, classifier(360, wrong))
    write_experiments(*WRONG)


@pytest.fixture
def planted(monkeypatch):
    """Results of further seeds without trainings."""
    accuracies = {"digits_wide": 0.97, "digits_tiny": 0.72}

    def run(config, seed, _tags, _interruption):
        test = {"accuracy": accuracies[config] + seed % 3 / 360}
        return {"run_id": f"{config}{seed}", "test": test}

    monkeypatch.setattr(until_decided, "_run", run)
    monkeypatch.setattr(until_decided, "_config", lambda one: one.name)
    monkeypatch.setattr(until_decided, "_require_possible", lambda *_all: None)
    monkeypatch.setattr(until_decided, "_prepare_process", lambda _configs: None)
    images().save(PREPARED / "shapes")


def printed(command: str, call, capsys) -> tuple[str, dict]:
    """What a command of the page prints: the text, and the JSON of its last line."""
    _, _, module, *arguments = shlex.split(command)
    assert module == "pipeline.compare"
    call(compare, *arguments)
    text, _, last = capsys.readouterr().out.rstrip().rpartition("\n")
    return text, json.loads(last)


@pytest.mark.usefixtures("project")
def test_first_command_prints_what_the_page_shows(call, capsys):
    text, _ = printed(pages.blocks(PAGE, "sh")[0], call, capsys)
    (shown,) = pages.blocks(PAGE, "text")
    assert text.rstrip() == shown.rstrip()


@pytest.mark.usefixtures("project")
def test_metric_of_the_page_decides(call, capsys):
    _, answer = printed(pages.blocks(PAGE, "sh")[1], call, capsys)
    assert answer["metric"] == "log_loss"


@pytest.mark.usefixtures("project", "planted")
def test_further_seeds_of_the_page_decide(call, capsys):
    _, answer = printed(pages.blocks(PAGE, "sh")[2], call, capsys)
    assert answer["better"] == "digits_wide"
    assert answer["folder"].endswith("digits_wide_vs_digits_tiny_until_decided")


def test_page_has_no_other_commands():
    assert [len(pages.blocks(PAGE, language)) for language in ("sh", "text", "yaml")] == [3, 1, 0]
