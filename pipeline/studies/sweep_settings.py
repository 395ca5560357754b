"""Settings of a sweep on the command line: `sweep.save_as=name`."""

from collections.abc import Sequence
from dataclasses import dataclass

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pipeline.errors import ConfigError, PipelineError
from pipeline.studies.objective import Objective
from pipeline.studies.settings import require_valid_saving

_PREFIX = "sweep."


@dataclass
class SweepSettings:
    """How a sweep chooses the best configuration, and how it saves it.

    Args:
        objective: the metric by which trials are compared, such as `validation/macro_f1`. Null
            takes what they have in common.
        save_as: makes the best configuration an experiment of this name.
        confirm_seeds: `save_as` first trains the best configuration with this many other seeds. Its
            claim comes from them. With 0 it has no claim.
    """

    objective: str | None = None
    save_as: str | None = None
    confirm_seeds: int = 5

    def __post_init__(self) -> None:
        require_valid_saving(self.save_as, self.confirm_seeds, group="sweep")
        if self.objective is not None:
            Objective.named(self.objective, None, key="sweep.objective")

    @property
    def named_objective(self) -> Objective | None:
        if self.objective is None:
            return None
        return Objective.named(self.objective, None, key="sweep.objective")


def read(arguments: Sequence[str]) -> tuple[SweepSettings, list[str]]:
    """Separates the settings of the sweep from the overrides of its trials.

    Raises:
        ConfigError: a setting is unknown or invalid.
    """
    own = [argument for argument in arguments if argument.startswith(_PREFIX)]
    rest = [argument for argument in arguments if argument not in own]
    try:
        values = dict(_pair(argument) for argument in own)
        settings = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(SweepSettings), values))
    except ConfigError:
        raise
    except (OmegaConfBaseException, ValueError) as error:
        raise PipelineError(
            "command line: a setting of the sweep is invalid",
            received=" ".join(own),
            expected="Expected: sweep.objective=<metric>, sweep.save_as=<name> or "
            "sweep.confirm_seeds=<number>",
        ) from error
    assert isinstance(settings, SweepSettings)
    return settings, rest


def _pair(argument: str) -> tuple[str, str | None]:
    """The name and the text of `sweep.name=text`; raises `ValueError` without `=`."""
    name, text = argument.removeprefix(_PREFIX).split("=", maxsplit=1)
    return name, None if text == "null" else text
