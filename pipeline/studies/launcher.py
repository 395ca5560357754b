"""Chooses Hydra's launcher for a sweep, and the number of trials at once."""

import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra._internal import hydra as internal
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException
from hydra.plugins.sweeper import Sweeper
from omegaconf import DictConfig, OmegaConf, read_write

from pipeline.config.experiment_composition import compose_experiment
from pipeline.errors import PipelineError, suggestion
from pipeline.layout import CONF
from pipeline.studies.grid import combinations, of_hydra

_THREADS = "training.threads"
_BATCH = "hydra.sweeper.max_batch_size"
_LIBRARIES = {"ray": ("ray",), "submitit_local": ("submitit",), "submitit_slurm": ("submitit",)}
_OF_SLURM = ("sbatch", "srun")
_MOST_PER_CORE = 8  # trials at once; each process holds TensorFlow


@dataclass(frozen=True)
class Launcher:
    """One of Hydra's launchers.

    Args:
        target: the dotted name of its class.
        workers: the number of trials that it runs at once on this machine. None starts all at once.
    """

    name: str
    target: str
    workers: int | None


def launcher(overrides: Sequence[str], *, conf: Path = CONF) -> Launcher:
    """The launcher that the overrides name, such as `hydra/launcher=joblib`.

    Raises:
        PipelineError: an unknown launcher, or an invalid setting of Hydra.
    """
    GlobalHydra.instance().clear()
    try:
        with shadowing_launchers(), initialize_config_dir(str(conf.resolve()), version_base="1.3"):
            hydra = compose("config", list(overrides), return_hydra_config=True).hydra
    except MissingConfigException as error:
        raise PipelineError(
            "command line: there is no such launcher",
            received=" ".join(of_hydra(overrides)),
            expected=suggestion(
                _named(overrides), ["basic", *(file.stem for file in _files(conf))]
            ),
        ) from error
    except HydraException as error:
        raise PipelineError(
            "command line: an override of Hydra's own settings is invalid",
            received=" ".join(of_hydra(overrides)),
            expected=str(error).splitlines()[0],
        ) from error
    name = str(hydra.runtime.choices["hydra/launcher"])
    workers = {
        "joblib": _processes(hydra.launcher.get("n_jobs", 1)),
        "submitit_local": hydra.sweeper.max_batch_size,
    }
    return Launcher(name, str(hydra.launcher._target_), workers.get(name, 1))


def within_this_machine(
    overrides: Sequence[str], *, conf: Path = CONF
) -> tuple[list[str], Launcher]:
    """Adds overrides, so that concurrent trials fit the cores of this machine.

    If several trials run at once, adds `training.threads` unless it is set. The threads belong to a
    run's identity, so they must be a visible override. If all trials would start at once, also
    limits their number.

    Returns:
        The overrides and the launcher.

    Raises:
        PipelineError: a launcher that cannot run here, or an invalid experiment.
    """
    hydra_overrides = of_hydra(overrides)
    first = combinations(overrides)[0]
    # An invalid experiment is reported first. Otherwise it would look like a fault of the launcher.
    config = compose_experiment(first, conf=conf)
    runner = launcher([*first, *hydra_overrides], conf=conf)
    _require_usable(runner, hydra_overrides)
    if (runner.workers or 1) > (most := _MOST_PER_CORE * _cores()):
        raise PipelineError(
            "command line: too many trials would run at once",
            received=f"{runner.workers:,} trials",
            expected=f"Expected: at most {most:,}, {_MOST_PER_CORE} for each core",
        )
    has_threads = any(override.lstrip("+").startswith(f"{_THREADS}=") for override in overrides)
    threads = config.training.threads if has_threads else 1
    workers = runner.workers or max(1, _cores() // threads)
    limits = [] if runner.workers else [f"{_BATCH}={workers}"]
    if workers > 1 and not has_threads:
        limits.append(f"{_THREADS}={max(1, _cores() // workers)}")
    return [*overrides, *limits], runner


@contextmanager
def shadowing_launchers() -> Iterator[None]:
    """Silences Hydra's warning that our launcher configs reuse the plugins' names."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore",
            r"\s*'hydra/launcher/\w+' is validated against ConfigStore schema",
            UserWarning,
        )
        yield


class _OneComposition(ConfigLoaderImpl):
    """Composes for the first trial of a process. For the others, it replaces only the overrides.

    A launcher needs Hydra's own settings. The grid has composed the settings of the trials.
    """

    def load_sweep_config(
        self, master_config: DictConfig, sweep_overrides: list[str]
    ) -> DictConfig:
        """Hydra's own settings for a trial."""
        own = master_config.hydra
        shared = (own.runtime.cwd, own.sweep.dir, *own.overrides.hydra)
        if any(override.lstrip("+~").startswith("hydra") for override in sweep_overrides):
            return super().load_sweep_config(master_config, sweep_overrides)
        if shared not in _composed:
            whole = super().load_sweep_config(master_config, sweep_overrides)
            _composed[shared] = OmegaConf.masked_copy(whole, ["hydra"])
        config = deepcopy(_composed[shared])
        with read_write(config):
            config.hydra.overrides.task = list(sweep_overrides)
            config.hydra.job.override_dirname = ",".join(sorted(sweep_overrides))
        OmegaConf.copy_cache(from_config=master_config, to_config=config)
        return config


_composed: dict[tuple[str, ...], DictConfig] = {}  # by folders and overrides of Hydra


@contextmanager
def with_one_composition() -> Iterator[None]:
    """Keeps Hydra from composing all trials again after `compose_grid`.

    Its sweeper would compose them to check them, and its launchers to run them.
    """
    check, names = Sweeper.validate_batch_is_legal, vars(internal)
    Sweeper.validate_batch_is_legal = lambda *_: None  # type: ignore[method-assign]
    names["ConfigLoaderImpl"] = _OneComposition
    try:
        yield
    finally:
        Sweeper.validate_batch_is_legal = check  # type: ignore[method-assign]
        names["ConfigLoaderImpl"] = ConfigLoaderImpl


def _processes(jobs: int) -> int:
    """The processes of joblib's `n_jobs`: -1 is one for each core, -2 one fewer."""
    return jobs if jobs > 0 else max(1, _cores() + 1 + jobs)


def _cores() -> int:
    """The cores that this process may use, as joblib counts them."""
    import joblib

    return int(joblib.cpu_count())


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _files(conf: Path) -> list[Path]:
    return list((conf / "hydra/launcher").glob("*.yaml"))


def _named(overrides: Sequence[str]) -> str:
    """The launcher that the last override names."""
    names = [one.partition("=")[2] for one in overrides if one.startswith("hydra/launcher=")]
    return names[-1] if names else ""


def _require_usable(chosen: Launcher, overrides: Sequence[str]) -> None:
    """Checks before the first trial that the launcher can run here.

    Raises:
        PipelineError: its package or Slurm is missing.
    """
    received = " ".join(overrides)
    packages = {chosen.target.rpartition(".")[0], *_LIBRARIES.get(chosen.name, ())}
    if not all(map(_installed, packages)):
        extra = chosen.name.partition("_")[0]
        raise PipelineError(
            f"command line: the package of the launcher {chosen.name} is not installed",
            received=received,
            expected=f"Install it with: pip install '.[{extra}]'",
        )
    if chosen.name == "submitit_slurm" and not all(map(shutil.which, _OF_SLURM)):
        raise PipelineError(
            f"command line: this machine has no Slurm: {' or '.join(_OF_SLURM)} is missing",
            received=received,
            expected="Run the sweep where Slurm is, or here with hydra/launcher=joblib",
        )
