"""Parts of `tests.chaos.stale` and `tests.chaos.bit_flips` in this process, and proof that both
can fail.
"""

import json
import shutil
from pathlib import Path
from random import Random

import pytest

from pipeline.evaluation import record
from tests.chaos.bit_flips import NOTICED, Flip, Truth, attempt, summary
from tests.chaos.readings import CHAIN, CHECK, INSPECT, NAME, OUTPUT, STAGES, here
from tests.chaos.stale import START, Combination, Lab, Trial, combinations
from tests.support import pinned_threads as pinned  # noqa: F401

WITHOUT_SEEDS = CHAIN[:-1]
COMBINATIONS = {("no prepared data", "evaluate"): "shown", ("epochs", "report"): "missing"}
FLIPS = {
    ("outputs", f"{OUTPUT}/metrics.json"): CHECK,
    ("outputs", f"{OUTPUT}/figures/residuals.png"): CHECK,
    ("outputs", f"{OUTPUT}/model.keras"): INSPECT,
    ("configurations", f"outputs/configs/{NAME}.yaml"): STAGES["train"],
    ("prepared data", "data/prepared/readings/test/y.npy"): STAGES["evaluate"],
    ("raw data", "data/raw/readings/provenance.json"): STAGES["prepare"],
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Lab:
    return Lab(tmp_path_factory.mktemp("stale"), here, WITHOUT_SEEDS)


@pytest.fixture(scope="module")
def truth(lab) -> Truth:
    return Truth(lab.truth(START).folder, here)


@pytest.fixture
def folder(lab, tmp_path) -> Path:
    """A complete project."""
    return shutil.copytree(lab.truth(START).folder, tmp_path / "project")


def trial(lab: Lab, folder: Path, second: str = "nothing", command: str = "report") -> Trial:
    one = Combination("claim", "compose", "stopped", second, command, upstream=False)
    return Trial(lab, folder, one, Random(1))


@pytest.mark.parametrize(("second", "command"), COMBINATIONS)
def test_reader_shows_no_stale_figure(lab, tmp_path, second, command):
    one = trial(lab, tmp_path / "project", second, command)
    assert (one.faults(), one.shown) == ([], COMBINATIONS[second, command])


def test_figure_of_other_inputs_is_a_wrong_value(lab, folder):
    page = folder / "outputs/report.md"
    page.write_text(page.read_text().replace("| r2 0.", "| r2 0.9"))
    faults = trial(lab, folder).check("report", here(folder, *CHECK))
    assert [fault[:17] for fault in faults] == ["report: shows ['r"]


def test_combinations_use_every_part():
    drawn = combinations(72, Random(1))
    assert len({(one.stage, one.end) for one in drawn}) == 14
    assert len({one.second for one in drawn}) == 23
    assert len({one.command for one in drawn}) == 6


@pytest.mark.parametrize(("place", "path"), FLIPS)
def test_flipped_bit_is_noticed(truth, folder, place, path):
    flip = Flip(place, Path(path), (folder / path).stat().st_size // 2, 0)
    attempt(flip, folder, truth, here, (FLIPS[place, path],))
    assert (flip.outcome, flip.wrong, flip.faults) == (NOTICED, [], [])
    assert any(path in line or Path(path).name in line for line in flip.said)


def test_forged_figure_is_silent_and_wrong(truth, folder):
    path = folder / OUTPUT / "metrics.json"
    metrics = json.loads(path.read_text())
    metrics["test"]["r2"]["value"] += 0.01
    path.write_text(json.dumps(metrics))
    run = json.loads((folder / OUTPUT / "run.json").read_text())
    record.write(folder / OUTPUT, {key: run[key] for key in ("run_id", "run_key", "fingerprint")})
    flip = Flip("outputs", Path(OUTPUT, "metrics.json"), 0, 0)
    flip.wrong = truth.wrong(folder, CHECK, here(folder, *CHECK))
    assert flip.wrong != []
    assert summary([flip]) == "1 flips: 0 noticed, 0 repaired, 0 harmless, 1 silent wrong"
