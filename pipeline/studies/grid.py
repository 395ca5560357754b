"""The grid of a sweep: a trial for every combination of values.

All trials are composed and checked before the first one runs.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep
from hydra.errors import HydraException

from pipeline.config import overrides as command_line
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.hydra_composition import SWEEPS_OF_HYDRA
from pipeline.config.resolved import run_settings
from pipeline.config.variations import REPETITIONS, SPLIT, configuration_of, split_of
from pipeline.errors import PipelineError
from pipeline.layout import CONF
from pipeline.studies.objective import Objective, common_objective, difference
from pipeline.studies.trial import Trial

_LONGEST_NAME = 250  # characters of a run's name that MLflow's tables hold
MOST_TRIALS = 10_000


@dataclass(frozen=True)
class Grid:
    """All trials of a sweep, in Hydra's order.

    Args:
        configs: the configuration of each trial.
        objective: what the trials are compared by; None if they are not comparable.
        difference: why they are not comparable.
    """

    trials: list[Trial]
    configs: list[ExperimentConfig]
    objective: Objective | None
    difference: str = ""

    @property
    def name(self) -> str:
        """The experiment, or `sweep` if the sweep varies it."""
        names = {config.name for config in self.configs}
        return names.pop() if len(names) == 1 else "sweep"

    @cached_property
    def sweep_id(self) -> str:
        """12 hexadecimal digits of sha256 over the settings of all trials, in any order."""
        settings = sorted(
            json.dumps(run_settings(config), sort_keys=True) for config in self.configs
        )
        return hashlib.sha256("\n".join(settings).encode()).hexdigest()[:12]

    @property
    def values(self) -> dict[str, str]:
        """Each varying setting with all its values, for the record of the sweep."""
        return {
            name: ",".join(dict.fromkeys(trial.values[name] for trial in self.trials))
            for name in self.trials[0].values
        }

    @property
    def is_over_splits(self) -> bool:
        """Whether configurations are repeated over splits or folds."""
        return not set(SPLIT).isdisjoint(self.trials[0].values)

    def number_of(self, overrides: Sequence[str]) -> int:
        """The number of the trial with these overrides."""
        return next(trial.number for trial in self.trials if trial.overrides == list(overrides))

    def own_split(self, trial: Trial) -> list[str]:
        """The overrides of a trial, on the split of its data variant if the sweep varies splits."""
        if not self.is_over_splits:
            return trial.overrides
        return [
            override
            for override in trial.overrides
            if not f"{_pair(override)[0]}.".startswith("data.split.")
        ]

    def run_name(self, number: int) -> str:
        """The name of a trial's run: its settings, or the experiment if nothing varies."""
        return self.trials[number].short_label[:_LONGEST_NAME] or self.configs[number].name


def compose_grid(
    overrides: Sequence[str], *, objective: Objective | None = None, conf: Path = CONF
) -> Grid:
    """Composes every trial.

    Args:
        objective: what to compare the trials by. None takes what they have in common.

    Raises:
        PipelineError: a trial is invalid, is repeated or would pause.
    """
    combined = combinations(overrides)
    configs = [compose_experiment(combination, conf=conf) for combination in combined]
    configurations = [configuration_of(config) for config in configs]
    _require_different(combined, configs, configurations)
    _require_drawn(configs, configurations)
    _require_whole(configs)
    values = _varying(combined, configs, configurations)
    trials = [
        Trial(number, values[number], combination) for number, combination in enumerate(combined)
    ]
    common = common_objective(configs, objective)
    reason = difference(configs, objective) if common is None else ""
    return Grid(trials, configs, common, reason)


def _varying(
    combined: Sequence[list[str]],
    configs: Sequence[ExperimentConfig],
    configurations: Sequence[str],
) -> list[dict[str, str]]:
    """The settings that vary, with their values in each trial.

    Trials of one configuration have the same values, except for `REPETITIONS`. Overrides such as
    `data=a,b` count as seed and fold of the split if they choose only the split.
    """
    override_values = [
        dict(_pair(override) for override in combination) for combination in combined
    ]
    splits = [dict(zip(SPLIT, split_of(config), strict=True)) for config in configs]
    members: dict[str, list[int]] = {}
    for number, configuration in enumerate(configurations):
        members.setdefault(configuration, []).append(number)
    repeated = [
        name
        for name in SPLIT
        if any(len({splits[number][name] for number in group}) > 1 for group in members.values())
    ]
    names = [*override_values[0], *(name for name in repeated if name not in override_values[0])]
    values: list[dict[str, str]] = [{} for _ in override_values]
    for group in members.values():
        for name in names:
            own = splits if name in repeated else override_values
            shared = ",".join(dict.fromkeys(own[number][name] for number in group))
            for number in group:
                values[number][name] = own[number][name] if name in REPETITIONS else shared
    varying = [name for name in names if len({value_of[name] for value_of in values}) > 1]
    return [{name: value_of[name] for name in varying} for value_of in values]


