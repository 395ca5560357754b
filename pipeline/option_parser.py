"""Parses the options of a command. Reports a mistake in one line, like any other error."""

import argparse
import sys
from typing import NoReturn

from pipeline.errors import PipelineError


class OptionParser(argparse.ArgumentParser):
    """The parser of one command. `command_line.arguments` has already handled `--help`.

    Args:
        command: its name, such as `inspect`.
    """

    def __init__(self, command: str) -> None:
        super().__init__(prog=f"python -m pipeline.{command}", add_help=False, allow_abbrev=False)

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """Parses arguments. An unknown flag is named before a missing argument."""
        received = sys.argv[1:] if args is None else list(args)
        for argument in received:
            flag = argument.partition("=")[0] if argument.startswith("--") else argument[:2]
            is_flag = flag.startswith("--") or (flag[:1] == "-" and flag[1:].isalpha())
            if is_flag and flag not in self._option_string_actions:
                self.error(f"this flag does not exist: {flag}")
        return super().parse_known_args(received, namespace)

    def error(self, message: str) -> NoReturn:
        """Raises a `PipelineError`."""
        raise PipelineError(message, expected=f"See {self.prog} --help")
