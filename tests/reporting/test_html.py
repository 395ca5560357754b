"""The report as a page: its content, and that it is self-contained."""

from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from pipeline.data.card import ColumnCard, DataCard
from pipeline.evaluation.looks import Ledger
from pipeline.files import digests_below
from pipeline.reporting import pictures, rendering
from tests.support.metas import images
from tests.support.results import (
    CLIMBING,
    DATA,
    METRICS,
    RUN,
    TEST,
    look,
    planned,
    png,
    rows_of,
    write_failure,
    write_outputs,
    write_plan,
    write_result,
    write_seeds,
)

NAMES = ("shapes", "deep", "pairs")
LOOKS = Ledger([look("a" * 32), look(RUN["run_id"]), look("d" * 32)])
VOID = {"br", "img", "input", "link", "meta", "wbr"}


class Page(HTMLParser):
    """The elements of a page: tag, attributes and text. Raises if tags are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = (tag, dict(attributes), [])
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        opened = self.open.pop()[0]
        assert opened == tag, f"<{opened}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        for _, _, texts in self.open:
            texts.append(data)

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes, _ in self.elements if name == tag]

    def text(self, tag: str, **attributes: str) -> str:
        """The text of the only element with these attributes, with single spaces."""
        ((_, _, texts),) = [
            element
            for element in self.elements
            if element[0] == tag and attributes.items() <= element[1].items()
        ]
        return " ".join("".join(texts).split())

    def rows(self) -> list[list[str]]:
        """The cells of every row of the summary, the first table of the page."""
        rows: list[list[str]] = []
        tables = 0
        for tag, _, texts in self.elements:
            tables += tag == "table"
            if tables > 1:
                break
            if tag == "tr":
                rows.append([])
            if tag in ("th", "td"):
                rows[-1].append(" ".join("".join(texts).split()))
        return rows


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """`shapes` meets its claim with several seeds, `deep` overfits, `pairs` has no result."""
    folder = tmp_path_factory.mktemp("repository") / "outputs"
    write_result(folder, "shapes", figures=("learning_curves", "confusion_matrix"))
    source = {"train.csv": "c" * 64}
    write_seeds(folder / "shapes", "seeds", "split_seeds", data=DATA | source)
    test = {
        "accuracy": TEST["accuracy"] | {"at_step": {"10": 0.5}},
        "log_loss": TEST["log_loss"] | {"at_step": {"10": 0.7}},
    }
    test["roc_auc"] = {"value": None, "reason": "no row is of class b"}
    test["recall/a"] = {"value": 0.8, "low": 0.7, "high": 0.9}
    test["precision/b"] = {"value": None, "reason": "the model predicts class b for no row"}
    metrics = METRICS | {
        "beside": ["log_loss"],
        "train": METRICS["train"] | {"roc_auc": 0.75},
        "validation": METRICS["validation"] | {"roc_auc": None},
        "test": test,
        "tables": {"validation": {}, "test": {"rows_by_class": {"a": 12, "b": 0}}},
    }
    write_result(folder, "deep", losses=CLIMBING, saved=12, metrics=metrics, run_id="e" * 32)
    claim = {"metric": "test/accuracy", "at_least": 0.9}
    plan = {
        "shapes": planned(
            description="Three <shapes>.",
            reported="about 0.9",
            claims=[claim],
            changed={"training.epochs": {"default": 200, "value": 4}},
            command="python -m pipeline.train shapes force=true",
        ),
        "deep": planned(claims=[claim | {"at_least": 0.99}]),
        "pairs": planned(claims=[claim]),
    }
    write_plan(folder, **plan)
    with (folder / "configs/shapes.yaml").open("a", encoding="utf-8") as settings:
        settings.write("# & more\n")
    write_failure(folder, "train@pairs", "Received: <b>1</b>.")
    prepared = folder.parent / "prepared/shapes"
    prepared.mkdir(parents=True)
    remark = "2 of 12 test rows equal a training row"
    counts = {"equal": 2, "other_target": 0, "near": 1, "compared": 10}
    statistics = {"remarks": [remark], "overlap": {"test": counts}}
    images(source_digests=source, statistics=statistics).save(prepared)
    return folder


@pytest.fixture(scope="module")
def text(outputs):
    rendering.write(
        rows_of(outputs, *NAMES, ledger=LOOKS),
        outputs,
        appendix=[pictures.picture(png(9, 3), title="functions", alt="four functions")],
    )
    return (outputs / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_section_has_the_data_card(tmp_path):
    outputs, prepared = write_outputs(tmp_path / "outputs"), tmp_path / "prepared/shapes"
    columns = [ColumnCard("size", "number", "", ["1", "2"], {"NA": 3}, 9, "1 to 9", "1 feature")]
    DataCard("shapes", "shapes", {"train": 6}, ["label"], columns, []).save(prepared)
    replace(images(), files=digests_below(prepared)).save(prepared)
    rendering.write(rows_of(outputs, "shapes"), outputs)
    page = Page((outputs / "report.html").read_text(encoding="utf-8"))
    cells = [" ".join(texts) for tag, _, texts in page.elements if tag == "td"]
    first = cells.index("number") - 1
    expected = ["size", "number", "1, 2", "3", "9", "1 to 9", "1 feature"]
    assert cells[first : first + len(expected)] == expected


def test_summary_has_a_row_for_each_experiment(page):
    head, shapes, deep, pairs = page.rows()
    assert head == [
        "experiment",
        "test result",
        "must reach",
        "reported",
        "parameters",
        "epochs",
        "time",
        "examples/s",
        "MLflow run",
    ]
    assert shapes[:4] == [
        "shapes shapes",
        "accuracy 0.9500 [0.9000, 0.9750] 2 splits: 0.9120 ± 0.0400"
        " 3 seeds of one split: 0.9710, sd 0.0060 looks before: 1",
        "✓ met test/accuracy ≥ 0.9",
        "about 0.9",
    ]
    assert shapes[4:] == ["1,234", "4", "1.2 s", "13,000", "01234567"]
    assert deep[0] == "deep shapes ▲ overfits from epoch 2"
    assert deep[2] == "✗ NOT met test/accuracy ≥ 0.99 (0.95)"
    assert pairs[1:3] == [
        "✗ no result train@pairs: Received: <b>1</b>.",
        "✗ NOT met test/accuracy ≥ 0.9",
    ]


def test_summary_has_no_empty_column(tmp_path):
    write_result(tmp_path, "shapes")
    write_plan(tmp_path, shapes=planned())
    rendering.write(rows_of(tmp_path, "shapes"), tmp_path)
    head, _ = Page((tmp_path / "report.html").read_text(encoding="utf-8")).rows()
    assert head[:3] == ["experiment", "test result", "parameters"]
    assert "| experiment | test result [95 % interval] | parameters |" in (
        tmp_path / "report.md"
    ).read_text(encoding="utf-8")


def test_every_row_has_its_verdict_for_the_filter(page):
    assert [row["data-verdict"] for row in page.attributes("tr") if "data-verdict" in row] == [
        "met",
        "unmet",
        "unmet",
    ]


def test_every_cell_has_a_value_for_sorting(page):
    cells = page.rows()[1:]
    values = [
        attributes
        for tag, attributes, _ in page.elements
        if tag in ("th", "td") and "data-value" in attributes
    ]
    assert len(values) == sum(map(len, cells)) == 27


def test_head_counts_met_claims(page):
    assert page.text("h1") == "1 of 3 experiments meet their claims"
    assert page.text("p", **{"class": "lead quiet"}) == "2.5 s of training, 1 January 1970 (UTC)"


def test_head_counts_results_on_used_rows(page):
    assert page.text("p", **{"class": "looks quiet"}) == (
        "Results on reused test rows: 1 of 1. Other models scored on the same rows before: up to 1"
    )


def test_section_shows_looks_and_what_holds(page):
    text = page.text("section", id="shapes")
    assert "these 12 test rows: 1 before this one, 1 after" in text
    assert "0.9000 to 0.97500.4002 to 1.0000" in text
    assert "0.1000 to 0.3000none known" in text


def test_section_says_that_looks_are_not_counted(page):
    text = page.text("section", id="deep")
    assert "not counted: mlruns/looks/ does not have this run" in text
    assert "after looks" not in text


def test_every_link_has_its_target(page):
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [link["href"] for link in page.attributes("a")]
    assert {f"#{name}" for name in NAMES} <= set(targets)
    assert [target for target in targets if target.removeprefix("#") not in ids] == []


def test_every_label_refers_to_an_element(page):
    ids = {attributes["id"] for _, attributes, _ in page.elements if "id" in attributes}
    named = {
        attributes["aria-labelledby"]
        for _, attributes, _ in page.elements
        if "aria-labelledby" in attributes
    }
    assert named
    assert named - ids == set()


def test_section_shows_description_settings_and_run(page):
    content = page.text("section", id="shapes")
    assert "Three <shapes>." in content
    assert "training.epochs4200" in content
    assert "seed: 1" in content
    assert "# & more" in content
    assert "python -m pipeline.reproduce shapes" in content
    assert "python -m pipeline.train shapes force=true" in content
    assert all(value in content for value in RUN.values())


def test_section_has_the_digests_of_the_data(page):
    content = page.text("section", id="deep")
    assert all(digest in content for digest in ("1" * 32, "2" * 32, "3" * 32, "c" * 64))
    assert "36 / 12 / 12 rows" in content


def test_section_has_every_series(page):
    content = page.text("section", id="shapes")
    over_splits, _, over_seeds = content.partition("Test split, 3 seeds of one split")
    assert "Test split, 2 splits" in over_splits
    assert "95 % interval of the mean0.8720 to 0.9520" in over_splits
    assert "standard deviation0.0060" in over_seeds
    assert "95 % interval of the mean" not in over_seeds


def test_section_names_rows_that_splits_share(page):
    content = page.text("section", id="shapes")
    assert "data: 2 of 12 test rows equal a training row" in content
    assert "test201 of 10 others" in content


def test_section_has_every_step(page):
    assert "Test split during training" in page.text("section", id="deep")
    assert "stepaccuracylog_loss 100.50000.7000" in page.text("section", id="deep")
    assert "Test split during training" not in page.text("section", id="shapes")


def test_section_shows_metrics_of_all_splits(page):
    text = page.text("section", id="deep")
    assert "accuracy1.00000.90000.95000.9000 to 0.9750" in text


def test_section_explains_what_is_not_defined(page):
    text = page.text("section", id="deep")
    assert "roc_auc0.7500not definednot defined" in text
    assert "roc_auc: no row is of class b" in text


def test_section_has_a_table_by_class(page):
    text = page.text("section", id="deep")
    assert "a120.80000.7000 to 0.9000" in text
    assert "b0not defined" in text
    assert "Metrics by class" not in page.text("section", id="shapes")


def test_score_after_the_headline_is_in_the_summary(page):
    _, shapes, deep, _ = page.rows()
    assert "log_loss 0.2000 [0.1000, 0.3000]" in deep[1]
    assert "log_loss" not in shapes[1]


def test_section_describes_overfitting(page):
    assert "validation loss rises from 0.6000 around epoch 2 to 0.7500" in page.text(
        "section", id="deep"
    )
    assert "overfit" not in page.text("section", id="shapes")


def test_section_without_result_has_the_reason(page):
    assert "no result: train@pairs: Received: <b>1</b>." in page.text("section", id="pairs")


def test_section_says_why_several_seeds_are_not_shown(outputs, tmp_path):
    rows = [replace(row, outdated="the seeds are stale") for row in rows_of(outputs, "shapes")]
    rendering.write(rows, tmp_path)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "no seeds or splits: the seeds are stale" in page.text("section", id="shapes")


def test_pictures_are_embedded_with_a_text(page):
    pictured = [image for image in page.attributes("img") if "src" in image]
    assert len(pictured) == 4
    assert all(image["src"].startswith("data:image/png;base64,") for image in pictured)
    assert all(image["decoding"] == "async" for image in pictured)
    assert [image["alt"] for image in pictured] == [
        "learning_curves of shapes",
        "confusion_matrix of shapes",
        "learning_curves of deep",
        "four functions",
    ]


def test_page_needs_no_network(page, text):
    assert "http://" not in text
    assert "https://" not in text
    assert [link["href"] for link in page.attributes("link")] == ["data:,"]


def test_runs_link_to_the_mlflow_ui(outputs):
    rendering.write(rows_of(outputs, "shapes"), outputs, ui="https://runs.example")
    page = Page((outputs / "report.html").read_text(encoding="utf-8"))
    links = {link["href"] for link in page.attributes("a")}
    assert f"https://runs.example/#/runs/{RUN['run_id']}" in links
    assert f"https://runs.example/#/runs/{'1' * 32}" in links  # of a seed


def test_headings_are_in_order(page):
    levels = [int(tag[1]) for tag, _, _ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert max(lower - upper for upper, lower in pairwise(levels)) == 1


def test_every_table_has_a_caption(page):
    tables = [tag for tag, attributes, _ in page.elements if tag == "table"]
    labelled = [table for table in page.attributes("table") if "aria-labelledby" in table]
    captions = [tag for tag, _, _ in page.elements if tag == "caption"]
    assert len(captions) + len(labelled) == len(tables)


def test_few_sections_are_open_and_many_folded(page, outputs, monkeypatch):
    def opened(one: Page) -> int:
        return sum("open" in fold for fold in one.attributes("details"))

    assert opened(page) == 3
    monkeypatch.setattr(rendering, "_MOST_OPEN", 2)
    rendering.write(rows_of(outputs, *NAMES), outputs)
    assert opened(Page((outputs / "report.html").read_text(encoding="utf-8"))) == 0


def test_figures_beyond_the_limit_are_links(outputs, monkeypatch):
    rows = rows_of(outputs, *NAMES)
    first = len(rows[0].result.figures[0].url)
    monkeypatch.setattr(rendering, "_MOST_CHARACTERS", 2 * first)
    rendering.write(rows, outputs)
    page = Page((outputs / "report.html").read_text(encoding="utf-8"))
    assert [image["alt"] for image in page.attributes("img")] == [
        "learning_curves of shapes",
        "learning_curves of deep",
    ]
    links = [link["href"] for link in page.attributes("a")]
    assert "shapes/figures/confusion_matrix.png" in links


def test_texts_are_escaped(text):
    assert "Received: &lt;b&gt;1&lt;/b&gt;." in text
    assert "Three &lt;shapes&gt;." in text
