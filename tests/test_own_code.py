"""docs/your-own-model.md on toy data: train, kill, resume, evaluate, predict, serve and sweep."""

import shutil
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml

import pipeline
from pipeline import experiment
from pipeline.command_line import with_key
from pipeline.config import own_code, resolved
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.source import Source
from pipeline.data.fetching.sources import fetch
from pipeline.data.prepared import load_split
from pipeline.data.preparing.preparation import prepare
from pipeline.errors import PipelineError
from pipeline.evaluation.assessment import assess
from pipeline.own import loading
from pipeline.own.references import reference
from pipeline.runs import identity
from pipeline.signals import Interrupted, Interruption
from pipeline.studies.grid import compose_grid
from pipeline.studies.journal import SweepJournal
from pipeline.studies.running import run_grid_trial
from pipeline.studies.sweep import run_sweep
from pipeline.studies.sweep_settings import SweepSettings
from pipeline.tracking import connection
from pipeline.training import loop
from tests.support import ROOT, pages
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.interruptions import InterruptedAt
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.toy import config_of, data_settings, prepare_all
from tests.support.trials import HereProcess

PAGE = "your-own-model.md"
FILES = pages.files(PAGE)
NAME = "flats_gated"
STEPS = [
    *("experiment=flats_gated", "data=pairs", "training.xla=false", "training.epochs=4"),
    *("training.batch_size=12", "tracking=mlflow", "baselines=false"),
    "training.early_stopping.monitor=validation/my_models.py:cost",
]
ROWS = pd.DataFrame({"x": [0.5, -1.0], "y": [0.25, 0.5]})


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    prepare_all(folder)
    add_store(folder)
    (folder / "conf/data/flats.yaml").write_text("source: pairs\ntask: classification\n")
    write_page(folder)
    return folder


def write_page(folder: Path) -> None:
    for name, text in FILES.items():
        if name != "params.yaml":
            (folder / name).write_text(text)


@contextmanager
def inside(folder: Path):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(loop, "_LARGEST_SHARE", 1e9)  # every evaluation writes a checkpoint
        yield


def config(*overrides: str):
    return config_of(Path(), *STEPS, *overrides)


@pytest.fixture(scope="module")
def trained(prepared):
    """An uninterrupted run, with its outputs."""
    with inside(prepared):
        result = experiment.run(config(), output=Path("outputs") / NAME)
        resolved.write(config(), Path("outputs/configs") / f"{NAME}.yaml")
    return result


@pytest.fixture
def project(prepared, trained):
    with inside(prepared):
        yield prepared


def test_killed_and_resumed_run_has_the_same_bits(project, trained, tmp_path):
    for name in ("conf", "data"):
        (tmp_path / name).symlink_to(project / name)
    for name in ("my_models.py", "my_figures.py"):
        shutil.copy(name, tmp_path)
    add_store(tmp_path)
    with inside(tmp_path):
        with pytest.raises(Interrupted):
            experiment.run(config(), interruption=InterruptedAt(3))
        resumed = experiment.run(config())
    assert resumed.fingerprint == trained.fingerprint
    assert resumed.metrics == trained.metrics


@pytest.fixture(scope="module")
def assessment(prepared, trained):
    with inside(prepared):
        return assess(NAME, Path("outputs") / NAME, Path("data/prepared/pairs"))


def test_own_metric_is_measured_and_evaluated(assessment, trained):
    assert "validation/my_models.py:cost" in trained.metrics
    cost = assessment.test["my_models.py:cost"]
    low, high = cost.interval
    assert low <= cost.value <= high


def test_own_figure_shows_the_own_metric(project, assessment):
    (function,) = config().figures
    figure = loading.load(reference(function, key="figures"), key="figures")(assessment.subject)
    costs = figure.axes[0].lines[0].get_ydata()
    assert costs[50] == pytest.approx(assessment.test["my_models.py:cost"].value)


def test_model_predicts_after_its_file_is_gone(project):
    before = pipeline.load(NAME).predict_proba(ROWS)
    kept = Path("my_models.py").read_text()
    Path("my_models.py").unlink()
    assert np.array_equal(pipeline.load(NAME).predict_proba(ROWS), before)
    Path("my_models.py").write_text(kept)


