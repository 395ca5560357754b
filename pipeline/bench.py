"""Measures how fast this pipeline and Keras's fit train an experiment on this machine.

    python -m pipeline.bench mnist_cnn
    python -m pipeline.bench mnist_cnn model.filters=[64,128] training.batch_size=64

Trains a little in four ways, in turn: `fit` as in a course, `fit` with the fastest of several
settings, and this pipeline in float32 and in mixed_bfloat16. It needs the prepared data, takes
about two minutes, and records nothing.

With --json, or if stdout is not a terminal, stdout gets one JSON object {experiment, batch_size,
threads, ways}. `ways` has the examples per second of each way, and the chosen settings.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.command_line import arguments, run_command, with_key, without_json
from pipeline.console import answer, table_console
from pipeline.errors import PipelineError
from pipeline.layout import PREPARED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.benchmarking.measuring import Speed
    from pipeline.fitted_table import FittedTable

_WORTH_IT = 1.1  # a smaller gain is within the noise of a machine


def main() -> None:
    """Reads the command line and measures."""
    received, as_json = without_json(arguments(__doc__))
    overrides = with_key(received, "experiment")
    if not overrides:
        raise PipelineError(
            "this command takes an experiment",
            received="nothing",
            expected="Write for example: python -m pipeline.bench mnist_cnn",
        )
    from pipeline.benchmarking import measuring
    from pipeline.config.experiment_composition import compose_experiment
    from pipeline.data.prepared import load_meta

    config = compose_experiment(overrides)
    settled = config.settled(**load_meta(PREPARED / config.data.name).sizes).training
    speeds = measuring.measure(overrides)
    table_console(stderr=True).print(table(speeds))
    values = {
        "experiment": config.name,
        "batch_size": settled.batch_size,
        "threads": settled.threads,
        "ways": {name: asdict(speed) for name, speed in speeds.items()},
    }
    answer(values, [advice(config.name, speeds)], as_json=as_json)


def table(speeds: "Mapping[str, Speed]") -> "FittedTable":
    """The speeds as a table."""
    from pipeline.benchmarking.measuring import PLAIN
    from pipeline.fitted_table import FittedTable

    table = FittedTable(drop=["settings"], box=None)
    for heading in ("way", "examples/s", f"against {PLAIN}", "settings"):
        table.add_column(heading, justify="left" if heading in ("way", "settings") else "right")
    for name, speed in speeds.items():
        ratio = speed.rate / speeds[PLAIN].rate
        table.add_row(name, f"{speed.rate:,.0f}", f"{ratio:.2f}", speed.settings)
    return table


def advice(name: str, speeds: "Mapping[str, Speed]") -> str:
    """What the speeds mean for the settings."""
    from pipeline.benchmarking.measuring import PLAIN, PRECISIONS

    single, mixed = PRECISIONS
    gain = speeds[single].rate / speeds[PLAIN].rate
    words = f"{name} trains {gain:.1f} times as fast as plain fit"
    if mixed not in speeds:
        return words
    faster = speeds[mixed].rate / speeds[single].rate
    if faster < _WORTH_IT:
        return f"{words}. {mixed} gains nothing here"
    return f"{words}, and {faster:.1f} times as fast again with training.precision={mixed}"


if __name__ == "__main__":
    run_command(main)
