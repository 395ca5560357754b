"""Composes every experiment of params.yaml and checks it, before any of them trains.

    python -m pipeline.compose

Writes outputs/configs/<experiment>.yaml, which `train` depends on, and outputs/plan.json, which the report reads:
an edit in conf/ retrains exactly the experiments whose resolved configuration it changed.
"""

import sys

from pipeline.command_line import run_command
from pipeline.config import composition, params, resolved
from pipeline.config.outline import outline
from pipeline.config.plan import compose_all
from pipeline.files import replacing_folder, write_json
from pipeline.layout import CONFIGS, PLAN


def main() -> None:
    """Composes and writes."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    planned = params.read()
    configs = compose_all(planned)
    with replacing_folder(CONFIGS) as folder:
        for config in configs:
            composition.save(resolved.to_values(config), folder / f"{config.name}.yaml")
    write_json(PLAN, {config.name: outline(config, planned.overrides) for config in configs})
    print(f"{len(configs)} experiments composed to {CONFIGS}", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
