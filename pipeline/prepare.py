"""Prepares a data variant for training: splits the rows and writes arrays.

    python -m pipeline.prepare mnist
    python -m pipeline.prepare mnist data.split.seed=7

The data variants are the files in conf/data/; `data.<key>=<value>` changes a setting. The command
reads data/raw/<source>, written by `pipeline.fetch`, and writes data/prepared/<data>. All
statistics, such as means and medians, come from training rows only. data_card.md there says what
each column of a table became; `python -m pipeline.look` shows it before. A column in doubt is an
error that names the settings to choose from. Warnings name what may make results misleading, such
as test rows that are in training as well.
"""

from contextlib import suppress

from pipeline.command_line import arguments, run_command, with_key
from pipeline.config import params
from pipeline.config.composition import compose
from pipeline.config.data import PrepareConfig
from pipeline.config.hydra_composition import register
from pipeline.console import log, say_next
from pipeline.data.card import MARKDOWN
from pipeline.data.preparing.preparation import prepare
from pipeline.errors import PipelineError
from pipeline.layout import PREPARED

register("prepare", PrepareConfig)


def main() -> None:
    """Prepares one data variant and names the folder that it wrote."""
    meta = prepare(compose("prepare", PrepareConfig, with_key(arguments(__doc__), "data")).data)
    rows = ", ".join(f"{count:,} {split}" for split, count in meta.rows.items())
    log(f"{PREPARED / meta.name}: {rows} rows of shape {tuple(meta.shape)}")
    card = PREPARED / meta.name / MARKDOWN
    if card.is_file():
        log(f"{card} says what each column became")
    for note in meta.notes:
        log(f"{meta.name}: {note}")
    for remark in meta.remarks:
        log(f"{meta.name}: warning: {remark}")
    say_next(f"python -m pipeline.train {_experiment(meta.name)}")


def _experiment(data: str) -> str:
    """An experiment on a data variant, or the default one."""
    with suppress(PipelineError):  # the commands that need params.yaml say what is wrong
        for name, own in params.read().experiments.items():
            if own == data:
                return name
    return f"data={data}"


if __name__ == "__main__":
    run_command(main)
