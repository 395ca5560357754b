"""The results that most tests of the report read."""

from pathlib import Path

import pytest

from tests.support.results import write_outputs


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """The folder `outputs/`: `shapes` has a result, `pairs` has none."""
    return write_outputs(tmp_path / "outputs")