def _require_different(
    combined: Sequence[list[str]],
    configs: Sequence[ExperimentConfig],
    configurations: Sequence[str],
) -> None:
    """Rejects a repeated trial, because it would make an interval too narrow."""
    previous: set[tuple[object, ...]] = set()
    for combination, config, configuration in zip(combined, configs, configurations, strict=True):
        settings = (configuration, config.seed, split_of(config))
        if settings in previous:
            raise PipelineError(
                "command line: two trials of the sweep are the same",
                received=" ".join(combination),
                expected="Give each value once",
            )
        previous.add(settings)


def _require_drawn(configs: Sequence[ExperimentConfig], configurations: Sequence[str]) -> None:
    """Rejects several seeds of a split without a draw, because its rows are always the same."""
    seeds: dict[str, int] = {}
    for config, configuration in zip(configs, configurations, strict=True):
        split = config.data.split
        first = seeds.setdefault(configuration, split.seed)
        if split.method is not None and not split.is_drawn and split.seed != first:
            raise PipelineError(
                "the sweep varies the seed of a split that is not drawn",
                received=f"data.split.method {split.method.value}",
                expected="Sweep over seed only, or choose a data variant with a drawn split",
            )


def _require_whole(configs: Sequence[ExperimentConfig]) -> None:
    """Rejects a pause, because a paused trial is not comparable with a finished one."""
    for config in configs:
        if (pause := config.checkpoint.pause_at) is not None:
            raise PipelineError(
                "a sweep trains its trials to the end",
                received=f"checkpoint.pause_at={pause}",
                expected="Remove checkpoint.pause_at",
            )


def measuring(overrides: Sequence[str], objective: Objective | None) -> list[str]:
    """The overrides of a sweep, extended so that its trials measure the objective."""
    if objective is None:
        return list(overrides)
    first = compose_experiment(combinations(overrides)[0])
    return [*overrides, *objective.to_measure(first, key="sweep.objective")]


def combinations(overrides: Sequence[str]) -> list[list[str]]:
    """Every combination of comma-separated values, in the order of Hydra's sweeper."""
    if unsupported := [
        override for override in overrides if override.lstrip("+~").startswith(SWEEPS_OF_HYDRA)
    ]:
        raise PipelineError(
            "command line: this setting of Hydra is not supported",
            received=" ".join(unsupported),
            expected="List the values in the overrides of the experiment: key=value,value,…",
        )
    command_line.require_readable(overrides, conf=CONF)
    try:
        parsed = OverridesParser.create().parse_overrides(list(of_trials(overrides)))
        _require_few(parsed, overrides)
        batches = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    except (HydraException, ValueError, ArithmeticError) as error:  # such as for range(1,9,0)
        raise PipelineError(
            "command line: an override is invalid",
            received=" ".join(overrides),
            expected="Expected: key=value or key=value,value,…",
        ) from error
    combined = [list(combination) for batch in batches for combination in batch]
    if not combined:
        raise PipelineError(
            "command line: the sweep has no trial",
            received=" ".join(overrides),
            expected="Give ranges that contain a value",
        )
    return combined


def _require_few(parsed: Sequence[Override], overrides: Sequence[str]) -> None:
    """Counts the trials without listing them, because a range may have billions of values."""
    counts = {override.get_key_element(): _number_of_values(override) for override in parsed}
    if math.prod(counts.values()) > MOST_TRIALS:
        raise PipelineError(
            "command line: the sweep has too many trials",
            received=" ".join(overrides),
            expected=f"Expected: at most {MOST_TRIALS:,}",
        )


def _number_of_values(override: Override) -> int:
    """The number of values of an override, or one more than is allowed if there are more."""
    sweep = override.value()
    values: Iterable[Any] = [override]
    if isinstance(sweep, RangeSweep):
        values = sweep.range()
    elif isinstance(sweep, ChoiceSweep):
        values = sweep.list
    return sum(1 for _ in islice(values, MOST_TRIALS + 1))


def of_trials(overrides: Sequence[str]) -> list[str]:
    """The overrides without those of Hydra, such as `hydra/launcher=joblib`."""
    own = of_hydra(overrides)
    return [override for override in overrides if override not in own]


def of_hydra(overrides: Sequence[str]) -> list[str]:
    """Only the overrides of Hydra's own settings."""
    return [
        override for override in overrides if override.lstrip("+~").startswith(("hydra/", "hydra."))
    ]


def _pair(override: str) -> tuple[str, str]:
    key, _, value = override.lstrip("+~").partition("=")
    return key, value
