"""A trainer that DVC started ends with DVC: a second `dvc repro` must never meet a first trainer still at work."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def end_with_parent() -> None:
    """Has Linux send SIGTERM to this process when its parent ends, by whatever means.

    Raises:
        SystemExit: 143, where the parent has ended already.
    """
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(128 + signal.SIGTERM)
