"""Training several times: real runs in a real store, each trained and tested once."""

import json
import statistics
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import pytest

from pipeline import layout, repeat
from pipeline.config import resolved
from pipeline.config.values import write_yaml
from pipeline.data import raw
from pipeline.data.prepared import SPLITS, load_meta, load_split
from pipeline.data.preparing.preparation import prepare
from pipeline.data.raw import open_raw
from pipeline.evaluation import looks
from pipeline.evaluation.scoring import Scorer, defined, measures
from pipeline.evaluation.series import corrected_interval
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
repeats:
  shapes: {data: shapes, seeds: [7, 11], split_seeds: [1, 4]}
  prices: {data: prices, folds: 2}
"""
SEEDS = ["7", "11"]
OWN = "seed=7"  # the split of the toy data has the seed 1, so both series begin with one run
SMALL = [
    "tracking=mlflow",
    "tracking.log_model=false",
    "model.units=[8]",
    "training.xla=false",
]
STEPS = ["training.batch_size=12", "training.epochs=3"]  # nine, three an epoch


@pytest.fixture(scope="module")
def repeated(repository):
    """The repository after an interruption of the first split, and complete second calls."""
    (repository / "params.yaml").write_text(PARAMS)
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for name in ("shapes", "prices"):
            config = config_of(repository, f"data={name}", OWN, *SMALL, *STEPS)
            write_yaml(resolved.run_settings(config), layout.CONFIGS / f"{name}.yaml")
        with pytest.raises(Interrupted):
            repeat.repeat("shapes", InterruptedAt())
        assert not Path("outputs/shapes").exists()
        repeat.repeat("shapes", Interruption())
        repeat.repeat("prices", Interruption())
    return repository


@pytest.fixture(autouse=True)
def _in_repository(repeated, in_repository):
    pass


@pytest.fixture
def command(call):
    """Runs `repeat` with some arguments."""
    return partial(call, repeat)


def series(varied: str, name: str = "shapes") -> dict:
    """One series of `seeds.json`."""
    return json.loads(Path(f"outputs/{name}/seeds.json").read_text())["series"][varied]


def runs_of(varied: str, name: str = "shapes") -> list:
    """The records of the runs of a series, in order."""
    runs = series(varied, name)["runs"]
    return [connection.client().get_run(runs[key]["run_id"]).data for key in sorted(runs, key=int)]


def statuses(name: str = "shapes") -> dict[str, str]:
    """The status of each run of an experiment."""
    client = connection.client()
    runs = client.search_runs([client.get_experiment_by_name(name).experiment_id])
    return {run.info.run_id: run.info.status for run in runs}


def changed_params(runs: list) -> set[str]:
    return {name for name in runs[0].params if len({run.params[name] for run in runs}) > 1}


def test_each_training_is_its_own_finished_run():
    runs = [run for varied in ("split_seeds", "seeds") for run in series(varied)["runs"].values()]
    assert len({run["fingerprint"] for run in runs}) == 3
    assert statuses() == {run["run_id"]: "FINISHED" for run in runs}


def test_own_seed_and_own_split_are_one_run():
    assert series("seeds")["runs"]["7"] == series("split_seeds")["runs"]["1"]


def test_seeds_share_one_split():
    runs = runs_of("seeds")
    assert changed_params(runs) == {"seed"}
    assert [run.params["seed"] for run in runs] == SEEDS
    assert runs[0].tags["data.digest.test"] == runs[1].tags["data.digest.test"]


def test_splits_share_one_seed():
    runs = runs_of("split_seeds")
    assert changed_params(runs) == {"data.split.seed"}
    assert [run.params["data.split.seed"] for run in runs] == ["1", "4"]
    assert runs[0].tags["data.digest.test"] != runs[1].tags["data.digest.test"]


def test_run_has_the_split_of_prepare(tmp_path):
    config = resolved.read(layout.CONFIGS / "shapes.yaml")
    split = replace(config.data.split, seed=4)
    meta = prepare(replace(config.data, split=split), root=tmp_path)
    tags = runs_of("split_seeds")[1].tags
    assert {name: tags[f"data.digest.{name}"] for name in SPLITS} == meta.digests


def test_each_row_is_tested_in_one_fold(tmp_path):
    runs = runs_of("folds", "prices")
    assert changed_params(runs) == {"data.split.fold"}
    assert {run.params["data.split.method"] for run in runs} == {"kfold"}
    assert [run["rows"]["test"] for run in series("folds", "prices")["runs"].values()] == [30] * 2


def test_only_the_variant_stays_prepared():
    assert sorted(path.name for path in Path("data/prepared").iterdir()) == [
        "pairs",
        "prices",
        "shapes",
    ]


def test_interrupted_training_is_resumed():
    resumed = [run.tags.get("resumed") for run in runs_of("split_seeds")]
    assert resumed == ["1", None]


def test_saved_weights_are_tested(repository):
    run = connection.client().get_run(series("seeds")["runs"]["7"]["run_id"])
    data = repository / "data/prepared/shapes"
    model = repository / "mlruns/checkpoints" / run.data.tags["run_key"] / "result/model.keras"
    served = keras.saving.load_model(model, compile=False)
    meta = load_meta(data)
    scores = Scorer(served, meta).score(load_split(data, "test"))
    measured = measures(meta, [], gives_probabilities=True).of_the_whole
    expected = defined(measured.values(scores))
    assert series("seeds")["runs"]["7"]["test"] == pytest.approx(expected)


def test_metrics_are_logged_at_the_saved_step():
    for run in series("seeds")["runs"].values():
        for name, value in run["test"].items():
            points = connection.client().get_metric_history(run["run_id"], f"test/{name}")
            assert [(point.step, point.value) for point in points] == [(9, pytest.approx(value))]


def values_of(varied: str, metric: str, name: str = "shapes") -> list[float]:
    return [run["test"][metric] for run in series(varied, name)["runs"].values()]


def test_seeds_of_one_split_have_no_interval():
    summary = series("seeds")
    assert summary["description"] == "2 seeds of one split"
    assert {"low", "high"} & set(summary) == set()
    values = values_of("seeds", "accuracy")
    assert summary["mean"]["accuracy"] == pytest.approx(statistics.mean(values))
    assert summary["sd"]["accuracy"] == pytest.approx(statistics.stdev(values))


@pytest.mark.parametrize(
    ("varied", "name", "metric", "rows"),
    [("split_seeds", "shapes", "log_loss", (12, 36)), ("folds", "prices", "mse", (30, 18))],
)
def test_splits_have_the_corrected_interval(varied, name, metric, rows):
    summary, (test, train) = series(varied, name), rows
    limits = corrected_interval(values_of(varied, metric, name), test / train)
    assert (summary["low"][metric], summary["high"][metric]) == pytest.approx(limits)


def test_runs_name_their_series():
    seeds, splits, folds = runs_of("seeds"), runs_of("split_seeds"), runs_of("folds", "prices")
    assert {run.tags["repeat.seeds"].partition(":")[0] for run in seeds} == {"2 seeds of one split"}
    assert {run.tags["repeat.split_seeds"].partition(":")[0] for run in splits} == {"2 splits"}
    assert {run.tags["repeat.folds"].partition(":")[0] for run in folds} == {"2 folds"}


def test_notes_of_runs_show_their_series():
    for run in runs_of("seeds"):
        assert f"- {run.tags['repeat.seeds']}" in run.tags["mlflow.note.content"]


def test_each_training_is_a_look():
    found = {look.run_id: look for look in looks.read().looks}
    runs = [run for varied in ("seeds", "split_seeds") for run in series(varied)["runs"].values()]
    assert {run["run_id"] for run in runs} <= set(found)
    for run in runs:
        look = found[run["run_id"]]
        assert (look.purpose, len(look.models)) == ("repeat", 1)
        assert {"accuracy", "log_loss"} <= set(look.shown)


def test_second_seed_comes_after_one_look():
    tags = [run.tags["test.models_before"] for run in runs_of("seeds")]
    assert tags == ["0", "1"]


def test_second_call_trains_nothing(command, capsys):
    before, runs = Path("outputs/shapes/seeds.json").read_bytes(), statuses()
    command("experiment=shapes")
    out, err = capsys.readouterr()
    after = Path("outputs/shapes/seeds.json").read_bytes()
    assert (after, statuses()) == (before, runs)
    assert json.loads(out)["series"]["seeds"]["mean"] == series("seeds")["mean"]
    lines = err.splitlines()
    assert [line for line in lines if " of 2: " in line] == [
        "shapes: 2 splits, 1 of 2: seed of the split 1",
        "shapes: 2 splits, 2 of 2: seed of the split 4",
        "shapes: 2 seeds of one split, 1 of 2: seed 7",
        "shapes: 2 seeds of one split, 2 of 2: seed 11",
    ]
    assert len([line for line in lines if "this run is already finished" in line]) == 4
    mean = {varied: series(varied)["mean"]["accuracy"] for varied in ("seeds", "split_seeds")}
    assert lines[-2].startswith(f"shapes: 2 splits: mean accuracy {mean['split_seeds']:.4f} [")
    sd = series("seeds")["sd"]["accuracy"]
    assert lines[-1].startswith(
        f"shapes: 2 seeds of one split: mean accuracy {mean['seeds']:.4f} (sd {sd:.4f}), "
    )


def test_changed_source_is_refused(command, monkeypatch):
    monkeypatch.setattr(raw, "open_raw", lambda folder: replace(open_raw(folder), digests={}))
    assert refusal(command, "experiment=shapes") == (
        "data/raw/shapes has changed since data/prepared/shapes was prepared from it. "
        "Prepare the data again with: dvc repro prepare@shapes."
    )


def test_own_test_split_cannot_vary(command, monkeypatch):
    own = {"test.csv": 0, "train.csv": 60}
    monkeypatch.setattr(raw, "open_raw", lambda folder: replace(open_raw(folder), rows=own))
    assert refusal(command, "experiment=shapes") == (
        "the source shapes has its own test split, so all splits would have the same test rows. "
        "Received: split_seeds. List seeds only, in repeats.shapes of params.yaml."
    )


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ([], "nothing"),
        (["a", "b"], "a b"),
        (["experiment="], "experiment="),
        (["experiment=a", "b"], "experiment=a b"),
    ],
)
def test_command_line_names_one_experiment(command, arguments, received):
    assert refusal(command, *arguments).endswith(f". Received: {received}. Write its name.")


def test_experiment_that_is_not_listed_is_refused(command):
    assert refusal(command, "experiment=shape") == (
        "params.yaml does not list this experiment under repeats. "
        "Received: shape. Did you mean shapes? Allowed: prices, shapes."
    )


def test_help_shows_the_usage(command, capsys):
    with pytest.raises(SystemExit) as caught:
        command("--help")
    assert caught.value.code == 0
    assert "python -m pipeline.repeat diabetes_mlp" in capsys.readouterr().out
