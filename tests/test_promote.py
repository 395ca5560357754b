"""The command that promotes: versions, aliases and cards in a real registry, and its refusals."""

import contextlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from pipeline import promote
from pipeline.runs import model_card
from pipeline.serving import loading
from pipeline.tracking import connection
from pipeline.tracking.stores.mlflow import STORE
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.compared import classifier, regressor, write_experiments, write_tested
from tests.support.refusals import refusal
from tests.support.registry import add_run
from tests.support.stores import add_store

RIGHT, GOOD, BAD = [1], [1, 2, 3], range(40)  # rows that a model gets wrong, of 200
HIGH, LOW = (
    {seed: {"accuracy": mean + seed / 1000} for seed in range(1, 6)} for mean in (0.9, 0.8)
)

Line = dict[str, Any]


def promoted(*arguments: str) -> Line:
    """The last line of the command, with what it says on stderr."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["promote", *arguments])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            promote.main()
    return json.loads(out.getvalue().splitlines()[-1]) | {"said": err.getvalue().strip()}


@pytest.fixture(scope="module", autouse=True)
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A project with tested runs, by their experiments; the current folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("promoted"))
        add_store(Path())
        yield {
            "right": add_run("right", classifier(200, RIGHT)),
            "good": add_run("good", classifier(200, GOOD)),
            "small": add_run("small", classifier(200, GOOD), parameters=99),
            "bad": add_run("bad", classifier(200, BAD)),
        }


@pytest.fixture(scope="module")
def story(runs: dict[str, str]) -> list[Line]:
    """Promotions to one registered model, one after the other."""
    names = ("bad", "good", "right", "small", "bad")
    write_experiments("wide", "other")
    lines = [promoted(runs[name], "--model", "digits") for name in names]
    return [*lines, promoted(runs["bad"], "--model", "digits", "--force")]


@pytest.fixture(scope="module")
def pages(story: list[Line]) -> dict[int, str]:
    """The card of each version after the story."""
    return {number: one["description"] for number, one in state("digits")["versions"].items()}


@pytest.fixture(scope="module")
def rolled_back(pages: dict[int, str]) -> list[Line]:
    """Rollbacks after the story."""
    return [promoted("--rollback", "--model", "digits") for _ in range(3)]


def state(model: str) -> dict[str, Any]:
    """All that the registry holds of a model, except times."""
    client = connection.client()
    versions = client.search_model_versions(f"name = '{model}'")
    return {
        "aliases": aliases(model),
        "versions": {
            int(one.version): {
                "run": one.run_id,
                "source": one.source,
                "description": one.description.replace(model, "NAME", 1),
                "tags": dict(one.tags),
            }
            for one in versions
        },
    }


def aliases(model: str) -> dict[str, int]:
    found = connection.client().get_registered_model(model).aliases
    return {alias: int(version) for alias, version in found.items()}


def tags(model: str, version: int) -> dict[str, str]:
    return dict(connection.client().get_model_version(model, str(version)).tags)


def test_first_version_is_champion(story):
    assert (story[0]["champion"], story[0]["outcome"], story[0]["version"]) == (True, "first", 1)


def test_better_one_becomes_champion(story):
    line = story[1]
    assert (line["champion"], line["outcome"], line["other"]) == (True, "better", 1)
    assert "is better, beyond the noise of the test rows (accuracy +0.1850 [" in line["verdict"]


def test_equal_one_must_be_smaller(story):
    assert (story[2]["champion"], story[2]["outcome"]) == (False, "not better")
    assert story[2]["verdict"].endswith("it is not smaller, 1,234 against 1,234 parameters")


def test_smaller_one_wins_within_the_noise(story):
    assert story[3]["outcome"] == "smaller"
    assert story[3]["verdict"].startswith("not decided: the difference is inside the noise")
    assert story[3]["verdict"].endswith("it is smaller, 99 against 1,234 parameters")


def test_worse_one_stays_challenger(story, runs):
    assert (story[4]["champion"], story[4]["version"]) == (False, 1)
    assert story[4]["said"].startswith(
        f"digits: version 1, bad, run {runs['bad']} stays challenger: small {runs['small'][:8]} "
        "is better, beyond the noise of the test rows (accuracy -0.1850 ["
    )


def test_forced_one_is_recorded(story, pages):
    assert (story[5]["champion"], story[5]["outcome"]) == (True, "forced")
    assert "- Verdict: forced although: small" in pages[1]


def test_run_is_registered_once(story):
    assert [line["version"] for line in story] == [1, 2, 3, 4, 1, 1]
    assert sorted(state("digits")["versions"]) == [1, 2, 3, 4]


CARD = """\
# NAME, version 2

