"""The report on the terminal and as Markdown."""

from rich.console import Console

from pipeline.evaluation.looks import Ledger
from pipeline.reporting import rendering
from tests.support.metas import images
from tests.support.results import (
    CLIMBING,
    METRICS,
    RUN,
    TEST,
    look,
    planned,
    rows_of,
    write_failure,
    write_outputs,
    write_plan,
    write_result,
)


def printed(rows) -> str:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(rendering.table(rows))
    return captured.get()


def test_verdict_shows_the_value_of_an_unmet_claim(outputs):
    (row,) = rows_of(outputs, "shapes")
    assert [rendering.verdict(claim) for claim in row.claims] == [
        "test/accuracy ≥ 0.9: met",
        "parameters ≤ 100: NOT met (1,234)",
    ]


def test_checklist_has_a_line_for_each_claim(outputs):
    assert rendering.checklist(rows_of(outputs)) == [
        "met      shapes: test/accuracy ≥ 0.9: 0.95",
        "NOT met  shapes: parameters ≤ 100: 1,234",
        "NOT met  pairs: test/accuracy ≥ 0.9: not measured (not run yet: dvc repro evaluate@pairs)",
    ]


def test_markdown_has_a_line_for_each_experiment(outputs):
    rendering.write(rows_of(outputs), outputs)
    assert (outputs / "report.md").read_text(encoding="utf-8").splitlines() == [
        "# Experiments",
        "",
        "0 of 2 experiments meet their claims; 1.2 s of training, 1 January 1970 (UTC).",
        "",
        "| experiment | reported | test result [95 % interval] | must reach "
        "| parameters | epochs | time | examples/s | looks before | MLflow run |",
        "|---|---|---|---|--:|--:|--:|--:|--:|---|",
        "| shapes | about 0.9 | accuracy 0.9500 [0.9000, 0.9750] "
        "| test/accuracy ≥ 0.9: met; parameters ≤ 100: NOT met (1,234) "
        f"| 1,234 | 4 | 1.2 s | 13,000 | ? | {RUN['run_id']} |",
        "| pairs |  | no result: not run yet: dvc repro evaluate@pairs "
        "| test/accuracy ≥ 0.9: NOT met (not measured) | | | | | | |",
        "",
        "## Looks at the test rows",
        "",
        "- shapes: not counted: mlruns/looks/ does not have this run. "
        "It was tested elsewhere, or by an earlier version.",
    ]


def test_markdown_counts_results_on_used_rows(outputs):
    ledger = Ledger([look("a" * 32), look(RUN["run_id"])])
    rendering.write(rows_of(outputs, ledger=ledger), outputs)
    lines = (outputs / "report.md").read_text(encoding="utf-8").splitlines()
    assert lines[4] == (
        "Results on reused test rows: 1 of 1. Other models scored on the same rows before: up to 1."
    )
    assert f"| 13,000 | 1 | {RUN['run_id']} |" in lines[8]


def test_markdown_holds_no_foreign_html(tmp_path):
    evil = "<script> [y](z) | `"
    changed = {"reported": evil, "claims": [{"metric": f"test/{evil}", "at_least": 0.9}]}
    measured = {"train": {evil: 1.0}, "validation": {evil: 0.9}, "test": {evil: TEST["accuracy"]}}
    metrics = METRICS | {"headline": evil} | measured
    write_result(tmp_path, "shapes", metrics=metrics)
    write_plan(tmp_path, shapes=planned(**changed), pairs=planned(**changed))
    write_failure(tmp_path, "train@pairs", evil)
    rows = rows_of(tmp_path, "shapes", "pairs")
    rendering.write(rows, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.count(r"&lt;script&gt; [y]\(z) \| \`") == 6
    assert "<script>" not in text
    assert "[y](z)" in printed(rows)


def test_equal_rows_give_equal_bytes(outputs, tmp_path):
    for name in ("1", "2"):
        rendering.write(rows_of(outputs), tmp_path / name)
    for file in ("report.md", "report.html"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


def test_terminal_shows_every_experiment(outputs):
    text = printed(rows_of(outputs))
    assert "accuracy 0.9500 [0.9000, 0.9750]" in text
    assert "parameters ≤ 100: NOT met (1,234)" in " ".join(text.split())
    assert RUN["run_id"][:8] in text
    (line,) = [line for line in text.splitlines() if line.strip().startswith("pairs")]
    assert "no result" in line


def test_terminal_flags_overfitting(tmp_path):
    write_result(tmp_path, "shapes", losses=CLIMBING, saved=12)
    write_plan(tmp_path, shapes=planned())
    assert "! overfits from epoch 2" in printed(rows_of(tmp_path, "shapes"))


def test_reason_is_printed_once_for_all_experiments(outputs):
    write_failure(outputs, "fetch@shapes", "no network.")
    rows = rows_of(outputs, "pairs", "deep")
    assert rendering.reasons(rows) == ["pairs, deep: fetch@shapes: no network."]


def test_failed_seeds_are_a_reason(outputs):
    write_failure(outputs, "repeat@shapes", "diverged.")
    assert "shapes: repeat@shapes: diverged." in rendering.reasons(rows_of(outputs, "shapes"))


def test_markdown_lists_warnings_about_data_once(tmp_path):
    outputs = write_outputs(tmp_path / "outputs")
    prepared = tmp_path / "prepared/shapes"
    prepared.mkdir(parents=True)
    images(statistics={"remarks": ["no test row is of class <b>"]}).save(prepared)
    rendering.write(rows_of(outputs), outputs)
    text = (outputs / "report.md").read_text(encoding="utf-8")
    warning = "\nWarnings about the data `shapes`:\n\n- no test row is of class &lt;b&gt;\n"
    assert text.count(warning) == 1
    assert text.count("Warnings") == 1
