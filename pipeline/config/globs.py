"""Replaces `glob(…)` on a command line by the names of the files that it matches."""

from collections.abc import Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob
from hydra.errors import HydraException

from pipeline.errors import PipelineError, suggestion
from pipeline.layout import CONF


def expanded(overrides: Sequence[str], *, conf: Path = CONF) -> list[str]:
    """Lists the matches of globs: `experiment=iris_logistic,iris_perceptron` for `glob(iris*)`.

    Raises:
        PipelineError: a glob matches no file, or its key is not a folder of `conf/`.
    """
    return [
        _expanded(override, conf) if "glob(" in override else override for override in overrides
    ]


def _expanded(override: str, conf: Path) -> str:
    try:
        parsed = OverridesParser.create().parse_override(override)
    except HydraException:  # whoever composes reports it
        return override
    glob, group = parsed.value(), parsed.key_or_group
    if not isinstance(glob, Glob):
        return override
    if not (conf / group).is_dir():
        raise PipelineError(
            "command line: glob(…) chooses files of a folder of conf/",
            received=override,
            expected="List the values: key=value,value,…",
        )
    names = sorted(file.stem for file in (conf / group).glob("*.yaml"))
    matched = glob.filter(names)
    if not matched:
        raise PipelineError(
            "command line: glob(…) matches no file",
            received=override,
            expected=suggestion("", names),
        )
    return f"{override.partition('=')[0]}={','.join(matched)}"
