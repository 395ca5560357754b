"""Launchers: which of Hydra's runs the trials of a sweep, and how many of them this machine has cores for."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException
from hydra.plugins.sweeper import Sweeper

from pipeline.config.resolved import compose_experiment
from pipeline.errors import PipelineError
from pipeline.layout import CONF
from pipeline.studies.grid import combinations, of_hydra

_THREADS = "training.threads"
_BATCH = "hydra.sweeper.max_batch_size"


@dataclass(frozen=True)
class Launcher:
    """A launcher by name and class, with the number of trials that it runs at once on this machine; None is all of them."""

    name: str
    target: str
    workers: int | None


def launcher(overrides: Sequence[str], *, conf: Path = CONF) -> Launcher:
    """The launcher that the overrides name, such as `hydra/launcher=joblib`; raises `PipelineError`."""
    GlobalHydra.instance().clear()
    try:
        with shadowing_launchers(), initialize_config_dir(str(conf.resolve()), version_base="1.3"):
            hydra = compose("config", list(overrides), return_hydra_config=True).hydra
    except MissingConfigException as error:
        raise _unknown(overrides) from error
    except HydraException as error:
        raise PipelineError(
            "command line: an override of Hydra's own settings cannot be",
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
    """The overrides, with what keeps the trials that run at once from asking for more cores than there are; and the launcher.

    Where several run at once, `training.threads` is added unless it is given: threads are part of a run's identity, so they
    are said and not divided in silence. Where all would begin at once, their number is added too.

    Raises:
        PipelineError: a launcher that is not there, or an experiment that cannot be composed.
    """
    own = of_hydra(overrides)
    first = combinations(overrides)[0]
    config = compose_experiment(
        first, conf=conf
    )  # so that what is wrong there is not taken for the launcher's fault
    chosen = launcher([*first, *own], conf=conf)
    if not _installed(chosen.target):
        raise _unknown(own)
    given = any(override.lstrip("+").startswith(f"{_THREADS}=") for override in overrides)
    workers = chosen.workers or max(1, _cores() // (config.training.threads if given else 1))
    added = [] if chosen.workers else [f"{_BATCH}={workers}"]
    if workers > 1 and not given:
        added.append(f"{_THREADS}={max(1, _cores() // workers)}")
    return [*overrides, *added], chosen


@contextmanager
def shadowing_launchers() -> Iterator[None]:
    """Inside, Hydra does not warn of our launchers, which have the names of those that they set up."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore",
            r"\s*'hydra/launcher/\w+' is validated against ConfigStore schema",
            UserWarning,
        )
        yield


@contextmanager
def checked_before() -> Iterator[None]:
    """Inside, Hydra's sweeper does not compose all trials once more before the first one runs: `grid` has checked them."""
    check = Sweeper.validate_batch_is_legal
    Sweeper.validate_batch_is_legal = lambda *_: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        Sweeper.validate_batch_is_legal = check  # type: ignore[method-assign]


def _processes(jobs: int) -> int:
    """joblib's `n_jobs`: -1 is one for each core, -2 one fewer."""
    return jobs if jobs > 0 else max(1, _cores() + 1 + jobs)


def _cores() -> int:
    """The cores that this process may use, as joblib counts them."""
    import joblib

    return int(joblib.cpu_count())


def _installed(target: str) -> bool:
    try:
        return find_spec(target.rpartition(".")[0]) is not None
    except ModuleNotFoundError:
        return False


def _unknown(overrides: Sequence[str]) -> PipelineError:
    return PipelineError(
        "command line: no such launcher, or its package is not installed",
        received=" ".join(of_hydra(overrides)),
        expected="Expected: basic, joblib, submitit_local, submitit_slurm or ray; see docs/clusters.md",
    )