good, run `RUN`

**accuracy 0.9850 [0.9568, 0.9969]** on 200 test rows; 1,234 parameters

- Verdict: good """


def test_card_says_what_the_version_is(pages, runs):
    assert pages[2].startswith(CARD.replace("RUN", runs["good"]))
    assert f"not yet: python -m pipeline.reproduce {runs['good'][:8]}" in pages[2]
    assert "- data.raw.shapes/data.csv: `" + "5" * 32 in pages[2]


def test_card_lists_rejected_rivals(pages, runs):
    assert "- version 3, right, accuracy 0.9950 [0.9725, 0.9999]: not decided" in pages[2]
    assert "- version 2, good, accuracy 0.9850 [0.9568, 0.9969]: the champion before" in pages[4]


def test_version_has_the_tags_of_its_run(story, runs):
    found = tags("digits", 2)
    assert (found["run"], found["experiment"]) == (runs["good"], "good")
    assert (found["test.metric"], found["test"]) == ("accuracy", "0.9850 [0.9568, 0.9969]")
    assert found["data.digest.test"]
    assert "version 3, right, accuracy 0.9950" in found["rejected_rivals"]


def test_page_of_a_run_links_to_its_version(story):
    client = connection.client()
    version = client.get_model_version("digits", "2")
    model = client.get_logged_model(version.source.removeprefix("models:/"))
    assert json.loads(model.tags["mlflow.modelVersions"]) == [{"name": "digits", "version": 2}]


def test_rollback_goes_back_step_by_step(rolled_back, runs):
    before = [runs[name] for name in ("small", "good", "bad")]
    assert [line["run_id"] for line in rolled_back] == before
    assert f"the champion is version 4, small, run {runs['small']} again" in rolled_back[0]["said"]
    assert aliases("digits")["champion"] == 1


def test_rolled_back_version_is_a_rival(rolled_back):
    page = state("digits")["versions"][1]["description"]
    assert "- version 2, good, accuracy 0.9850 [0.9568, 0.9969]: it was champion, and was" in page


def test_first_champion_has_none_before(rolled_back):
    error = refusal(promoted, "--rollback", "--model", "digits")
    assert error.startswith("there is no earlier champion of digits. Received: version 1, run ")


def test_certificate_is_added_later(runs, story):
    before = state("digits")
    STORE.attach(runs["bad"]).set_tag("reproduced", "identical, 2026-11-01")
    assert promoted(runs["bad"], "--model", "digits")["champion"]
    assert tags("digits", 1) == before["versions"][1]["tags"] | {
        "reproduced": "identical, 2026-11-01"
    }
    assert "same bits: identical, 2026-11-01" in state("digits")["versions"][1]["description"]


def test_experiment_is_compared_over_its_seeds():
    for name, seeds in (("other", LOW), ("wide", HIGH)):
        run_id = add_run(name, classifier(200, RIGHT))
        write_tested(name, classifier(200, RIGHT), seeds=seeds, run_id=run_id)
    write_experiments("wide", "other")
    promoted("other", "--model", "seeds")
    verdict = promoted("wide", "--model", "seeds")["verdict"]
    assert "beyond the noise of the seeds, but inside the noise of the test rows" in verdict


def test_model_that_was_not_logged_is_logged(runs):
    run_id = add_run("quiet", classifier(200, GOOD), logs_model=False)
    promoted(run_id, "--model", "quiet")
    source = connection.client().get_model_version("quiet", "1").source
    model = connection.client().get_logged_model(source.removeprefix("models:/"))
    assert model.source_run_id == run_id


def test_run_without_files_is_refused():
    lost = add_run("lost", classifier(200, GOOD), logs_model=False)
    shutil.rmtree("mlruns/checkpoints/lost-t")
    error = refusal(promoted, lost, "--model", "lost")
    assert error.startswith(f"the tracking store has no model of this run. Received: {lost}.")


def test_untested_run_names_the_command(story):
    run_id = add_run("untested", None)
    error = refusal(promoted, run_id, "--model", "digits")
    assert error.startswith(f"this run was not tested. Received: {run_id}. Test it with: python -m")


def test_other_rows_are_refused_unless_forced(runs):
    promoted(runs["good"], "--model", "rows")
    before, other = state("rows"), add_run("good", classifier(200, RIGHT), truth="u")
    error = refusal(promoted, other, "--model", "rows")
    assert error.startswith("these are not comparable: they were tested on different rows. ")
    assert state("rows") == before
    verdict = promoted(other, "--model", "rows", "--force")["verdict"]
    assert verdict.startswith("forced without a comparison: these are not comparable")


def test_other_question_is_refused_even_if_forced(story):
    run_id = add_run("price", regressor([1.0, 2.0, 3.0] * 20, 0.1))
    error = refusal(promoted, run_id, "--model", "digits", "--force")
    assert error.startswith("these models answer different questions: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["abcdef12", "--model", "m"], "no run id in the tracking store "),
        (["wider", "--model", "m"], "this is neither an experiment of params.yaml nor a run id. "),
        (["wide"], "this command changes a registered model. Received: no --model."),
        (["--model", "m"], "this command promotes one run, or rolls back. Received: no run."),
        (["wide", "--rollback", "--model", "m"], "this command promotes one run, or rolls back."),
        (["--rollback", "--model", "digit"], "there is no registered model of this name."),
        (["wide", "--model", "a/b"], "the name of the registered model is invalid."),
    ],
)
def test_wrong_call_is_one_line(story, arguments, message):
    assert refusal(promoted, *arguments).startswith(message)


CHANGES = (
    "create_registered_model",
    "create_model_version",
    "set_logged_model_tags",
    "set_model_version_tag",
    "delete_model_version_tag",
    "update_model_version",
    "set_registered_model_alias",
    "delete_registered_model_alias",
)


def test_killed_promotion_completes_to_the_same_state(runs, monkeypatch):
    """Each call makes one change of the registry, and is killed at the next one."""
    for name in ("bad", "good"):
        promoted(runs[name], "--model", "whole")
    promoted(runs["bad"], "--model", "killed")
    allowed = _interrupted(monkeypatch)
    champions = []
    for _ in range(30):
        allowed[:] = ["one change"]
        champions.append(aliases("killed")["champion"])
        with contextlib.suppress(KeyboardInterrupt):
            promoted(runs["good"], "--model", "killed")
            break
    assert state("killed") == state("whole")
    assert len(champions) > 8
    assert champions == sorted(champions)


def _interrupted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets as many changes happen as the list has items."""
    allowed: list[str] = []

    def until(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*args: Any, **settings: Any) -> Any:
            if not allowed:
                raise KeyboardInterrupt
            allowed.pop()
            return change(*args, **settings)

        return changed

    for name in CHANGES:
        monkeypatch.setattr(MlflowClient, name, until(getattr(MlflowClient, name)))
    return allowed


def test_alias_names_a_model_to_predict_with(story, rolled_back, runs):
    with loading.located("models:/digits@champion") as file:
        assert model_card.read(file).run_id == runs["bad"]


def test_unknown_alias_is_one_line(story):
    error = refusal(loading.load, "models:/digits@champ")
    assert error.startswith(
        "the tracking store has no such model. Received: models:/digits@champ: Registered model "
        "alias champ not found. Write models:/<name>@champion, "
    )


def test_alias_works_in_a_copy_of_the_project(rolled_back, runs, tmp_path, monkeypatch):
    shutil.copytree("mlruns", tmp_path / "mlruns")
    monkeypatch.chdir(tmp_path)
    with loading.located("models:/digits@champion") as file:
        assert model_card.read(file).run_id == runs["bad"]


def test_mlflow_loads_the_model_of_an_alias(rolled_back):
    connection.client()
    served = mlflow.pyfunc.load_model("models:/digits@champion")
    answer = served.predict(np.zeros((2, 8, 8, 1), np.uint8))
    assert list(answer.columns) == ["prediction", *(f"probability_{name}" for name in "abc")]
