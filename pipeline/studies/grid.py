"""The trials of a sweep: every combination, each composed and checked before the first one runs."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from pipeline.config.experiment import ExperimentConfig
from pipeline.config.resolved import compose_experiment, to_values
from pipeline.errors import PipelineError
from pipeline.layout import CONF
from pipeline.studies.objective import Objective, in_common

_LONGEST_NAME = 250  # characters of a run's name that MLflow's tables hold


@dataclass(frozen=True)
class Trial:
    """One combination: its overrides in Hydra's grammar, the values of the swept settings, what they compose, and what
    it is judged by; None where the trials of its grid cannot be compared.
    """

    overrides: list[str]
    choices: dict[str, str]
    config: ExperimentConfig
    objective: Objective | None

    @property
    def label(self) -> str:
        """The swept settings as they are given on a command line."""
        return " ".join(f"{key}={value}" for key, value in self.choices.items())

    @property
    def run_name(self) -> str:
        """The label with the last part of each name, which a column of runs has room for; that of the experiment where
        nothing is swept."""
        short = " ".join(f"{key.rpartition('.')[2]}={value}" for key, value in self.choices.items())
        return short[:_LONGEST_NAME] or self.config.name

    @property
    def group(self) -> str:
        """The label without the seed: trials of one group are repetitions."""
        return " ".join(f"{key}={value}" for key, value in self.choices.items() if key != "seed")


@dataclass(frozen=True)
class Grid:
    """All trials of a sweep, in Hydra's order."""

    trials: list[Trial]

    @property
    def name(self) -> str:
        """The experiment, or `sweep` where that is swept itself."""
        names = {trial.config.name for trial in self.trials}
        return names.pop() if len(names) == 1 else "sweep"

    @property
    def objective(self) -> Objective | None:
        """What the trials are compared by; None where they cannot be."""
        return self.trials[0].objective

    @cached_property
    def sweep_id(self) -> str:
        """12 hexadecimal digits of sha256 over the settings of all trials, in any order."""
        settings = sorted(
            json.dumps(to_values(trial.config), sort_keys=True) for trial in self.trials
        )
        return hashlib.sha256("\n".join(settings).encode()).hexdigest()[:12]

    def trial(self, overrides: Sequence[str]) -> int:
        """The number of the trial with these overrides."""
        return next(
            number for number, trial in enumerate(self.trials) if trial.overrides == list(overrides)
        )


def grid(overrides: Sequence[str], *, conf: Path = CONF) -> Grid:
    """The trials of a sweep; raises `PipelineError` for the first that cannot be composed, comes twice or would pause."""
    found = combinations(overrides)
    configs = [compose_experiment(combination, conf=conf) for combination in found]
    _require_different(found, configs)
    _require_whole(configs)
    values = [dict(_pair(override) for override in combination) for combination in found]
    swept = [key for key in values[0] if len({given[key] for given in values}) > 1]
    return Grid(
        [
            Trial(combination, {key: given[key] for key in swept}, config, objective)
            for combination, given, config, objective in zip(
                found, values, configs, in_common(configs), strict=True
            )
        ]
    )


def _require_different(found: Sequence[list[str]], configs: Sequence[ExperimentConfig]) -> None:
    """A trial that came twice would be taken for a repetition, and make an interval too narrow."""
    known: set[str] = set()
    for combination, config in zip(found, configs, strict=True):
        settings = json.dumps(to_values(config), sort_keys=True)
        if settings in known:
            raise PipelineError(
                "command line: two trials of the sweep are the same",
                received=" ".join(combination),
                expected="Expected: each value once",
            )
        known.add(settings)


def _require_whole(configs: Sequence[ExperimentConfig]) -> None:
    """What is measured at a pause cannot be compared with what is measured at the end."""
    for config in configs:
        if (pause := config.checkpoint.pause_at) is not None:
            raise PipelineError(
                "a sweep trains its trials to their end",
                received=f"checkpoint.pause_at={pause}",
                expected="Expected: checkpoint.pause_at=null",
            )


def combinations(overrides: Sequence[str]) -> list[list[str]]:
    """The runs of Hydra's own sweeper: every combination of the values given with commas, in its order."""
    if fixed := [
        override
        for override in overrides
        if override.lstrip("+~").startswith("hydra.sweeper.params")
    ]:
        raise PipelineError(
            "command line: a sweep takes its values from the overrides of the experiment",
            received=" ".join(fixed),
            expected="Expected: key=value,value,…",
        )
    try:
        parsed = OverridesParser.create().parse_overrides(list(of_trials(overrides)))
        batches = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    except (HydraException, ValueError) as error:  # the second of range(1, 9, 0)
        raise PipelineError(
            "command line: an override cannot be read",
            received=" ".join(overrides),
            expected="Expected: key=value or key=value,value,…",
        ) from error
    found = [list(combination) for batch in batches for combination in batch]
    if not found:
        raise PipelineError(
            "command line: a sweep without a trial",
            received=" ".join(overrides),
            expected="Expected: ranges that hold a value",
        )
    return found


def of_trials(overrides: Sequence[str]) -> list[str]:
    """The overrides without those of Hydra itself, such as `hydra/launcher=joblib`."""
    own = of_hydra(overrides)
    return [override for override in overrides if override not in own]


def of_hydra(overrides: Sequence[str]) -> list[str]:
    """Those of Hydra itself alone."""
    return [
        override for override in overrides if override.lstrip("+~").startswith(("hydra/", "hydra."))
    ]


def _pair(override: str) -> tuple[str, str]:
    key, _, value = override.lstrip("+~").partition("=")
    return key, value
