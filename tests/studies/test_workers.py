"""joblib's workers of a sweep."""

import os
import subprocess
import sys

import psutil

from tests.support import ROOT, warm

KILLED = """
import os, signal
from joblib import Parallel, delayed
from pipeline.studies import workers
workers.start(2)
pids = Parallel(2, backend="loky")(delayed(os.getpid)() for _ in range(2))
print(*set(pids), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_of_a_killed_sweep_end():
    with subprocess.Popen(
        [sys.executable, "-c", KILLED],
        cwd=ROOT,
        env=os.environ | warm.variables(),
        stdout=subprocess.PIPE,
        text=True,
    ) as sweep:
        assert sweep.stdout is not None
        words = sweep.stdout.readline().split()
        workers = [psutil.Process(int(word)) for word in words if psutil.pid_exists(int(word))]
        _, alive = psutil.wait_procs(workers, timeout=20)
    assert words
    assert alive == []
