"""Reads the comments at the head of a file in `conf/experiment/`."""

import re
from pathlib import Path


def head(path: Path) -> list[str]:
    """The comment lines before the settings."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines[: next(number for number, line in enumerate(lines) if not line.startswith("#"))]


def numbers(text: str) -> set[float]:
    """Each number of a text. A percentage counts as a share as well."""
    values = set()
    for number, percent in re.findall(r"(\d[\d,]*(?:\.\d+)?)( %)?", text):
        value = float(number.replace(",", ""))
        values |= {value, round(value / 100, 6)} if percent else {value}
    return values
