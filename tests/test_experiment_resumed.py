"""The same run again: finished, interrupted, forced or paused, with a real store."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import mlflow
import pytest

import pipeline
from pipeline import environment, experiment
from pipeline.environment import Cpu
from pipeline.errors import PipelineError
from pipeline.runs import checkpoint, record
from pipeline.runs.folder import kept_file, kept_steps
from pipeline.runs.run import Run
from pipeline.signals import Interrupted
from pipeline.tracking import connection
from pipeline.tracking.stores.mlflow import STORE
from pipeline.training import loop
from tests.support import ROOT
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.interruptions import InterruptedAt
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.toy import config_of, prepare_all

# Batches of 12 rows: an epoch has three steps.
STEPS = [
    "data=shapes",
    "tracking=mlflow",
    "model=linear",
    "optimizer=sgd",
    "optimizer.momentum=0.9",
    "training.xla=false",
    "training.epochs=3",
    "training.evaluate_at=[0,2]",
    "tracking.log_model=false",
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    prepare_all(folder)
    add_store(folder)
    return folder


@pytest.fixture(autouse=True)
def folder(prepared, tmp_path, monkeypatch):
    """A repository without a run. Every evaluation writes a checkpoint."""
    enter(tmp_path, prepared, monkeypatch)
    monkeypatch.setattr(loop, "_LARGEST_SHARE", 1e9)
    return tmp_path


@contextmanager
def new_folder(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Enters such a repository of a whole module."""
    folder = tmp_path_factory.mktemp("repository")
    with pytest.MonkeyPatch.context() as patch:
        enter(folder, prepared, patch)
        patch.setattr(loop, "_LARGEST_SHARE", 1e9)
        yield folder


@dataclass(frozen=True)
class Whole:
    """An uninterrupted run: its folder, its result, and the validation losses of its record."""

    folder: Path
    result: experiment.Result
    losses: list[tuple[int, float]]


@pytest.fixture(scope="module")
def whole(prepared, tmp_path_factory) -> Whole:
    with new_folder(prepared, tmp_path_factory) as folder:
        return Whole(folder, run(folder), recorded()[0][2])


@pytest.fixture
def finished(folder, whole) -> experiment.Result:
    """Adds the uninterrupted run to the folder."""
    copy_runs(whole.folder, folder)
    return whole.result


@pytest.fixture(scope="module")
def interruption(prepared, tmp_path_factory) -> tuple[Path, str]:
    """The folder of a run that was interrupted after the first epoch, and what it logged."""
    with new_folder(prepared, tmp_path_factory) as folder, redirect_stderr(StringIO()) as log:
        interrupted(folder)
        return folder, log.getvalue()


@pytest.fixture
def interrupted_run(folder, interruption) -> None:
    """Adds the interrupted run to the folder."""
    copy_runs(interruption[0], folder)


def copy_runs(source: Path, folder: Path) -> None:
    for name in ("checkpoints", "artifacts"):
        if (source / "mlruns" / name).exists():
            shutil.copytree(source / "mlruns" / name, folder / "mlruns" / name)
    with (
        closing(sqlite3.connect(source / "mlruns/mlflow.db")) as store,
        closing(sqlite3.connect(folder / "mlruns/mlflow.db")) as copy,
    ):
        store.backup(copy)


