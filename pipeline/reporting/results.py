"""The results of experiments, from `outputs/`, and their claims."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.config import plan_file, resolved_file
from pipeline.config.claim import Claim
from pipeline.config.params import Params
from pipeline.config.repeats import FOLDS, SEEDS, SPLIT_SEEDS, Repeats
from pipeline.config.resolved_file import Settings
from pipeline.data.card import JSON, DataCard
from pipeline.data.prepared import Meta, load_meta
from pipeline.errors import PipelineError
from pipeline.evaluation import looks, opponents, series_record
from pipeline.evaluation import record as evaluation_record
from pipeline.evaluation.looks import Ledger, Standing
from pipeline.evaluation.opponents import Opponent
from pipeline.files import read_json, require_files
from pipeline.formatting import interval, number
from pipeline.layout import OUTPUTS, PLAN, PREPARED, STAGES
from pipeline.reporting import pictures
from pipeline.reporting.failures import failure, first_failure
from pipeline.reporting.looks import holding, in_words
from pipeline.reporting.overfitting import Overfitting, overfitting
from pipeline.reporting.pictures import Picture
from pipeline.runs import history
from pipeline.runs import record as run_record
from pipeline.runs.history import Point
from pipeline.runs.record import RunRecord
from pipeline.runs.result import HISTORY, INDEX

# An experiment has a result only if all these exist. DVC removes outdated ones before a stage runs.
_FILES = (HISTORY, run_record.FILE, INDEX, evaluation_record.METRICS)
_ERROR_IN_UNIT = "mae"
_VALUES = {FOLDS: "fold", SPLIT_SEEDS: "seed of the split", SEEDS: "seed"}
# The last three are measured for labels only.
BY_CLASS = (
    *("precision", "recall", "f1", "roc_auc", "average_precision"),
    *("accuracy", "log_loss", "brier"),
)


@dataclass(frozen=True)
class Planned:
    """An experiment in `plan.json`, as `pipeline.config.outline` describes it."""

    description: str
    reported: str
    claims: list[Claim]
    changed: dict[str, dict[str, Any]]
    command: str


@dataclass(frozen=True)
class CheckedClaim:
    """A claim and the value of its metric.

    Args:
        value: None if the metric was not measured or is not defined.
        reason: why it is not defined; empty otherwise.
    """

    claim: Claim
    value: float | None
    reason: str = ""

    @property
    def is_met(self) -> bool:
        return self.value is not None and self.claim.is_met_by(self.value)

    @property
    def reached(self) -> str:
        """The value as text."""
        if self.value is None:
            return f"not defined: {self.reason}" if self.reason else "not measured"
        return f"{self.value:,.6g}"


@dataclass(frozen=True)
class Series:
    """The test metrics of one experiment that was trained several times.

    Args:
        varied: the name of a value, such as `split` or `seed`.
        description: what varied, such as `12 splits` or `5 seeds of one split`.
        runs: by value, its `run_id` and its metrics under `test`.
        mean, sd: the mean and standard deviation, by metric.
        low, high: the 95 % limits of the mean over splits, by metric. None over seeds of one split,
            because they say nothing about other rows.
    """

    varied: str
    description: str
    runs: dict[int, dict[str, Any]]
    mean: dict[str, float]
    sd: dict[str, float]
    low: dict[str, float] | None = None
    high: dict[str, float] | None = None

    def score(self, metric: str) -> str:
        """`12 splits: 0.4220 ± 0.0777` with half of the interval, or `…: 0.5012, sd 0.0124`."""
        if metric not in self.mean:
            return f"{self.description}: {metric} not measured"
        mean = f"{self.description}: {number(self.mean[metric])}"
        if self.low is None or self.high is None:
            return f"{mean}, sd {number(self.sd[metric])}"
        return f"{mean} ± {number((self.high[metric] - self.low[metric]) / 2)}"


@dataclass(frozen=True)
class ExperimentResult:
    """The files that training and evaluation wrote.

    Args:
        metrics: the content of `metrics.json`.
        run: the content of `run.json`.
        saved: the point at which the weights were saved.
        overfitting: that of the saved weights; None if they do not overfit.
        standing: None if the ledger of looks does not have the result.
        series: over folds, splits and seeds; empty if the experiment was trained once.
    """

    metrics: dict[str, Any]
    run: RunRecord
    history: list[Point]
    saved: Point
    figures: list[Picture]
    overfitting: Overfitting | None = None
    standing: Standing | None = None
    series: Sequence[Series] = ()

    @property
    def trained_metrics(self) -> list[str]:
        """The names of all figures that training measured."""
        figures = dict.fromkeys(figure for point in self.history for figure in point.metrics)
        return list(dict.fromkeys(figure.partition("/")[2] for figure in figures))

    @property
    def test_by_step(self) -> dict[int, dict[str, float]]:
        """The test metrics of the snapshots, in order of their steps."""
        by_step: dict[int, dict[str, float]] = {}
        for metric, values in self.metrics["test"].items():
            for step, value in values.get("at_step", {}).items():
                by_step.setdefault(int(step), {})[metric] = value
        return dict(sorted(by_step.items()))


@dataclass(frozen=True)
class Row:
    """One experiment of the report.

    Args:
        configuration: its resolved YAML; empty if it is not composed.
        meta: the facts about its data; None if they are not prepared.
        card: what each column of a table holds; None for images, or if it is damaged.
        result: None if it is not evaluated.
        missing: why it has no result; empty if it has one.
        unrepeated: why training several times failed; empty if it did not.
        outdated: why the results of several trainings are not shown; empty if they are, or if there
            are none.
        unchecked: why the result was not compared with its data; empty if it was, or if there is
            none.
    """

    experiment: str
    data: str
    source: str
    planned: Planned
    configuration: str
    meta: Meta | None
    card: DataCard | None
    result: ExperimentResult | None
    missing: str = ""
    unrepeated: str = ""
    outdated: str = ""
    unchecked: str = ""

    @property
    def without_series(self) -> str:
        """Why several trainings have no result; empty if they have one, or if there are none."""
        return self.unrepeated or self.outdated

    @property
    def metrics(self) -> dict[str, Any]:
        """The content of `metrics.json`; empty without a result."""
        return self.result.metrics if self.result else {}

    @property
    def claims(self) -> list[CheckedClaim]:
        return [
            CheckedClaim(
                claim,
                look_up(self.metrics, claim.metric),
                not_defined(self.metrics, claim.metric),
            )
            for claim in self.planned.claims
        ]

    @property
    def is_met(self) -> bool:
        """Whether it meets every claim."""
        return all(claim.is_met for claim in self.claims)

    @property
    def verdict(self) -> str:
        """`met`, `unmet`, or `none` if it has no claim."""
        if not self.planned.claims:
            return "none"
        return "met" if self.is_met else "unmet"

    @property
    def headline(self) -> str:
        """The test metric to show: that of the first claim, or the task's own."""
        test = self.metrics.get("test", {})
        claimed = [claim.metric.removeprefix("test/") for claim in self.planned.claims]
        return next((name for name in claimed if name in test), self.metrics.get("headline", ""))

    @property
    def value(self) -> float | None:
        """The headline metric of the test split."""
        return look_up(self.metrics, f"test/{self.headline}")

    @property
    def interval(self) -> str:
        """Its 95 % interval: `[0.9075, 0.9186]`; empty without one."""
        return self._interval_of(self.headline)

    @property
    def looks(self) -> str:
        """How often its test rows had been used, in words; empty without a value."""
        if self.result is None or self.value is None:
            return ""
        return in_words(self.headline, self.value, self.result.standing)

    @property
    def looks_before(self) -> str:
        """How many other models had been scored on its test rows; `?` if unknown."""
        standing = self.result.standing if self.result else None
        return f"{standing.before:,}" if standing else "?"

    def after_looks(self, metric: str) -> str:
        """The 95 % interval that holds for any choice by a metric: `0.9075 to 0.9186`."""
        assert self.result is not None
        assert self.result.standing is not None
        value = self.metrics["test"][metric]["value"]
        limits = None if value is None else holding(metric, value, self.result.standing)
        return " to ".join(map(number, limits)) if limits else "none known"

    @property
    def score(self) -> str:
        """`accuracy 0.9132 [0.9075, 0.9186]`; empty without a result."""
        return self._score_of(self.headline)

    @property
    def beside(self) -> list[str]:
        """Scores to show with the headline, because that by itself could mislead.

        If the headline is not the task's own, only the error in the unit of the target is needed.
        """
        is_own = self.headline == self.metrics.get("headline")
        return [
            self._score_of(name)
            for name in self.metrics.get("beside", [])
            if name != self.headline and (is_own or name == _ERROR_IN_UNIT)
        ]

    def _score_of(self, name: str) -> str:
        value = look_up(self.metrics, f"test/{name}")
        if value is None:
            return f"{name} not defined" if name and self.metrics else ""
        return " ".join(filter(None, [name, number(value), self._interval_of(name)]))

    def _interval_of(self, name: str) -> str:
        limits = self.metrics.get("test", {}).get(name, {})
        return interval(limits["low"], limits["high"]) if "low" in limits else ""

    @property
    def main_metrics(self) -> list[str]:
        """The metrics that are not of a single class, and all that training measured."""
        trained = self.result.trained_metrics if self.result else []
        return [
            name
            for name in self.metrics["test"]
            if name in trained or not ("/" in name and name.partition("/")[0] in BY_CLASS)
        ]

    @property
    def key_metrics(self) -> list[str]:
        """A few metrics for tables with a column for each."""
        trained = self.result.trained_metrics if self.result else []
        names = dict.fromkeys([self.headline, *self.metrics.get("beside", []), *trained])
        return [name for name in names if name in self.metrics["test"]]

    @property
    def by_class(self) -> dict[str, dict[str, Any]]:
        """The metrics of single classes on the test split, by class and name of the metric.

        For several labels, they are those of single labels.
        """
        classes: dict[str, dict[str, Any]] = {
            name: {"rows": rows}
            for name, rows in (_at(self.metrics, "tables/test/rows_by_class") or {}).items()
        }
        for name, entry in self.metrics["test"].items():
            metric, _, argument = name.partition("/")
            if metric in BY_CLASS and argument in classes:
                classes[argument][metric] = entry
        return classes

    @property
    def class_metrics(self) -> list[str]:
        """The metrics of single classes, or of single labels, that were measured."""
        measured = {name for entries in self.by_class.values() for name in entries}
        return [name for name in BY_CLASS if name in measured]

    @property
    def undefined(self) -> list[str]:
        """Why main metrics have no value or no interval: a line for each reason."""
        names: dict[str, list[str]] = {}
        for name in self.main_metrics:
            if reason := self.metrics["test"][name].get("reason"):
                names.setdefault(reason, []).append(name)
        return [f"{', '.join(names)}: {reason}" for reason, names in names.items()]

    @property
    def repeated(self) -> list[str]:
        """The headline metric of each series: over folds, over splits, over seeds."""
        return [
            series.score(self.headline) for series in (self.result.series if self.result else ())
        ]

    @property
    def baselines(self) -> list[Opponent]:
        """The baselines of its data; none without a result, or if they were left out."""
        return opponents.opponents(self.metrics, self.headline)

    @property
    def baseline(self) -> Opponent | None:
        """The baseline that says most about the network."""
        return opponents.telling(self.metrics, self.headline)

    @property
    def overfits(self) -> str:
        """`overfits from epoch 7`, or nothing."""
        return str((self.result and self.result.overfitting) or "")


