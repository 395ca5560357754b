"""The class with the nearest mean image (Euclidean distance)."""

from typing import Any

from pipeline.baselines import Baseline, has_images
from pipeline.data.prepared import Meta


def _build(_meta: Meta, _rows: int) -> Any:
    from sklearn.neighbors import NearestCentroid

    return NearestCentroid()


BASELINE = Baseline(
    title="nearest class mean",
    place=20,
    suits=lambda meta: meta.task == "classification" and has_images(meta),
    build=_build,
    has_probabilities=False,
)
