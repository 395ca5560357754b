"""Facts about data without any files, for tests that only need the facts."""

from typing import Any

from pipeline.data.prepared import Meta, NumericFeature, Table, Target

IMAGES: dict[str, Any] = {
    "shape": [8, 8, 1],
    "dtype": "uint8",
    "pixel_maximum": 255,
    "pixel_columns": [f"p{number}" for number in range(64)],
    "classes": ["a", "b", "c"],
    "table": None,
}


def images(**facts: Any) -> Meta:
    """Facts about 8 by 8 images of three classes; `facts` replaces some of them."""
    return _meta(**IMAGES | facts)


def table(features: int = 2, **facts: Any) -> Meta:
    """Facts about numbers and two classes; `facts` replaces some of them."""
    numeric = [
        NumericFeature(
            f"x{number}", [f"x{number}"], missing=0.0, mean=0.0, scale=1.0, quantiles=[-2, 0, 2]
        )
        for number in range(features)
    ]
    defaults = {
        "shape": [features],
        "dtype": "float32",
        "pixel_maximum": None,
        "pixel_columns": None,
        "classes": ["no", "yes"],
    }
    return _meta(**defaults | {"table": Table(numeric, [])} | facts)


def regression(features: int = 2) -> Meta:
    """Facts about numbers and a number as the target."""
    return table(features, classes=None, task="regression")


def _meta(**facts: Any) -> Meta:
    defaults = {
        "name": "toy",
        "source": "toy",
        "task": "classification",
        "config": {},
        "target": Target("y"),
        "statistics": {},
        "rows": {"train": 36, "validation": 12, "test": 12},
        "digests": {"train": "1" * 32, "validation": "2" * 32, "test": "3" * 32},
        "files": {},
        "source_digests": {},
    }
    return Meta(**defaults | facts)
