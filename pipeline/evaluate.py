"""Evaluates a trained experiment: the test split, once.

    python -m pipeline.evaluate experiment=mnist_mlp

Writes outputs/<experiment>/metrics.json and figures/, and logs both to the run that trained the model.
"""

import sys

from pipeline.command_line import run_command
from pipeline.config import resolved
from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError
from pipeline.files import read_json, replacing_folder, write_json
from pipeline.layout import CONFIGS, OUTPUTS, PREPARED


def main() -> None:
    """Reads the command line and evaluates."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    key, _, name = sys.argv[1].partition("=") if len(sys.argv) == 2 else ("", "", "")
    if key != "experiment" or not name:
        raise PipelineError(
            "one experiment is evaluated at a time",
            received=" ".join(sys.argv[1:]) or "nothing",
            expected="Expected: experiment=<name>",
        )
    evaluate(name)


def evaluate(name: str) -> None:
    """Measures, writes and logs."""
    from pipeline.models import backend

    backend.load()
    from pipeline.evaluation.assessment import assess
    from pipeline.evaluation.drawing.png import png
    from pipeline.tracking import stores
    from pipeline.tracking.evaluation import log_evaluation

    config = resolved.read(CONFIGS / f"{name}.yaml")
    output = OUTPUTS / name
    run = read_json(output / "run.json", made_by=f"dvc repro train@{name}")
    data = PREPARED / config.data.name
    found = assess(name, output, data, seed=config.seed)
    write_json(output / "metrics.json", found.summary)
    with replacing_folder(output / "figures") as folder:
        for title, figure in found.figures.items():
            (folder / f"{title}.png").write_bytes(png(figure))
    log_evaluation(
        stores.load(config.tracking.store).attach(run["run_id"]),
        by_step=found.by_step,
        intervals=found.intervals,
        output=output,
        meta=load_meta(data),
        data_folder=data,
    )
    print(f"{name}: {output / 'metrics.json'} and {len(found.figures)} figures", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
