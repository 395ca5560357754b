"""Settings of a search: its oracle, its budget, its objective and its space."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from pipeline.config import composition, hydra_composition
from pipeline.config.data import Data, Task
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction
from pipeline.config.rules import is_name, require_at_most
from pipeline.errors import ConfigError, PipelineError, require, suggestion
from pipeline.layout import CONF
from pipeline.metrics import headline
from pipeline.studies.objective import Objective
from pipeline.studies.oracles import ORACLES
from pipeline.studies.space import Space, hydra_text

_MOST_TRIALS = 10_000
MOST_SEEDS = 1_000


@dataclass
class ObjectiveSettings:
    """The metric by which trials are compared.

    Args:
        metric: null takes `validation/accuracy` for classes and `validation/mse` for a number. It
            takes `validation/r2` for several numbers and `validation/macro_f1` for labels.
        direction: null takes that of the metric. Another one is refused.
    """

    metric: str | None = None
    direction: Direction | None = None

    def __post_init__(self) -> None:
        require(
            self.metric is not None or self.direction is None,
            "search.objective.direction",
            received=self.direction and self.direction.value,
            expected="null, or a search.objective.metric as well",
        )
        if self.metric is not None:
            self.direction = self._named(self.metric).direction

    def for_data(self, data: Data) -> Objective:
        """The objective that these settings name, or the usual one of some data."""
        usual = "mse" if data.task is Task.regression else headline(data.task.value)
        if data.task is Task.regression and data.several:
            usual = headline(data.task.value)
        return self._named(self.metric or f"validation/{usual}")

    def _named(self, metric: str) -> Objective:
        return Objective.named(metric, self.direction, key="search.objective.metric")


@dataclass
class SearchSettings:
    """The settings of every search. Each oracle extends them.

    Args:
        trials: the budget.
        save_as: makes the best trial an experiment of this name.
        confirm_seeds: `save_as` first trains the best trial with this many other seeds. Its claim
            comes from them. With 0 it has no claim.
    """

    method: str = MISSING
    trials: int = 30
    seed: int = 1
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    save_as: str | None = None
    confirm_seeds: int = 5

    def __post_init__(self) -> None:
        own = type(self).method
        require(
            self.method == own,
            "search.method",
            received=self.method,
            expected=f"{own}; choose another method with search=<name>",
        )
        require(
            self.trials >= 1,
            "search.trials",
            received=self.trials,
            expected="a whole number from 1",
        )
        require_at_most("search.trials", self.trials, _MOST_TRIALS)
        require(
            1 <= self.seed < 2**31,
            "search.seed",
            received=self.seed,
            expected="an integer from 1 to 2,147,483,647",
        )
        require_valid_saving(self.save_as, self.confirm_seeds, group="search")

    def fixed_overrides(self) -> list[str]:
        """The overrides that the search sets in every trial. A space cannot vary them."""
        return []


def require_valid_saving(save_as: str | None, confirm_seeds: int, *, group: str) -> None:
    """Checks the settings that save a winner.

    Args:
        group: `search` or `sweep`.

    Raises:
        ConfigError: the name is invalid for an experiment, or there are too few seeds.
    """
    require(
        save_as is None or (is_name(save_as) and hydra_text(save_as) == save_as),
        f"{group}.save_as",
        received=save_as,
        expected="a lower-case letter, then lower-case letters, digits and _",
    )
    require(
        confirm_seeds == 0 or 2 <= confirm_seeds <= MOST_SEEDS,
        f"{group}.confirm_seeds",
        received=confirm_seeds,
        expected=f"0, or 2 to {MOST_SEEDS}",
    )


@dataclass
class TuneConfig:
    """A search and the entries of its space, as `conf/space/` has them."""

    search: SearchSettings = MISSING
    space: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(bool(self.space), "space", received="nothing", expected="at least one setting")
        if not self.read_space().searched:
            raise ConfigError(
                "space",
                "leaves nothing to search",
                received=", ".join(self.space),
                expected="Add a range or a second choice",
            )

    def read_space(self) -> Space:
        """Checks the space. Leaves out the settings that the search sets itself."""
        fixed = [override.partition("=")[0] for override in self.search.fixed_overrides()]
        return Space.read(self.space).without(fixed)


def compose_tune(arguments: Sequence[str], *, conf: Path = CONF) -> tuple[list[str], TuneConfig]:
    """Composes a search. Returns the overrides of its experiment, too.

    Arguments that begin with `search` or `space` belong to the search. The default space has the
    name of the experiment; `space=<name>` chooses another.

    Raises:
        PipelineError: a setting is invalid, the space is missing, or an argument overrides a
            setting that the search varies.
    """
    own = [
        argument
        for argument in arguments
        if re.split("[.=]", argument.lstrip("+~"))[0] in ("search", "space")
    ]
    overrides = [argument for argument in arguments if argument not in own]
    name = compose_experiment(overrides, conf=conf).name
    if not any(argument.startswith("space=") for argument in own):
        _require_space(name, conf)
        own.append(f"space={name}")
    hydra_composition.register("tune", TuneConfig)
    for method, oracle in ORACLES.all().items():
        hydra_composition.register(method, oracle.SETTINGS, group="search")
    config = composition.compose("tune", TuneConfig, own, conf=conf)
    for override in overrides:
        if (key := override.lstrip("+~").split("=")[0]) in config.space:
            raise PipelineError(
                f"command line: the search varies {key}",
                received=override,
                expected=f"Leave out {override}, or remove {key} from the space",
            )
    return overrides, config


def _require_space(name: str, conf: Path) -> None:
    if not (conf / "space" / f"{name}.yaml").is_file():
        spaces = suggestion(name, [file.stem for file in (conf / "space").glob("*.yaml")])
        raise PipelineError(
            f"{conf}/space/{name}.yaml, the space of this experiment, is missing",
            received=f"experiment={name}",
            expected=f"Write this file, or choose another space with space=<name>. {spaces}",
        )
