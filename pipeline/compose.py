"""Composes every experiment of params.yaml and checks it, before any of them trains.

    python -m pipeline.compose

Writes outputs/configs/<experiment>.yaml, which `train` depends on, and outputs/claims.json, which the report reads:
an edit in conf/ retrains exactly the experiments whose resolved configuration it changed.
"""

import sys
from pathlib import Path

from pipeline.config import composition, params, resolved
from pipeline.config.plan import compose_all
from pipeline.errors import run_command
from pipeline.files import replacing_folder, write_json

CLAIMS = Path("outputs/claims.json")


def main() -> None:
    """Composes and writes."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    configs = compose_all(params.read())
    with replacing_folder(resolved.CONFIGS) as folder:
        for config in configs:
            composition.save(resolved.to_values(config), folder / f"{config.name}.yaml")
    write_json(CLAIMS, {config.name: [claim.values() for claim in config.claims] for config in configs})
    print(f"{len(configs)} experiments composed to {resolved.CONFIGS}", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
