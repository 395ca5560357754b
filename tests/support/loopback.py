"""A real HTTP server on this machine. A test sets the behaviour of each path."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOWHERE = "https://127.0.0.1:9"  # nothing listens on the discard port


class Handler(BaseHTTPRequestHandler):
    """Answers a request as `site.routes` says; other paths are not found."""

    site: "Site"

    def do_GET(self) -> None:
        self.site.requests.append(self.path)
        with suppress(ConnectionError):  # some tests make the client close the connection
            self.site.routes.get(self.path, status(404))(self)

    def log_message(self, *_: object) -> None:
        pass


def free_port() -> int:
    """A port of this machine that nothing uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Answer = Callable[[Handler], None]


class Site:
    """What a server answers and what it was asked.

    Args:
        address: the URL of its root.

    Attributes:
        routes: the answer of each path. It may change while the server runs.
        requests: the requested paths, in order.
        sent: is set when `stall` has sent its bytes.
        closing: is set when the server stops.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.routes: dict[str, Answer] = {}
        self.requests: list[str] = []
        self.sent = threading.Event()
        self.closing = threading.Event()


@contextmanager
def serving() -> Iterator[Site]:
    """Runs a server for the time of the block."""
    handler = type("SiteHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False
        site = handler.site = Site(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield site
        finally:
            site.closing.set()
            server.shutdown()
            thread.join()


def _head(handler: Handler, code: int, **headers: object) -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()


def hang_up(_handler: Handler) -> None:
    """Closes the connection without an answer."""


def status(code: int) -> Answer:
    return lambda handler: _head(handler, code, Content_Length=0)


def body(content: bytes, *, length: int | None = None) -> Answer:
    def answer(handler: Handler) -> None:
        _head(handler, 200, Content_Length=len(content) if length is None else length)
        handler.wfile.write(content)

    return answer


def redirect(target: str) -> Answer:
    return lambda handler: _head(handler, 302, Location=target, Content_Length=0)


def in_turn(*answers: Answer) -> Answer:
    """Answers each request with the next of `answers`."""
    queue = list(answers)
    return lambda handler: queue.pop(0)(handler)


def trickle(handler: Handler) -> None:
    """Sends a body without an end, one byte at a time."""
    _head(handler, 200)
    while not handler.site.closing.wait(0.01):
        handler.wfile.write(b"x")


def trickle_headers(handler: Handler) -> None:
    """Sends headers without an end."""
    handler.send_response_only(200)
    handler.flush_headers()
    while not handler.site.closing.wait(0.01):
        handler.wfile.write(b"X-More: 1\r\n")


def stall(handler: Handler) -> None:
    """Sends half of a body, then nothing until the server stops."""
    _head(handler, 200, Content_Length=200_000)
    handler.wfile.write(b"x" * 100_000)
    handler.site.sent.set()
    handler.site.closing.wait()
