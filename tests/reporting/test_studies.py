"""Sweeps and searches in the report."""

from dataclasses import replace

import pytest

from pipeline.reporting import rendering, studies
from pipeline.studies import record
from pipeline.studies.record import Rank
from tests.reporting.test_html import Page
from tests.studies.test_record import STUDY
from tests.support.results import png, rows_of

SWEEP = replace(
    STUDY,
    kind="sweep",
    study_id="def",
    method="",
    counts={"FINISHED": 4, "FAILED": 1},
    ranking=[
        Rank({"units": "[8]"}, 2, 0.91, [0.9, 0.92], "best"),
        Rank({"units": "[4]"}, 2, 0.9, [0.89, 0.91], "≈"),
    ],
    doubts=["a doubt"],
    overrides=["experiment=shapes", "units=[8]"],
    data={},
)


@pytest.fixture
def folders(tmp_path):
    """A search, and a sweep with a figure, both of `shapes`."""
    found = [tmp_path / name for name in ("search", "sweep")]
    for folder, study in zip(found, (replace(STUDY, data={}), SWEEP), strict=True):
        folder.mkdir()
        study.write(folder)
    (found[1] / record.FIGURES).mkdir()
    (found[1] / record.FIGURES / "main_effects.png").write_bytes(png(4, 3))
    return found


@pytest.fixture
def shown(outputs, folders):
    return studies.collect(rows_of(outputs), folders)


def test_studies_have_a_title_and_their_cost(shown):
    assert [study.title for study in shown] == ["shapes: random search", "shapes: sweep"]
    assert shown[1].head == (
        "5 trials: 4 finished, 1 failed; 3.5 s of training, 1 January 1970 (UTC)"
    )
    assert shown[1].command == "python -m pipeline.train experiment=shapes 'units=[8]'"


def test_study_of_another_experiment_is_left_out(outputs, folders):
    replace(STUDY, experiment="others").write(folders[0])
    (study,) = studies.collect(rows_of(outputs), folders)
    assert study.title == "shapes: sweep"


def test_damaged_study_says_so(outputs, folders):
    (folders[0] / record.FILE).write_text("{}")
    last = studies.collect(rows_of(outputs), folders)[-1]
    assert last.record is None
    assert "study.json" in last.outdated


def test_page_has_ranking_doubts_figure_and_command(outputs, shown):
    rendering.write(rows_of(outputs), outputs, studies=shown)
    page = Page((outputs / "report.html").read_text(encoding="utf-8"))
    text = page.text("section", id="study-sweep")
    assert "a doubt." in text
    assert "1[8]20.91000.9000 to 0.9200best" in text
    assert "2[4]20.90000.8900 to 0.9100≈ may be as good" in text
    assert "python -m pipeline.train experiment=shapes 'units=[8]'" in text
    assert any("a panel for each setting" in image["alt"] for image in page.attributes("img"))
    assert "95 % interval" not in page.text("section", id="study-search")


def test_markdown_names_the_best_of_a_study(outputs, shown):
    rendering.write(rows_of(outputs), outputs, studies=shown)
    text = (outputs / "report.md").read_text(encoding="utf-8")
    assert "- shapes: sweep: 5 trials" in text
    assert "Best validation/accuracy: 0.9100 with units=[8]." in text


@pytest.fixture
def order(outputs, tmp_path):
    """The ids of some studies in the order of the report of `shapes` and `pairs`."""

    def order(*shown: record.StudyRecord) -> list[str]:
        places = [tmp_path / f"place {number}" for number in range(len(shown))]
        for place, study in zip(places, shown, strict=True):
            place.mkdir()
            study.write(place)
        collected = studies.collect(rows_of(outputs, "shapes", "pairs"), places)
        return [study.record.study_id for study in collected]

    return order


def test_studies_follow_the_experiments(order):
    assert order(replace(SWEEP, experiment="pairs", study_id="2"), SWEEP) == ["def", "2"]


def test_searches_come_first_and_the_latest_of_each_kind(order):
    sweeps = [replace(SWEEP, study_id=f"sweep {end}", ended=end) for end in (1, 2)]
    searches = [replace(STUDY, study_id=f"search {end}", ended=end, data={}) for end in (1, 2)]
    assert order(*sweeps, *searches) == ["search 2", "search 1", "sweep 2", "sweep 1"]


def test_study_that_has_not_ended_has_no_day():
    study = studies.ShownStudy("", "", replace(SWEEP, ended=0, counts={"WAITING": 2}))
    assert study.head == "2 trials: 2 waiting; 3.5 s of training"


@pytest.mark.parametrize(
    ("one", "best", "has_intervals"),
    [
        (STUDY, STUDY.ranking[0], False),
        (SWEEP, SWEEP.ranking[0], True),
        (replace(SWEEP, ranking=[]), None, False),
        (None, None, False),
    ],
)
def test_first_of_the_ranking_is_the_best(one, best, has_intervals):
    study = studies.ShownStudy("", "", one)
    assert (study.best, study.has_intervals) == (best, has_intervals)
