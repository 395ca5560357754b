"""Training over several seeds: real runs in a real store, each tested, none twice."""

import json
import signal
import sys
from pathlib import Path

import keras
import pytest

from pipeline import layout, repeat
from pipeline.config import composition, resolved
from pipeline.data.prepared import load_meta, load_part
from pipeline.errors import PipelineError
from pipeline.evaluation.over_seeds import mean_interval
from pipeline.evaluation.scoring import score
from pipeline.signals import Interrupted, Interruption
from pipeline.tracking import store
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.toy import config_of, prepare_all

PARAMS = """sources: [shapes, prices]
data: {shapes: shapes, prices: prices}
experiments: {shapes: {data: shapes}, prices: {data: prices}}
repeats: {shapes: {data: shapes, seeds: [7, 11]}}
"""
SEEDS = ["7", "11"]
SMALL = [
    "data=shapes",
    "tracking=mlflow",
    "tracking.log_model=false",
    "model.units=[8]",
    "training.xla=false",
]
STEPS = ["training.batch_size=12", "training.epochs=3"]  # nine, three an epoch


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A repository in which seed 7 was interrupted, and the experiment repeated then."""
    folder = tmp_path_factory.mktemp("repository")
    prepare_all(folder)
    (folder / "params.yaml").write_text(PARAMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        composition.save(
            resolved.to_values(config_of(folder, *SMALL, *STEPS)), layout.CONFIGS / "shapes.yaml"
        )
        with pytest.raises(Interrupted):
            repeat.repeat("shapes", Stopped())
        assert not Path("outputs/shapes").exists()
        called(patch, "experiment=shapes")
    return folder


class Stopped(Interruption):
    """A SIGTERM that comes when the training first looks for one."""

    def check(self) -> None:
        super().check()
        self.requested = signal.SIGTERM


@pytest.fixture(autouse=True)
def _here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["repeat", *arguments])
    repeat.main()


def refusal(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    with pytest.raises(PipelineError) as caught:
        called(monkeypatch, *arguments)
    return str(caught.value)


def written() -> dict:
    return json.loads(Path("outputs/shapes/seeds.json").read_text())


def recorded() -> dict[str, str]:
    """Status of each run of the experiment."""
    client = store.client()
    found = client.search_runs([client.get_experiment_by_name("shapes").experiment_id])
    return {run.info.run_id: run.info.status for run in found}


def test_each_seed_is_a_finished_run_of_its_own():
    seeds = written()["seeds"]
    assert list(seeds) == sorted(SEEDS)
    assert len({run["fingerprint"] for run in seeds.values()}) == 2
    assert recorded() == {run["run_id"]: "FINISHED" for run in seeds.values()}


def test_a_run_differs_from_the_others_in_its_seed_alone():
    runs = [store.client().get_run(written()["seeds"][seed]["run_id"]).data for seed in SEEDS]
    changed = {name for name in runs[0].params if runs[0].params[name] != runs[1].params[name]}
    assert changed == {"seed"}
    assert [run.params["seed"] for run in runs] == SEEDS
    assert runs[0].tags["data.digest.test"] == runs[1].tags["data.digest.test"]


def test_a_seed_that_was_interrupted_went_on():
    resumed = [
        store.client().get_run(written()["seeds"][seed]["run_id"]).data.tags.get("resumed")
        for seed in SEEDS
    ]
    assert resumed == ["1", None]


def test_the_test_metrics_are_those_of_the_weights_that_were_kept(folder):
    run = store.client().get_run(written()["seeds"]["7"]["run_id"])
    data = folder / "data/prepared/shapes"
    model = folder / "mlruns/checkpoints" / run.data.tags["run_key"] / "result/model.keras"
    served = keras.saving.load_model(model, compile=False)
    expected = score(served, load_part(data, "test"), load_meta(data)).metrics()
    assert written()["seeds"]["7"]["test"] == pytest.approx(expected)


def test_the_test_metrics_are_logged_at_the_step_of_the_weights_that_were_kept():
    for run in written()["seeds"].values():
        for name, value in run["test"].items():
            points = store.client().get_metric_history(run["run_id"], f"test/{name}")
            assert [(point.step, point.value) for point in points] == [(9, pytest.approx(value))]


def test_the_mean_and_its_interval_are_over_the_seeds():
    found = written()
    for name in ("accuracy", "log_loss"):
        mean, (low, high) = mean_interval([found["seeds"][seed]["test"][name] for seed in SEEDS])
        assert (found["mean"][name], found["low"][name], found["high"][name]) == pytest.approx(
            (mean, low, high)
        )


def test_repeating_again_trains_nothing_and_says_the_same(monkeypatch, capsys):
    before, runs = written(), recorded()
    called(monkeypatch, "experiment=shapes")
    out, err = capsys.readouterr()
    assert (written(), recorded(), out) == (before, runs, "")
    mean = {name: f"{value:.4f}" for name, value in before["mean"].items()}
    lines = err.splitlines()
    assert [line for line in lines if "seed " in line] == [
        "shapes: seed 7, 1 of 2",
        "shapes: seed 11, 2 of 2",
    ]
    assert len([line for line in lines if "this run is already finished" in line]) == 2
    assert lines[-1].startswith(
        f"shapes: mean over 2 seeds [95 % interval]: accuracy {mean['accuracy']} ["
    )
    assert f"], log_loss {mean['log_loss']} [" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ([], "nothing"),
        (["shapes"], "shapes"),
        (["experiment="], "experiment="),
        (["experiment=a", "b"], "experiment=a b"),
    ],
)
def test_exactly_one_experiment_must_be_named(monkeypatch, arguments, received):
    assert refusal(monkeypatch, *arguments) == (
        f"one experiment is repeated at a time. Received: {received}. Expected: experiment=<name>."
    )


def test_an_experiment_that_is_not_repeated_is_refused(monkeypatch):
    assert refusal(monkeypatch, "experiment=shape") == (
        "params.yaml repeats no such experiment. Received: shape. Did you mean shapes? Allowed: shapes."
    )


def test_help_says_how_the_command_is_called(monkeypatch, capsys):
    called(monkeypatch, "--help")
    assert "python -m pipeline.repeat experiment=" in capsys.readouterr().out
