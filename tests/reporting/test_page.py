"""Follows docs/report.md, with experiments of the page's names that are not trained."""

import shlex

from pipeline import report
from tests.support import ROOT, pages
from tests.support.results import planned, write_plan, write_result
from tests.support.toy import copy_conf

PAGE = "report.md"
NAMES = ("mnist_linear", "mnist_dnn")
PARAMS = """sources: [shapes]
data: {shapes: shapes}
experiments: {mnist_linear: {data: shapes}, mnist_dnn: {data: shapes}}
"""


def test_commands_of_the_page_run(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    copy_conf(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    for name in NAMES:
        write_result(tmp_path / "outputs", name)
    write_plan(tmp_path / "outputs", **{name: planned() for name in NAMES})
    (block,) = pages.blocks(PAGE, "sh")
    for line in block.splitlines():
        _, _, module, *arguments = shlex.split(line, comments=True)
        assert module == "pipeline.report"
        call(report, *arguments)
    page = (tmp_path / "outputs/report.html").read_text(encoding="utf-8")
    assert "<h1>2 experiments</h1>" in page
    assert 'href="http://127.0.0.1:5000/#/runs/' in page
