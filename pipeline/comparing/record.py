"""The record of a comparison, `outputs/comparisons/<a>_vs_<b>/comparison.json`.

It holds the sha256 of each file that the comparison read. So the report can check whether the
comparison still holds for the present results.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.comparing.comparison import Comparison, Measured, Pair, Part, Value
from pipeline.errors import PipelineError
from pipeline.files import digests_below, read_sealed, require_files, sha256, write_sealed
from pipeline.layout import COMPARISONS

FILE = "comparison.json"
TEXT = "comparison.md"
FIGURES = {"differences.png": "values and differences", "curves.png": "validation curves"}
_LONGEST = 120  # characters of a folder's name


def folder_of(names: Iterable[str], *, choices: Iterable[str]) -> Path:
    """The folder of a comparison.

    Args:
        choices: what the command chose besides the names, such as `seeds`.
    """
    text = "_".join(["_vs_".join(names), *choices]).replace("/", "-")
    text = "".join(letter if letter.isalnum() or letter in "_-." else "-" for letter in text)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return COMPARISONS / text


def write(folder: Path, comparison: Comparison) -> None:
    """Writes the record of a comparison and of the other files in its folder."""
    write_sealed(folder / FILE, _content(comparison) | {"files": digests_below(folder)})


def _content(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain values, with its verdict for readers of the file."""
    return asdict(comparison) | {
        "metric": comparison.metric,
        "better": comparison.best,
        "verdict": comparison.verdict,
    }


def read(folder: Path) -> Comparison:
    """Reads what `write` wrote.

    Raises:
        PipelineError: a file is missing or damaged, or another version of this package wrote it.
    """
    made_by = "python -m pipeline.compare"
    values = read_sealed(folder / FILE, made_by=made_by)
    try:
        require_files(folder, values["files"], made_by=values["command"])
        own = {name: values[name] for name in Comparison.__dataclass_fields__}
        return Comparison(**own | {"parts": [_part(part) for part in own["parts"]]})
    except (KeyError, TypeError) as error:
        raise PipelineError(
            f"{folder / FILE} is of another version of this package",
            received=error,
            expected=f"Make it again with: {made_by}",
        ) from None


def _part(values: Mapping[str, Any]) -> Part:
    return Part(**{**values, "measured": [_measured(measured) for measured in values["measured"]]})


def _measured(values: Mapping[str, Any]) -> Measured:
    own = {name: Value(**value) for name, value in values["values"].items()}
    return Measured(
        **{**values, "values": own, "pairs": [Pair(**pair) for pair in values["pairs"]]}
    )


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """The sha256 of each file, by path."""
    return {path.as_posix(): sha256(path) for path in dict.fromkeys(paths)}


def outdated(comparison: Comparison) -> str:
    """Why a comparison no longer holds for the present results; empty if it does."""
    for name, digest in comparison.sources.items():
        path = Path(name)
        if not path.is_file():
            return f"{name} is missing"
        if sha256(path) != digest:
            return f"{name} has changed since"
    return ""


def identifier(comparison: Comparison) -> str:
    """12 hexadecimal digits that identify the compared runs and how they were compared."""
    how = [[part.over, part.decisive.metric] for part in comparison.parts]
    text = json.dumps([list(comparison.names), how, dict(comparison.runs)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
