"""Parses the options of a command. A mistake is one line, as every error of a command is."""

import argparse
from typing import NoReturn

from pipeline.errors import PipelineError


class OptionParser(argparse.ArgumentParser):
    """The parser of one command. `command_line.arguments` has answered `--help` before.

    Args:
        command: its name, such as `inspect`.
    """

    def __init__(self, command: str) -> None:
        super().__init__(prog=f"python -m pipeline.{command}", add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raises a `PipelineError`."""
        raise PipelineError(message, expected=f"See {self.prog} --help")
