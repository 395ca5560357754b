"""Measures trainings on an NVIDIA GPU, in float32 and in 16 bits, beside plain and tuned `fit`.

    python -m tests.benchmarks.gpu [EXPERIMENT …]

`make bench-gpu` prepares the data and runs it. It needs the extra `gpu`: `pip install -e '.[gpu]'`.
Prints the models of the GPUs, then what `python -m pipeline.bench` prints for each experiment.
"""

import subprocess
import sys
from collections.abc import Sequence

from pipeline import gpus

_EXPERIMENTS = ("mnist_mlp", "mnist_cnn", "cifar10_cnn")


def main(experiments: Sequence[str]) -> int:
    """Runs the command line."""
    found = gpus.facts()
    if not found:
        print(
            "error: TensorFlow finds no NVIDIA GPU here. It needs the driver, the extra gpu "
            f"(pip install -e '.[gpu]'), and {gpus.VISIBLE} must not hide all GPUs.",
            file=sys.stderr,
        )
        return 1
    print(f"{', '.join(found['models'])}, driver {found['driver']}", flush=True)
    for name in experiments or _EXPERIMENTS:
        subprocess.run([sys.executable, "-m", "pipeline.bench", name], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
