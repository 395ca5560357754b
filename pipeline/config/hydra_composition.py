"""Composes with Hydra, and reads each file only once.

Hydra first merges the chosen files. Then it applies the other overrides, the values, one by one.
Only the second part differs between the trials of a sweep, so they share the first.

For each composition, `hydra.compose` reads all files again, and composes its own settings as well,
more than twice as many as ours. This module calls its parts without those settings. If that fails,
or if an override names a setting of Hydra, `hydra.compose` takes over.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy, deepcopy
from dataclasses import dataclass, is_dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml
from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository, IConfigRepository
from hydra._internal.defaults_list import create_defaults_list
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import ConfigCompositionException, HydraException
from hydra.plugins.config_source import ConfigResult
from omegaconf import Container, DictConfig, OmegaConf, flag_override
from omegaconf.errors import OmegaConfBaseException

from pipeline.config import yaml_files
from pipeline.config.yaml_files import State

# With these settings, Hydra itself would start a sweep. `pipeline.sweep` takes its place.
SWEEPS_OF_HYDRA = ("hydra.sweeper.params", "hydra.mode")
_MOST_COMPOSED = 64  # of a folder
_MOST_FOLDERS = 8
_NAMED = ("data", "source")  # `pipeline.config.composition` writes the names of files into these
# `data=null` and `experiment=1` raise the first; a setting in a group that is null, the others.
_RAISED_BY_HYDRA = (ValueError, AttributeError, AssertionError)

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

    @cached_property
    def _is_interpolated(self) -> bool:
        return "${" in str(self.settings)

    def copy_for(self, values: Sequence[Override]) -> DictConfig:
        """A copy that overrides can change.

        Groups that they do not set are shared, because copying all takes a third of a composition.
        An interpolation in such a group would refer to the original.
        """
        changed = {*_NAMED, *(override.key_or_group.partition(".")[0] for override in values)}
        shared = (
            {}
            if self._is_interpolated
            else {
                id(part): part
                for key, part in self.settings.items_ex(resolve=False)
                if isinstance(part, Container) and key not in changed
            }
        )
        return deepcopy(self.settings, shared)


class _Folder:
    """A folder of settings in one state: its parsed files, and the compositions of some choices."""

    def __init__(self, folder: Path, states: dict[str, State]) -> None:
        self.folder = folder
        self.states = states
        self.composed: OrderedDict[tuple[str, ...], Composed] = OrderedDict()  # by root, choices
        with _hydra(folder) as loader:
            self._files = _Files(loader.repository)

    def compose(self, root: str, choices: Sequence[Override]) -> Composed:
        """The composition of the chosen files."""
        lines = [str(choice.input_line) for choice in choices]
        key = (root, *lines)
        if key not in self.composed:
            own = None if any(map(_is_for_hydra, choices)) else self._without_hydra(root, choices)
            self.composed[key] = own or _with_hydra(self.folder, root, lines)
            while len(self.composed) > _MOST_COMPOSED:
                self.composed.popitem(last=False)
        self.composed.move_to_end(key)
        return self.composed[key]

    def _without_hydra(self, root: str, choices: Sequence[Override]) -> Composed | None:
        """Composes without Hydra's own settings. None if `hydra.compose` must take over."""
        with _hydra(self.folder) as loader:
            try:
                defaults = create_defaults_list(
                    self._files, root, list(choices), prepend_hydra=False, skip_missing=False
                )
                settings = loader._compose_config_from_defaults_list(
                    defaults.defaults, _Copies(self._files)
                )
                OmegaConf.set_struct(settings, True)
                loader._apply_overrides_to_config(defaults.config_overrides, settings)
            except (HydraException, OmegaConfBaseException, yaml.YAMLError, *_RAISED_BY_HYDRA):
                return None
        if "hydra" in settings:
            return None
        return Composed(settings, dict(defaults.overrides.known_choices), {})


class _Files(CachingConfigRepository):
    """The parsed files of a folder.

    Hydra's class copies the repository, and with it every registered schema. That takes as long as
    a composition.
    """

    def __init__(self, repository: IConfigRepository) -> None:
        self.delegate = repository
        self.cache: dict[str, ConfigResult | None] = {}


