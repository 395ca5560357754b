"""Where everything lies, relative to the repository's root. No other module names these folders."""

import os
from pathlib import Path

CONF = Path("conf")
PARAMS = Path("params.yaml")
STAGES = Path("dvc.yaml")
RAW = Path("data/raw")
PREPARED = Path("data/prepared")
OUTPUTS = Path("outputs")
CODE = OUTPUTS / "code"  # a digest for each command: what its stage depends on
CONFIGS = OUTPUTS / "configs"
PLAN = OUTPUTS / "plan.json"
FAILURES = OUTPUTS / "failures"
INSPECTED = OUTPUTS / "inspect"


def mlruns() -> Path:
    """The repository's `mlruns/`. `DVC_ROOT` names it even inside DVC's temporary copies."""
    return (Path(os.environ.get("DVC_ROOT", ".")) / "mlruns").resolve()
