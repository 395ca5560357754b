"""What a name stands for, and what is refused."""

from dataclasses import asdict, replace
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


def write_trial(number: int, values: dict[str, str], status: Status, **metrics: float) -> None:
    """Writes a trial of the sweep. Its objective is the accuracy of the validation split."""
    measured = {name.replace("_", "/", 1): value for name, value in metrics.items()}
    objective = measured.get("validation/accuracy")
    outcome = Outcome(Trial(number, values, []), status, objective, run_id=f"r{number}")
    file = mlruns() / f"sweeps/80a1e5c0b7d2/trials/{number:03d}.json"
    write_json(file, asdict(replace(outcome, metrics=measured)))


def test_seeds_of_a_split_are_averaged(monkeypatch):
    monkeypatch.setattr(names, "_ratio", lambda _overrides: 0.25)
    for number, (split, seed) in enumerate([("7", "1"), ("7", "2"), ("9", "1")]):
        values = {"model.units": "[8]", "data.split.seed": split, "seed": seed}
        write_trial(number, values, Status.FINISHED, validation_accuracy=0.5 + number / 4)
    one = names.resolve("80a1/0")
    group = one.groups[SPLITS]
    assert group.values == {"7": {"accuracy": 0.625}, "9": {"accuracy": 1.0}}
    assert group.rows == {key: f"sweep 80a1e5c0b7d2 {key}" for key in ("7", "9")}
    assert (group.ratio, one.title, one.run_ids) == (0.25, "model.units=[8]", ["r0", "r1", "r2"])
    assert set(one.missing) == {ROWS, SEEDS, FOLDS}


def test_seeds_of_a_configuration_share_their_rows():
    write_trial(0, {"seed": "1"}, Status.FINISHED, validation_accuracy=0.5)
    one = names.resolve("80a1/0")
    assert one.groups[SEEDS].rows == {"1": "sweep 80a1e5c0b7d2 "}
    assert (one.groups[SEEDS].ratio, one.title) == (0.0, "sweep 80a1e5c0b7d2")


def test_only_metrics_of_the_validation_split_that_all_seeds_have_are_compared():
    more = {"train_loss": 0.1, "validation_weighted_loss": 0.2, "validation_loss": 0.3}
    values = {"validation_accuracy": 0.5, "validation_macro_f1": 0.4, **more}
    write_trial(0, {"seed": "1"}, Status.FINISHED, **values)
    write_trial(1, {"seed": "2"}, Status.FINISHED, validation_accuracy=0.7, **more)
    assert names.resolve("80a1/0").groups[SEEDS].values == {
        "1": {"accuracy": 0.5, "macro_f1": 0.4, "loss": 0.3},
        "2": {"accuracy": 0.7, "loss": 0.3},
    }


def test_metric_that_a_seed_of_a_split_lacks_has_no_mean(monkeypatch):
    monkeypatch.setattr(names, "_ratio", lambda _overrides: 0.25)
    values = {"data.split.seed": "7"}
    write_trial(0, values | {"seed": "1"}, Status.FINISHED, validation_accuracy=0.5)
    both = {"validation_accuracy": 0.7, "validation_macro_f1": 0.4}
    write_trial(1, values | {"seed": "2"}, Status.FINISHED, **both)
    for number in (0, 1):
        group = names.resolve(f"80a1/{number}").groups[SPLITS]
        assert group.values == {"7": {"accuracy": pytest.approx(0.6)}}


def test_configuration_without_a_finished_trial_is_refused():
    write_trial(0, {"seed": "1"}, Status.FAILED)
    assert refusal(names.resolve, "80a1/0") == (
        "no trial of this configuration has finished with an objective. Received: 80a1/0. "
        "Run the same sweep again."
    )


@pytest.mark.parametrize("number", ["x", "", "-1"])
@pytest.mark.usefixtures("sweep")
def test_trial_that_is_no_number_is_refused(number):
    assert "has no trial of this number" in refusal(names.resolve, f"80a1/{number}")


def test_loss_is_the_headline_if_the_objective_is_no_metric():
    assert names._objective([Outcome(Trial(0, {}, []), objective=0.1)]) == "loss"


def test_seeds_are_in_the_order_of_their_numbers():
    written = {10: {"accuracy": 0.9}, 9: {"accuracy": 0.95}}
    write_tested("shapes", classifier(30, []), seeds=written)
    write_experiments("shapes")
    assert list(names.resolve("shapes").groups[SEEDS].values) == ["9", "10"]
