"""Chooses the runs to show: those that are named, or those that run."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import PipelineError, suggestion
from pipeline.tracking.curves import WatchedRun

_NEWEST = 3
_SHORTEST_ID = 4


@dataclass(frozen=True)
class Watched:
    """A training, or a study with its trials."""

    run: WatchedRun
    trials: Sequence[WatchedRun] = ()

    @property
    def is_running(self) -> bool:
        return any(run.is_running for run in (self.run, *self.trials))


def choose(runs: Sequence[WatchedRun], names: Sequence[str]) -> list[Watched]:
    """The chosen trainings and studies, the newest first.

    Without names, these are all that run. If none does, they are the newest three.

    Args:
        runs: of the store, the newest first.
        names: of experiments or runs; or the beginnings of ids of runs, sweeps and searches.

    Raises:
        PipelineError: nothing has one of the names.
    """
    tree = _tree(runs)
    if not names:
        return [one for one in tree if one.is_running] or tree[:_NEWEST]
    chosen: dict[str, Watched] = {}
    for name in names:
        named = [one for one in tree if _has_name(one.run, name)]
        trials = [trial for one in tree for trial in one.trials]
        named += [Watched(trial) for trial in trials if _has_name(trial, name, own=True)]
        if not named:
            experiments = {run.experiment for run in runs}
            raise PipelineError(
                "there is no run, sweep or search of this name or id",
                received=name,
                expected=suggestion(name, experiments) if experiments else "Train something first",
            )
        chosen |= {one.run.run_id: one for one in named}
    return sorted(chosen.values(), key=lambda one: -one.run.started)


def _tree(runs: Sequence[WatchedRun]) -> list[Watched]:
    """Puts trials below their studies."""
    studies = {run.run_id for run in runs if run.study}
    trials: dict[str, list[WatchedRun]] = defaultdict(list)
    for run in runs:
        if run.parent:
            trials[run.parent].append(run)
    return [Watched(run, trials.get(run.run_id, ())) for run in runs if run.parent not in studies]


def _has_name(run: WatchedRun, name: str, *, own: bool = False) -> bool:
    """Whether a run has a name or an id.

    Args:
        own: whether to ignore the name of its experiment.
    """
    ids = (run.run_id, run.tags.get(f"{run.study}_id", "") if run.study else "")
    by_id = len(name) >= _SHORTEST_ID and any(one.startswith(name) for one in ids)
    return by_id or name == run.name or (not own and name == run.experiment)
