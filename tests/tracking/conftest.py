"""One MLflow store for all tests of a module, because creating it takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.tracking import connection
from tests.support.stores import add_store


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder, with the store in `mlruns/`."""
    folder = tmp_path_factory.mktemp("repository")
    add_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield folder


@pytest.fixture(scope="module")
def client(here: Path) -> MlflowClient:
    return connection.client()
