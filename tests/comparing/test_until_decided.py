"""Further seeds until it is decided: real trainings once, and planted results otherwise."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import layout
from pipeline.comparing import until_decided
from pipeline.comparing.names import Contender, Evaluated, Group
from pipeline.config import resolved
from pipeline.config.values import write_yaml
from pipeline.evaluation import looks
from pipeline.evaluation.predictions import Facts, Predictions
from pipeline.signals import Interruption
from pipeline.tracking import connection
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.results import SURE
from tests.support.stores import add_store
from tests.support.toy import config_of

SMALL = ["data=shapes", "tracking=mlflow", "tracking.log_model=false", "training.xla=false"]
NAMES = {"wide": "model.units=[8]", "narrow": "model.units=[1]"}
FACTS = Facts("classification", "t", 12, ["label"], [["a", "b", "c"]])


@pytest.fixture(scope="module")
def project(repository):
    """A project with two composed experiments on the prepared data."""
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        for name, units in NAMES.items():
            write(name, units)
    return repository


@pytest.fixture(autouse=True)
def _in_project(project, in_repository):
    pass


def write(name: str, *overrides: str) -> None:
    config = replace(config_of(Path(), *SMALL, *overrides), name=name)
    write_yaml(resolved.run_settings(config), layout.CONFIGS / f"{name}.yaml")


def contender(name: str, *seeds: int, **facts) -> Contender:
    """An experiment with a model that was tested, and a series of these seeds."""
    values = {str(seed): {"accuracy": 0.5} for seed in seeds}
    metrics = {"headline": "accuracy", "test": {"accuracy": {"value": 0.9}}}
    group = Group(values, dict.fromkeys(values, "r"), dict.fromkeys(values, "t"), 0.1)
    return Contender(
        name=name,
        title=name,
        headline="accuracy",
        tested=Evaluated("r", metrics, Predictions(FACTS, SURE), None),
        groups={"seeds": group} if seeds else {},
        missing={},
        sources=[],
        **{"is_experiment": True} | facts,
    )


def decide(one: Contender, other: Contender, *, metric: str | None = None, budget: int = 20):
    return until_decided.decide(
        one, other, metric=metric, budget=budget, interruption=Interruption()
    )


def test_finished_runs_are_not_trained_again(capsys):
    first, again = (decide(contender("wide"), contender("narrow"), budget=1) for _ in range(2))
    assert first.runs == again.runs
    assert capsys.readouterr().err.count("this run is already finished") == 2
    (run,) = (connection.client().get_run(one).data for one in first.runs["wide"])
    assert run.params["seed"] == "1"
    assert run.tags["compared"] == "wide against narrow, until decided"
    assert {look.purpose for look in looks.read().looks} == {"compare"}


@pytest.fixture
def planted(monkeypatch):
    """Results in place of trainings: by name, a value for each seed. Returns the seeds used."""
    used: list[tuple[str, int]] = []
    values = {
        "wide": lambda seed: 0.9 + (seed % 7) / 1000,
        "narrow": lambda seed: 0.8 + (seed % 5) / 1000,
    }

    def train_and_test(config, prepared, **_facts):
        used.append((config.name, config.seed))
        test = {"accuracy": values[config.name](config.seed)}
        return {"run_id": f"{config.name}{config.seed}", "test": test}

    monkeypatch.setattr(until_decided, "train_and_test", train_and_test)
    monkeypatch.setattr(until_decided, "_prepare_process", lambda _configs: None)
    return used, values


def test_large_difference_is_decided_after_five_seeds(planted):
    outcome = decide(contender("wide"), contender("narrow"))
    (pair,) = outcome.part.decisive.pairs
    assert pair.better == "wide"
    assert len(outcome.runs["wide"]) == len(pair.facts["path"]) == 5
    assert pair.low > 0
    assert pair.p < 0.05


def test_equal_experiments_use_the_whole_budget(planted):
    _, values = planted
    values["narrow"] = lambda seed: 0.9 + (seed * 3 % 7) / 1000
    outcome = decide(contender("wide"), contender("narrow"), budget=9)
    (pair,) = outcome.part.decisive.pairs
    assert (pair.better, len(outcome.runs["wide"])) == ("", 9)
    assert pair.remarks == ["a larger --budget continues"]


def test_trained_seeds_come_first(planted):
    used, _ = planted
    decide(contender("wide", 7, 3, 11), contender("narrow", 3, 11), budget=4)
    assert [seed for name, seed in used if name == "wide"] == [3, 11, 1, 2]


def test_runs_are_refused(planted):
    assert refusal(decide, contender("wide"), contender("run", is_experiment=False)) == (
        "--until-decided trains seeds of experiments. Received: run. "
        "Name two experiments of params.yaml."
    )


def test_other_threads_are_refused_before_training(planted):
    used, _ = planted
    write("many", "training.threads=1")
    assert refusal(decide, contender("wide"), contender("many")).startswith(
        "--until-decided trains both experiments in one process, and they have different "
        "training.threads. Received: 1 and 2."
    )
    assert used == []


def test_unknown_metric_is_refused_before_training(planted):
    used, _ = planted
    assert refusal(decide, contender("wide"), contender("narrow"), metric="r2") == (
        "this metric of the whole is not measured, or its direction is not known. Received: r2. "
        "Choose with --metric. Allowed: accuracy."
    )
    assert used == []
