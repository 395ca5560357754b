"""What `fetch` left in `data/raw/<source>`: CSV files, and in `provenance.json` the facts about them."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DataError
from pipeline.files import read_json, sha256


@dataclass(frozen=True)
class Raw:
    """A fetched source, whose bytes are those that `fetch` wrote.

    `rows` and `digests` are by file name. Images have `image_shape` (height, width, channels) and
    `pixel_maximum`; `classes` names the class numbers of images and may be empty.
    """

    folder: Path
    columns: list[str]
    target: str | None
    image_shape: tuple[int, int, int] | None
    pixel_maximum: int
    classes: list[str]
    rows: dict[str, int]
    digests: dict[str, str]

    @property
    def train(self) -> Path:
        """The rows to part: `train.csv` where the source has its own test part, else `data.csv`."""
        return self.folder / ("train.csv" if "test.csv" in self.rows else "data.csv")

    @property
    def test(self) -> Path | None:
        """The source's own test part, where it has one."""
        return self.folder / "test.csv" if "test.csv" in self.rows else None


def open_raw(folder: Path) -> Raw:
    """Reads the facts about a fetched source and checks every byte of it.

    Raises:
        PipelineError: there is no such source yet.
        DataError: a file is missing, or its bytes are not those that `fetch` wrote.
    """
    command = f"python -m pipeline.fetch source={folder.name}"
    facts = read_json(folder / "provenance.json", made_by=command)
    for name, file in facts["files"].items():
        _check_bytes(folder / name, file["sha256"], command)
    shape = facts["image_shape"]
    return Raw(
        folder=folder,
        columns=facts["columns"],
        target=facts["target"],
        image_shape=tuple(shape) if shape else None,
        pixel_maximum=facts["pixel_maximum"] or 255,
        classes=facts["classes"] or [],
        rows={name: file["rows"] for name, file in facts["files"].items()},
        digests={name: file["sha256"] for name, file in facts["files"].items()},
    )


def _check_bytes(path: Path, expected: str, command: str) -> None:
    if not path.is_file():
        raise DataError(f"{path} is missing", expected=f"Make it with: {command}")
    received = sha256(path)
    if received != expected:
        raise DataError(
            f"{path} is not the file that fetch wrote",
            received=f"sha256 {received[:12]}…",
            expected=f"Expected: sha256 {expected[:12]}…; make it anew with: {command}",
        )
