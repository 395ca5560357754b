"""A feature function on toy data: prepare, train, save, and load elsewhere."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

import pipeline
from pipeline import code, experiment
from pipeline.config import own_code
from pipeline.config.experiment_composition import compose_experiment
from pipeline.data.prepared import load_meta, load_split
from pipeline.data.preparing.preparation import prepare
from pipeline.models import anatomy
from pipeline.runs.run import Run
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.toy import PRICES, config_of, copy_conf, data_settings, write_raw

FILE = """
from keras import ops


def crowd(rooms, houses, least):
    return ops.log(ops.maximum(rooms, least)) / houses
"""
EDITED = FILE.replace("log", "sqrt")
FUNCTIONS = """drop: [rooms, houses]
functions:
  crowd: {function: features/mine.py:crowd, columns: [rooms, houses], arguments: {least: 1}}
"""
OF_RATIOS = "drop: [rooms]\nratios: {rooms_per_house: [rooms, houses]}\n"
ROW = {"rooms": [8, 0], "houses": [2, 4], "size / m2": [30.0, None], "area": ["north", ""]}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        conf = copy_conf(folder)
        assert OF_RATIOS in PRICES
        (conf / "data/prices.yaml").write_text(PRICES.replace(OF_RATIOS, FUNCTIONS))
        Path("features").mkdir()
        Path("features/mine.py").write_text(FILE)
        write_raw(Path("data/raw"))
        prepare(data_settings("prices", conf))
    return folder


@pytest.fixture
def project(prepared, monkeypatch):
    monkeypatch.chdir(prepared)
    yield prepared
    (prepared / "features/mine.py").write_text(FILE)


@pytest.fixture(scope="module")
def trained(prepared):
    """A result. The user edits the file of the function while it trains."""
    file = prepared / "features/mine.py"
    edit = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: file.write_text(EDITED))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(prepared)
        experiment.run(config(), output=Path("outputs/prices"), callbacks=[edit])
    assert file.read_text() == EDITED
    file.write_text(FILE)
    return prepared / "outputs/prices"


def config():
    return config_of(Path(), "data=prices", "training.xla=false")


def meta():
    return load_meta(Path("data/prepared/prices"))


def test_feature_is_computed_and_standardised(project):
    table = meta().table
    assert table.features[:2] == ["size / m2", "crowd"]
    feature = table.numeric[1]
    assert (feature.of, feature.function.name) == (["rooms", "houses"], "features/mine.py:crowd")
    rows = np.genfromtxt("data/prepared/prices/train/rows.csv", delimiter=",", skip_header=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.log(np.maximum(rows[:, 0], 1)) / rows[:, 1]
    filled = np.where(np.isfinite(expected), expected, feature.missing)
    x = load_split(Path("data/prepared/prices"), "train").x[:, 1]
    assert x == pytest.approx((filled - feature.mean) / feature.scale, abs=1e-6)


def test_data_card_names_the_function(project):
    card = Path("data/prepared/prices/data_card.md").read_text()
    assert "- crowd is computed by features/mine.py:crowd from rooms, houses\n" in card
    assert "| crowd |" in card


def test_saved_model_agrees_and_needs_no_code(project, trained, tmp_path):
    split = load_split(Path("data/prepared/prices"), "train")
    predictor = pipeline.load("prices")
    served = predictor.predict(pd.read_csv(split.rows))
    model = keras.saving.load_model(trained / "model.keras", compile=False)
    raw = anatomy.network_of(model)(np.array(split.x))
    expected = meta().targets[0].decoded(np.asarray(raw)).ravel()
    assert np.asarray(served, dtype=float) == pytest.approx(expected, rel=1e-6)
    shutil.copy(trained / "model.keras", tmp_path)
    Path("features/mine.py").unlink()
    elsewhere = pipeline.load(str(tmp_path / "model.keras"))
    assert np.array_equal(elsewhere.predict(ROW), predictor.predict(ROW))


def test_code_lies_next_to_the_model(trained):
    assert (trained / "code/features/mine.py").read_text() == FILE
    assert json.loads((trained / "code/index.json").read_text()) == {"files": ["features/mine.py"]}


def test_edited_function_asks_to_prepare_again(project):
    Path("features/mine.py").write_text(EDITED)
    text = refusal(Run.of, config(), Path("data/prepared/prices"))
    assert text.startswith("the code of features/mine.py:crowd has changed since prices was prep")


def test_edit_changes_the_identity_of_the_data(project, tmp_path):
    before = meta().identity
    Path("features/mine.py").write_text(EDITED)
    after = prepare(data_settings("prices", Path("conf")), root=tmp_path).identity
    assert before["encoding"] != after["encoding"]


def test_edit_changes_the_file_that_prepare_depends_on(project, call):
    def features() -> dict[str, str]:
        call(code, "features")
        return {path.stem: path.read_text() for path in Path("outputs/features").iterdir()}

    Path("params.yaml").write_text(
        "sources: [prices, pairs]\nown_files: {}\ndata: {prices: prices, pairs: pairs}\n"
        "own_code: {features: features}\nexperiments: {}\nrepeats: {}\noverrides: []\n"
    )
    before = features()
    Path("features/mine.py").write_text(f"# A comment.\n{FILE}")
    assert features() == before
    Path("features/mine.py").write_text(EDITED)
    after = features()
    assert {name for name in before if before[name] != after[name]} == {"prices"}


def test_unlisted_file_is_refused(project, call):
    Path("params.yaml").write_text(
        "sources: [prices]\nown_files: {}\ndata: {prices: prices}\n"
        "own_code: {}\nexperiments: {}\nrepeats: {}\noverrides: []\n"
    )
    text = refusal(call, code, "features")
    assert "own_code does not list a file that conf/data/prices.yaml uses" in text
    assert "Add mine: features/mine.py to own_code" in text
    assert "a file that prices uses" in refusal(own_code.require_listed, [config()], {})


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("data.functions.crowd.columns=[rooms]", "crowd.arguments lacks an argument"),
        ("data.functions.crowd.columns=[rooms,price]", "Expected: one column or more, without"),
        ("data.functions.crowd.function=features/mine.py:other", "names other, but features/"),
        ("data.functions.crowd.function=gone.py:crowd", "names a file that is missing: gone.py"),
        ("+data.functions.crowd.arguments.most=2", "crowd.arguments.most is not an argument of"),
        ("+data.ratios.crowd=[rooms,houses]", "data.functions.crowd is invalid"),
    ],
)
def test_invalid_function_is_refused_before_it_runs(project, override, fault):
    assert fault in refusal(compose_experiment, ["data=prices", override])
