"""The run of a trial, from the name that `sweep` and `tune` print: `<id>/<trial>`."""

import re
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.files import read_json
from pipeline.layout import studies

_TRIAL = re.compile("[0-9a-f]+/[0-9]+")


def is_trial(name: str) -> bool:
    """Whether a name has the form of a trial."""
    return _TRIAL.fullmatch(name) is not None


def run_of(name: str) -> str:
    """The id of the run of a trial.

    Args:
        name: the beginning of the id of a sweep or search, a slash, and the number of a trial.

    Raises:
        PipelineError: there is no such study or trial, or the trial has no run.
    """
    beginning, _, number = name.partition("/")
    folder = study_of(beginning)
    file = file_of(folder, int(number))
    run_id = read_json(file, made_by="the same sweep again")["run_id"] if file.is_file() else ""
    if not run_id:
        raise PipelineError(
            f"{folder.name} has no run of this trial",
            received=number,
            expected="Choose a finished one of its trials.csv",
        )
    return str(run_id)


def study_of(beginning: str) -> Path:
    """The folder of a sweep or search.

    Args:
        beginning: of its id.

    Raises:
        PipelineError: none or several have such an id.
    """
    homes = studies().values() if beginning else []
    folders = [folder for home in homes for folder in sorted(home.glob(f"{beginning}*"))]
    if len(folders) != 1:
        raise PipelineError(
            "several sweeps and searches begin with these digits"
            if folders
            else "there is no sweep or search of this id in mlruns/",
            received=beginning or "nothing",
            expected="Write <id>/<number of a trial>; the sweep printed both",
        )
    return folders[0]


def file_of(folder: Path, number: int) -> Path:
    """The file with the outcome of a trial in the folder of its study."""
    return folder / "trials" / f"{number:03d}.json"
