"""Saved models of the toy data, as a run leaves them. Their networks are not trained."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.data.prepared import Meta, load_meta, load_split
from pipeline.models import families, serving
from pipeline.models.families.mlp import Mlp
from pipeline.runs import result
from pipeline.serving import predictor
from pipeline.serving.predictor import Predictor
from tests.support.cards import card_of


@pytest.fixture(scope="package")
def drawings(_prepared: Path) -> NDArray[np.uint8]:
    """The test images of `shapes`, (12, 8, 8, 1)."""
    return np.array(load_split(_prepared / "data/prepared/shapes", "test").x)


@pytest.fixture(scope="package")
def metas(_prepared: Path) -> dict[str, Meta]:
    names = ("shapes", "pairs", "prices")
    return {name: load_meta(_prepared / "data/prepared" / name) for name in names}


@pytest.fixture(scope="package")
def folders(metas: dict[str, Meta], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each model, by the name of its data."""
    root = tmp_path_factory.mktemp("models")
    for name, meta in metas.items():
        network = families.build(Mlp(units=[5]), meta, seed=1)
        card = card_of(meta)
        result.save_model(serving.serve(network, meta), root / name / "model.keras", card)
        (root / name / "model.json").write_text(card.text(), encoding="utf-8")
    return {name: root / name for name in metas}


@pytest.fixture(scope="package")
def predictors(folders: dict[str, Path]) -> dict[str, Predictor]:
    """Each model as `pipeline.load` gives it."""
    return {name: predictor.load(folder / "model.keras") for name, folder in folders.items()}
