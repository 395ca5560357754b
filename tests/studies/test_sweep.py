"""A sweep over splits: real trainings in this process. It is interrupted once and resumed."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction
from pipeline.data.prepared import SPLITS, load_meta
from pipeline.data.preparing.preparation import prepare
from pipeline.data.raw import open_raw
from pipeline.evaluation.series import corrected_interval
from pipeline.signals import Interrupted, Interruption
from pipeline.studies import record, splits
from pipeline.studies import sweep as studies_sweep
from pipeline.studies.choice import choose
from pipeline.studies.grid import Grid, compose_grid
from pipeline.studies.journal import SweepJournal
from pipeline.studies.running import run_grid_trial
from pipeline.studies.sweep import run_sweep
from pipeline.studies.sweep_settings import SweepSettings
from pipeline.tracking import connection
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.trials import HereProcess

GRID = [
    *("data=pairs", "optimizer.learning_rate=0.01,0.1", "data.split.seed=2,3", "seed=5"),
    *("training.epochs=2", "training.early_stopping=null", "training.xla=false"),
    *("training.batch_size=12", "tracking.log_model=false"),
]
RATIO = 12 / 36  # validation rows / training rows


def run_here(
    grid: Grid,
    *,
    numbers: Sequence[int] = range(4),
    interrupted: bool = False,
    **settings: Any,
) -> dict[str, Any]:
    """Runs some trials of a sweep in this process. A signal may come after them."""

    def launch(journal: SweepJournal, tags: Mapping[str, str], folders: Sequence[Path]) -> None:
        for number in numbers:
            run_grid_trial(HereProcess(), grid, number, journal, tags, folders[number])
        if interrupted:
            raise Interrupted(143)

    return run_sweep(grid, launch, Interruption(), SweepSettings(**settings))


@pytest.fixture(scope="module")
def result(repository):
    """The result after an interruption, with the winner saved as `swept`."""
    add_store(repository)
    (repository / "params.yaml").write_text(
        "sources: [pairs]\ndata:\n  pairs: pairs\nexperiments:\n  pairs: {data: pairs}\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        patch.setattr(studies_sweep, "shared", HereProcess)
        grid = compose_grid(GRID)
        with pytest.raises(Interrupted):
            run_here(grid, numbers=range(3), interrupted=True)
        return run_here(grid, save_as="swept", confirm_seeds=2)


@pytest.fixture(autouse=True)
def _in_repository(result, in_repository):
    pass


@pytest.fixture
def table(result) -> list[dict[str, str]]:
    """The rows of `trials.csv`."""
    with Path(f"mlruns/sweeps/{result['sweep_id']}/trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def runs_of(filters: str) -> list[Any]:
    client = connection.client()
    return client.search_runs([client.get_experiment_by_name("pairs").experiment_id], filters)


def digests(run_id: str) -> dict[str, str]:
    """The digests of the rows of a run."""
    tags = connection.client().get_run(run_id).data.tags
    return {name: tags[f"data.digest.{name}"] for name in SPLITS}


def test_trials_are_trained_on_their_own_splits(table, tmp_path):
    data = compose_experiment(["data=pairs"]).data
    for row in table:
        seed = int(row["data.split.seed"])
        own = replace(data, split=replace(data.split, seed=seed))
        assert digests(row["run_id"]) == prepare(own, root=tmp_path / row["trial"]).digests


def test_best_configuration_has_the_best_mean_over_splits(table, result):
    rates = {row["optimizer.learning_rate"] for row in table}
    means = {
        rate: sum(float(row["objective"]) for row in table if rate in row.values()) / 2
        for rate in rates
    }
    best = min(means, key=means.__getitem__)
    rows = [row for row in table if best in row.values()]
    assert result["best"]["objective"] == pytest.approx(means[best])
    assert result["best"]["trials"] == [int(row["trial"]) for row in rows]
    values = [float(row["objective"]) for row in rows]
    assert result["best"]["interval"] == pytest.approx(corrected_interval(values, RATIO))


def test_correction_is_the_one_over_splits(result):
    grid = compose_grid(GRID)
    outcomes = SweepJournal(Path("mlruns/sweeps") / result["sweep_id"]).read(grid.trials)
    corrected = choose(outcomes, Direction.min, ratio=RATIO).corrected
    assert result["best"]["corrected"]["low"] == pytest.approx(corrected.low)


def test_record_has_the_ranking_and_its_doubts(result):
    sweep = record.read(Path("mlruns/sweeps") / result["sweep_id"])
    assert (sweep.kind, sweep.run_id, sweep.experiment) == ("sweep", result["run_id"], "pairs")
    assert sweep.counts == {"FINISHED": 4}
    assert sweep.objective == "validation/log_loss"
    assert [rank.trials for rank in sweep.ranking] == [2, 2]
    assert sweep.ranking[0].mean == result["best"]["objective"]
    assert sweep.ranking[0].interval == list(result["best"]["interval"])
    assert sweep.overrides == result["best"]["overrides"]
    assert "flatters the best" in sweep.doubts[-1]


def test_figures_of_a_sweep_have_texts_for_the_report(result):
    folder = Path("mlruns/sweeps") / result["sweep_id"] / record.FIGURES
    assert {file.name for file in folder.iterdir()} == set(record.ALTS)


def test_interrupted_sweep_trains_each_run_once(table):
    keys = [run.data.tags["run_key"] for run in runs_of("tags.run_key LIKE '%'")]
    assert len(keys) == len(set(keys)) == 6  # four trials, two confirmations


def test_sweep_again_returns_the_same(result):
    assert json.loads(json.dumps(run_here(compose_grid(GRID)))) == json.loads(json.dumps(result))


def test_only_the_data_variant_stays_prepared():
    names = {path.name for path in Path("data/prepared").iterdir()}
    assert names == {"pairs", "prices", "shapes"}


def test_confirmation_uses_the_split_of_the_data_variant():
    own = load_meta(Path("data/prepared/pairs")).digests
    confirming = runs_of("attributes.run_name LIKE 'confirms, seed %'")
    assert [digests(run.info.run_id) for run in confirming] == [own, own]


def test_saved_experiment_has_its_data_variant_split(result):
    swept = compose_experiment(["experiment=swept"])
    rate = compose_experiment(result["best"]["overrides"]).optimizer
    assert swept.data == compose_experiment(["data=pairs"]).data
    assert (swept.optimizer, swept.seed) == (rate, 5)


def test_trials_without_a_common_split_name_no_winner(capsys):
    grid = compose_grid(GRID)
    # In the order of the grid, each configuration finishes on another split.
    message = refusal(run_here, grid, numbers=(0, 3))
    assert message.startswith("2 of the sweep's 4 trials failed.")
    assert (
        "pairs: the trials are not compared: there is no split on which every configuration "
        "without a failed trial has finished\n"
    ) in capsys.readouterr().err


def test_changed_source_is_refused(monkeypatch):
    monkeypatch.setattr(splits, "open_raw", lambda folder: replace(open_raw(folder), digests={}))
    assert refusal(run_here, compose_grid(GRID)) == (
        "data/raw/pairs has changed since data/prepared/pairs was prepared from it. "
        "Prepare the data again with: dvc repro prepare@pairs."
    )
