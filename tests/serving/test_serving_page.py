"""Follows docs/serving.md, with experiments of the page's names that are not trained."""

import csv
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import mlflow
import numpy as np
import pytest

from pipeline.data.prepared import load_meta
from tests.support import pages
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.compared import classifier, write_experiments, write_tested
from tests.support.registry import add_run
from tests.support.stores import add_store

PAGE = "serving.md"
PROMOTE, ROLL_BACK, PREDICT, SERVE, EXPORT = pages.blocks(PAGE, "sh")
PARAMETERS = {"digits_cnn": 35_914, "digits_small": 27_370}


@pytest.fixture(scope="module", autouse=True)
def project(repository: Path) -> Iterator[None]:
    """The two experiments of the page, and some rows of their images; the current folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        add_store(Path())
        # Under the name of the experiments' data, it would differ from what their records say.
        Path("data/prepared/shapes").rename("data/prepared/drawn")
        meta = replace(load_meta(Path("data/prepared/drawn")), name="drawn")
        for name, wrong in {"digits_cnn": range(6), "digits_small": range(1, 6)}.items():
            scores = classifier(360, wrong)
            run_id = add_run(name, scores, parameters=PARAMETERS[name], meta=meta)
            write_tested(name, scores, run_id=run_id)
        write_experiments(*PARAMETERS)
        rows = Path("data/raw/digits/data.csv")
        rows.parent.mkdir()
        with rows.open("x", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([meta.pixel_columns, *np.zeros((3, 64), int).tolist()])
        yield


@pytest.fixture
def followed(call, capsys):
    """Runs the commands of a block, and returns what they print on stderr and stdout."""

    def followed(block: str) -> tuple[list[str], list[str]]:
        for line in block.splitlines():
            command = shlex.split(line)
            if command[:2] == ["python", "-m"]:
                call(import_module(command[2]), *command[3:])
            else:
                subprocess.run(["bash", "-ec", line], check=True)
        out, err = capsys.readouterr()
        return err.splitlines(), out.splitlines()

    return followed


def in_form(lines: list[str]) -> str:
    """A text without line breaks, and without what differs between trainings."""
    return re.sub(r"[0-9a-f]{32}|[+-]?0\.\d{4}", "…", " ".join(" ".join(lines).split()))


def shown(number: int) -> str:
    return in_form(pages.blocks(PAGE, "text")[number].splitlines())


def test_champion_of_the_page_is_promoted_and_rolled_back(followed):
    said, lines = followed(PROMOTE)
    assert in_form(said) == shown(0)
    assert [json.loads(line)["outcome"] for line in lines] == ["first", "smaller"]
    said, _ = followed(ROLL_BACK)
    assert in_form(said) == shown(1)


def test_champion_predicts(followed, capsys):
    followed(PROMOTE)
    followed(PREDICT)
    assert len(Path("answers.csv").read_text(encoding="utf-8").splitlines()) == 4
    (block,) = pages.blocks(PAGE, "python")
    exec(block, {})
    assert capsys.readouterr().out


def test_server_loads_the_champion(followed):
    followed(PROMOTE)
    *_, command = SERVE.splitlines()
    words = shlex.split(command)
    assert words[:4] == ["mlflow", "models", "serve", "-m"]
    served = mlflow.pyfunc.load_model(words[4])
    assert len(served.predict(np.zeros((2, 8, 8, 1), np.uint8))) == 2


def test_champion_is_exported(followed):
    followed(PROMOTE)
    _, (line,) = followed(EXPORT)
    assert Path(json.loads(line)["file"]).suffix == ".tflite"
