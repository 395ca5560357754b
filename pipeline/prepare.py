"""Makes a data variant ready for training: rows parted, statistics fitted on training rows, arrays written.

    python -m pipeline.prepare data=mnist
    python -m pipeline.prepare data=mnist data.split.seed=7

Reads data/raw/<source>, which `pipeline.fetch` writes, and writes data/prepared/<data>. Any setting of
conf/data/<data>.yaml can be given another value in Hydra's grammar.
"""

import sys

from pipeline.command_line import run_command
from pipeline.config import composition
from pipeline.config.data import PrepareConfig
from pipeline.data.preparing.preparation import prepare
from pipeline.layout import PREPARED

composition.register("prepare", PrepareConfig)


def main() -> None:
    """Composes the settings, prepares, and says where the result lies."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    config = composition.compose("prepare", PrepareConfig, sys.argv[1:])
    meta = prepare(config.data)
    rows = ", ".join(f"{count:,} {split}" for split, count in meta.rows.items())
    print(f"{PREPARED / meta.name}: {rows} rows of shape {tuple(meta.shape)}", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
