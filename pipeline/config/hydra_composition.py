"""Composes with Hydra. Compositions that choose the same files share their first part.

Hydra first merges the chosen files. Then it applies the other overrides, the values, one by one.
Only the second part differs between the trials of a sweep, and it takes a hundredth of the time.
"""

from collections import OrderedDict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig, OmegaConf, flag_override
from omegaconf.errors import OmegaConfBaseException

# With these settings, Hydra itself would start a sweep. `pipeline.sweep` takes its place.
SWEEPS_OF_HYDRA = ("hydra.sweeper.params", "hydra.mode")
_MOST_BASES = 64

_schemas: dict[tuple[str | None, str], type] = {}  # by group and name


@dataclass(frozen=True)
class Composed:
    """A composition.

    Args:
        settings: without Hydra's own.
        choices: the chosen file by group.
        sweeps: the settings that would make Hydra start a sweep, with their values.
    """

    settings: DictConfig
    choices: dict[str, str | None]
    sweeps: dict[str, Any]


# By root, folder, states of its files, and choices.
_bases: OrderedDict[tuple[Any, ...], Composed] = OrderedDict()


def register(name: str, schema: type, *, group: str | None = None) -> None:
    """Registers a schema with Hydra as `<name>_schema`.

    The defaults list of a file names it.
    """
    if _schemas.get((group, name)) is schema:
        return  # Hydra takes a while to read a schema, and each composition registers all of them.
    ConfigStore.instance().store(name=f"{name}_schema", group=group, node=schema)
    _schemas[group, name] = schema
    _bases.clear()


def schemas() -> list[type]:
    """All registered schemas."""
    return list(_schemas.values())


def composed(root: str, overrides: Sequence[str], conf: Path) -> Composed:
    """Composes `conf/<root>.yaml` with overrides, with the result of `hydra.compose`.

    Raises:
        hydra.errors.HydraException, omegaconf.errors.OmegaConfBaseException, yaml.YAMLError,
            ValueError, AttributeError, AssertionError: those of Hydra and OmegaConf.
    """
    values, choices = [], []
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        if _is_value(override, conf):
            values.append(override)
        else:
            choices.append(str(override.input_line))
    base = _base(root, choices, conf)
    settings = deepcopy(base.settings)
    _switch_on(values, settings)
    try:
        ConfigLoaderImpl._apply_overrides_to_config(values, settings)
    except OmegaConfBaseException as error:
        raise ConfigCompositionException from error
    return Composed(settings, dict(base.choices), base.sweeps)


def _switch_on(values: Sequence[Override], settings: DictConfig) -> None:
    """Gives a group that is null its defaults, if an override sets a value inside it.

    So `training.early_stopping.patience=3` turns early stopping on where a file turns it off.
    """
    for override in values:
        key = override.key_or_group
        is_group = isinstance(override.value(), dict)
        parent, _, name = (key if is_group else key.rpartition(".")[0]).rpartition(".")
        around = OmegaConf.select(settings, parent) if parent else settings
        if not isinstance(around, DictConfig) or name not in around or around[name] is not None:
            continue
        schema = OmegaConf.get_type(around)
        hint = get_type_hints(schema).get(name) if schema is not None else None
        for part in get_args(hint):
            if isinstance(part, type) and is_dataclass(part):
                around[name] = part()


def _is_value(override: Override, conf: Path) -> bool:
    """Whether an override sets a value, and chooses no file.

    Hydra must see all others: choices, values for several runs, and its own settings.
    """
    key = override.key_or_group
    is_own = key.partition(".")[0].partition("/")[0] == "hydra"
    is_group = (conf / key).is_dir() or any(key == group for group, _ in _schemas)
    if is_own or override.is_sweep_override() or override.package is not None:
        return False
    return not is_group or isinstance(override.value(), dict)


def _base(root: str, choices: Sequence[str], conf: Path) -> Composed:
    """The composition of the chosen files. It is cached until a file of the folder changes."""
    folder = conf.resolve()
    files = sorted(folder.rglob("*.yaml"))
    key = (root, folder, tuple(map(_state, files)), tuple(choices))
    if key not in _bases:
        _bases[key] = _compose(root, choices, folder)
        while len(_bases) > _MOST_BASES:
            _bases.popitem(last=False)
    _bases.move_to_end(key)
    return _bases[key]


def _state(file: Path) -> tuple[Any, ...]:
    state = file.stat()
    return file, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _compose(root: str, choices: Sequence[str], folder: Path) -> Composed:
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(folder), version_base="1.3"):
        settings = compose(root, list(choices), return_hydra_config=True)
    chosen = dict(settings.hydra.runtime.choices)
    sweeps = {key: OmegaConf.select(settings, key) for key in SWEEPS_OF_HYDRA}
    with flag_override(settings, ["struct", "read_only"], False):
        del settings["hydra"]
    return Composed(settings, chosen, {key: value for key, value in sweeps.items() if value})
