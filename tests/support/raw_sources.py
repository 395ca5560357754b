"""Small fetched sources, as `pipeline.fetch` would leave them, for tests of what comes after."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pipeline.config.data import Data, Split, Task


def write_source(
    folder: Path, *, train: str | bytes, test: str | bytes | None = None, **facts: Any
) -> Path:
    """Writes CSV files and the provenance that fits them; `facts` replaces what it says."""
    folder.mkdir(parents=True)
    files = {}
    main = "data.csv" if test is None else "train.csv"
    for name, content in ((main, train), ("test.csv", test)):
        if content is not None:
            raw = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(raw)
            rows = max(len(raw.splitlines()) - 1, 0)
            files[name] = {
                "rows": rows,
                "bytes": len(raw),
                "sha256": hashlib.sha256(raw).hexdigest(),
            }
    header = (folder / main).read_bytes().split(b"\n")[0].decode(errors="replace").strip()
    provenance: dict[str, Any] = {
        "source": folder.name,
        "format": "csv",
        "downloads": [],
        "files": files,
        "columns": header.split(","),
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
    name: str = "own", task: Task = Task.regression, target: str = "y", **settings: Any
) -> Data:
    """Settings of a variant; `split` may be given as a dictionary."""
    split = Split(**settings.pop("split", {}))
    return Data(name=name, task=task, target=target, split=split, **settings)
