"""The identity of a run: settings, data, code, versions and environment, and its run key."""

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from typing import Any

from pipeline import environment
from pipeline.code import (
    ENGINES,
    FAMILIES,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    PACKAGE,
    STORES,
    Package,
)
from pipeline.config import own_code, usual
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.metrics import modules_of
from pipeline.config.resolved import effective_settings
from pipeline.data.prepared import Meta
from pipeline.runs.git import Git

# Building and training the network, serving the model, and writing the result decide the bits.
ROOTS = ("pipeline.training.fitting", "pipeline.models.serving", "pipeline.runs.result")

# The training imports these modules, but they cannot change its result. An error ends a training,
# and claims, paths, tracking settings and the intervals of metrics do not reach it. Digests and
# signatures of the user's own code are read before it.
MODULES_WITHOUT_EFFECT = (
    "pipeline.config.claim",
    "pipeline.config.tracking",
    "pipeline.errors",
    "pipeline.layout",
    "pipeline.metrics._sampling",
    "pipeline.own.definitions",
    "pipeline.syntax",
)


def choices(config: ExperimentConfig) -> dict[str, Collection[str]]:
    """By registry, the items that an experiment chooses.

    An optimizer of Keras is among them by its name, although it is not an item of the registry.
    """
    training, task, several = config.training, config.data.task, config.data.several
    losses = usual.possible_losses(training, task)
    return {
        FAMILIES: [config.model.family],
        ENGINES: [training.engine],
        LOSSES: losses,
        OPTIMIZERS: [config.optimizer.family],
        METRICS: modules_of(usual.measured_metrics(training, task, losses, several)),
        STORES: [config.tracking.store],
    }


def chosen_code(config: ExperimentConfig, package: Package = PACKAGE) -> frozenset[str]:
    """The modules that an experiment chooses, and all that they import."""
    chosen = choices(config)
    items = [item for registry in chosen for item in package.items(registry, chosen)]
    return package.closure(*items, *_imported(config, package), chosen=chosen)


def run_code(config: ExperimentConfig, package: Package = PACKAGE) -> frozenset[str]:
    """The modules that can change the bits of a training."""
    roots = (*ROOTS, *_imported(config, package))
    return package.closure(*roots, chosen=choices(config)) - set(MODULES_WITHOUT_EFFECT)


def _imported(config: ExperimentConfig, package: Package) -> list[str]:
    """The modules of this package that the user's own code imports."""
    return [name for name in own_code.closure(config).house if name in package.paths]


def own(config: ExperimentConfig) -> dict[str, dict[str, str]]:
    """The user's own code and files that an experiment uses: digests by path, and versions.

    It is empty for an experiment without own code, so runs of earlier versions keep their keys.
    """
    identity = own_code.closure(config).identity | {
        "data": own_code.named_files(config),
        "weights": own_code.start_weights(config),
    }
    return {kind: values for kind, values in identity.items() if values}


def listing(config: ExperimentConfig) -> str:
    """Lists the digests of the code that an experiment chooses, and of its own code."""
    return PACKAGE.listing(chosen_code(config)) + _lines(own(config))


def listing_of_figures(config: ExperimentConfig) -> str:
    """Lists the digests of the user's own figures. A training does not depend on them."""
    closure = own_code.closure_of_figures(config)
    house = PACKAGE.closure(*(name for name in closure.house if name in PACKAGE.paths))
    return PACKAGE.listing(house) + _lines(closure.identity)


def _lines(identity: Mapping[str, Mapping[str, str]]) -> str:
    digests = [pair for values in identity.values() for pair in values.items()]
    return "".join(f"{digest[:16]}  {name}\n" for name, digest in digests)


def identity(config: ExperimentConfig, meta: Meta) -> dict[str, Any]:
    """Returns everything that the bits of a training depend on.

    Settings of tracking and of checkpoints have no effect, so they are left out.
    """
    own_parts = own(config)
    return {
        "settings": effective_settings(config),
        "data": meta.identity,
        "code": PACKAGE.digest(run_code(config)),
        "versions": environment.versions(),
        "environment": environment.settings(),
        **({"own": own_parts} if own_parts else {}),
    }


def run_key(identity: Mapping[str, Any]) -> str:
    """sha256 of an `identity`. Trainings with equal keys end with the same bits."""
    return hashlib.sha256(_canonical(identity).encode()).hexdigest()


def difference(
    stored: Mapping[str, Any], current: Mapping[str, Any]
) -> tuple[str, Any, Any] | None:
    """Finds the first field that differs: its dotted name and both values.

    Values are equal as in `run_key`: a tuple equals a list, but 1 does not equal 1.0. A missing key
    differs and has the value None.
    """
    for key in [*current, *(key for key in stored if key not in current)]:
        before, now = stored.get(key), current.get(key)
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            if inner := difference(before, now):
                below, before, now = inner
                return f"{key}.{below}", before, now
        elif key not in stored or key not in current or _canonical(before) != _canonical(now):
            return key, before, now
    return None


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def tags(name: str, key: str, meta: Meta, git: Git | None) -> dict[str, str]:
    """Tags of a run: experiment, stage, key, data, CPU, versions and Git."""
    tags = {
        "experiment": name,
        "stage": os.environ.get("DVC_STAGE", "train"),
        "run_key": key,
        "data": meta.name,
        "data.source": meta.source,
        **{f"data.digest.{split}": digest for split, digest in meta.digests.items()},
        "cpu": str(environment.cpu()),
        **{f"version.{name}": number for name, number in environment.versions().items()},
        "mlflow.source.name": "pipeline.train",
        "mlflow.source.type": "LOCAL",
    }
    if "DVC_EXP_NAME" in os.environ:
        tags["dvc.exp_name"] = os.environ["DVC_EXP_NAME"]
    if git is not None:
        tags |= {
            "git.commit": git.commit,
            "git.branch": git.branch,
            "git.dirty": str(git.dirty).lower(),
            "mlflow.source.git.commit": git.commit,
        }
    return tags