def enter(folder: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("conf", "data"):
        (folder / name).symlink_to(prepared / name)
    shutil.copytree(prepared / "mlruns", folder / "mlruns")
    monkeypatch.chdir(folder)
    # MLflow itself sets it to the last store.
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def run(
    folder: Path, *overrides: str, output: Path | None = None, checks: int | None = None
) -> experiment.Result:
    interruption = InterruptedAt(checks) if checks is not None else None
    return experiment.run(
        config_of(folder, *STEPS, *overrides), output=output, interruption=interruption
    )


def interrupted(folder: Path, *overrides: str, checks: int = 2) -> None:
    with pytest.raises(Interrupted):
        run(folder, *overrides, checks=checks)


def recorded() -> list[tuple[str, str, list[tuple[int, float]]]]:
    """Id, status and validation losses of all runs, newest first."""
    client = connection.client()
    runs = client.search_runs([client.get_experiment_by_name("shapes").experiment_id])
    histories = [client.get_metric_history(run.info.run_id, "validation/loss") for run in runs]
    return [
        (run.info.run_id, run.info.status, [(point.step, point.value) for point in history])
        for run, history in zip(runs, histories, strict=True)
    ]


def folder_of(result: experiment.Result) -> Path:
    return Path("mlruns/checkpoints") / result.run_key


def key_of(folder: Path, *overrides: str) -> str:
    """The key of a run that need not be trained."""
    return Run.of(config_of(folder, *STEPS, *overrides), Path("data/prepared/shapes")).key


def test_finished_run_is_not_trained_again(folder, finished, capsys):
    assert run(folder) == finished
    assert len(recorded()) == 1
    assert (
        f"shapes: this run is already finished ({finished.run_id}); "
        "to train it from scratch: force=true" in capsys.readouterr().err
    )


def test_finished_run_imports_no_large_library(folder, finished, monkeypatch):
    """TensorFlow, MLflow and what they import take seconds."""
    run(folder)  # the store was copied: opening it corrects its locations
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow has just set it
    code = "import sys; from pipeline.train import main; main(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, *STEPS, "training.early_stopping=null"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    result, _, modules = done.stdout.partition("\n")
    assert json.loads(result)["run_id"] == finished.run_id, done.stderr
    large = {"tensorflow", "keras", "mlflow", "sqlalchemy", "sklearn", "scipy", "pandas"}
    assert large.isdisjoint(modules.split())


def test_checkpoints_of_chosen_epochs_are_kept(folder, whole):
    kept = run(folder, "checkpoint.keep_every=2")
    assert kept_steps(folder_of(kept)) == [6]
    state = checkpoint.read(kept_file(folder_of(kept), 6))
    assert state.facts["run_id"] == kept.run_id
    assert kept.fingerprint == whole.result.fingerprint


def test_run_that_kept_no_checkpoints_says_so(folder, finished, capsys):
    run(folder, "checkpoint.keep_every=2")
    line = "shapes: it kept no checkpoints; checkpoint.keep_every needs force=true"
    assert line in capsys.readouterr().err


def test_finished_run_is_published_again(folder, finished):
    run(folder, output=folder / "outputs/shapes")
    assert sorted(
        path.relative_to("outputs/shapes").as_posix() for path in Path("outputs").rglob("*.*")
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


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def weights(model: Path) -> bytes:
    with ZipFile(model) as file:
        return file.read("model.weights.h5")


def replace_by_another_run(path: Path) -> None:
    other = run(Path.cwd(), "seed=7")
    shutil.rmtree(path.parent)
    shutil.copytree(folder_of(other) / "result", path.parent)


@pytest.mark.parametrize("damage", [truncate, replace_by_another_run])
def test_damaged_result_is_made_again(folder, finished, capsys, damage):
    model = folder_of(finished) / "result/model.keras"
    weights_before = weights(model)
    damage(model)
    second = run(folder)
    assert "shapes: warning: the finished result is damaged" in capsys.readouterr().err
    assert second.fingerprint == finished.fingerprint
    assert second.run_id != finished.run_id
    # The file differs from the original one by its time and the id of its run.
    assert weights(model) == weights_before


def test_forced_run_is_new_with_equal_bits(folder, finished):
    second = run(folder, "force=true")
    assert (second.run_key, second.fingerprint) == (finished.run_key, finished.fingerprint)
    assert [(run_id, status) for run_id, status, _ in recorded()] == [
        (second.run_id, "FINISHED"),
        (finished.run_id, "FINISHED"),
    ]


def test_another_seed_is_another_run(folder, whole):
    assert key_of(folder, "seed=7") != whole.result.run_key


@pytest.mark.parametrize("setting", ["checkpoint.every_seconds=7", "tracking.log_model=true"])
def test_settings_without_effect_do_not_change_the_key(folder, whole, setting):
    assert key_of(folder, setting) == whole.result.run_key


def on_another_cpu(monkeypatch: pytest.MonkeyPatch) -> str:
    here = str(environment.cpu())
    monkeypatch.setattr(environment, "cpu", lambda: Cpu("Another CPU", "armv8"))
    return here


@pytest.mark.usefixtures("interrupted_run")
def test_run_does_not_resume_on_another_cpu(folder, monkeypatch):
    here = on_another_cpu(monkeypatch)
    with pytest.raises(
        PipelineError, match="another kind of CPU, so the bits may differ"
    ) as caught:
        run(folder)
    received = f"Received: {here} in the checkpoint, Another CPU (armv8) on this machine"
    assert received in str(caught.value)


@pytest.mark.usefixtures("interrupted_run")
def test_run_resumed_on_another_cpu_names_both(folder, whole, monkeypatch):
    here = on_another_cpu(monkeypatch)
    result = run(folder, "checkpoint.allow_environment=true")
    assert result.cpus == [here, "Another CPU (armv8)"]
    assert record.read(folder_of(result) / "result", made_by="").cpus == result.cpus
    assert result.run_key == whole.result.run_key
    tags = connection.client().get_run(result.run_id).data.tags
    assert tags["cpu"] == f"{here}, then Another CPU (armv8)"


def test_finished_run_of_another_cpu_says_its_cpu(folder, finished, monkeypatch, capsys):
    here = on_another_cpu(monkeypatch)
    assert run(folder) == finished
    assert f"shapes: it was trained on another kind of CPU: {here}" in capsys.readouterr().err


def test_record_names_the_environment(folder, finished):
    recorded = record.read(folder_of(finished) / "result", made_by="")
    expected = {"versions": environment.versions(), **environment.settings()}
    assert recorded.environment == expected


# Inside an epoch, at its last step, and before the result is written.
@pytest.mark.parametrize("checks", [1, 4, 5])
def test_interrupted_run_resumes_to_the_same_record(folder, whole, checks):
    interrupted(folder, checks=checks)
    ((run_id, status, _),) = recorded()
    assert status == "KILLED"
    result = run(folder)
    assert (result.fingerprint, result.metrics) == (
        whole.result.fingerprint,
        whole.result.metrics,
    )
    assert recorded() == [(run_id, "FINISHED", whole.losses)]


@dataclass(frozen=True)
class Resumed:
    """The interrupted run after it resumed, with its records before and after, and its log."""

    result: experiment.Result
    records: list[list[tuple[str, str, list[tuple[int, float]]]]]
    log: str
    files: list[str]
    resumed_at: str


@pytest.fixture(scope="module")
def resumed(prepared, interruption, tmp_path_factory) -> Resumed:
    source, first_log = interruption
    with new_folder(prepared, tmp_path_factory) as folder, redirect_stderr(StringIO()) as log:
        copy_runs(source, folder)
        first = recorded()
        result = run(folder)
        files = sorted(path.name for path in folder_of(result).iterdir())
        tags = connection.client().get_run(result.run_id).data.tags
        whole_log = first_log + log.getvalue()
        return Resumed(result, [first, recorded()], whole_log, files, tags["resumed.at"])


def test_resumed_run_has_the_record_of_the_whole(whole, resumed):
    ((run_id, status, _),), after = resumed.records
    assert status == "KILLED"
    assert after == [(run_id, "FINISHED", whole.losses)]


def test_resumed_run_has_the_same_bits(whole, resumed):
    assert resumed.result.fingerprint == whole.result.fingerprint
    assert resumed.result.metrics == whole.result.metrics


def test_resumed_run_logs_its_first_step(resumed):
    assert "shapes: interrupted; the same command resumes it" in resumed.log
    assert "shapes: resumes from step 3 of 9, epoch 1 of 3" in resumed.log


def test_record_names_the_step_of_the_checkpoint(resumed):
    assert resumed.resumed_at == "3"


def test_finished_run_keeps_no_checkpoint(resumed):
    assert resumed.files == ["lock", "result"]


@pytest.mark.usefixtures("interrupted_run")
def test_force_forgets_a_checkpoint(folder, capsys):
    run(folder, "force=true")
    assert "resumes from step" not in capsys.readouterr().err
    assert [status for _, status, _ in recorded()] == ["FINISHED", "KILLED"]


@pytest.mark.usefixtures("interrupted_run")
def test_resumed_run_gets_a_record_in_another_store(folder, prepared, whole, monkeypatch):
    shutil.copy(prepared / "mlruns/mlflow.db", folder / "another.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'another.db'}")
    result = run(folder)
    assert result.fingerprint == whole.result.fingerprint
    assert recorded() == [(result.run_id, "FINISHED", whole.losses)]


def test_finished_run_without_a_record_is_trained_again(folder, finished, capsys):
    connection.client().delete_run(finished.run_id)
    second = run(folder)
    assert second.run_id != finished.run_id
    assert second.fingerprint == finished.fingerprint
    assert (
        "this run is finished, but the tracking store does not have its record "
        f"({finished.run_id}), so it is trained again\n"
    ) in capsys.readouterr().err


def test_deleted_files_of_a_run_are_logged_again(folder, capsys):
    first = run(folder, "tracking.log_model=true")
    shutil.rmtree("mlruns/artifacts")
    assert run(folder, "tracking.log_model=true").run_id == first.run_id
    assert "the record had no files of the model; it is logged again\n" in capsys.readouterr().err
    files = mlflow.artifacts.list_artifacts(run_id=first.run_id)
    assert [file.path for file in files] == ["config.yaml", "data_card.md"]
    assert pipeline.load(first.run_id).card.run_id == first.run_id


@pytest.mark.usefixtures("interrupted_run")
def test_checkpoint_of_another_run_is_refused(folder, whole):
    other = Path("mlruns/checkpoints", key_of(folder, "seed=7"))
    folder_of(whole.result).rename(other)
    with pytest.raises(PipelineError) as caught:
        run(folder, "seed=7")
    assert str(caught.value) == (
        f"the checkpoint in {other.resolve()} belongs to another run: "
        "settings.seed differs. "
        "Received: 42 in the checkpoint, 7 in this run. "
        "Remove the folder, or train from scratch with: force=true."
    )


def test_diverged_run_fails_again_with_equal_text(folder):
    messages = []
    for _ in range(2):
        with pytest.raises(PipelineError, match=r"^training diverged: ") as caught:
            run(folder, "data=prices", "optimizer.learning_rate=1.0e+30")
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


DIVERGING = [
    *("data=prices", "optimizer.learning_rate=100", "optimizer.momentum=0"),
    *("optimizer.clipnorm=null", "training.epochs=40", "training.early_stopping.patience=null"),
]


def metrics_in_text(result: experiment.Result) -> list[str]:
    """Each point's metrics as text, because NaN equals nothing."""
    return [str(point.metrics) for point in result.history]


@dataclass(frozen=True)
class Diverged:
    """A run of a linear network that grows until it is infinite, twice, and what that logged."""

    first: experiment.Result
    again: experiment.Result
    log: str
    metrics: dict[str, float]
    tags: dict[str, str]


@pytest.fixture(scope="module")
def diverged(prepared, tmp_path_factory) -> Diverged:
    with new_folder(prepared, tmp_path_factory) as folder, redirect_stderr(StringIO()) as log:
        first, again = (run(folder, *DIVERGING) for _ in range(2))
        data = connection.client().get_run(first.run_id).data
        return Diverged(first, again, log.getvalue(), data.metrics, data.tags)


@pytest.mark.parametrize("checks", [2, 5])
def test_interrupted_run_diverges_to_the_same_bits(folder, diverged, checks, capsys):
    interrupted(folder, *DIVERGING, checks=checks)
    result = run(folder, *DIVERGING)
    assert "prices: resumes from step " in capsys.readouterr().err
    assert result.fingerprint == diverged.first.fingerprint
    assert metrics_in_text(result) == metrics_in_text(diverged.first)
    assert result.metrics == diverged.first.metrics


def test_run_that_kept_its_best_epoch_is_finished(diverged):
    first, again = diverged.first, diverged.again
    assert "prices: this run is already finished" in diverged.log
    assert (again.run_id, again.fingerprint) == (first.run_id, first.fingerprint)
    assert diverged.metrics["best/validation/loss"] == first.metrics["validation/loss"]
    assert diverged.tags["diverged"] == f"after step {first.history[-1].step}"


def test_interruption_before_logging_the_model_loses_nothing(folder, whole):
    interrupted(folder, "tracking.log_model=true", checks=6)
    result = run(folder, "tracking.log_model=true")
    client = connection.client()
    models = client.search_logged_models([client.get_run(result.run_id).info.experiment_id])
    assert result.fingerprint == whole.result.fingerprint
    assert [model.status for model in models] == ["READY"]
    assert STORE.missing([result.run_id]) == set()


@dataclass(frozen=True)
class Paused:
    """A run that was paused after each of two epochs, and finished.

    Attributes:
        error: of the first pause. That pause was to write the files of the model.
        published: whether it wrote any.
        parts: the results of the second pause and of the finished run.
        records: after each of the three.
    """

    error: str
    published: bool
    parts: list[experiment.Result]
    records: list[list[tuple[str, str, list[tuple[int, float]]]]]


@pytest.fixture(scope="module")
def paused(prepared, tmp_path_factory) -> Paused:
    with new_folder(prepared, tmp_path_factory) as folder:
        output = folder / "outputs/shapes"
        error = refusal(run, folder, "checkpoint.pause_at=1", output=output)
        records, parts = [recorded()], []
        for overrides in (["checkpoint.pause_at=2"], []):
            parts.append(run(folder, *overrides))
            records.append(recorded())
        return Paused(error, output.parent.exists(), parts, records)


def test_paused_run_resumes_to_the_same_bits(whole, paused):
    part, result = paused.parts
    assert part.paused
    assert [[status for _, status, _ in one] for one in paused.records[:2]] == [["SCHEDULED"]] * 2
    assert (result.run_id, result.fingerprint, result.metrics) == (
        part.run_id,
        whole.result.fingerprint,
        whole.result.metrics,
    )
    assert paused.records[-1] == [(part.run_id, "FINISHED", whole.losses)]


def test_paused_run_publishes_nothing(paused):
    assert paused.error == (
        "shapes: a paused run has no model yet. Received: checkpoint.pause_at=1. "
        "Resume it with: checkpoint.pause_at=null."
    )
    assert not paused.published
