"""Untrained models of the toy data, for tests of what a saved model answers."""

from dataclasses import replace
from pathlib import Path

from pipeline.data.prepared import load_meta
from pipeline.models import families, serving
from pipeline.models.families.mlp import Mlp
from pipeline.runs import result
from tests.support.cards import card_of


def write_models(repository: Path) -> None:
    """Writes models/<data>/model.keras for each toy data variant, and models/photos.

    The last one is the model of `shapes`, as if it were trained on image files.
    """
    for name in ("prices", "pairs", "shapes"):
        meta = load_meta(repository / "data/prepared" / name)
        model = serving.serve(families.build(Mlp(units=[5]), meta, seed=1), meta)
        result.save_model(model, repository / f"models/{name}/model.keras", card_of(meta))
        if name == "shapes":
            card = card_of(replace(meta, pixel_columns=None))
            result.save_model(model, repository / "models/photos/model.keras", card)