def collect(
    params: Params,
    names: Sequence[str],
    *,
    outputs: Path = OUTPUTS,
    prepared: Path = PREPARED,
    stages: Path = STAGES,
    ledger: Ledger | None = None,
) -> list[Row]:
    """Collects a row for each named experiment, in order.

    Args:
        ledger: the looks at test splits; by default those of this project.
        stages: `dvc.yaml`.

    Raises:
        PipelineError: the plan is missing or damaged.
    """
    plan = plan_file.read(outputs / PLAN.name)
    ledger = ledger or looks.read()
    return [
        _row(
            name,
            params,
            planned=_planned(plan.get(name)),
            folder=outputs / name,
            prepared=prepared / params.experiments[name],
            ledger=ledger,
            missing=first_failure(name, params, outputs / "failures", stages=stages)
            or f"not run yet: dvc repro evaluate@{name}",
        )
        for name in names
    ]


def _row(
    name: str,
    params: Params,
    *,
    planned: Planned,
    folder: Path,
    prepared: Path,
    ledger: Ledger,
    missing: str,
) -> Row:
    data = params.experiments[name]
    resolved = folder.parent / "configs" / f"{name}.yaml"
    meta = load_meta(prepared) if (prepared / "meta.json").is_file() else None
    card, unchecked = _card(prepared, meta)
    result, outdated = None, ""
    series: Sequence[Series] = ()
    if all((folder / file).is_file() for file in _FILES):
        try:
            settings = resolved_file.read(resolved)
            result, missing = _result(folder, settings, meta, ledger), ""
        except PipelineError as error:
            missing = str(error)
    if result is not None and (folder / series_record.FILE).is_file():
        try:
            series = _series(folder, settings, meta, listed=params.repeats.get(name))
        except PipelineError as error:
            outdated = str(error)
    return Row(
        experiment=name,
        data=data,
        source=params.data[data],
        planned=planned,
        configuration=_configuration(resolved),
        meta=meta,
        card=card,
        result=result and replace(result, series=series),
        missing=missing,
        unrepeated=failure(f"repeat@{name}", folder.parent / "failures"),
        outdated=outdated,
        unchecked=unchecked or ("" if result is None or meta else _unchecked(prepared)),
    )


