"""A whole search: its trials, its board, its run in MLflow and its best trial."""

import hashlib
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.values import to_values
from pipeline.config.variations import SEED
from pipeline.console import log
from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError
from pipeline.files import write_json
from pipeline.layout import PREPARED, studies
from pipeline.runs import identity as lineage
from pipeline.signals import Interruption
from pipeline.studies import ranking, record, saving, summary
from pipeline.studies.board import Board
from pipeline.studies.confirming import confirm, other_seeds
from pipeline.studies.drawing import draw
from pipeline.studies.explore import explore
from pipeline.studies.interrupting import resumable
from pipeline.studies.journal import SearchJournal, open_search
from pipeline.studies.objective import FACTS, Objective
from pipeline.studies.oracles import ORACLES
from pipeline.studies.outcome import Outcome, Status, best, latest, trained_epochs, with_status
from pipeline.studies.running import SearchTrials
from pipeline.studies.settings import TuneConfig
from pipeline.studies.space import Space
from pipeline.studies.trial import Trial
from pipeline.studies.trial_process import TrialProcess
from pipeline.tracking import stores
from pipeline.tracking.tracker import Measurement, Tracker

_ID_DIGITS = 12
_LUCK = (
    "Luck helped to choose the best trial, so its figure is too good. "
    "search.save_as=<name> trains it with other seeds"
)
# These do not change which trials are suggested.
_WITHOUT_EFFECT = ("trials", "save_as", "confirm_seeds")


@dataclass(frozen=True)
class Plan:
    """What a search will do.

    Args:
        overrides: the overrides of the experiment.
        base: the configuration that they compose to.
    """

    overrides: list[str]
    base: ExperimentConfig
    config: TuneConfig
    space: Space
    objective: Objective

    @classmethod
    def of(cls, overrides: Sequence[str], config: TuneConfig) -> "Plan":
        """Checks that the experiment can be searched; raises `PipelineError`."""
        base = compose_experiment(overrides)
        _require_searchable(base)
        objective = config.search.objective.for_data(base.data)
        space = config.read_space()
        _require_one_measure(objective, space)
        measuring = objective.to_measure(base, key="search.objective.metric")
        base = compose_experiment([*overrides, *measuring]) if measuring else base
        return cls([*overrides, *measuring], base, config, space, objective)

    @property
    def searched(self) -> list[str]:
        """The settings that differ between trials."""
        return [parameter.name for parameter in self.space.searched]

    def settings(self) -> dict[str, Any]:
        """The settings of the search that its suggestions depend on, as plain values."""
        values = to_values(self.config)
        search = {
            name: value for name, value in values["search"].items() if name not in _WITHOUT_EFFECT
        }
        search["objective"] = {
            "metric": self.objective.metric,
            "direction": self.objective.direction.value,
        }
        return {"search": search, "space": values["space"]}

    def search_id(self) -> str:
        """A digest of settings, data, code and versions.

        Searches with the same id suggest the same trials.
        """
        meta = load_meta(PREPARED / self.base.data.name)
        settings = self.settings()
        identity = lineage.identity(self.base, meta) | {
            "search": settings["search"],
            "space": list(settings["space"].items()),  # the order matters to an oracle
            "oracle": version("keras-tuner"),
        }
        text = json.dumps(identity, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]


def tune(
    overrides: Sequence[str], config: TuneConfig, interruption: Interruption
) -> dict[str, Any]:
    """Runs or resumes a search, and records its best trial.

    Args:
        overrides: the overrides of the experiment.
        interruption: the signals of this process.

    Returns:
        `{search_id, run_id, status, best, trials, failed, epochs}`, for JSON.

    Raises:
        PipelineError: the search is invalid, or no trial finished.
        Interrupted: a signal was received. The running trial saved a checkpoint.
    """
    plan = Plan.of(overrides, config)
    if config.search.save_as is not None:
        saving.require_possible(config.search.save_as, plan.base)
    search_id, name = plan.search_id(), plan.base.name
    with (
        resumable(name, interruption),
        open_search(studies()["search"] / search_id) as journal,
    ):
        settings = plan.settings()
        description = {"experiment": name, "overrides": plan.overrides, **settings}
        write_json(journal.folder / "search.json", description)
        store = stores.load(plan.base.tracking.store)
        with store.open_parent("search", name, search_id, _params(settings)) as parent:
            search = _Search(plan, search_id, journal, parent)
            search.run(interruption)
            return search.conclude(interruption)


