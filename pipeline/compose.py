"""Composes and checks every experiment of params.yaml, before any of them trains.

    python -m pipeline.compose

Writes for each experiment outputs/configs/<experiment>.yaml, its resolved configuration, and
<experiment>.code.txt, the code that it chooses: its model family, optimizer, and so on. `train`
depends on both, so an edit retrains only the experiments that it affects. `evaluate` also depends
on <experiment>.figures.txt, the code of your own figures. Writes outputs/plan.json for the report.
"""

from pipeline.command_line import arguments, run_command
from pipeline.composing import compose
from pipeline.console import log
from pipeline.layout import CONFIGS
from pipeline.preloading import stages


def main() -> None:
    """Composes all experiments and writes the files."""
    arguments(__doc__)
    stages.start_ahead()
    count = compose()
    log(f"{count} experiments composed to {CONFIGS}")


if __name__ == "__main__":
    run_command(main)
