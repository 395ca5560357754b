"""The user's own network: a function of a Python file that returns a `keras.Model`."""

from dataclasses import dataclass, field
from typing import Any

from pipeline.config.model import Model
from pipeline.data.prepared import Meta
from pipeline.errors import require
from pipeline.own.definitions import require_arguments
from pipeline.own.references import Reference, reference

_SEED = "seed"


@dataclass
class Python(Model):
    """A function, and the arguments that it takes by name.

    Args:
        build: such as `my_models.py:build`. It is called with the shape of a row and the number of
            outputs, then with `arguments`. A parameter `seed` gets the seed of the experiment.
        arguments: by name. A text that names a file adds the file's content to the run's identity.
    """

    family: str = "python"
    build: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)

    def suits_xla(self, rows: int) -> bool:  # noqa: ARG002
        """Not by default, because XLA cannot compile every operation."""
        return False

    @property
    def reference(self) -> Reference:
        """What `build` names."""
        return reference(self.build, key="model.build")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.reference.module.partition(".")[0] != "keras",
            "model.build",
            received=self.build,
            expected="a function of the shape and the number of outputs. Call the one of Keras in "
            "a function of your own file",
        )
        require_arguments(
            "model.arguments",
            self.reference,
            self.arguments,
            by_position=2,
            supplied=[] if _SEED in self.arguments else [_SEED],
        )


def build(settings: Python, meta: Meta, seed: int) -> Any:
    """Calls the function, and checks the network that it returns.

    Raises:
        ConfigError: the function fails, or Keras cannot train, save or load its network.
    """
    from pipeline.models.own_network import own_network

    return own_network(
        settings.reference,
        settings.arguments,
        meta,
        seed=seed,
        pixel_range=settings.pixel_range,
    )


SETTINGS = Python
