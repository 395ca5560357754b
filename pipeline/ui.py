"""Serves the MLflow UI of the recorded runs on this machine.

    python -m pipeline.ui           on http://127.0.0.1:5000
    python -m pipeline.ui 5001      on another port

It prints the address of a page for each experiment. The experiment that ran last comes first. A
page lists the runs with their figures, intervals and data, and the settings that differ. Over ssh,
it also prints the command of the tunnel.

If MLFLOW_TRACKING_URI names a server, that server has a UI of its own. The command then prints its
address and ends.
"""

import getpass
import os
import sys
from collections.abc import Sequence

from pipeline.command_line import arguments, run_command
from pipeline.console import say
from pipeline.errors import PipelineError

_PORT = "5000"
_MOST_PAGES = 5  # that are printed


def main() -> None:
    """Reads the command line and becomes the UI."""
    port = _port(arguments(__doc__))
    from pipeline.tracking import connection, pages, server

    if server.is_server(connection.uri()):
        say(f"The runs are on the tracking server: {connection.shown_uri()}")
        return
    # Opening the store also corrects the paths of files in a store that has moved.
    say(_addresses(port, pages.write_all(connection.client())))
    # A tunnel may end in another port of the user's machine.
    hosts = "localhost:*,127.0.0.1:*"
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", connection.uri()]
    command += ["--host", "127.0.0.1", "--port", port, "--allowed-hosts", hosts]
    os.execv(sys.executable, command)


def _addresses(port: str, pages: Sequence[tuple[str, str]]) -> str:
    """What to open, and the tunnel to it if this is a session of ssh."""
    address = f"http://127.0.0.1:{port}"
    lines = [f"{name}: {address}{path}" for name, path in pages[:_MOST_PAGES]]
    if len(pages) > _MOST_PAGES:
        lines.append(f"{len(pages) - _MOST_PAGES} more experiments: {address}")
    if connection := os.environ.get("SSH_CONNECTION", "").split():
        _, _, host, ssh_port = connection
        option = "" if ssh_port == "22" else f"-p {ssh_port} "
        tunnel = f"ssh -L {port}:127.0.0.1:{port} {option}{getpass.getuser()}@{host}"
        lines.append(f"First, on your own machine: {tunnel}")
    return "\n".join(lines or [address])


def _port(received: list[str]) -> str:
    port = received[0] if received else _PORT
    if len(received) > 1 or not port.isdecimal():
        raise PipelineError(
            "this command takes the number of a port",
            received=" ".join(received),
            expected="Write, for example: python -m pipeline.ui 5001",
        )
    return port


if __name__ == "__main__":
    run_command(main)
