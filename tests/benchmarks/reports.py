"""Measures the report of many experiments: the time to read and to write, and the size.

    python -m tests.benchmarks.reports          200 experiments
    python -m tests.benchmarks.reports 1000     so many

The results are made up: 200 epochs and five figures of 60 kB each.
"""

import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.config import resolved
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.values import write_yaml
from pipeline.reporting import rendering, results
from tests.support import ROOT
from tests.support.results import METRICS, NO_LOOKS, bind, planned, write_plan, write_result
from tests.support.toy import params_of

_FIGURES = ("learning_curves", "confusion_matrix", "errors", "weights", "reliability")
_EDGE = 245  # pixels of a figure


def main() -> None:
    """Prints the time and the size of one report."""
    count = int(sys.argv[1]) if sys.argv[1:] else 200
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder) / "outputs"
        names = _make(outputs, count)
        params = params_of(
            sources=["toy"], data={"toy": "toy"}, experiments=dict.fromkeys(names, "toy")
        )
        begin = time.perf_counter()
        rows = results.collect(
            params,
            names,
            outputs=outputs,
            prepared=outputs.parent / "prepared",
            stages=ROOT / "dvc.yaml",
            ledger=NO_LOOKS,
        )
        read = time.perf_counter()
        _, page = rendering.write(rows, outputs)
        written = time.perf_counter()
        print(
            f"{count} experiments: read in {read - begin:.1f} s, written in {written - read:.1f} s"
        )
        print(f"report.html: {page.stat().st_size / 1e6:.1f} MB")


def _make(outputs: Path, count: int) -> list[str]:
    """Makes up the results of experiments, and returns their names."""
    losses = tuple((1 / epoch, 1 / epoch + 0.1) for epoch in range(1, 201))
    names = [f"experiment_{number:04d}" for number in range(count)]
    noise = np.random.default_rng(1).integers(0, 256, (_EDGE, _EDGE), np.uint8)
    image = BytesIO()
    Image.fromarray(noise).save(image, format="png")
    settings = resolved.run_settings(
        compose_experiment(["experiment=digits_cnn"], conf=ROOT / "conf")
    )
    (outputs / "configs").mkdir(parents=True)
    for name in names:
        write_yaml(settings, outputs / "configs" / f"{name}.yaml")
        write_result(outputs, name, metrics=METRICS, losses=losses, figures=_FIGURES)
        for figure in _FIGURES:
            (outputs / name / f"figures/{figure}.png").write_bytes(image.getvalue())
        bind(outputs / name)
    write_plan(outputs, **{name: planned(reported="about 0.9") for name in names})
    return names


if __name__ == "__main__":
    main()
