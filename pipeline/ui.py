"""Serves the MLflow UI of the recorded runs on this machine.

    python -m pipeline.ui           on http://127.0.0.1:5000
    python -m pipeline.ui 5001      on another port

If MLFLOW_TRACKING_URI names a server, that server has a UI of its own. The command then prints its
address and ends.
"""

import os
import sys

from pipeline.command_line import arguments, run_command
from pipeline.console import say
from pipeline.errors import PipelineError

_PORT = "5000"


def main() -> None:
    """Reads the command line and becomes the UI."""
    port = _port(arguments(__doc__))
    from pipeline.tracking import connection, server

    if server.is_server(connection.uri()):
        say(f"The runs are on the tracking server: {connection.shown_uri()}")
        return
    connection.client()  # a store that has moved finds its files again
    hosts = f"localhost:{port},127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", connection.uri()]
    command += ["--host", "127.0.0.1", "--port", port, "--allowed-hosts", hosts]
    os.execv(sys.executable, command)


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
