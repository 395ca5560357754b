"""The command that exports: what it writes, what it checks, and what it refuses.

`tests/exports/` exports to ONNX, whose packages are not in the lock.
"""

import errno
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import export
from pipeline.evaluation import looks
from pipeline.exporting import exporting
from pipeline.exporting.formats import litert, onnx
from pipeline.serving import loading
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.cards import card_of
from tests.support.metas import labels, regression, table
from tests.support.refusals import refusal
from tests.support.untrained import write_models


@pytest.fixture(scope="module", autouse=True)
def _models(repository: Path) -> None:
    write_models(repository)


@pytest.fixture
def exported(
    in_repository: Path, call: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, Any]]:
    """Calls the command, and returns its last line."""

    def exported(model: str, *arguments: str) -> dict[str, Any]:
        call(export, f"models/{model}", *arguments)
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return exported


def test_litert_file_answers_as_the_model(exported):
    line = exported("shapes", "--to", "litert")
    assert (line["inputs"], line["rows"]) == (["pixels"], 12)
    images = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 1), np.uint8)
    answer = litert.FORMAT.open(Path(line["file"]))({"pixels": images})
    expected = loading.load("models/shapes").predict_proba(images)
    assert answer == pytest.approx(expected, abs=1e-6)


def test_output_names_the_file(exported):
    line = exported("shapes", "--to", "litert", "--output", "some/where.tflite")
    assert line["file"] == "some/where.tflite"
    assert Path("some/where.tflite").is_file()


def test_full_disk_is_no_fault_of_the_model(in_repository, call, monkeypatch):
    def write(_model: Any, _path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(litert, "FORMAT", replace(litert.FORMAT, write=write))
    with pytest.raises(OSError, match="No space left"):
        call(export, "models/shapes", "--to", "litert", "--output", "full.tflite")
    assert not Path("full.tflite").exists()


def test_look_at_the_test_split_is_recorded(exported):
    exported("shapes", "--to", "litert")
    assert "export" in {look.purpose for look in looks.read().looks}


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        ("shapes", ["--to", "onn"], "--to is not a format of exported models. Received: onn. Did"),
        ("shapes", ["--to", "litert", "--output", "a.onnx"], "--output has another ending than "),
        (
            "pairs",
            ["--to", "litert"],
            "the export to litert does not support this model: LiteRT computes ",
        ),
        (
            "prices",
            ["--to", "onnx"],
            "the export to onnx does not support this model: ONNX cannot split ",
        ),
    ],
)
def test_refusal_is_one_line(exported, model, arguments, message):
    assert refusal(exported, model, *arguments).startswith(message)


def test_missing_package_is_named(exported, monkeypatch):
    monkeypatch.setattr(exporting, "find_spec", lambda name: None if name == "tf2onnx" else name)
    assert refusal(exported, "pairs", "--to", "onnx") == (
        "the export to onnx needs packages that are not installed. Received: no tf2onnx. "
        "Install them with: pip install '.[onnx]'."
    )


def test_file_that_answers_otherwise_is_not_written(in_repository):
    wrong = replace(
        litert.FORMAT,
        open=lambda path: lambda inputs: litert.FORMAT.open(path)(inputs)[:, ::-1],
    )
    model, images = loading.load("models/shapes"), np.eye(8, dtype=np.uint8)[None, :, :, None]
    error = refusal(exporting.export, model, Path("wrong.tflite"), wrong, {"pixels": images})
    assert error.startswith("the exported model answers otherwise than the model, so wrong.tflite")
    assert not Path("wrong.tflite").exists()


def test_error_of_a_converter_is_one_line(in_repository):
    def fails(model: Any, path: Path) -> None:
        raise KeyError("no such operation")

    model, images = loading.load("models/shapes"), np.zeros((1, 8, 8, 1), np.uint8)
    error = refusal(
        *(exporting.export, model, Path("failed.tflite")),
        *(replace(litert.FORMAT, write=fails), {"pixels": images}),
    )
    assert error.startswith("the export to failed.tflite failed. Received: KeyError: ")


@pytest.mark.parametrize(
    ("meta", "one", "other", "holds"),
    [
        (table(), [[0.49999]], [[0.49995]], True),
        (table(), [[0.49999]], [[0.50001]], False),
        (table(classes=["a", "b", "c"]), [[0.3, 0.3001, 0.3999]], [[0.3, 0.3001, 0.3999]], True),
        (table(classes=["a", "b", "c"]), [[0.3, 0.3, 0.4]], [[0.3, 0.2, 0.5]], False),
        (labels("a", "b"), [[0.2, 0.50001]], [[0.2, 0.49999]], False),
        (regression(), [[2000.0]], [[2000.19]], True),
        (regression(), [[2000.0]], [[2000.21]], False),
    ],
)
def test_tolerance_is_a_share_of_the_largest_output(meta, one, other, holds):
    agreement = exporting.compare(card_of(meta), np.array(one), np.array(other))
    assert agreement.holds == holds


def test_model_of_a_table_has_an_input_for_each_column(in_repository):
    model = loading.load("models/pairs")
    whole = exporting.whole_model(model)
    values = {"x": np.array([[0.5], [2.0]]), "y": np.array([[1.0], [-3.0]])}
    assert [one.name for one in whole.inputs] == ["x", "y"]
    assert np.asarray(whole(list(values.values()))) == pytest.approx(
        model.outputs({"x": [0.5, 2.0], "y": [1.0, -3.0]})
    )
    assert onnx.FORMAT.refusal(model.card) == ""


def test_rows_with_missing_values_are_compared():
    values = {"x": np.array([[1.0], [2.0]]), "y": np.array([[3.0], [4.0]])}
    more = exporting.with_missing(values)
    assert more["x"][:, 0] == pytest.approx([1.0, 2.0, np.nan, 1.0], nan_ok=True)
    assert more["y"][:, 0] == pytest.approx([3.0, 4.0, 3.0, np.nan], nan_ok=True)


def test_missing_answer_is_no_agreement():
    agreement = exporting.compare(card_of(regression()), np.array([[1.0]]), np.array([[np.nan]]))
    assert not agreement.holds
