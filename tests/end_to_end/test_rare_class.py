"""A rare class: 3 % of the rows are positive, and a network finds none of them (audit A5)."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import compose, evaluate, layout, prepare, report, train
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.raw_sources import write_source
from tests.support.toy import copy_conf

ROWS = 1_000
ADDED = ("baselines", "telling_baseline")
PARAMS = """sources: [rare]
data: {{rare: rare}}
experiments: {{rare: {{data: rare}}}}
overrides: [tracking=memory, training.epochs=3, training.batch_size=32,
  "model.units=[64,32]", training.xla=false, baselines={baselines}]
"""


def _write_rows(folder: Path) -> None:
    """The label depends on two of five features, weakly."""
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, 5))
    score = x[:, 0] + x[:, 1] + 2 * random.normal(size=ROWS)
    labels = np.where(score > np.quantile(score, 0.97), "yes", "no")
    lines = [
        ",".join([*map("{:.4f}".format, row), label]) for row, label in zip(x, labels, strict=True)
    ]
    write_source(folder / "rare", train="\n".join(["a,b,c,d,e,sick", *lines]) + "\n")


def _evaluated(call: Any, *, baselines: bool) -> dict[str, Any]:
    """The content of metrics.json. The first call also trains."""
    Path("params.yaml").write_text(PARAMS.format(baselines=str(baselines).lower()))
    call(compose)
    if not (layout.OUTPUTS / "rare/run.json").exists():
        call(train, "--resolved", "rare")
    call(evaluate, "experiment=rare")
    content: dict[str, Any] = json.loads((layout.OUTPUTS / "rare/metrics.json").read_text("utf-8"))
    return content


def test_report_shows_a_network_that_is_useless(in_empty_folder, call):
    copy_conf(in_empty_folder)
    _write_rows(in_empty_folder / "data/raw")
    text = "task: classification\ntarget: sick\nsource: rare\n"
    (in_empty_folder / "conf/data/rare.yaml").write_text(text)
    call(prepare, "data=rare")

    metrics = _evaluated(call, baselines=True)
    assert metrics["test"]["accuracy"]["value"] == 0.97
    assert metrics["test"]["recall/yes"]["value"] == 0.0
    call(report, "rare")
    markdown = Path("outputs/report.md").read_text(encoding="utf-8")
    assert "| accuracy 0.9700 [" in markdown
    assert "| always the commonest class 0.9700; network no better |" in markdown

    # The setting has no effect on the training, so the same run is evaluated again.
    without = _evaluated(call, baselines=False)
    assert without == {name: part for name, part in metrics.items() if name not in ADDED}
