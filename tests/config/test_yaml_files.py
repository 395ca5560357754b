"""YAML files that would take minutes or all memory are refused, and usual ones are read."""

from pathlib import Path

import pytest

from pipeline.config import yaml_files
from pipeline.config.experiment_composition import compose_experiment
from tests.support import ROOT
from tests.support.refusals import refusal

TENS = "[{}]".format(", ".join("1" * 10))
BOMB = f"a0: &a0 {TENS}\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n" for number in range(1, 9)
)
VALUES = "more than 10,000 values, with those that aliases repeat"
LEVELS = "is nested too deeply. Received: more than 30 levels. Expected: at most 30 levels."


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


FAULTS = {
    BOMB: f"has too many values. Received: {VALUES}. Expected: at most 10,000.",
    f"a: [{', '.join('1' * 10_000)}]": f"has too many values. Received: {VALUES}. "
    "Expected: at most 10,000.",
    "a: " + "x" * 200_000: "is too large. Received: 200,003 bytes. Expected: at most 200,000.",
    nested(31): LEVELS,
    f"- &a {nested(20)}\n- {'[' * 10}*a{']' * 10}\n": LEVELS,
    "a0: x\n" + "".join(f"a{n}: ${{a{n - 1}}}${{a{n - 1}}}\n" for n in range(1, 40)): (
        "has too many interpolations. Received: more than 20. Expected: at most 20."
    ),
    "a: &a [1, *a]": "has a value that contains itself. Received: *a. Expected: no such alias.",
}


@pytest.mark.parametrize("text", FAULTS, ids=lambda text: text[:20])
def test_file_without_bounds_is_refused(tmp_path, text):
    path = tmp_path / "own.yaml"
    path.write_text(text)
    assert refusal(yaml_files.load, path) == f"{path} {FAULTS[text]}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &a {b: 1}\nc: *a", {"a": {"b": 1}, "c": {"b": 1}}),
        (f"[{', '.join('1' * 9_999)}]", [1] * 9_999),
        ("", None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_usual_file_is_read(tmp_path, text, value):
    path = tmp_path / "own.yaml"
    path.write_text(text)
    assert yaml_files.load(path) == value


def test_thirty_levels_are_read(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(nested(30))
    assert str(yaml_files.load(path)) == nested(30)


def test_changed_file_is_checked_again(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("a: 1")
    yaml_files.require_small(path)
    path.write_text(BOMB)
    assert refusal(yaml_files.require_small, path).startswith(f"{path} has too many values.")


def test_files_of_the_project_are_small():
    for file in yaml_files.states_below(ROOT / "conf"):
        yaml_files.require_small(Path(file))


@pytest.mark.parametrize(("more", "is_accepted"), [("", True), ("- *b\n", False)])
def test_alias_counts_as_much_as_what_it_repeats(tmp_path, more, is_accepted):
    ones = ", ".join("1" * 4_997)
    path = tmp_path / "own.yaml"
    path.write_text(f"- &a [{ones}]\n- *a\n- &b 1\n- *b\n- *b\n{more}")  # 10,000 without more
    if is_accepted:
        yaml_files.require_small(path)
    else:
        assert refusal(yaml_files.require_small, path).startswith(f"{path} has too many values.")


@pytest.mark.parametrize(
    "text",
    [
        f"- &a {nested(20)}\n- {'[' * 9}*a{']' * 9}\n",
        f"- &b 1\n- {'[' * 29}*b{']' * 29}\n",
        f"b: 1\na: {'${b}' * 20}\n",
    ],
    ids=len,
)
def test_limits_are_accepted(tmp_path, text):
    path = tmp_path / "own.yaml"
    path.write_text(text)
    yaml_files.require_small(path)


def test_only_files_of_yaml_are_found(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    for name in ("folder.yaml/b.yaml", "a.yaml", "note.txt"):
        (tmp_path / name).touch()
    found = [str(Path(file).relative_to(tmp_path)) for file in yaml_files.states_below(tmp_path)]
    assert found == ["a.yaml", "folder.yaml/b.yaml"]


@pytest.mark.parametrize("group", ["source", "experiment"])
def test_composition_refuses_any_file_of_conf(in_repository, group):
    path = Path(f"conf/{group}/bomb.yaml")
    path.write_text(BOMB)
    text = refusal(compose_experiment, ["data=shapes"])
    path.unlink()
    assert text.startswith(f"{path} has too many values.")


def test_invalid_yaml_of_another_experiment_is_not_reported(in_repository):
    path = Path("conf/experiment/other.yaml")
    path.write_text("a: [")
    config = compose_experiment(["data=shapes"])
    path.unlink()
    assert config.name == "shapes"
