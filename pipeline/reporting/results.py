"""What each experiment reached, read from `outputs/`, beside what `conf/` says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.experiment import Claim
from pipeline.config.params import Params
from pipeline.data.prepared import Meta, load_meta
from pipeline.files import read_json
from pipeline.layout import OUTPUTS, PREPARED
from pipeline.reporting import pictures
from pipeline.reporting.formatting import number
from pipeline.reporting.overfitting import Overfitting, overfitting
from pipeline.reporting.pictures import Picture
from pipeline.runs import history
from pipeline.runs.history import Point

_FILES = (
    "history.csv",
    "run.json",
    "snapshots/index.json",
    "metrics.json",
)  # DVC removes those of a stage before it runs


@dataclass(frozen=True)
class Planned:
    """What `compose` wrote of an experiment to `plan.json`: see `pipeline.config.outline`."""

    description: str
    reported: str
    claims: list[Claim]
    changed: dict[str, dict[str, Any]]
    command: str


@dataclass(frozen=True)
class CheckedClaim:
    """A claim beside what was reached; `value` is None where the metric was not measured."""

    claim: Claim
    value: float | None

    @property
    def is_met(self) -> bool:
        """A claim on a metric that was not measured is not met."""
        return self.value is not None and self.claim.is_met_by(self.value)

    @property
    def reached(self) -> str:
        """The value, or that there is none."""
        return "not measured" if self.value is None else f"{self.value:,.6g}"


@dataclass(frozen=True)
class Seeds:
    """The test metrics of one experiment trained from several seeds.

    `runs` holds `{run_id, test}` by seed; `low` and `high` are the 95 % limits of the mean by Student's t.
    """

    runs: dict[int, dict[str, Any]]
    mean: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]

    def figure(self, metric: str) -> str:
        """`5 seeds: 0.9710 ± 0.0060`, the mean and half of its interval."""
        half = (self.high[metric] - self.low[metric]) / 2
        return f"{len(self.runs)} seeds: {number(self.mean[metric])} ± {number(half)}"


@dataclass(frozen=True)
class Result:
    """What training and evaluation left; `kept` is the point whose weights the model has."""

    metrics: dict[str, Any]
    run: dict[str, str]
    history: list[Point]
    kept: Point
    figures: list[Picture]
    seeds: Seeds | None

    @property
    def overfitting(self) -> Overfitting | None:
        return overfitting(self.history)

    @property
    def test_by_step(self) -> dict[int, dict[str, float]]:
        """The test metrics of the snapshots of `training.evaluate_at`."""
        found: dict[int, dict[str, float]] = {}
        for name, value in self.metrics["test"].items():
            metric, at, step = name.partition("_at_step_")
            if at:
                found.setdefault(int(step), {})[metric] = value
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class Row:
    """One experiment of the report.

    `configuration` is its resolved YAML, `meta` the facts about its data, where they are there. Without a `result`,
    `missing` says why; `unrepeated` says why its seeds were not trained, where that failed.
    """

    experiment: str
    data: str
    source: str
    planned: Planned
    configuration: str
    meta: Meta | None
    result: Result | None
    missing: str = ""
    unrepeated: str = ""

    @property
    def metrics(self) -> dict[str, Any]:
        """`metrics.json`; empty without a result."""
        return self.result.metrics if self.result else {}

    @property
    def claims(self) -> list[CheckedClaim]:
        return [
            CheckedClaim(claim, look_up(self.metrics, claim.metric))
            for claim in self.planned.claims
        ]

    @property
    def is_met(self) -> bool:
        """Whether every claim is."""
        return all(claim.is_met for claim in self.claims)

    @property
    def verdict(self) -> str:
        """`met`, `unmet`, or `none` where nothing is claimed."""
        if not self.planned.claims:
            return "none"
        return "met" if self.is_met else "unmet"

    @property
    def headline(self) -> str:
        """The test metric that is shown: that of the first claim, or the usual one of the task."""
        claimed = [
            claim.metric.partition("/")[2]
            for claim in self.planned.claims
            if claim.metric.startswith("test/")
        ]
        test = self.metrics.get("test", {})
        return next((name for name in [*claimed, "accuracy", "r2"] if name in test), "")

    @property
    def value(self) -> float | None:
        """The headline on the test split."""
        return look_up(self.metrics, f"test/{self.headline}")

    @property
    def interval(self) -> str:
        """`[0.9075, 0.9186]`: the 95 % interval of the headline, where it has one."""
        low, high = (
            look_up(self.metrics, f"test/{self.headline}_{end}") for end in ("low", "high")
        )
        return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"

    @property
    def figure(self) -> str:
        """`accuracy 0.9132 [0.9075, 0.9186]`."""
        return (
            ""
            if self.value is None
            else f"{self.headline} {number(self.value)} {self.interval}".rstrip()
        )

    @property
    def figure_of_seeds(self) -> str:
        """The headline over several seeds, where they were trained."""
        seeds = self.result.seeds if self.result else None
        return seeds.figure(self.headline) if seeds and self.headline in seeds.mean else ""

    @property
    def overfits(self) -> str:
        """`overfits from epoch 7`, or nothing."""
        return str((self.result and self.result.overfitting) or "")


def collect(
    params: Params, names: Sequence[str], *, outputs: Path = OUTPUTS, prepared: Path = PREPARED
) -> list[Row]:
    """A row for each named experiment, in order.

    Raises:
        PipelineError: the plan is missing, or a file of a result is damaged.
    """
    plan = read_json(outputs / "plan.json", made_by="dvc repro compose")
    return [_row(name, params, plan, outputs, prepared) for name in names]


def _row(name: str, params: Params, plan: Mapping[str, Any], outputs: Path, prepared: Path) -> Row:
    data = params.experiments[name]
    folder, resolved = outputs / name, outputs / "configs" / f"{name}.yaml"
    is_evaluated = all((folder / file).is_file() for file in _FILES)
    return Row(
        experiment=name,
        data=data,
        source=params.data[data],
        planned=_planned(plan.get(name)),
        configuration=resolved.read_text(encoding="utf-8") if resolved.is_file() else "",
        meta=load_meta(prepared / data) if (prepared / data / "meta.json").is_file() else None,
        result=_result(folder) if is_evaluated else None,
        missing="" if is_evaluated else _why_missing(name, params, outputs),
        unrepeated=_failure(f"repeat@{name}", outputs),
    )


def _planned(given: Mapping[str, Any] | None) -> Planned:
    """An experiment that could not be composed has no plan."""
    if given is None:
        return Planned(description="", reported="", claims=[], changed={}, command="")
    return Planned(**{**given, "claims": [Claim(**claim) for claim in given["claims"]]})


def _result(folder: Path) -> Result:
    made_by = f"dvc repro train@{folder.name}"
    points = history.read(folder / "history.csv")
    kept = read_json(folder / "snapshots/index.json", made_by=made_by)["kept"]
    return Result(
        metrics=read_json(folder / "metrics.json", made_by=f"dvc repro evaluate@{folder.name}"),
        run=read_json(folder / "run.json", made_by=made_by),
        history=points,
        kept=next(point for point in points if point.step == kept),
        figures=pictures.read(folder / "figures", folder.name),
        seeds=_seeds(folder / "seeds.json"),
    )


def _seeds(path: Path) -> Seeds | None:
    if not path.is_file():
        return None
    found = read_json(path, made_by=f"dvc repro --force repeat@{path.parent.name}")
    runs = {int(seed): run for seed, run in found["seeds"].items()}
    return Seeds(dict(sorted(runs.items())), found["mean"], found["low"], found["high"])


def look_up(metrics: Mapping[str, Any], name: str) -> float | None:
    """The value of `test/accuracy` or `parameters` in `metrics.json`."""
    node: Any = metrics
    for part in name.split("/"):
        node = node.get(part) if isinstance(node, dict) else None
    return None if node is None else float(node)


def _why_missing(name: str, params: Params, outputs: Path) -> str:
    """The line that the first failed stage on the way left, or how to run it."""
    data = params.experiments[name]
    source = params.data[data]
    stages = [
        "compose",
        f"fetch@{source}",
        f"fetch_own@{source}",
        f"prepare@{data}",
        f"train@{name}",
        f"evaluate@{name}",
    ]
    failures = filter(None, (_failure(stage, outputs) for stage in stages))
    return next(failures, f"not run yet: dvc repro evaluate@{name}")


def _failure(stage: str, outputs: Path) -> str:
    """The line that a stage left as it failed, behind its name; empty where it did not fail."""
    line = outputs / "failures" / f"{stage}.txt"
    return f"{stage}: {line.read_text(encoding='utf-8').strip()}" if line.is_file() else ""
