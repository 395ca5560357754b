"""What a person reads when something is wrong: one line, three parts, exit 1.

Every mistake of a person and every fault of the machine that the pipeline can name is a `PipelineError`;
`run_command` turns it into that line. Nothing here knows what the pipeline does.
"""

import difflib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from types import FrameType

from pipeline.layout import FAILURES


class PipelineError(Exception):
    """What is wrong, what was received, and what is expected or to be done.

    Args:
        what: the fault, naming the file, line, column or key it concerns.
        received: the offending value; shown as `Received: …`.
        expected: what is allowed, or what to do next.
    """

    def __init__(self, what: str, *, received: object = None, expected: str = "") -> None:
        self.what = what
        self.received = received
        self.expected = expected
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what if self.what.endswith((".", "?", "!")) else f"{self.what}."]
        if self.received is not None:
            parts.append(f"Received: {self.received}.")
        if self.expected:
            parts.append(self.expected if self.expected.endswith(".") else f"{self.expected}.")
        return " ".join(" ".join(parts).split())


class ConfigError(PipelineError):
    """A setting that cannot be: `key` is its full dotted name, such as `training.batch_size`."""

    def __init__(self, key: str, what: str, *, received: object = None, expected: str = "") -> None:
        self.key = key
        super().__init__(f"{key} {what}", received=received, expected=expected)


class DataError(PipelineError):
    """A data file that cannot be trusted."""


class StoreError(PipelineError):
    """A record or a kept state that cannot be opened: a fault of the machine, not of what was to be run."""


class FetchError(PipelineError):
    """Bytes that could not be had, or are not the pinned ones."""


def require(condition: bool, key: str, *, received: object, expected: str) -> None:
    """Raises `ConfigError` for the setting `key` unless `condition` holds."""
    if not condition:
        raise ConfigError(
            key, "is not possible", received=received, expected=f"Expected: {expected}"
        )


def suggestion(received: str, allowed: Iterable[str]) -> str:
    """`Did you mean x? Allowed: x, y, z.`, the question only where a name comes near."""
    names = sorted(allowed)
    near = difflib.get_close_matches(received, names, n=1, cutoff=0.6)
    question = f"Did you mean {near[0]}? " if near else ""
    return f"{question}Allowed: {', '.join(names) or 'nothing'}."


def tell(line: str) -> None:
    """Says something to the person, on stderr."""
    print(line, file=sys.stderr, flush=True)


def run_command(main: Callable[[], None]) -> None:
    """Runs a command's `main` and exits: 0, 1 with one line, 130 after SIGINT, 143 after SIGTERM.

    `PIPELINE_DEBUG=1` shows the traceback as well. Inside a DVC stage the line is also kept under
    `outputs/failures/<stage>.txt`, from where the report tells why an experiment is missing.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        main()
    except KeyboardInterrupt:
        _fail("interrupted by SIGINT.", code=130)
    except SystemExit:
        raise
    except PipelineError as error:
        _fail(str(error), code=1)
    except Exception as error:  # noqa: BLE001 - the last resort of a process: never a bare traceback
        text = " ".join(str(error).split())
        hint = "" if _debugging() else " PIPELINE_DEBUG=1 shows the traceback."
        _fail(f"{type(error).__name__}: {text}{hint}", code=1)
    else:
        _forget_failure()


def _terminate(signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


def _debugging() -> bool:
    return os.environ.get("PIPELINE_DEBUG", "") not in ("", "0")


def _fail(line: str, *, code: int) -> None:
    if _debugging():
        traceback.print_exc()
    print(f"error: {line}", file=sys.stderr, flush=True)
    if stage := os.environ.get("DVC_STAGE"):
        FAILURES.mkdir(parents=True, exist_ok=True)
        (FAILURES / f"{stage}.txt").write_text(f"{line}\n", encoding="utf-8")
    raise SystemExit(code)


def _forget_failure() -> None:
    if stage := os.environ.get("DVC_STAGE"):
        (FAILURES / f"{stage}.txt").unlink(missing_ok=True)
