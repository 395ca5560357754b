"""Runs of experiments on toy data, with their records in memory."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras
import pytest

from pipeline import experiment
from pipeline.data.prepared import load_meta
from pipeline.data.preparing.preparation import prepare
from pipeline.errors import PipelineError
from pipeline.evaluation import looks
from pipeline.evaluation.assessment import Assessment, assess
from pipeline.evaluation.figures import draw_all
from pipeline.evaluation.looks import Look, Standing
from pipeline.runs import history, record
from pipeline.tracking.stores.memory import MemoryStore, MemoryTracker
from pipeline.training import process
from tests.support import pages
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.raw_sources import write_source
from tests.support.refusals import refusal
from tests.support.toy import config_of, data_settings

# 36 rows are three steps of 12 rows in each epoch.
XLA_OFF = "training.xla=false"  # XLA takes seconds to compile
PARTIAL = "training.batch_size=16"  # three steps, and the last has four rows
AT_STEPS = "training.evaluate_at=[0,2]"


@pytest.fixture(autouse=True)
def folder(in_repository):
    return in_repository


class Recording(MemoryStore):
    """Remembers the records that it opens."""

    def __init__(self) -> None:
        self.trackers: list[MemoryTracker] = []

    @contextmanager
    def open_run(self, facts, **earlier):
        with super().open_run(facts, **earlier) as tracker:
            self.trackers.append(tracker)
            yield tracker


def run(
    folder: Path, *overrides: str, output: Path | None = None
) -> tuple[experiment.Result, MemoryTracker]:
    """A finished run and its record."""
    store = Recording()
    result = experiment.run(config_of(folder, *overrides), output=output, store=store)
    return result, store.trackers[0]


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield


@pytest.fixture(scope="module")
def finished_run(repository, tmp_path_factory):
    """A finished run on images: the result, its record, and its folder."""
    output = tmp_path_factory.mktemp("outputs") / "shapes"
    settings = ("data=shapes", "tracking.log_model=true", XLA_OFF, PARTIAL, AT_STEPS)
    with inside(repository):
        result, tracker = run(repository, *settings, output=output)
    return result, tracker, output


def test_metrics_belong_to_the_final_weights(finished_run):
    result, _, _ = finished_run
    assert result.metrics == result.history[-1].metrics
    names = ["accuracy", "log_loss", "loss"]
    measured = [f"{split}/{name}" for split in ("train", "validation") for name in names]
    assert sorted(result.metrics) == ["running/loss", *measured]


def test_model_learns(folder):
    result, _ = run(folder, "data=shapes", XLA_OFF, "training.epochs=15", "training.batch_size=6")
    assert result.metrics["validation/accuracy"] == 1.0


def test_every_point_is_logged_at_its_step(finished_run):
    result, tracker, _ = finished_run
    assert list(tracker.metrics["validation/loss"]) == [0, 2, 3, 6]
    assert list(tracker.metrics["train/loss"]) == [0, 2, 3, 6]
    assert list(tracker.metrics["running/loss"]) == [2, 3, 6]
    assert {"epoch", "seconds", "learning_rate", "examples_per_second"} < set(tracker.metrics)
    assert tracker.metrics["epoch"] == {0: 0.0, 2: pytest.approx(2 / 3), 3: 1.0, 6: 2.0}
    assert tracker.metrics["validation/loss"][6] == result.metrics["validation/loss"]


def test_record_has_the_figures_of_the_saved_weights(finished_run):
    result, tracker, _ = finished_run
    best = {name: values for name, values in tracker.metrics.items() if name.startswith("best/")}
    expected = {"step": 6.0, **result.metrics}
    assert best == {f"best/{name}": {6: value} for name, value in expected.items()}


def test_record_has_settings_tags_and_status(finished_run):
    result, tracker, _ = finished_run
    assert tracker.facts.settings["model"]["units"] == [8]
    assert tracker.facts.tags["run_key"] == result.run_key
    assert (tracker.run_id, tracker.status, tracker.models) == (result.run_id, "FINISHED", [6])


def test_run_writes_what_later_stages_read(finished_run):
    result, _, output = finished_run
    assert sorted(
        path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()
    ) == [
        "code/index.json",
        "history.csv",
        "model.json",
        "model.keras",
        "run.json",
        "snapshots/index.json",
        "snapshots/step_000000.keras",
        "snapshots/step_000002.keras",
    ]
    run = record.read(output, made_by="")
    assert run.ids == {
        "run_id": result.run_id,
        "run_key": result.run_key,
        "fingerprint": result.fingerprint,
    }
    assert set(run.files) | {"run.json"} == {
        path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()
    }
    assert json.loads((output / "snapshots/index.json").read_text()) == {
        "final": 6,
        "steps": [0, 2],
    }
    assert history.read(output / "history.csv") == result.history


def test_run_carries_its_fingerprint(finished_run):
    result, tracker, _ = finished_run
    assert tracker.tags == {"fingerprint": result.fingerprint}


def test_run_without_a_folder_writes_nothing(folder):
    before = sorted(folder.rglob("*"))
    run(folder, "data=pairs", XLA_OFF, AT_STEPS)
    assert sorted(folder.rglob("*")) == before


@dataclass(frozen=True)
class Assessed:
    """Two assessments of the finished run, and the looks before, between and after them."""

    first: Assessment
    looks: list[list[Look]]
    standing: Standing


@pytest.fixture(scope="module")
def assessed(repository, finished_run) -> Assessed:
    result, _, output = finished_run
    with inside(repository):
        looks_at = [looks.read().looks]
        assessments = []
        for _ in range(2):
            assessments.append(assess("shapes", output, Path("data/prepared/shapes")))
            looks_at.append(looks.read().looks)
        return Assessed(assessments[0], looks_at, looks.read().standing(result.run_id, 6))


def test_assessment_repeats_what_training_measured(finished_run, assessed):
    result, _, _ = finished_run
    assessment = assessed.first
    for split, values in (("train", assessment.train), ("validation", assessment.validation)):
        for name in ("accuracy", "log_loss"):
            assert values[name].value == pytest.approx(result.metrics[f"{split}/{name}"], abs=1e-6)
    assert result.metrics["validation/loss"] == pytest.approx(
        assessment.validation["log_loss"].value, abs=1e-6
    )
    assert {name: assessment.summary()[name] for name in ("parameters", "epochs", "steps")} == {
        "parameters": (64 * 8 + 8) + (8 * 3 + 3),
        "epochs": 2.0,
        "steps": 6,
    }


def test_assessment_measures_every_snapshot(assessed):
    assert list(assessed.first.test_by_step) == [0, 2, 6]
    test = assessed.first.summary()["test"]
    assert [list(test[name]["at_step"]) for name in ("accuracy", "log_loss")] == [["0", "2"]] * 2
    assert test["log_loss"]["at_step"]["0"] != test["log_loss"]["value"]
    assert test["accuracy"]["low"] <= test["accuracy"]["value"] <= test["accuracy"]["high"]


def test_assessment_is_one_look_at_all_its_models(finished_run, assessed):
    before, (*earlier, look), _ = assessed.looks
    assert earlier == list(before)
    assert (look.purpose, look.run_id, look.rows) == ("evaluate", finished_run[0].run_id, 12)
    assert list(look.models) == ["0", "2", "6"]
    assert look.shown == list(assessed.first.test)


def test_second_assessment_scores_no_other_model(assessed):
    one, other = assessed.looks[-1][-2:]
    assert one.models == other.models
    assert assessed.standing == Standing(0, 0, 0, rows=12)


@pytest.fixture(scope="module")
def averaged(repository, tmp_path_factory) -> tuple[experiment.Result, Assessment]:
    """The result of a regression with averaged weights, and the assessment of its files."""
    output = tmp_path_factory.mktemp("outputs") / "prices"
    with inside(repository):
        result, _ = run(
            repository, "data=prices", "optimizer.ema_momentum=0.9", XLA_OFF, output=output
        )
        return result, assess("prices", output, Path("data/prepared/prices"))


def test_regression_is_assessed_in_target_units(folder, averaged):
    result, assessment = averaged
    scale = load_meta(folder / "data/prepared/prices").targets[0].scale
    assert assessment.validation["mse"].value == pytest.approx(
        result.metrics["validation/loss"] * scale**2, rel=1e-4
    )
    drawings = {drawing.name: drawing.figure for drawing in draw_all(assessment.subject)}
    assert list(drawings) == ["learning_curves", "residuals", "residuals_by_prediction"]
    assert drawings["residuals"].axes[0].get_xlabel() == "true price / 1,000"


def test_averaged_weights_are_measured_and_saved(averaged):
    result, assessment = averaged
    for name in ("mse", "mae", "r2"):
        assert assessment.validation[name].value == pytest.approx(
            result.metrics[f"validation/{name}"], rel=1e-4
        )


@pytest.mark.parametrize(
    ("settings", "metrics"),
    [
        ("data=pairs model=linear training.loss=perceptron optimizer=sgd", {"accuracy"}),
        ("data=shapes model=cnn model.filters=[2] optimizer=adagrad", {"accuracy", "log_loss"}),
        (
            "data=shapes model=layers "
            "model.layers=[{class_name:Flatten},{class_name:Dropout,rate:0.5}]",
            {"accuracy", "log_loss"},
        ),
    ],
)
def test_families_losses_and_optimizers_go_together(folder, settings, metrics):
    result, _ = run(folder, XLA_OFF, *settings.split())
    assert {name.partition("/")[2] for name in result.metrics} == metrics | {"loss"}
    assert [point.epoch for point in result.history] == [1.0, 2.0]


def test_length_may_be_set_in_steps(folder):
    steps = ["training.epochs=null", "training.steps=4"]
    absolute = "training.loss=mean_absolute_error"
    result, _ = run(folder, "data=prices", absolute, XLA_OFF, *steps)
    assert [point.step for point in result.history] == [3, 4]
    scale = load_meta(folder / "data/prepared/prices").targets[0].scale
    assert result.metrics["validation/mae"] == pytest.approx(
        result.metrics["validation/loss"] * scale, rel=1e-4
    )


def test_data_of_other_settings_are_refused(folder):
    assert refusal(run, folder, "data=shapes", "data.rows=30") == (
        "data/prepared/shapes was prepared with other settings than the experiment has: data.rows. "
        "Received: 30 in the experiment, None in the prepared data. "
        "Prepare the data again with: dvc repro prepare@shapes. "
        "If an override set it, set it in conf/data/shapes.yaml instead."
    )


def test_missing_data_are_refused(folder):
    assert refusal(run, folder, "data=digits") == (
        "data/prepared/digits/meta.json is missing. Make it with: dvc repro prepare@digits."
    )


def test_unknown_store_is_refused_first(folder):
    config = config_of(folder, "data=digits", "tracking.store=mlflw")
    assert refusal(experiment.run, config) == (
        "tracking.store is not a tracking store. Received: mlflw. "
        "Did you mean mlflow? Allowed: memory, mlflow."
    )


def test_python_of_the_page_runs(capsys):
    """The block of docs/engine.md, on toy data."""
    (block,) = pages.blocks("engine.md", "python")
    named = '"experiment=iris_perceptron"'
    assert named in block
    toy = f'"data=pairs", "training.epochs=2", "tracking=memory", "{XLA_OFF}"'
    exec(block.replace(named, toy))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["0", "1"]


def test_diverged_training_is_recorded_as_failed(folder):
    store = Recording()
    diverging = ["optimizer=sgd", "optimizer.learning_rate=1.0e+30", XLA_OFF]
    config = config_of(folder, "data=prices", *diverging)
    with pytest.raises(
        PipelineError, match=r"^training diverged: .* is not a finite number after step 3\."
    ):
        experiment.run(config, store=store)
    assert store.trackers[0].status == "FAILED"


# Above the largest stable rate the weights grow step by step, and are finite for a few epochs.
DIVERGING = [
    *("data=prices", "model=linear", "optimizer=sgd", "optimizer.learning_rate=100"),
    *("optimizer.clipnorm=null", "training.epochs=40", XLA_OFF),
]
KEEPING = [*DIVERGING, "training.early_stopping.patience=null"]


def test_divergence_after_good_epochs_keeps_the_best(folder, tmp_path, capsys):
    result, tracker = run(folder, *KEEPING, output=tmp_path / "prices")
    losses = [point.metrics["validation/loss"] for point in result.history]
    assert (math.isfinite(losses[0]), math.isfinite(losses[-1])) == (True, False)
    assert 2 < len(losses) < 40
    assert (
        result.metrics
        == min(result.history[:-1], key=lambda one: one.metrics["validation/loss"]).metrics
    )
    assert tracker.status == "FINISHED"
    assert tracker.tags["diverged"] == f"after step {result.history[-1].step}"
    kept = next(point.epoch for point in result.history if point.metrics == result.metrics)
    assert (
        f"prices: training diverged in epoch {len(losses)}; "
        f"the model has the weights of epoch {kept:g}, the best before it"
    ) in capsys.readouterr().err
    assessment = assess("prices", tmp_path / "prices", folder / "data/prepared/prices")
    assert assessment.validation["mse"].value == pytest.approx(
        result.metrics["validation/mse"], rel=1e-4
    )


def test_diverged_training_without_best_weights_fails(folder):
    text = refusal(run, folder, *DIVERGING)
    assert text.startswith("training diverged: ")
    assert "Set a smaller optimizer.learning_rate, or set optimizer.clipnorm." in text


@pytest.mark.usefixtures("finished_run")
def test_threads_cannot_change_in_a_process_that_trained():
    assert refusal(process.pin, threads=1) == (
        "training.threads must stay 2 in this process, because TensorFlow already runs. "
        "Received: 1. Start another process for another number of threads."
    )


def test_bits_depend_on_the_seed_only(folder):
    # In another process too: end_to_end/test_sweeps.py and test_kills.py.
    random = ["data=shapes", "model=cnn", "model.dropout=0.5"]
    first, _ = run(folder, *random)
    run(folder, "data=pairs", XLA_OFF)
    again, _ = run(folder, *random)
    other, _ = run(folder, *random, "seed=2")
    assert (again.fingerprint, again.run_key) == (first.fingerprint, first.run_key)
    assert again.metrics == first.metrics
    assert other.fingerprint != first.fingerprint
    assert other.run_key != first.run_key


class Diary(keras.callbacks.Callback):
    """Remembers the epochs."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[tuple[int, list[str]]] = []

    def on_epoch_end(self, epoch, logs):
        self.epochs.append((epoch, sorted(logs)))


