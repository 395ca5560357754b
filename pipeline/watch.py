"""Shows curves of running and finished runs, sweeps and searches in the terminal.

    python -m pipeline.watch                    all that run now, or else the newest three
    python -m pipeline.watch mnist_mlp          the runs of an experiment
    python -m pipeline.watch 1a2b3c             a run, sweep or search by its id
    python -m pipeline.watch --once             prints them once and ends

It is refreshed while something runs. Without a terminal, and in CI, it prints once. It only reads,
so it slows nothing down. Ctrl-C ends the view, and no training.
"""

import time

from rich.live import Live

from pipeline.command_line import arguments, run_command
from pipeline.console import keeps_log, table_console
from pipeline.option_parser import OptionParser
from pipeline.tracking.curves import reader
from pipeline.watching.choosing import Watched, choose
from pipeline.watching.view import View

_SECONDS = 1.0  # between two drawings


def main() -> None:
    """Reads the command line and draws."""
    parser = OptionParser("watch")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args(arguments(__doc__))
    console = table_console()
    store = reader()

    def watched() -> list[Watched]:
        return choose(store.runs(), options.names)

    current = watched()
    is_drawn_once = options.once or not console.is_terminal or keeps_log()
    if is_drawn_once or not _is_running(current):
        console.print(View(store, console.width).draw(current, now=time.time()))
        return
    with Live(console=console, auto_refresh=False, screen=False) as live:
        view = View(store, console.width, console.height - 1)
        while True:
            view.width, view.height = console.width, console.height - 1
            live.update(view.draw(current, now=time.time()), refresh=True)
            if not _is_running(current):
                return
            time.sleep(_SECONDS)
            current = watched()


def _is_running(watched: list[Watched]) -> bool:
    return any(one.is_running for one in watched)


if __name__ == "__main__":
    run_command(main)