def _card(prepared: Path, meta: Meta | None) -> tuple[DataCard | None, str]:
    """The data card, and why it is unreadable."""
    if meta is None or JSON not in meta.files:
        return None, ""
    try:
        made_by = f"dvc repro prepare@{meta.name}"
        require_files(prepared, meta.files, made_by=made_by, names=[JSON])
        return DataCard.read(prepared), ""
    except PipelineError as error:
        return None, str(error)


def _unchecked(prepared: Path) -> str:
    return (
        f"{prepared} is missing, so the result was not compared with its data. "
        f"Prepare them with: dvc repro prepare@{prepared.name}"
    )


def _configuration(path: Path) -> str:
    """The resolved YAML; empty if the experiment is not composed."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return resolved_file.unsealed(text)


def _planned(entry: Mapping[str, Any] | None) -> Planned:
    """Reads an entry of the plan. An experiment that did not compose has none."""
    if entry is None:
        return Planned(description="", reported="", claims=[], changed={}, command="")
    return Planned(**{**entry, "claims": [Claim(**claim) for claim in entry["claims"]]})


def _result(
    folder: Path, settings: Settings, meta: Meta | None, ledger: Ledger
) -> ExperimentResult:
    """Reads a result that fits the present settings and data.

    Raises:
        PipelineError: a file is missing, damaged or stale.
    """
    made_by = f"dvc repro train@{folder.name}"
    run = run_record.read(folder, made_by=made_by)
    data = meta.identity if meta else run.data
    run.require_current(folder, settings=settings.digest, data=data, made_by=made_by)
    require_files(folder, run.files, made_by=made_by, names=[HISTORY, INDEX])
    evaluation_record.require(folder, run.ids)
    points = history.read(folder / HISTORY)
    step = read_json(folder / INDEX, made_by=made_by)["final"]
    until_saved = [point for point in points if point.step <= step]
    return ExperimentResult(
        metrics=read_json(folder / evaluation_record.METRICS, made_by=made_by),
        run=run,
        history=points,
        saved=until_saved[-1],
        figures=pictures.read(folder / evaluation_record.FIGURES, folder.name),
        overfitting=None if settings.keeps_best else overfitting(until_saved),
        standing=ledger.standing(run.run_id, step),
    )


def _series(
    folder: Path, settings: Settings, meta: Meta | None, *, listed: Repeats | None
) -> list[Series]:
    """Reads the results of several trainings if they fit the present settings and data.

    Args:
        listed: what varies by `params.yaml`; None if it does not repeat the experiment any more.

    Raises:
        PipelineError: the file is damaged or stale.
    """
    series = {
        varied: Series(
            varied=_VALUES[varied],
            **(one | {"runs": {int(value): run for value, run in _by_number(one["runs"])}}),
        )
        for varied, one in series_record.read(folder, settings, meta).items()
    }
    trained = {varied: sorted(one.runs) for varied, one in series.items()}
    if listed is not None and trained != {key: sorted(of) for key, of in listed.values.items()}:
        raise PipelineError(
            f"{folder / series_record.FILE} is stale: params.yaml lists other trainings",
            received=", ".join(one.description for one in series.values()),
            expected=f"Train the listed ones with: {series_record.command(folder)}",
        )
    return [series[varied] for varied in _VALUES if varied in series]


def _by_number(runs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(runs.items(), key=lambda item: int(item[0]))


def look_up(metrics: Mapping[str, Any], path: str) -> float | None:
    """The number at a path in `metrics.json`, or None.

    `test/accuracy` is the value of a test metric. Its other numbers have paths such as
    `test/accuracy/low` and `test/accuracy/at_step/1000`. Names of classes may hold slashes.
    """
    node = _at(metrics, path)
    if isinstance(node, dict):
        node = node.get("value")
    return float(node) if isinstance(node, int | float) else None


def not_defined(metrics: Mapping[str, Any], path: str) -> str:
    """Why the metric at a path in `metrics.json` is not defined; empty if it is."""
    split, _, name = path.partition("/")
    test = _at(metrics, path) if split == "test" else None
    if isinstance(test, dict):
        return str(test.get("reason", "")) if test.get("value") is None else ""
    return str(metrics.get("not_defined", {}).get(split, {}).get(name, ""))


def _at(node: Any, path: str) -> Any:
    """The value of a nested dictionary at a path. If several keys fit, the longest comes first."""
    if not path:
        return node
    if not isinstance(node, dict):
        return None
    keys = [key for key in node if path == key or path.startswith(f"{key}/")]
    values = (_at(node[key], path[len(key) + 1 :]) for key in sorted(keys, key=len, reverse=True))
    return next((value for value in values if value is not None), None)
