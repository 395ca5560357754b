"""What every command does with its command line: help, arguments, and one line for an error."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType

from pipeline.console import log, say
from pipeline.errors import PipelineError
from pipeline.layout import FAILURES


def arguments(usage: str | None) -> list[str]:
    """The arguments of this process. Prints `usage` and exits with 0 for `-h` or `--help`.

    Args:
        usage: the docstring of the command.
    """
    given = sys.argv[1:]
    if {"-h", "--help"} & set(given):
        say(usage or "")
        raise SystemExit(0)
    return given


def experiment_name(usage: str | None) -> str:
    """The name in `experiment=<name>`, for commands that take nothing else.

    Raises:
        PipelineError: the command line is anything else.
    """
    given = arguments(usage)
    key, _, name = given[0].partition("=") if len(given) == 1 else ("", "", "")
    if key != "experiment" or not name:
        raise PipelineError(
            "this command takes one experiment",
            received=" ".join(given) or "nothing",
            expected="Expected: experiment=<name>",
        )
    return name


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
    log(f"error: {line}")
    if stage := os.environ.get("DVC_STAGE"):
        FAILURES.mkdir(parents=True, exist_ok=True)
        (FAILURES / f"{stage}.txt").write_text(f"{line}\n", encoding="utf-8")
    raise SystemExit(code)


def _forget_failure() -> None:
    if stage := os.environ.get("DVC_STAGE"):
        (FAILURES / f"{stage}.txt").unlink(missing_ok=True)
