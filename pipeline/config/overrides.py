"""Checks the overrides of a command line before Hydra parses them.

Hydra's parser takes a second for some thousand characters, and fails in deep brackets.
"""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path, PurePosixPath

from pipeline.errors import PipelineError

_LONGEST = 5_000
_DEEPEST = 30
_LEVELS = {**dict.fromkeys("([{", 1), **dict.fromkeys(")]}", -1)}


def require_readable(overrides: Sequence[str], *, conf: Path) -> None:
    """Checks the length and nesting of overrides, and that choices name files of `conf`.

    Raises:
        PipelineError: an override is too long or nested too deeply, or names a file elsewhere.
    """
    for override in overrides:
        _require_short(override)
        _require_inside(override, conf)


def _require_short(override: str) -> None:
    if len(override) > _LONGEST:
        raise PipelineError(
            "command line: an override is too long",
            received=f"{override[:60]}… with {len(override):,} characters",
            expected=f"Expected: at most {_LONGEST:,}. Write longer settings into a file of conf/",
        )
    levels = max(accumulate((_LEVELS.get(character, 0) for character in override), initial=0))
    if levels > _DEEPEST:
        raise PipelineError(
            "command line: an override is nested too deeply",
            received=f"{override[:60]}… with {levels} levels of brackets",
            expected=f"Expected: at most {_DEEPEST} levels",
        )


def _require_inside(override: str, conf: Path) -> None:
    group, _, choice = override.lstrip("+~").partition("=")
    if ".." in PurePosixPath(choice).parts and (conf / group.partition("@")[0]).is_dir():
        raise PipelineError(
            "command line: a choice is outside its folder of conf/",
            received=override,
            expected=f"Name a file of {conf / group.partition('@')[0]}",
        )