@pytest.fixture(scope="module")
def with_callbacks(repository) -> tuple[experiment.Result, Diary]:
    """A training that a callback ends after the second of nine epochs, and its diary."""
    diary = Diary()
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, _logs: setattr(stop.model, "stop_training", epoch == 1)
    )
    with inside(repository):
        config = config_of(repository, "data=pairs", "training.epochs=9", XLA_OFF)
        return experiment.run(config, callbacks=[diary, stop]), diary


def test_keras_callbacks_receive_every_epoch(with_callbacks):
    _, diary = with_callbacks
    names = ["accuracy", "log_loss", "loss", "val_accuracy", "val_log_loss", "val_loss"]
    assert diary.epochs == [(0, names), (1, names)]


def test_keras_callback_may_end_the_training(with_callbacks):
    result, _ = with_callbacks
    assert [point.epoch for point in result.history] == [1.0, 2.0]


ONE_EPOCH = ["training.epochs=1", "training.evaluate_at=[0]", XLA_OFF]


@pytest.fixture(scope="module")
def by_class(repository) -> experiment.Result:
    """A training with weights of classes."""
    with inside(repository):
        weights = "training.class_weight={above: 3}"
        return run(repository, "data=pairs", *ONE_EPOCH, weights)[0]


def test_class_weights_change_only_the_training(folder, by_class):
    plain, _ = run(folder, "data=pairs", *ONE_EPOCH)
    assert by_class.fingerprint != plain.fingerprint
    before = by_class.history[0].metrics
    assert {name: before[name] for name in plain.history[0].metrics} == plain.history[0].metrics
    assert before.keys() - plain.history[0].metrics.keys() == {
        "train/weighted_loss",
        "validation/weighted_loss",
    }


