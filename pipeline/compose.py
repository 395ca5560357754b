"""Composes and checks every experiment of params.yaml, before any of them trains.

    python -m pipeline.compose

Writes for each experiment outputs/configs/<experiment>.yaml, its resolved configuration, and
<experiment>.code.txt, the code that it chooses: its model family, optimizer, and so on. `train`
depends on both, so an edit retrains only the experiments that it affects. `evaluate` also depends
on <experiment>.figures.txt, the code of your own figures. Writes outputs/plan.json for the report.
"""

from pipeline.command_line import arguments, run_command
from pipeline.config import own_code, params, plan_file, resolved
from pipeline.config.outline import outlines
from pipeline.config.plan import compose_all
from pipeline.console import log
from pipeline.files import replacing_folder
from pipeline.layout import CONFIGS
from pipeline.runs.identity import listing, listing_of_figures


def main() -> None:
    """Composes all experiments and writes the files."""
    arguments(__doc__)
    planned = params.read()
    configs = compose_all(planned)
    own_code.require_listed(configs, planned.own_code)
    plan = outlines(configs, planned.overrides)
    with replacing_folder(CONFIGS) as folder:
        for config in configs:
            resolved.write(config, folder / f"{config.name}.yaml")
            (folder / f"{config.name}.code.txt").write_text(listing(config), encoding="utf-8")
            (folder / f"{config.name}.figures.txt").write_text(
                listing_of_figures(config), encoding="utf-8"
            )
    plan_file.write(plan)
    log(f"{len(configs)} experiments composed to {CONFIGS}")


if __name__ == "__main__":
    run_command(main)
