"""What each experiment reached, read from `outputs/`."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.experiment import Claim
from pipeline.config.params import Params
from pipeline.files import read_json

OUTPUTS = Path("outputs")


@dataclass(frozen=True)
class CheckedClaim:
    """A claim beside what was reached; `value` is None where the metric was not measured."""

    claim: Claim
    value: float | None

    @property
    def is_met(self) -> bool:
        """A claim on a metric that was not measured is not met."""
        return self.value is not None and self.claim.is_met_by(self.value)


@dataclass(frozen=True)
class Row:
    """One experiment of the report; `missing` says why there is no result, and is empty where there is one."""

    experiment: str
    data: str
    metrics: dict[str, Any]
    claims: list[CheckedClaim]
    run_id: str
    figures: dict[str, str]
    missing: str = ""

    @property
    def headline(self) -> str:
        """The test metric that is shown: that of the first claim, or the usual one of the task."""
        claimed = [
            checked.claim.metric.partition("/")[2] for checked in self.claims if checked.claim.metric.startswith("test/")
        ]
        test = self.metrics.get("test", {})
        return next((name for name in [*claimed, "accuracy", "r2"] if name in test), "")

    @property
    def figure(self) -> str:
        """`0.9132 [0.9075, 0.9186]`: the headline on the test split with its 95 % interval."""
        test, name = self.metrics.get("test", {}), self.headline
        if not name:
            return ""
        interval = f" [{test[f'{name}_low']:.4f}, {test[f'{name}_high']:.4f}]" if f"{name}_low" in test else ""
        return f"{test[name]:.4f}{interval}"


def collect(params: Params, names: Sequence[str], *, outputs: Path = OUTPUTS) -> list[Row]:
    """A row for each named experiment, in order."""
    claims = read_json(outputs / "claims.json", made_by="dvc repro compose")
    return [_row(name, params, claims.get(name, []), outputs) for name in names]


def _row(name: str, params: Params, claims: list[dict[str, Any]], outputs: Path) -> Row:
    folder = outputs / name
    if not (folder / "metrics.json").is_file():
        why = _why_missing(name, params, outputs)
        return Row(name, params.experiments[name], {}, [CheckedClaim(Claim(**claim), None) for claim in claims], "", {}, why)
    metrics = read_json(folder / "metrics.json", made_by=f"dvc repro evaluate@{name}")
    run = read_json(folder / "run.json", made_by=f"dvc repro train@{name}")
    checked = [CheckedClaim(Claim(**claim), look_up(metrics, claim["metric"])) for claim in claims]
    return Row(name, params.experiments[name], metrics, checked, run["run_id"], _figures(folder / "figures"))


def look_up(metrics: dict[str, Any], name: str) -> float | None:
    """The value of `test/accuracy` or `parameters` in `metrics.json`."""
    node: Any = metrics
    for part in name.split("/"):
        node = node.get(part) if isinstance(node, dict) else None
    return None if node is None else float(node)


def _figures(folder: Path) -> dict[str, str]:
    """PNG files as data URLs, so that the report is one file."""
    return {
        path.stem.replace("_", " "): f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
        for path in sorted(folder.glob("*.png"))
    }


def _why_missing(name: str, params: Params, outputs: Path) -> str:
    """The line that the first failed stage on the way left, or how to run it."""
    data = params.experiments[name]
    source = params.data[data]
    stages = ["compose", f"fetch@{source}", f"fetch_own@{source}", f"prepare@{data}", f"train@{name}", f"evaluate@{name}"]
    for stage in stages:
        line = outputs / "failures" / f"{stage}.txt"
        if line.is_file():
            return f"{stage}: {line.read_text(encoding='utf-8').strip()}"
    return f"not run yet: dvc repro evaluate@{name}"
