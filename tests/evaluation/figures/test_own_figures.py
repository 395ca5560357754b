"""Figures of the user's own: drawn last, and left out with one line if they fail."""

import json
from functools import partial
from pathlib import Path

import pytest
from matplotlib import pyplot

from pipeline.config import own_code, resolved
from pipeline.errors import ConfigError
from pipeline.evaluation.drawing.own_figure import own_figure
from pipeline.evaluation.figures import Written, write
from pipeline.runs import identity
from tests.support.refusals import refusal
from tests.support.toy import config_of

MINE = "my_figures.py:residual_map"
FILE = """
from matplotlib import pyplot
from matplotlib.figure import Figure


def residual_map(subject):
    \"""Errors by true value.

    More text.
    \"""
    figure, axes = pyplot.subplots()
    axes.scatter(subject.scores.truth, subject.scores.prediction)
    return figure


def nothing(subject):
    print("hello")


def missing(subject):
    return subject.scores.no_such_field


def bad_text(subject):
    figure = Figure()
    figure.suptitle("$x^$")
    return figure


def two(subject, more):
    pass
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mine")
    (folder / "my_figures.py").write_text(FILE)
    return folder


@pytest.fixture(autouse=True)
def _in_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def written(folder, regressing):
    """All figures of an experiment, some of which fail, and the index of the drawn ones."""
    names = ("missing", "nothing", "bad_text")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        before = pyplot.get_fignums()
        result = write(regressing, folder, own=[*(f"my_figures.py:{name}" for name in names), MINE])
        assert pyplot.get_fignums() == before
    return result, json.loads((folder / "index.json").read_text())


def test_own_figure_is_drawn_after_the_others(written, folder):
    assert written[1][-1] == {
        "file": "own_residual_map.png",
        "title": "residual map",
        "alt": "residual map of toy: Errors by true value.",
    }
    assert (folder / "own_residual_map.png").read_bytes().startswith(b"\x89PNG")


def test_failing_figures_are_left_out(written):
    own = [one["file"] for one in written[1] if one["file"].startswith("own_")]
    assert own == ["own_residual_map.png"]
    assert written[0].count == len(written[1])


@pytest.mark.parametrize(
    ("number", "name", "reason"),
    [
        (0, "missing", "AttributeError: 'NumberScores' object has no attribute 'no_such_field' "),
        (1, "nothing", "TypeError: it returned NoneType, not a matplotlib Figure. "),
        (2, "bad_text", "ValueError: "),
    ],
)
def test_failure_is_one_line_with_the_reason(written, number, name, reason):
    text = str(written[0].failures[number])
    assert text.startswith(
        f"figures names a function that fails: my_figures.py:{name}. Received: {reason}"
    )
    assert "\n" not in text


def test_failure_names_the_line(written):
    assert "(my_figures.py, line 21)" in str(written[0].failures[0])


def test_all_failures_are_named_at_once(written):
    text = refusal(written[0].require_no_failure)
    assert all(f"my_figures.py:{name}" in text for name in ("missing", "nothing", "bad_text"))


def test_one_failure_is_raised_as_it_is(written):
    failure = written[0].failures[0]
    assert refusal(Written(5, [failure]).require_no_failure) == str(failure)
    Written(5, []).require_no_failure()


def test_what_a_figure_prints_goes_to_stderr(regressing, capsys):
    with pytest.raises(ConfigError):
        own_figure("my_figures.py:nothing", regressing)
    assert capsys.readouterr() == ("", "hello\n")


@pytest.fixture
def config(repository):
    return partial(config_of, repository, "data=prices", f"figures=[{MINE}]")


def test_edit_of_a_figure_changes_only_evaluate(config):
    def state():
        return identity.listing(config()), identity.listing_of_figures(config())

    before = state()
    Path("my_figures.py").write_text(FILE.replace("scatter", "plot"))
    after = state()
    Path("my_figures.py").write_text(FILE)
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)


def test_figures_are_no_setting_of_the_training(config, repository):
    plain = config_of(repository, "data=prices")
    assert resolved.effective_settings(config()) == resolved.effective_settings(plain)


def test_file_of_a_figure_must_be_listed(config):
    own_code.require_listed([config()], {"mine": "my_figures.py"})
    text = refusal(own_code.require_listed, [config()], {})
    assert "Add my_figures: my_figures.py to own_code" in text


@pytest.mark.parametrize(
    ("figures", "fault"),
    [
        ("my_figures.py:other", "names other, but my_figures.py does not define it"),
        ("my_figures.py:two", "lacks an argument that my_figures.py:two needs: more"),
        ("gone.py:other", "names a file that is missing: gone.py"),
        ("residuals", "names no function"),
        (f"{MINE},{MINE}", "each name of a function once"),
    ],
)
def test_invalid_figure_is_refused_before_the_training(repository, figures, fault):
    assert fault in refusal(config_of, repository, "data=prices", f"figures=[{figures}]")
