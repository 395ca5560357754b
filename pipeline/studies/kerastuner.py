"""KerasTuner's oracles behind `ask` and `tell`.

KerasTuner writes no files here. A new oracle replays the journal and then continues like the old
one.
"""

from contextlib import ExitStack
from typing import Any

from pipeline.studies.objective import Objective
from pipeline.studies.settings import SearchSettings
from pipeline.studies.space import Parameter, Space
from pipeline.studies.trial import Trial

PRIVATE = "tuner/"  # KerasTuner stores its own values under this prefix, among those of a trial
UNLIMITED = 10**9
_OBJECTIVE = "objective"
_TUNER = "search"


class KerasTunerOracle:
    """Suggests up to `search.trials` trials.

    Args:
        kind: the class of KerasTuner's oracle.
        arguments: for its constructor, in addition to those that all oracles share.
    """

    def __init__(
        self,
        kind: Any,
        search: SearchSettings,
        space: Space,
        objective: Objective,
        **arguments: Any,
    ) -> None:
        import keras_tuner

        self._search, self._space, self._objective = search, space, objective
        self._oracle = kind(
            objective=keras_tuner.Objective(_OBJECTIVE, objective.direction.value),
            hyperparameters=_hyperparameters(space),
            seed=search.seed,
            allow_new_entries=False,
            max_consecutive_failed_trials=UNLIMITED,
            **arguments,
        )
        self._oracle.verbose = 0
        self._oracle.save = self._oracle._save_trial = lambda *_: None
        self._suggestion: Any = None
        self._started = 0

    def ask(self) -> Trial | None:
        """The next trial. None if the budget or the space is exhausted."""
        if self._started == self._search.trials:
            return None
        suggestion = self._suggest()
        return None if suggestion is None else self._trial(suggestion, self._started)

    def tell(self, trial: Trial, objective: float | None) -> None:
        """Takes the result of the last suggested trial.

        The trial may come from a journal. Its values then replace the suggested ones.
        """
        suggestion = self._suggestion
        private = {
            name: value
            for name, value in suggestion.hyperparameters.values.items()
            if name.startswith(PRIVATE)
        }
        suggestion.hyperparameters.values = trial.values | private
        if objective is None:
            suggestion.status = "FAILED"
        else:
            self._oracle.update_trial(suggestion.trial_id, {_OBJECTIVE: objective})
            suggestion.status = "COMPLETED"
        self._oracle.end_trial(suggestion)

    def _suggest(self) -> Any:
        """KerasTuner's next trial, or None."""
        suggestion = self._oracle.create_trial(_TUNER)
        return suggestion if suggestion.status == "RUNNING" else None

    def _trial(self, suggestion: Any, number: int, *, pause_at: int | None = None) -> Trial:
        self._suggestion = suggestion
        self._started = max(self._started, number + 1)
        values = {
            name: _plain(value)
            for name, value in suggestion.hyperparameters.values.items()
            if not name.startswith(PRIVATE)
        }
        overrides = [*self._search.fixed_overrides(), *self._space.overrides(values)]
        return Trial(number, values, overrides, pause_at)


def _hyperparameters(space: Space) -> Any:
    """Translates the space for KerasTuner, without fixed parameters."""
    import keras_tuner

    hyperparameters = keras_tuner.HyperParameters()
    for parameter in space.searched:
        with ExitStack() as conditions:
            for name, values in parameter.when.items():
                conditions.enter_context(hyperparameters.conditional_scope(name, list(values)))
            _add(hyperparameters, parameter)
    return hyperparameters


def _add(hyperparameters: Any, parameter: Parameter) -> None:
    name, low, high = parameter.name, parameter.low, parameter.high
    if parameter.kind == "choice":
        hyperparameters.Choice(name, list(parameter.choices))
    elif parameter.kind == "int":
        hyperparameters.Int(name, int(low), int(high), step=parameter.step)
    else:
        sampling = "log" if parameter.log else "linear"
        hyperparameters.Float(name, low, high, sampling=sampling)


def _plain(value: Any) -> Any:
    """Turns a NumPy value into Python's own. JSON stores that exactly."""
    return value.item() if hasattr(value, "item") else value
