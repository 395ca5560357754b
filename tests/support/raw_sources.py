"""Small fetched sources as `pipeline.fetch` would leave them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pipeline.config.data import Data, Task
from pipeline.config.split import SplitSettings


def write_source(folder: Path, *, train: str, test: str | None = None, **facts: Any) -> Path:
    """Writes CSV files and matching facts; `facts` replaces some of them."""
    folder.mkdir(parents=True)
    contents = {"data.csv": train} if test is None else {"train.csv": train, "test.csv": test}
    files = {}
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8", newline="")
        files[name] = {
            "rows": max(len(content.splitlines()) - 1, 0),
            "bytes": len(content.encode()),
            "sha256": hashlib.sha256(content.encode()).hexdigest(),
        }
    provenance: dict[str, Any] = {
        "source": folder.name,
        "format": "csv",
        "downloads": [],
        "files": files,
        "columns": train.partition("\n")[0].split(","),
        "target": None,
        "image_shape": None,
        "pixel_maximum": None,
        "classes": None,
    }
    (folder / "provenance.json").write_text(json.dumps(provenance | facts))
    return folder


def table(rows: list[str], header: str = "a,b,y") -> str:
    return "\n".join([header, *rows]) + "\n"


def data_of(
    name: str = "own", task: Task = Task.regression, target: Any = "y", **settings: Any
) -> Data:
    """Settings of a data variant. `split` is a dictionary."""
    split = SplitSettings(**settings.pop("split", {}))
    return Data(name=name, task=task, target=target, split=split, **settings)
