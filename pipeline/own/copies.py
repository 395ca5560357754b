"""Copies of the user's own code in the folder of a result, next to its model."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.files import write_json

FOLDER = "code"
INDEX = f"{FOLDER}/index.json"


def contents(files: Iterable[str], *, base: Path = Path()) -> dict[str, bytes]:
    """Reads files of the repository, by path.

    A training reads them at its start, because the user may edit them before it ends.
    """
    return {name: (base / name).read_bytes() for name in sorted(files)}


def write(code: Mapping[str, bytes], folder: Path) -> None:
    """Writes the copies below the folder of a result, with an index of them.

    A result without own code has an empty index, because DVC expects the same files of all.
    """
    for name, content in code.items():
        path = folder / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / FOLDER).mkdir(exist_ok=True)
    write_json(folder / INDEX, {"files": sorted(code)})


def beside(model: Path) -> Path | None:
    """The folder with a saved model's code: next to the model, or next to its snapshots' folder."""
    folders = (model.parent, model.parent.parent)
    return next((one / FOLDER for one in folders if (one / INDEX).is_file()), None)
