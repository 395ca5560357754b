"""What the names of a comparison stand for: experiments, runs and configurations of sweeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.comparing.comparison import FOLDS, ROWS, SEEDS, SPLITS
from pipeline.config import params, plan_file, repeats, resolved_file
from pipeline.config.metrics import is_metric
from pipeline.config.variations import SEED, SPLIT
from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError, suggestion
from pipeline.evaluation import predictions, record, series_record
from pipeline.evaluation.predictions import Predictions
from pipeline.files import read_json
from pipeline.layout import CONFIGS, EVALUATED_RUNS, OUTPUTS, PREPARED, mlruns, studies
from pipeline.runs import record as run_record
from pipeline.runs.result import HISTORY
from pipeline.runs.run_id import is_run_id
from pipeline.studies import trial_runs

_LONGEST_LIST = 5
_OVER = {repeats.SEEDS: SEEDS, repeats.SPLIT_SEEDS: SPLITS, repeats.FOLDS: FOLDS}
_VALIDATION = "validation/"


@dataclass(frozen=True)
class Evaluated:
    """A model and its test split.

    Args:
        metrics: the content of `metrics.json`.
        history: the file of its training's history; None if it is not here.
    """

    run_id: str
    metrics: Mapping[str, Any]
    predictions: Predictions
    history: Path | None


@dataclass(frozen=True)
class Group:
    """Trainings of one configuration that differ in their seed, their split or their fold.

    Args:
        values: by seed or split, the metrics by name.
        run_ids: by seed or split.
        rows: by seed or split, what identifies the rows that were measured.
        ratio: the measured rows of a split, divided by its training rows.
        split: `test` or `validation`.
    """

    values: Mapping[str, Mapping[str, float]]
    run_ids: Mapping[str, str]
    rows: Mapping[str, str]
    ratio: float
    split: str = "test"


@dataclass(frozen=True)
class Contender:
    """What a name stands for.

    Args:
        title: for readers.
        headline: the metric that decides, unless the command names another one.
        tested: None for a configuration of a sweep.
        groups: by `SEEDS`, `SPLITS` and `FOLDS`.
        missing: the reason why a comparison over one of `OVER` is impossible.
        sources: the files that were read.
        store: the setting `tracking.store`.
        data: the data variant of an experiment.
        remarks: why some of its results are not used.
    """

    name: str
    title: str
    headline: str
    tested: Evaluated | None
    groups: Mapping[str, Group]
    missing: Mapping[str, str]
    sources: Sequence[Path]
    store: str = "mlflow"
    is_experiment: bool = False
    data: str = ""
    remarks: Sequence[str] = ()

    @property
    def run_ids(self) -> list[str]:
        """The ids of all runs behind the name."""
        tested = [self.tested.run_id] if self.tested else []
        return [
            *tested,
            *(run_id for group in self.groups.values() for run_id in group.run_ids.values()),
        ]


def resolve(name: str) -> Contender:
    """Finds what a name stands for.

    Args:
        name: an experiment, the beginning of a run id, or `<sweep id>/<trial>`.

    Raises:
        PipelineError: the name stands for nothing, it was not evaluated, or its results are stale.
    """
    if "/" in name:
        return _configuration(name)
    experiments = params.read().experiments
    if name in experiments:
        return _experiment(name)
    if is_run_id(name):
        return _run(name)
    raise PipelineError(
        "this is neither an experiment of params.yaml, nor a run id, nor a trial of a sweep",
        received=name,
        expected=suggestion(name, experiments),
    )


def _experiment(name: str) -> Contender:
    plan_file.require_current()
    output, configured = OUTPUTS / name, CONFIGS / f"{name}.yaml"
    settings = resolved_file.read(configured)
    prepared = PREPARED / settings.data
    meta = load_meta(prepared) if (prepared / "meta.json").is_file() else None
    made_by = f"dvc repro train@{name}"
    run = run_record.read(output, made_by=made_by)
    data = meta.identity if meta else run.data
    run.require_current(output, settings=settings.digest, data=data, made_by=made_by)
    record.require(output, run.ids)
    tested = _tested(output, run.run_id, output / HISTORY)
    groups, sources, remarks = {}, [configured, output / record.FILE], []
    hint = (
        f"params.yaml lists no {{}} for it under repeats, or `dvc repro repeat@{name}` has not run"
    )
    if (output / series_record.FILE).is_file():
        try:
            series = series_record.read(output, settings, meta)
            groups = {_OVER[varied]: _group(group) for varied, group in series.items()}
            sources.append(output / series_record.FILE)
        except PipelineError as error:
            remarks.append(str(error))
            hint = str(error)
    missing = {over: hint.format(over) for over in _OVER.values() if over not in groups}
    return Contender(
        name=name,
        title=name,
        headline=tested.metrics["headline"],
        tested=tested,
        groups=groups,
        missing=missing,
        sources=sources,
        store=settings.store,
        is_experiment=True,
        data=settings.data,
        remarks=remarks,
    )


def _tested(output: Path, run_id: str, history: Path) -> Evaluated:
    made_by = record.command(output)
    return Evaluated(
        run_id=run_id,
        metrics=read_json(output / record.METRICS, made_by=made_by),
        predictions=predictions.read(output / predictions.FILE, made_by=made_by),
        history=history if history.is_file() else None,
    )


def _group(series: Mapping[str, Any]) -> Group:
    """A series of `seeds.json`. One of an earlier version does not name its rows."""
    runs = dict(sorted(series["runs"].items(), key=lambda item: int(item[0])))
    ratios = [run["rows"]["test"] / run["rows"]["train"] for run in runs.values()]
    return Group(
        values={key: run["test"] for key, run in runs.items()},
        run_ids={key: run["run_id"] for key, run in runs.items()},
        rows={key: run.get("truth", "") for key, run in runs.items()},
        ratio=sum(ratios) / len(ratios),
    )


def _run(beginning: str) -> Contender:
    output = _evaluated(beginning)
    ids = record.read(output)
    history = mlruns() / "checkpoints" / ids["run_key"] / "result" / HISTORY
    return of_run(_tested(output, ids["run_id"], history), sources=[output / record.FILE])


def of_run(tested: Evaluated, *, sources: Sequence[Path] = ()) -> Contender:
    """A single run. Its evaluation was read from these files."""
    return Contender(
        name=tested.run_id[:8],
        title=f"run {tested.run_id[:8]}",
        headline=tested.metrics["headline"],
        tested=tested,
        groups={},
        missing=dict.fromkeys(_OVER.values(), "it is a single run; name its experiment instead"),
        sources=sources,
    )


def _evaluated(beginning: str) -> Path:
    """The folder with the evaluation of a run."""
    folders = {
        path.name: path for path in EVALUATED_RUNS.glob(f"{beginning}*") if path.is_dir()
    } | _of_experiments(beginning)
    if len(folders) > 1:
        raise PipelineError(
            "several evaluated runs begin with these digits",
            received=beginning,
            expected=f"Give more digits of one of: {', '.join(sorted(folders)[:_LONGEST_LIST])}",
        )
    if folders:
        return next(iter(folders.values()))
    from pipeline.tracking import logged_models

    run_id = logged_models.find_run(beginning)
    raise PipelineError(
        "this run was not evaluated",
        received=run_id,
        expected=f"Test it with: python -m pipeline.evaluate run={run_id[:8]}",
    )


def _of_experiments(beginning: str) -> dict[str, Path]:
    """The folders of experiments with an evaluated run. The run id begins with these digits."""
    folders = {}
    for file in OUTPUTS.glob(f"*/{record.FILE}"):
        run_id = read_json(file, made_by=record.command(file.parent))["run"]["run_id"]
        if run_id.startswith(beginning):
            folders[run_id] = file.parent
    return folders


def _configuration(name: str) -> Contender:
    """A configuration of a sweep: a trial, and those that differ from it only in seed or split."""
    from pipeline.studies.choice import measured_of, settings_of
    from pipeline.studies.outcome import Outcome

    sweep, _, number = name.partition("/")
    folder = _sweep(sweep)
    made_by = "the same sweep again"
    files = sorted((folder / "trials").glob("*.json"))
    outcomes = [Outcome.from_values(read_json(file, made_by=made_by)) for file in files]
    numbers = [outcome.trial.number for outcome in outcomes]
    if not number.isdecimal() or int(number) not in numbers:
        raise PipelineError(
            f"{folder} has no trial of this number",
            received=number or "nothing",
            expected=f"Expected: 0 to {max(numbers, default=0)}, as in trials.csv",
        )
    measured = measured_of(outcomes)
    settings = settings_of(outcomes[numbers.index(int(number))])
    own = [outcome for outcome in measured if settings_of(outcome) == settings]
    if not own:
        raise PipelineError(
            "no trial of this configuration has finished with an objective",
            received=name,
            expected="Run the same sweep again",
        )
    over = SPLITS if set(SPLIT) & set(own[0].trial.values) else SEEDS
    missing = "it is a configuration of a sweep over {}"
    label = " ".join(f"{key}={value}" for key, value in settings.items())
    return Contender(
        name=f"{folder.name}/{number}",
        title=label or f"sweep {folder.name}",
        headline=_objective(measured),
        tested=None,
        groups={over: _group_of(own, over, sweep=folder.name)},
        missing=dict.fromkeys({ROWS, SEEDS, SPLITS, FOLDS} - {over}, missing.format(over)),
        sources=files,
    )


def _sweep(beginning: str) -> Path:
    folder = trial_runs.study_of(beginning)
    if folder.parent != studies()["sweep"]:
        raise PipelineError(
            "the trials of a search have one seed each, so the noise of the seed is not known",
            received=beginning,
            expected="Compare runs: python -m pipeline.evaluate run=<id> tests one of trials.csv. "
            "Or save the winner with search.save_as, and repeat it over seeds",
        )
    return folder


def _objective(outcomes: Sequence[Any]) -> str:
    """The metric by which the sweep compared its trials. Its value is that of the objective."""
    names = (
        name
        for name in outcomes[0].metrics
        if name.startswith(_VALIDATION)
        and all(outcome.metrics.get(name) == outcome.objective for outcome in outcomes)
    )
    return next(names, "validation/loss").removeprefix(_VALIDATION)


def _group_of(outcomes: Sequence[Any], over: str, *, sweep: str) -> Group:
    """The trials of a configuration. Over splits, the seeds of a split are averaged."""
    names = SPLIT if over == SPLITS else (SEED,)
    by_key: dict[str, list[Any]] = {}
    for outcome in outcomes:
        key = " ".join(
            str(outcome.trial.values[name]) for name in names if name in outcome.trial.values
        )
        by_key.setdefault(key or "0", []).append(outcome)
    return Group(
        values={key: _means(members) for key, members in by_key.items()},
        run_ids={outcome.run_id: outcome.run_id for outcome in outcomes},
        rows={key: f"sweep {sweep} {key if over == SPLITS else ''}" for key in by_key},
        ratio=_ratio(outcomes[0].trial.overrides) if over == SPLITS else 0.0,
        split="validation",
    )


def _means(outcomes: Sequence[Any]) -> dict[str, float]:
    names = [
        name
        for name in outcomes[0].metrics
        if name.startswith(_VALIDATION) and all(name in outcome.metrics for outcome in outcomes)
    ]
    return {
        name.removeprefix(_VALIDATION): sum(outcome.metrics[name] for outcome in outcomes)
        / len(outcomes)
        for name in names
        if is_metric(name.removeprefix(_VALIDATION)) or name == f"{_VALIDATION}loss"
    }


def _ratio(overrides: Sequence[str]) -> float:
    """The validation rows of the trials' data variant, divided by its training rows."""
    from pipeline.config.experiment_composition import compose_experiment

    rows = load_meta(PREPARED / compose_experiment(overrides).data.name).rows
    return rows["validation"] / rows["train"]