@pytest.fixture
def weighed(folder):
    """The rows of `pairs` with a weight: 3 above the line, and 1 below it."""
    header, *rows = (folder / "data/raw/pairs/data.csv").read_text().splitlines()
    rows = [f"{row},{3 if row.endswith('above') else 1}" for row in rows]
    write_source(folder / "data/raw/weighed", train="\n".join([f"{header},w", *rows]) + "\n")
    settings = (folder / "conf/data/pairs.yaml").read_text().replace("source: pairs", "")
    (folder / "conf/data/weighed.yaml").write_text(f"{settings}sample_weight: w\n")
    prepare(data_settings("weighed", folder / "conf"))
    return "data=weighed"


def test_weights_of_rows_train_as_those_of_classes(folder, weighed, by_class):
    by_row, _ = run(folder, weighed, *ONE_EPOCH)
    assert by_row.fingerprint == by_class.fingerprint
    last = by_class.history[-1].metrics["validation/weighted_loss"]
    assert by_row.history[-1].metrics["validation/weighted_loss"] == last


PENALTIES = ["data=pairs", "model=layers", *ONE_EPOCH]


def test_penalties_are_not_in_the_measured_losses(folder):
    layers = [
        "{class_name: Dense, units: 8}",
        "{class_name: Dense, units: 8, kernel_regularizer: l2}",
    ]
    plain, penalised = (
        run(folder, *PENALTIES, f"model.layers=[{layer}]")[0].history for layer in layers
    )
    assert plain[0].metrics == penalised[0].metrics
    assert plain[1].metrics["running/loss"] + 0.01 < penalised[1].metrics["running/loss"]
    assert penalised[1].metrics["validation/loss"] == pytest.approx(
        penalised[1].metrics["validation/log_loss"], rel=1e-6
    )


