"""The paths of a repository, relative to its root. No other module spells them."""

import os
from pathlib import Path

CONF = Path("conf")
PARAMS = Path("params.yaml")
STAGES = Path("dvc.yaml")
LOCK = Path("requirements.lock")
DVC, DVC_CACHE, DVC_LOCK = Path(".dvc"), Path(".dvc/cache"), Path("dvc.lock")
# What a copy of the code leaves out.
NO_CODE = (Path("data"), Path("outputs"), Path("mlruns"), Path(".git"), DVC_CACHE, DVC / "tmp")
ADOPTED = Path("adopted")  # data and networks of adopted scripts
RAW = Path("data/raw")
PREPARED = Path("data/prepared")
OUTPUTS = Path("outputs")
CODE = OUTPUTS / "code"  # each command's digest; DVC stages depend on these files
OWN_CODE = OUTPUTS / "own"  # the digests of the user's own code, for the same purpose
FEATURES = OUTPUTS / "features"  # the digests of feature functions, by data variant
CONFIGS = OUTPUTS / "configs"
PLAN = OUTPUTS / "plan.json"
FAILURES = OUTPUTS / "failures"
INSPECTED = OUTPUTS / "inspect"
EVALUATED_RUNS = OUTPUTS / "runs"
COMPARISONS = OUTPUTS / "comparisons"
EXPORTS = OUTPUTS / "exports"
CERTIFICATES = OUTPUTS / "certificates"


def mlruns() -> Path:
    """Returns the absolute path of the repository's `mlruns/`.

    DVC may run a stage in a temporary copy of the repository. `DVC_ROOT` names the original.
    """
    return (Path(os.environ.get("DVC_ROOT", ".")) / "mlruns").resolve()


def reproduction(run_id: str) -> Path:
    """Returns the absolute path of the folder in which a run is made again."""
    return mlruns() / "reproductions" / run_id[:16]


def studies() -> dict[str, Path]:
    """Returns the absolute paths of the folders with all sweeps and all searches, by their kind."""
    return {"sweep": mlruns() / "sweeps", "search": mlruns() / "search"}


def looks() -> Path:
    """Returns the absolute path of the ledger of looks at test splits."""
    return mlruns() / "looks"
