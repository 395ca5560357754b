"""The lineage of a run: its origins, in enough detail to make the run again.

The record of each run holds it as `lineage.json`, next to `config.yaml` and `diff.patch`.
"""

import hashlib
import os
import platform
import sys
from dataclasses import asdict
from functools import cache
from importlib.metadata import distributions
from typing import Any

from packaging.utils import canonicalize_name

from pipeline import environment
from pipeline.code import PACKAGE
from pipeline.files import sha256
from pipeline.layout import LOCK
from pipeline.redaction import without_password
from pipeline.runs.git import Git
from pipeline.runs.identity import run_code
from pipeline.runs.run import Run


def lineage(run: Run, work_tree: Git | None) -> dict[str, Any]:
    """What a run is made from, as plain values.

    Returns:
        `run_key` and `identity` of the run · `modules`: the digest of each module of its code ·
        `raw`: the source, and the sha256 of each of its files · `packages`: the version of each
        installed package · `lock`: the sha256 of `requirements.lock`, None without one · `cpu` and
        `machine` · `git`: commit, branch, and the sha256 of the patch, None without a repository ·
        `command`, and the DVC `stage` if there is one.
    """
    return {
        "run_key": run.key,
        "identity": run.identity,
        "modules": PACKAGE.digests(run_code(run.config)),
        "raw": {"source": run.meta.source, "digests": run.meta.source_digests},
        "packages": packages(),
        "lock": sha256(LOCK) if LOCK.is_file() else None,
        "cpu": asdict(environment.cpu()),
        "machine": {"platform": platform.platform(), "cores": os.cpu_count()},
        "git": _git(work_tree),
        "command": [without_password(word) for word in sys.argv],
        "stage": os.environ.get("DVC_STAGE"),
    }


@cache
def packages() -> dict[str, str]:
    """The versions of all installed packages, by their normalised names."""
    versions = {
        str(canonicalize_name(distribution.name)): distribution.version
        for distribution in distributions()
    }
    return dict(sorted(versions.items()))


def _git(work_tree: Git | None) -> dict[str, Any] | None:
    if work_tree is None:
        return None
    return {
        "commit": work_tree.commit,
        "branch": work_tree.branch,
        "dirty": work_tree.dirty,
        "patch": hashlib.sha256(work_tree.patch).hexdigest(),
    }
