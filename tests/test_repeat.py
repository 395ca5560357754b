"""Training with several seeds: real runs in a real store, each trained and tested once."""

import json
from functools import partial
from pathlib import Path

import keras
import pytest

from pipeline import layout, repeat
from pipeline.config import resolved
from pipeline.config.values import write_yaml
from pipeline.data.prepared import load_meta, load_split
from pipeline.evaluation import looks
from pipeline.evaluation.over_seeds import mean_interval
from pipeline.evaluation.scoring import score
from pipeline.signals import Interrupted, Interruption
from pipeline.tracking import connection
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.interruptions import InterruptedAt
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.toy import config_of

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
def repository_with_seeds(repository):
    """The repository after an interruption of seed 7, and a complete second call."""
    (repository / "params.yaml").write_text(PARAMS)
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        config = config_of(repository, *SMALL, *STEPS)
        write_yaml(resolved.run_settings(config), layout.CONFIGS / "shapes.yaml")
        with pytest.raises(Interrupted):
            repeat.repeat("shapes", InterruptedAt())
        assert not Path("outputs/shapes").exists()
        repeat.repeat("shapes", Interruption())
    return repository


@pytest.fixture(autouse=True)
def _in_repository(repository_with_seeds, in_repository):
    pass


@pytest.fixture
def command(call):
    """Runs `repeat` with some arguments."""
    return partial(call, repeat)


def summary() -> dict:
    return json.loads(Path("outputs/shapes/seeds.json").read_text())


def statuses() -> dict[str, str]:
    """The status of each run of the experiment."""
    client = connection.client()
    runs = client.search_runs([client.get_experiment_by_name("shapes").experiment_id])
    return {run.info.run_id: run.info.status for run in runs}


def test_each_seed_is_its_own_finished_run():
    seeds = summary()["seeds"]
    assert list(seeds) == sorted(SEEDS)
    assert len({run["fingerprint"] for run in seeds.values()}) == 2
    assert statuses() == {run["run_id"]: "FINISHED" for run in seeds.values()}


def test_runs_differ_only_in_their_seed():
    runs = [connection.client().get_run(summary()["seeds"][seed]["run_id"]).data for seed in SEEDS]
    changed = {name for name in runs[0].params if runs[0].params[name] != runs[1].params[name]}
    assert changed == {"seed"}
    assert [run.params["seed"] for run in runs] == SEEDS
    assert runs[0].tags["data.digest.test"] == runs[1].tags["data.digest.test"]


def test_interrupted_seed_is_resumed():
    resumed = [
        connection.client().get_run(summary()["seeds"][seed]["run_id"]).data.tags.get("resumed")
        for seed in SEEDS
    ]
    assert resumed == ["1", None]


def test_saved_weights_are_tested(repository):
    run = connection.client().get_run(summary()["seeds"]["7"]["run_id"])
    data = repository / "data/prepared/shapes"
    model = repository / "mlruns/checkpoints" / run.data.tags["run_key"] / "result/model.keras"
    served = keras.saving.load_model(model, compile=False)
    expected = score(served, load_split(data, "test"), load_meta(data)).metrics()
    assert summary()["seeds"]["7"]["test"] == pytest.approx(expected)


def test_metrics_are_logged_at_the_saved_step():
    for run in summary()["seeds"].values():
        for name, value in run["test"].items():
            points = connection.client().get_metric_history(run["run_id"], f"test/{name}")
            assert [(point.step, point.value) for point in points] == [(9, pytest.approx(value))]


def test_each_seed_is_a_look():
    found = {look.run_id: look for look in looks.read().looks}
    assert set(found) == {run["run_id"] for run in summary()["seeds"].values()}
    for look in found.values():
        assert (look.purpose, list(look.models)) == ("repeat", ["9"])
        assert look.shown == ["accuracy", "log_loss"]


def test_second_seed_comes_after_one_look():
    tags = [
        connection.client().get_run(summary()["seeds"][seed]["run_id"]).data.tags for seed in SEEDS
    ]
    assert [tag["test.models_before"] for tag in tags] == ["0", "1"]


def test_mean_and_interval_are_over_the_seeds():
    result = summary()
    for name in ("accuracy", "log_loss"):
        mean, (low, high) = mean_interval([result["seeds"][seed]["test"][name] for seed in SEEDS])
        assert (result["mean"][name], result["low"][name], result["high"][name]) == pytest.approx(
            (mean, low, high)
        )


def test_second_call_trains_nothing(command, capsys):
    before, runs = summary(), statuses()
    command("experiment=shapes")
    out, err = capsys.readouterr()
    assert (summary(), statuses(), out) == (before, runs, "")
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
def test_command_line_names_one_experiment(command, arguments, received):
    assert refusal(command, *arguments).endswith(
        f". Received: {received}. Write experiment=<name>."
    )


def test_experiment_without_seeds_is_refused(command):
    assert refusal(command, "experiment=shape") == (
        "params.yaml lists no seeds for this experiment under repeats. "
        "Received: shape. Did you mean shapes? Allowed: shapes."
    )


def test_help_shows_the_usage(command, capsys):
    with pytest.raises(SystemExit) as caught:
        command("--help")
    assert caught.value.code == 0
    assert "python -m pipeline.repeat experiment=" in capsys.readouterr().out