def test_monitored_accuracy_keeps_the_best_epoch(folder):
    monitor = "training.early_stopping.monitor=validation/accuracy"
    result, _ = run(
        folder, "data=shapes", "training.epochs=12", "training.batch_size=36", XLA_OFF, monitor
    )
    accuracies = [point.metrics["validation/accuracy"] for point in result.history]
    assert accuracies[0] < max(accuracies)
    assert result.metrics["validation/accuracy"] == max(accuracies)


def test_one_hot_labels_leave_the_history_unchanged(folder):
    plain, _ = run(folder, "data=shapes", XLA_OFF)
    one_hot = ["model.api=functional", "training.loss=categorical_crossentropy"]
    other, _ = run(folder, "data=shapes", XLA_OFF, *one_hot)
    assert [point.metrics for point in other.history] == [
        pytest.approx(point.metrics, rel=1e-5) for point in plain.history
    ]


def test_augmented_training_with_summed_loss_learns(folder):
    result, _ = run(
        folder,
        "data=shapes",
        "model.augmentation=[{class_name: RandomFlip, mode: horizontal}]",
        "training.loss=categorical_crossentropy",
        "training.loss_reduction=sum",
        "training.label_smoothing=0.1",
        "optimizer.schedule=cosine",
    )
    first, last = (point.metrics["train/log_loss"] for point in result.history)
    assert last < first
    assert [point.learning_rate for point in result.history] == pytest.approx([5e-4, 0], abs=1e-9)
