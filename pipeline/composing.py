"""Composes all experiments of `params.yaml`, for `compose`, and for commands that add one."""

from pipeline.config import own_code, params, plan_file, resolved
from pipeline.config.outline import outlines
from pipeline.config.plan import compose_all
from pipeline.files import replacing_folder
from pipeline.layout import CONFIGS
from pipeline.runs.identity import listing, listing_of_figures


def compose() -> int:
    """Writes the files that `pipeline.compose` describes, and returns the number of experiments.

    Raises:
        PipelineError: an experiment is invalid. All files are as before.
    """
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
    return len(configs)
