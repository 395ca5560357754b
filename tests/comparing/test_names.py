"""What a name stands for, and what is refused."""

from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.comparing import names
from pipeline.comparing.comparison import FOLDS, ROWS, SEEDS, SPLITS
from pipeline.config.values import write_yaml
from pipeline.files import write_json
from pipeline.layout import OUTPUTS, mlruns
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.trial import Trial
from tests.support.compared import classifier, write_experiments, write_run, write_tested
from tests.support.damage import flip_a_bit
from tests.support.refusals import refusal
from tests.support.results import SETTINGS

RUN = "3f2a91c0" * 4
SERIES = {1: {"accuracy": 0.9}, 2: {"accuracy": 0.95}}


@pytest.fixture
def experiment():
    write_tested("shapes", classifier(30, [3]), run_id=RUN, seeds=SERIES, split_seeds=SERIES)
    write_experiments("shapes", "pairs")
    return names.resolve("shapes")


def test_experiment_is_a_run_and_its_series(experiment):
    assert experiment.tested.run_id == RUN
    assert experiment.headline == "accuracy"
    assert experiment.groups[SEEDS].values == {"1": {"accuracy": 0.9}, "2": {"accuracy": 0.95}}
    assert experiment.groups[SPLITS].ratio == pytest.approx(0.25)
    assert set(experiment.missing) == {FOLDS}


def test_sources_are_the_files_behind_the_experiment(experiment):
    assert [str(path) for path in experiment.sources] == [
        "outputs/configs/shapes.yaml",
        "outputs/shapes/evaluation.json",
        "outputs/shapes/seeds.json",
    ]


def test_untrained_experiment_names_the_command(experiment):
    write_yaml(SETTINGS, OUTPUTS / "configs/pairs.yaml")
    assert refusal(names.resolve, "pairs") == (
        "outputs/pairs/run.json is missing. Make it with: dvc repro train@pairs."
    )


@pytest.mark.usefixtures("experiment")
def test_stale_result_is_refused():
    write_yaml(SETTINGS | {"model": 1}, OUTPUTS / "configs/shapes.yaml")
    assert refusal(names.resolve, "shapes").startswith("outputs/shapes is stale: its run 3f2a91c0")


@pytest.mark.usefixtures("experiment")
def test_edit_of_a_setting_is_refused():
    Path("params.yaml").write_text(Path("params.yaml").read_text() + "repeats: {}\n")
    assert "plan.json is stale" in refusal(names.resolve, "shapes")


@pytest.mark.usefixtures("experiment")
def test_damaged_predictions_are_refused():
    flip_a_bit(OUTPUTS / "shapes/predictions.npz")
    assert refusal(names.resolve, "shapes").startswith(
        "outputs/shapes/predictions.npz is damaged or stale"
    )


@pytest.mark.usefixtures("experiment")
def test_unknown_name_lists_the_experiments():
    assert refusal(names.resolve, "shape") == (
        "this is neither an experiment of params.yaml, nor a run id, nor a trial of a sweep. "
        "Received: shape. Did you mean shapes? Allowed: pairs, shapes."
    )


def test_run_is_found_by_an_id_prefix():
    write_run(RUN, classifier(30, []))
    write_experiments()
    run = names.resolve("3f2a")
    assert (run.name, run.title, run.tested.run_id) == ("3f2a91c0", "run 3f2a91c0", RUN)
    assert run.groups == {}
    assert set(run.missing) == {SEEDS, SPLITS, FOLDS}


@pytest.mark.usefixtures("experiment")
def test_run_of_an_experiment_needs_no_second_evaluation():
    assert names.resolve("3f2a91c0").tested.run_id == RUN


def test_beginning_of_two_runs_is_refused():
    for end in ("0", "1"):
        write_run(f"{RUN[:-1]}{end}", classifier(30, []))
    write_experiments()
    assert refusal(names.resolve, "3f2a").startswith(
        "several evaluated runs begin with these digits. Received: 3f2a. Give more digits of"
    )


def write_sweep(values: dict[tuple[str, str], float], name: str = "seed") -> None:
    """Writes the trials of a sweep over units and a repetition."""
    for number, ((units, repetition), value) in enumerate(values.items()):
        trial = Trial(number, {"model.units": units, name: repetition}, [])
        measured = {"validation/loss": 1 - value, "validation/accuracy": value}
        outcome = Outcome(
            trial, Status.FINISHED, objective=value, run_id=f"r{number}", metrics=measured
        )
        write_json(mlruns() / f"sweeps/80a1e5c0b7d2/trials/{number:03d}.json", asdict(outcome))


@pytest.fixture
def sweep():
    values = {("[8]", "1"): 0.8, ("[8]", "2"): 0.82, ("[9]", "1"): 0.9, ("[9]", "2"): 0.91}
    write_sweep(values)


@pytest.mark.usefixtures("sweep")
def test_configuration_has_the_objective_of_its_seeds():
    one = names.resolve("80a1/2")
    assert (one.name, one.title) == ("80a1e5c0b7d2/2", "model.units=[9]")
    assert one.headline == "accuracy"
    group = one.groups[SEEDS]
    assert group.split == "validation"
    assert group.values == {
        "1": {"loss": pytest.approx(0.1), "accuracy": 0.9},
        "2": {"loss": pytest.approx(0.09), "accuracy": 0.91},
    }
    assert set(one.missing) == {ROWS, SEEDS, SPLITS, FOLDS} - {SEEDS}


@pytest.mark.usefixtures("sweep")
def test_unknown_trial_is_refused():
    assert refusal(names.resolve, "80a1e5c0b7d2/7") == (
        f"{mlruns()}/sweeps/80a1e5c0b7d2 has no trial of this number. Received: 7. "
        "Expected: 0 to 3, as in trials.csv."
    )


def test_unknown_sweep_is_refused():
    assert refusal(names.resolve, "80a1e5c0b7d2/7").startswith(
        "there is no sweep or search of this id"
    )


def test_search_has_no_noise_of_the_seed():
    (mlruns() / "search/80a1e5c0b7d2").mkdir(parents=True)
    assert refusal(names.resolve, "80a1/7").startswith(
        "the trials of a search have one seed each, so the noise of the seed is not known"
    )
