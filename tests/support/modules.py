"""The modules that a fresh process has loaded."""

import subprocess
import sys

from tests.support import ROOT


def loaded_by(code: str) -> set[str]:
    """The names of all modules that are loaded after this code."""
    program = f"import sys; {code}; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())
