"""Reads arguments, prints help, and reports errors in one line, for all commands."""

import errno
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType

from pipeline import project
from pipeline.config.rules import NAME, is_name
from pipeline.console import log, say
from pipeline.errors import PipelineError
from pipeline.layout import FAILURES
from pipeline.preloading.ending import end_after, module_of_command
from pipeline.redaction import without_password

_JSON = "--json"
# Most objects belong to libraries and live until the command ends, so frequent garbage collection
# only costs time. These are the thresholds of `gc.set_threshold`.
_RARELY = (100_000, 50, 100)


def arguments(usage: str | None) -> list[str]:
    """Returns the arguments of this process, or prints `usage` if they ask for help.

    Args:
        usage: the docstring of the command.

    Raises:
        SystemExit: the arguments contain `-h` or `--help`. The exit code is 0.
    """
    received = sys.argv[1:]
    if {"-h", "--help"} & set(received):
        say(usage or "")
        raise SystemExit(0)
    return received


def with_key(received: list[str], key: str) -> list[str]:
    """Gives a name without a key its key: `mnist_mlp seed=3` is `experiment=mnist_mlp seed=3`.

    Args:
        key: the key of a name without one, such as `experiment`.
    """
    for place, word in enumerate(received):
        if not (word.startswith("-") or "=" in word):
            return [*received[:place], f"{key}={word}", *received[place + 1 :]]
    return received


def without_json(received: list[str]) -> tuple[list[str], bool]:
    """Returns arguments without `--json`, and whether it was among them."""
    return [argument for argument in received if argument != _JSON], _JSON in received


def experiment_name(received: list[str]) -> str:
    """Returns the name of an experiment, for commands with this one argument.

    It is written as `<name>` or `experiment=<name>`.

    Raises:
        PipelineError: the arguments are not one name, or the name is invalid.
    """
    named = with_key(received, "experiment")
    key, _, name = named[0].partition("=") if len(named) == 1 else ("", "", "")
    if key != "experiment" or not name:
        raise PipelineError(
            "this command takes one experiment",
            received=" ".join(received) or "nothing",
            expected="Write its name",
        )
    require_experiment_name(name)
    return name


def require_experiment_name(name: str) -> None:
    """Raises `PipelineError` for a text that cannot name an experiment, such as `../x`."""
    if not is_name(name):
        raise PipelineError(
            "the name of the experiment is invalid", received=name, expected=f"Use {NAME}"
        )


def run_command(main: Callable[[], None], *, begin: Callable[[], None] = project.enter) -> None:
    """Runs `main` in the root of the project, and prints an error as one line on stderr.

    The exit code is 0 after success, 1 after an error, 130 after SIGINT and 143 after SIGTERM.
    `PIPELINE_DEBUG=1` prints the traceback as well. In a DVC stage, it also writes the line to
    `outputs/failures/<stage>.txt`. The report shows that line for an experiment without a result.

    Args:
        begin: is called first. By default, it changes to the root of the project.
    """
    if (module_of_command() or "").startswith("pipeline."):  # false under a profiler
        gc.set_threshold(*_RARELY)
        end_after(lambda: _run(main, begin))
    else:
        _run(main, begin)


def _run(main: Callable[[], None], begin: Callable[[], None]) -> None:
    signal.signal(signal.SIGTERM, _terminate)
    try:
        begin()
        main()
    except BrokenPipeError:  # such as of `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(128 + signal.SIGPIPE) from None
    except KeyboardInterrupt:
        _fail("interrupted by SIGINT.", code=130)
    except SystemExit:
        raise
    except PipelineError as error:
        _fail(str(error), code=1)
    except Exception as error:  # noqa: BLE001 - a command never ends with a traceback
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            what = f"the disk is full. Received: {error}."
            _fail(f"{what} Free space, then run the same command again.", code=1)
        text = " ".join(str(error).split())
        hint = "" if _debugging() else " Set PIPELINE_DEBUG=1 to see the traceback."
        _fail(f"{type(error).__name__}: {text.rstrip('.')}.{hint}", code=1)
    else:
        _forget_failure()


def _terminate(signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


def _debugging() -> bool:
    return os.environ.get("PIPELINE_DEBUG", "") not in ("", "0")


def _fail(line: str, *, code: int) -> None:
    if _debugging():
        log(traceback.format_exc().rstrip())
    log(f"error: {line}{_record_failure(line)}")
    raise SystemExit(code)


def _record_failure(line: str) -> str:
    """Writes the error of a DVC stage for the report. Returns a sentence if that fails."""
    stage = os.environ.get("DVC_STAGE")
    if not stage:
        return ""
    file = FAILURES / f"{stage}.txt"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = f"{without_password(line)}\n"
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        return f" Writing {file} failed: {error.strerror}."
    return ""


def _forget_failure() -> None:
    if stage := os.environ.get("DVC_STAGE"):
        file = FAILURES / f"{stage}.txt"
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            log(f"warning: {file} is outdated, but deleting it failed: {error.strerror}")
