"""KerasTuner's oracles, which propose settings; nothing of theirs is kept on disk.

An oracle is a function of its settings, its seed and what it was told, in order: telling a new one what a journal holds
brings it to where the one before had come.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import keras_tuner

from pipeline.config.training import Direction
from pipeline.errors import ConfigError
from pipeline.studies.explore import OWN, Proposal
from pipeline.studies.space import Hyperband, Method, Objective, Parameter, Search

_OBJECTIVE = "objective"
_TUNER = "search"
_NO_LIMIT = 10**9


class Oracle:
    """Proposes up to `search.trials` configurations, each after it was told what the one before came to."""

    def __init__(self, search: Search, space: Sequence[Parameter], objective: Objective) -> None:
        self._search = search
        self._oracle = _build(search, _hyperparameters(space), objective)
        self._worst = float("-inf") if objective.direction is Direction.max else float("inf")
        self._trial: Any = None
        self._numbers: dict[
            str, int
        ] = {}  # of the configuration, by the id of a trial of KerasTuner's
        self._begun = 0
        self._left = 0  # configurations that the running bracket still takes

    def propose(self) -> Proposal | None:
        """The next one; None where the budget is used up, or the space."""
        if not isinstance(self._search, Hyperband) and self._begun == self._search.trials:
            return None
        trial = self._oracle.create_trial(_TUNER)
        if trial.status != "RUNNING":
            return None
        values = {name: _plain(value) for name, value in trial.hyperparameters.values.items()}
        past = values.get(f"{OWN}trial_id")
        if past is None and isinstance(self._search, Hyperband) and not self._fits(values):
            return None
        self._trial = trial
        number = self._begun if past is None else self._numbers[past]
        self._numbers[trial.trial_id] = number
        self._begun += past is None
        return Proposal(number, values, values.get(f"{OWN}epochs"))

    def tell(self, proposal: Proposal, value: float | None) -> None:
        """Says what the last proposal came to; None for one that failed.

        Hyperband takes a failed one for the worst of its round, because KerasTuner promotes nothing where one is missing.
        """
        self._trial.hyperparameters.values = dict(proposal.values)
        if value is None and self._search.method is Method.hyperband:
            value = self._worst
        if value is None:
            self._trial.status = "FAILED"
        else:
            self._oracle.update_trial(self._trial.trial_id, {_OBJECTIVE: value})
            self._trial.status = "COMPLETED"
        self._oracle.end_trial(self._trial)

    def _fits(self, values: Mapping[str, Any]) -> bool:
        """Whether a new configuration is of a bracket that the budget can bring to its end."""
        if self._left == 0:
            size = self._oracle._get_size(values[f"{OWN}bracket"], 0)
            if self._begun == 0 and size > self._search.trials:
                raise ConfigError(
                    "search.trials",
                    "are too few for the first bracket of hyperband",
                    received=self._search.trials,
                    expected=f"Expected: {size} or more, or a smaller search.max_epochs",
                )
            if self._begun + size > self._search.trials:
                return False
            self._left = size
        self._left -= 1
        return True


def _build(search: Search, space: Any, objective: Objective) -> Any:
    assert objective.direction is not None
    given = {
        "objective": keras_tuner.Objective(_OBJECTIVE, objective.direction.value),
        "hyperparameters": space,
        "seed": search.seed,
        "allow_new_entries": False,
        "max_consecutive_failed_trials": _NO_LIMIT,
    }
    if isinstance(search, Hyperband):
        oracle = _Hyperband(
            **given,
            max_epochs=search.max_epochs,
            factor=search.factor,
            hyperband_iterations=_NO_LIMIT,
        )
    elif search.method is Method.bayesian:
        oracle = _Bayesian(**given, max_trials=None)
    else:
        oracle = _Random(**given, max_trials=None)
    oracle.verbose = 0
    return oracle


class _Unsaved:
    """What KerasTuner would write is in the journal, which can be trusted."""

    def save(self, *_: Any) -> None:
        return

    def _save_trial(self, _trial: Any) -> None:
        return


class _Random(_Unsaved, keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
    pass


class _Bayesian(_Unsaved, keras_tuner.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    pass


class _Hyperband(_Unsaved, keras_tuner.oracles.HyperbandOracle):  # type: ignore[misc]
    pass


def _hyperparameters(space: Sequence[Parameter]) -> Any:
    """The space as KerasTuner has it; what has one value alone is no part of it."""
    found = keras_tuner.HyperParameters()
    for parameter in space:
        if len(parameter.choices) == 1:
            continue
        with ExitStack() as conditions:
            for name, values in parameter.when.items():
                conditions.enter_context(found.conditional_scope(name, list(values)))
            _add(found, parameter)
    return found


def _add(space: Any, parameter: Parameter) -> None:
    if parameter.kind == "choice":
        space.Choice(parameter.name, list(parameter.choices))
    elif parameter.kind == "int":
        space.Int(parameter.name, int(parameter.low), int(parameter.high), step=parameter.step)
    else:
        space.Float(
            parameter.name,
            parameter.low,
            parameter.high,
            sampling="log" if parameter.log else "linear",
        )


def _plain(value: Any) -> Any:
    """A value of numpy as Python's own, which JSON holds exactly."""
    return value.item() if hasattr(value, "item") else value
