"""Values as people write them in YAML: texts that YAML changes, and lists in wrong places."""

from pathlib import Path

import pytest

from pipeline.config.data import PrepareConfig
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.source import FetchConfig
from pipeline.config.written import require_kinds
from tests.support.refusals import refusal


def written(folder: Path, group: str, text: str) -> Path:
    path = folder / group / "own.yaml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "received", "quoted"),
    [
        ("drop: [No, a]", "No", '"No"'),
        ("drop: [010, on]\npositive: yes", "010, on, yes", '"010", "on", "yes"'),
        ("positive: 1.50", "1.50", '"1.50"'),
        ("target: 1_000", "1_000", '"1_000"'),
        ("target: [a, 010]", "010", '"010"'),
        ("ratios: {No: [a, off]}", "No, off", '"No", "off"'),
        ("split: {group: y, time: No}", "No", '"No"'),
        ("na_values: [off, a]", "off", '"off"'),
        ("na_values: {a: [No, -999]}", "No", '"No"'),
    ],
)
def test_text_that_yaml_changes_is_named(tmp_path, text, received, quoted):
    path = written(tmp_path, "data", text)
    message = refusal(require_kinds, path, PrepareConfig)
    assert message.endswith(f" as text. Received: {received}. Put {message.split('Put ')[1]}")
    assert message.endswith(f" in quotes: {quoted}.")


@pytest.mark.parametrize(
    "text",
    [
        "drop: [\"No\", 'on', a, 1990, 2.5]",
        "positive: 1",
        "rows: 0100",
        "missing_indicators: no",
        "target: null",
        "unknown: No",
        "[No]",
    ],
)
def test_text_that_stays_is_accepted(tmp_path, text):
    require_kinds(written(tmp_path, "data", text), PrepareConfig)


@pytest.mark.parametrize("text", ["columns: [a, No]", "columns: {a: No}", "columns: {No: a}"])
def test_names_of_columns_are_texts(tmp_path, text):
    path = written(tmp_path, "source", text)
    assert refusal(require_kinds, path, FetchConfig) == (
        f'{path}: YAML does not read a value as text. Received: No. Put it in quotes: "No".'
    )


def test_experiment_may_hold_settings_of_data(tmp_path):
    path = written(tmp_path, "experiment", "data: {positive: yes}\n")
    assert "Received: yes." in refusal(require_kinds, path, ExperimentConfig)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("source: [a, b]", "data.source takes one value. Received: [a, b]. Write one value."),
        ("rows: {a: 1}", "data.rows takes one value. Received: {a: 1}. Write one value."),
        ("drop: id", "data.drop takes a list. Received: id. Write drop: [id]."),
        (
            "split: {seed: [1, 2]}",
            "data.split.seed takes one value. Received: [1, 2]. Write one value.",
        ),
    ],
)
def test_list_in_a_wrong_place_is_named(tmp_path, text, fault):
    path = written(tmp_path, "data", text)
    assert refusal(require_kinds, path, PrepareConfig) == f"{path}: {fault}"


def test_several_paths_get_advice(tmp_path):
    path = written(tmp_path, "source", "path: [a.csv, b.csv]")
    assert refusal(require_kinds, path, FetchConfig) == (
        f"{path}: source.path takes one value. Received: [a.csv, b.csv]. Write one value. For "
        "several files with the same columns, write a pattern such as data/*.csv. For training "
        "and test rows in two files, set path and test_path."
    )


@pytest.mark.parametrize("key", ["0", "1.5", "yes"])
def test_key_that_is_no_text_is_named(tmp_path, key):
    path = written(tmp_path, "data", f"split: {{column: part, levels: {{{key}: train}}}}")
    assert refusal(require_kinds, path, PrepareConfig) == (
        f'{path}: YAML does not read a value as text. Received: {key}. Put it in quotes: "{key}".'
    )
