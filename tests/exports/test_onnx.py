"""The export to ONNX, with the packages of the extra `onnx`.

They are not in the lock, so `make exports` runs this file instead of `make test`.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline import export
from pipeline.data.prepared import load_meta
from pipeline.exporting.formats import onnx
from pipeline.models import families, serving
from pipeline.models.families.mlp import Mlp
from pipeline.runs import result
from pipeline.serving import loading
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.cards import card_of


@pytest.fixture(scope="module", autouse=True)
def _models(repository: Path) -> None:
    for name in ("pairs", "shapes"):
        meta = load_meta(repository / "data/prepared" / name)
        model = serving.serve(families.build(Mlp(units=[5]), meta, seed=1), meta)
        result.save_model(model, repository / f"models/{name}/model.keras", card_of(meta))


@pytest.fixture
def exported(in_repository, call, capsys):
    """Exports a model to ONNX, and returns the last line and the function of the file."""

    def exported(model):
        call(export, f"models/{model}", "--to", "onnx")
        line = json.loads(capsys.readouterr().out.splitlines()[-1])
        return line, onnx.FORMAT.open(Path(line["file"]))

    return exported


def test_images_get_the_answers_of_the_model(exported):
    line, answer = exported("shapes")
    images = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 1), np.uint8)
    expected = loading.load("models/shapes").predict_proba(images)
    assert (line["inputs"], line["rows"]) == (["pixels"], 12)
    assert answer({"pixels": images}) == pytest.approx(expected, abs=1e-6)


def test_columns_are_inputs_by_name(exported):
    line, answer = exported("pairs")
    values = {"y": np.array([[1.0], [np.nan]]), "x": np.array([[0.5], [2.0]])}
    rows = {name: column[:, 0] for name, column in values.items()}
    assert line["inputs"] == ["x", "y"]
    assert answer(values) == pytest.approx(loading.load("models/pairs").outputs(rows), abs=1e-6)