class _Copies(_Files):
    """Hands out copies of parsed files, because Hydra merges them into one composition."""

    def __init__(self, files: _Files) -> None:
        super().__init__(files.delegate)
        self.cache = files.cache

    def load_config(self, config_path: str) -> ConfigResult | None:
        result = copy(super().load_config(config_path))
        if result is not None:
            result.config = deepcopy(result.config)
        return result


_folders: OrderedDict[Path, _Folder] = OrderedDict()


def register(name: str, schema: type, *, group: str | None = None) -> None:
    """Registers a schema with Hydra as `<name>_schema`.

    The defaults list of a file names it.
    """
    if _schemas.get((group, name)) is schema:
        return  # Hydra takes a while to read a schema, and each composition registers all of them.
    ConfigStore.instance().store(name=f"{name}_schema", group=group, node=schema)
    _schemas[group, name] = schema
    _folders.clear()


def schemas() -> list[type]:
    """All registered schemas."""
    return list(_schemas.values())


def composed(root: str, overrides: Sequence[str], conf: Path) -> Composed:
    """Composes `conf/<root>.yaml` with overrides, with the result of `hydra.compose`.

    Raises:
        hydra.errors.HydraException, omegaconf.errors.OmegaConfBaseException, yaml.YAMLError,
            ValueError, AttributeError, AssertionError: errors of Hydra and OmegaConf.
    """
    parsed = [_parsed(override) for override in overrides]
    values = [override for override in parsed if _is_value(override, conf)]
    choices = [override for override in parsed if override not in values]
    base = _folder(conf).compose(root, choices)
    settings = base.copy_for(values)
    _switch_on(values, settings)
    try:
        ConfigLoaderImpl._apply_overrides_to_config(values, settings)
    except OmegaConfBaseException as error:
        raise ConfigCompositionException from error
    return Composed(settings, dict(base.choices), base.sweeps)


@lru_cache(maxsize=4096)
def _parsed(override: str) -> Override:
    (parsed,) = OverridesParser.create().parse_overrides([override])
    return parsed


def _switch_on(values: Sequence[Override], settings: DictConfig) -> None:
    """Gives a group that is null its defaults, if an override sets a value inside it.

    So `training.early_stopping.patience=3` turns early stopping on, even if a file turns it off.
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
    is_group = (conf / key).is_dir() or any(key == group for group, _ in _schemas)
    if _is_for_hydra(override) or override.package is not None:
        return False
    return not is_group or isinstance(override.value(), dict)


def _is_for_hydra(override: Override) -> bool:
    own = override.key_or_group.partition(".")[0].partition("/")[0] == "hydra"
    return own or override.is_sweep_override()


def _folder(conf: Path) -> _Folder:
    """A folder in its present state.

    Raises:
        PipelineError: a file of the folder is too large, or has too many values.
    """
    folder, states = conf.resolve(), yaml_files.states_below(conf)
    if folder not in _folders or _folders[folder].states != states:
        for file in states:
            yaml_files.require_small(Path(file))
        _folders[folder] = _Folder(folder, states)
        while len(_folders) > _MOST_FOLDERS:
            _folders.popitem(last=False)
    _folders.move_to_end(folder)
    return _folders[folder]


@contextmanager
def _hydra(folder: Path) -> Iterator[ConfigLoaderImpl]:
    """Initialises Hydra for a folder."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(folder), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        assert isinstance(loader, ConfigLoaderImpl)
        yield loader


def _with_hydra(folder: Path, root: str, choices: Sequence[str]) -> Composed:
    with _hydra(folder):
        settings = compose(root, list(choices), return_hydra_config=True)
    chosen = dict(settings.hydra.runtime.choices)
    sweeps = {key: OmegaConf.select(settings, key) for key in SWEEPS_OF_HYDRA}
    with flag_override(settings, ["struct", "read_only"], False):
        del settings["hydra"]
    return Composed(settings, chosen, {key: value for key, value in sweeps.items() if value})