class _Search:
    """A search in progress: its plan, its journal and its run in MLflow."""

    def __init__(self, plan: Plan, search_id: str, journal: SearchJournal, parent: Tracker) -> None:
        self._plan, self._journal, self._parent = plan, journal, parent
        self._id, self._name = search_id, plan.base.name
        # The trials of the journal belong to the search, even if the command asks for fewer now.
        trials = max(plan.config.search.trials, len(latest(journal.outcomes)))
        self._settings = replace(plan.config.search, trials=trials)
        title = f"{self._name}, search {search_id}"
        self._board = Board(self._name, title, trials, plan.searched, plan.objective)
        self._outcomes: list[Outcome] = []  # those that the oracle has received

    def run(self, interruption: Interruption) -> None:
        """Replays the journal and runs the trials that it does not hold."""
        from pipeline.models import backend

        self._parent.set_tag("trials", str(self._settings.trials))
        self._parent.set_tag("objective", self._plan.objective.metric)
        backend.load()  # silently, before KerasTuner imports it
        plan, process = self._plan, TrialProcess()
        trials = SearchTrials(
            plan.overrides, plan.objective, self._journal, self._tags, interruption, process
        )
        oracles = ORACLES.load(self._settings.method, key="search.method")
        oracle = oracles.build(self._settings, plan.space, plan.objective)

        def run(trial: Trial) -> Outcome:
            self._board.show([*self._outcomes, Outcome(trial, Status.RUNNING)])
            return trials.run(trial)

        with self._board:
            explore(oracle, self._journal, run, self._add)
        process.close()

    @property
    def _tags(self) -> dict[str, str]:
        """Tags of each run of the search."""
        return {"mlflow.parentRunId": self._parent.run_id, "search_id": self._id}

    def _add(self, outcome: Outcome) -> None:
        """Shows an outcome. Logs its objective and the best so far to MLflow."""
        self._outcomes.append(outcome)
        self._board.show(self._outcomes)
        leader = best(self._outcomes, self._plan.objective.direction)
        values = {
            "objective": outcome.objective,
            "best": None if leader is None else leader.objective,
        }
        measured = {name: value for name, value in values.items() if value is not None}
        count = len(self._outcomes)
        self._parent.log_metrics([Measurement(count, outcome.timestamp, measured)])

    def conclude(self, interruption: Interruption) -> dict[str, Any]:
        """Records the best trial, and saves it as an experiment if asked to."""
        outcomes, trials = self._journal.outcomes, latest(self._journal.outcomes)
        self._board.summarise(outcomes)
        leader = best(outcomes, self._plan.objective.direction)
        self._record(trials, leader)
        if leader is None or leader.status is not Status.FINISHED:
            raise self._nothing_finished(trials)
        self._announce(trials, leader)
        if self._plan.config.search.save_as is not None:
            self._save(self._plan.config.search.save_as, trials, leader, interruption)
        epochs = trained_epochs(outcomes)
        return {
            "search_id": self._id,
            "run_id": self._parent.run_id,
            "status": Status.FINISHED,
            "best": {
                "experiment": self._name,
                "metric": self._plan.objective.metric,
                "trial": leader.trial.number,
                "run_id": leader.run_id,
                "objective": leader.objective,
                "overrides": leader.trial.overrides,
            },
            "trials": len(trials),
            "failed": len(with_status(trials, Status.FAILED)),
            "epochs": {"spent": epochs.spent, "restarting": epochs.restarting},
        }

    def _record(self, trials: list[Outcome], leader: Outcome | None) -> None:
        """Adds the table of all trials and, as tags, the counts and the best trial."""
        table = self._journal.folder / "trials.csv"
        summary.write(trials, self._plan.searched, table)
        self._parent.log_file(table)
        epochs = trained_epochs(self._journal.outcomes)
        tags = {
            "trials": len(trials),
            "trials.failed": len(with_status(trials, Status.FAILED)),
            "epochs.spent": f"{epochs.spent:g}",
            "epochs.restarting": f"{epochs.restarting:g}",
        }
        if leader is not None:
            tags |= {
                "best.trial": leader.trial.number,
                "best.run_id": leader.run_id,
                "best.overrides": " ".join(leader.trial.overrides),
            }
            tags |= {f"best.{name}": f"{value:.6g}" for name, value in leader.metrics.items()}
        for name, value in tags.items():
            self._parent.set_tag(name, str(value))
        finished = with_status(trials, Status.FINISHED)
        self._draw(finished, leader)
        self._write_record(trials, finished, leader)

    def _draw(self, finished: list[Outcome], leader: Outcome | None) -> None:
        if leader is None or leader not in finished:
            return
        files = draw(
            finished,
            [leader],
            self._plan.objective,
            title=f"{self._name}, search {self._id}",
            folder=self._journal.folder,
            effects=False,
        )
        for file in files:
            self._parent.log_file(file, folder=record.FIGURES)

    def _write_record(
        self, trials: list[Outcome], finished: list[Outcome], leader: Outcome | None
    ) -> None:
        """Writes what the report shows of the search."""
        objective = self._plan.objective
        record.StudyRecord(
            kind="search",
            study_id=self._id,
            run_id=self._parent.run_id,
            experiment=self._name,
            method=self._settings.method,
            objective=objective.metric,
            ranking=ranking.of_search(finished, objective.direction),
            doubts=[_LUCK] if leader else [],
            overrides=leader.trial.overrides if leader else [],
            data=record.identities([self._plan.base.data.name]),
            **ranking.facts(trials),
        ).write(self._journal.folder)

    def _announce(self, trials: list[Outcome], leader: Outcome) -> None:
        if failed := len(with_status(trials, Status.FAILED)):
            log(
                f"{self._name}: {failed} of {len(trials)} trials failed. "
                f"Read what they printed in {self._journal.logs}."
            )
        epochs = trained_epochs(self._journal.outcomes)
        if epochs.restarting > epochs.spent:
            log(
                f"{self._name}: trained {epochs.spent:,g} epochs. "
                f"Without resuming promoted trials it would have been {epochs.restarting:,g}."
            )
        log(f"{self._name}: this trains only the best trial, again:")
        log(f"  {shlex.join(['python', '-m', 'pipeline.train', *leader.trial.overrides])}")

    def _save(
        self, name: str, trials: list[Outcome], leader: Outcome, interruption: Interruption
    ) -> None:
        assert leader.objective is not None
        config, objective = compose_experiment(leader.trial.overrides), self._plan.objective
        seeds = {
            config.seed,
            *(int(outcome.trial.values.get(SEED, config.seed)) for outcome in trials),
        }
        process = TrialProcess()
        confirmation = confirm(
            leader.trial.overrides,
            other_seeds(seeds, self._plan.config.search.confirm_seeds),
            objective,
            process=process,
            tags=self._tags,
            logs=self._journal.logs,
            interruption=interruption,
        )
        process.close()
        winner = saving.Winner(
            config=config,
            base=self._name,
            study=f"a {self._settings.method} search",
            trials=len(trials),
            objective=objective,
            value=leader.objective,
            confirmation=confirmation,
            seconds=leader.seconds,
            seconds_of_all=sum(outcome.seconds for outcome in trials),
        )
        self._parent.log_file(saving.save_and_say(name, winner))

    def _nothing_finished(self, trials: list[Outcome]) -> PipelineError:
        failed = with_status(trials, Status.FAILED)
        reasons = list(dict.fromkeys(outcome.reason.rstrip(".") for outcome in failed))
        if paused := len(with_status(trials, Status.PAUSED)):
            reasons.append(
                f"{paused} trials stayed paused: their bracket could not be filled, "
                "or its other trials failed"
            )
        return PipelineError(
            f"none of the {len(trials)} trials finished",
            received="; ".join(reasons),
            expected=f"Read what they printed in {self._journal.logs}",
        )