def test_copy_elsewhere_needs_the_file_of_the_repository(project, tmp_path):
    copy = tmp_path / "model.keras"
    shutil.copy(f"outputs/{NAME}/model.keras", copy)
    shutil.copytree(f"outputs/{NAME}/code", tmp_path / "code")
    pipeline.load(str(copy))
    shutil.move("my_models.py", "kept.py")
    text = refusal(pipeline.load, str(copy))
    shutil.move("kept.py", "my_models.py")
    assert text.startswith(f"{copy} needs your own code, and a file is missing: my_models.py. ")


def test_logged_model_serves_with_its_code(project, trained):
    connection.client()
    model = mlflow.pyfunc.load_model(f"runs:/{trained.run_id}/model")
    served = model.predict(ROWS)["probability_below"].to_numpy()
    assert np.array_equal(served, pipeline.load(NAME).predict_proba(ROWS)[:, 1])


def test_sweep_of_the_page_varies_an_argument(project):
    (commands,) = pages.blocks(PAGE, "sh")
    words = with_key(commands.splitlines()[1].split()[3:], "experiment")
    grid = compose_grid([*words, *STEPS[1:], "training.epochs=1", "tracking.log_model=false"])

    def launch(journal: SweepJournal, tags: Any, folders: Sequence[Path]) -> None:
        for number, folder in enumerate(folders):
            run_grid_trial(HereProcess(), grid, number, journal, tags, folder)

    result = run_sweep(grid, launch, Interruption(), SweepSettings())
    (table,) = Path("mlruns/sweeps").glob(f"{result['sweep_id']}/trials.csv")
    rows = pd.read_csv(table)
    assert rows["model.arguments.width"].tolist() == [8, 16]
    assert rows["status"].tolist() == ["FINISHED", "FINISHED"]


def test_page_lists_what_dvc_needs(project):
    listed = yaml.safe_load(FILES["params.yaml"])["own_code"]
    own_code.require_listed([config()], listed)
    with pytest.raises(PipelineError, match=r"Add my_models: my_models\.py to own_code"):
        own_code.require_listed([config()], {})


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("x * ops.tanh(x)", "x * ops.sin(x)", True),
        ("def bent", "# A comment.\ndef bent", False),
        ("    * 5.0", "    * 6.0", True),
        ("What a row costs", "The costs of a row", False),
    ],
)
def test_edit_changes_only_what_uses_it(project, old, new, changes):
    plain = compose_experiment(["data=pairs", "model=mlp"])
    before = [identity.listing(one) for one in (config(), plain)]
    text = Path("my_models.py").read_text()
    edited = text.replace(old.strip(), new.strip())
    assert edited != text
    Path("my_models.py").write_text(edited)
    after = [identity.listing(one) for one in (config(), plain)]
    Path("my_models.py").write_text(text)
    assert (before[0] != after[0]) is changes
    assert before[1] == after[1]


def test_page_names_the_error_of_an_argument(project):
    text = refusal(config, "+model.arguments.widht=3")
    assert "model.arguments.widht is not an argument of my_models.py:build" in text
    assert text[text.index("model.") :][:60] in (ROOT / "docs" / PAGE).read_text()


def test_features_of_the_page_are_prepared(project, tmp_path):
    fetch(Source(name="flats", path=str(ROOT / "docs/examples/flats.csv")), root=tmp_path / "raw")
    data = data_settings("flats_features", project / "conf")
    meta = prepare(data, raw_root=tmp_path / "raw", root=tmp_path)
    assert meta.table is not None
    own = [feature for feature in meta.table.numeric if feature.function is not None]
    assert [feature.name for feature in own] == ["age", "is_roomy"]
    x = load_split(tmp_path / "flats_features", "train").x
    ages = x[:, meta.table.features.index("age")] * own[0].scale + own[0].mean
    assert (ages.min(), ages.max()) == (pytest.approx(1), pytest.approx(124))


def test_skip_connection_of_the_page_composes(project):
    assert compose_experiment(["experiment=flats_skip", "data=pairs"]).model.has_branches
