"""One project for the tests of DVC and of two pages, because `dvc repro` takes minutes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas
import pytest
import yaml

from tests.support import pages
from tests.support.project import Project
from tests.support.stores import add_store

OWN_CSV, OWN_MODEL, EXTENDING = "your-own-csv.md", "your-own-model.md", "extending.md"
ADDED_TO = ("dvc.yaml", "params.yaml")  # the pages add to these files
LISTS = ("own_files", "own_code", "data", "experiments")
PAGES = (OWN_CSV, OWN_MODEL, EXTENDING)


def params() -> dict[str, Any]:
    """The lists of all pages, a source of scikit-learn, and an experiment that is repeated."""
    shown = [yaml.safe_load(pages.files(page)["params.yaml"]) for page in PAGES]
    return {
        **{
            name: {key: of[name][key] for of in shown for key in of.get(name, {})} for name in LISTS
        },
        "sources": ["iris"],
        # 42 is the experiment's own seed: its run is that of the stage `train` if this is finished.
        "repeats": {"flats_rent": {"data": "flats_rent", "seeds": [42, 1]}},
        # No test here is about XLA, or reads the model in MLflow.
        "overrides": ["training.xla=false", "tracking.log_model=false", "training.epochs=5"],
    }


def _write_readings(path: Path) -> None:
    """Writes rows. The target is a sum of the other two values."""
    rows = [{"wind": n % 7, "sun": n % 5, "load": 3 * (n % 7) + n % 5} for n in range(80)]
    pandas.DataFrame(rows).to_stata(path, write_index=False)


def _with_stages(text: str, added: Mapping[str, Any]) -> dict[str, Any]:
    return {"stages": yaml.safe_load(text)["stages"] | added}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project with the files of all pages, after their commands and `dvc repro`."""
    project = Project(tmp_path_factory.mktemp("project"))
    for page in PAGES:
        for name, text in pages.files(page).items():
            if name not in ADDED_TO:
                project.write(name, text)
    _write_readings(project.folder / "readings.dta")
    project.write_yaml("params.yaml", params())
    added = yaml.safe_load(pages.files(EXTENDING)["dvc.yaml"])["stages"]
    project.write_yaml("dvc.yaml", _with_stages(project.read("dvc.yaml"), added))
    project.commit()
    add_store(project.folder)
    for line in pages.blocks(OWN_CSV, "sh")[1].splitlines():
        project.run(*line.split())
    project.run("dvc", "repro")
    project.commit()
    return project