def _require_searchable(config: ExperimentConfig) -> None:
    if not stores.load(config.tracking.store).lasting:
        raise PipelineError(
            "a search needs MLflow to record its trials",
            received=f"tracking={config.tracking.store}",
            expected="Choose tracking=mlflow",
        )
    if config.force:  # a promoted trial would restart instead of resuming
        raise PipelineError(
            "a search resumes its trials", received="force=true", expected="Remove force=true"
        )
    if config.checkpoint.pause_at is not None:
        raise PipelineError(
            "a search decides itself when its trials pause",
            received=f"checkpoint.pause_at={config.checkpoint.pause_at}",
            expected="Remove checkpoint.pause_at",
        )


def _require_one_measure(objective: Objective, space: Space) -> None:
    """Rejects a space in which the objective is not comparable between trials."""
    names = FACTS.get(objective.metric, {})
    searched = [
        parameter.name
        for parameter in space.searched
        if any(f"{parameter.name}.".startswith(f"{name}.") for name in names)
    ]
    if searched:
        raise PipelineError(
            f"{objective.metric} does not measure the same in all trials",
            received=f"{', '.join(searched)} in the space",
            expected="Choose another search.objective, or remove the setting from the space",
        )


def _params(settings: dict[str, Any]) -> dict[str, str]:
    search = {f"search.{name}": json.dumps(value) for name, value in settings["search"].items()}
    space = {f"space.{name}": json.dumps(value) for name, value in settings["space"].items()}
    return search | space
