"""Downloads from a server that misbehaves. Limits are small, so that no test waits long."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config.source import Source
from pipeline.data.fetching.download import Limits, Place, first_of
from pipeline.data.fetching.sources import fetch
from pipeline.errors import FetchError
from tests.support import ROOT
from tests.support.loopback import (
    Site,
    body,
    hang_up,
    in_turn,
    redirect,
    serving,
    stall,
    status,
    trickle,
    trickle_headers,
)
from tests.support.refusals import refusal

CONTENT = b"a,b\n1,2\n"
PIN = hashlib.sha256(CONTENT).hexdigest()
QUICK = Limits(pause=0.0)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def get(folder: Path, *at: str, limits: Limits = QUICK, pin: str | None = PIN) -> str:
    return first_of(
        [Place("data.csv", each, pin) for each in at],
        folder,
        mirror_path="own/data.csv",
        limits=limits,
    ).at


def error_of(folder: Path, *at: str, limits: Limits = QUICK, pin: str | None = PIN) -> str:
    """The error of a download. No file may be left."""
    message = refusal(get, folder, *at, limits=limits, pin=pin, error=FetchError)
    assert list(folder.iterdir()) == []
    return message


def test_complete_body_gets_its_final_name(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = body(CONTENT)
    get(tmp_path, f"{site.address}/data.csv")
    assert (tmp_path / "data.csv").read_bytes() == CONTENT


def test_wrong_sha256_is_not_tried_again(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = body(b"other")
    message = error_of(tmp_path, f"{site.address}/data.csv")
    assert PIN in message
    assert hashlib.sha256(b"other").hexdigest() in message
    assert len(site.requests) == 1


def test_truncated_body_is_tried_three_times(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = body(CONTENT, length=100)
    assert "the connection broke before the end (3 tries)" in error_of(
        tmp_path, f"{site.address}/data.csv", pin=None
    )
    assert len(site.requests) == 3


def test_second_try_replaces_a_truncated_body(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = in_turn(body(CONTENT * 9, length=100), body(CONTENT))
    get(tmp_path, f"{site.address}/data.csv")
    assert (tmp_path / "data.csv").read_bytes() == CONTENT


@pytest.mark.parametrize("code", [429, 500, 503])
def test_temporary_status_is_tried_again(site: Site, tmp_path: Path, code: int) -> None:
    site.routes["/data.csv"] = in_turn(status(code), status(code), body(CONTENT))
    get(tmp_path, f"{site.address}/data.csv")
    assert len(site.requests) == 3


@pytest.mark.parametrize("code", [204, 401, 403, 404, 410])
def test_other_status_is_not_tried_again(site: Site, tmp_path: Path, code: int) -> None:
    site.routes["/data.csv"] = status(code)
    assert f"HTTP {code}" in error_of(tmp_path, f"{site.address}/data.csv")
    assert len(site.requests) == 1


def test_closed_connection_is_tried_again(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = in_turn(hang_up, body(CONTENT))
    get(tmp_path, f"{site.address}/data.csv")
    assert len(site.requests) == 2


def test_redirect_is_followed(site: Site, tmp_path: Path) -> None:
    site.routes |= {"/data.csv": redirect("/there.csv"), "/there.csv": body(CONTENT)}
    get(tmp_path, f"{site.address}/data.csv")
    assert site.requests == ["/data.csv", "/there.csv"]


@pytest.mark.parametrize(
    "target", ["http://192.0.2.1/data.csv", "file:///etc/hostname", "ftp://192.0.2.1/data.csv"]
)
def test_redirect_away_from_https_is_refused(site: Site, tmp_path: Path, target: str) -> None:
    site.routes["/data.csv"] = redirect(target)
    message = error_of(tmp_path, f"{site.address}/data.csv")
    assert f"a redirect to {target} does not use https" in message
    assert len(site.requests) == 1


def test_http_is_refused_for_other_machines(tmp_path: Path) -> None:
    message = error_of(tmp_path, "http://192.0.2.1/data.csv")
    assert "http://192.0.2.1/data.csv: its URL does not use https" in message


def test_redirect_loop_ends_after_five(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = redirect("/data.csv")
    assert "more than 5 redirects" in error_of(tmp_path, f"{site.address}/data.csv")
    assert len(site.requests) == 6


def test_trickling_body_is_stopped_by_total_time(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = trickle
    limits = replace(QUICK, total=0.1)
    assert "stopped after 0.1 s" in error_of(tmp_path, f"{site.address}/data.csv", limits=limits)


def test_trickling_body_is_stopped_by_its_rate(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = trickle
    limits = replace(QUICK, window=0.1, rate=10_000)
    message = error_of(tmp_path, f"{site.address}/data.csv", limits=limits)
    assert "stopped, because it sent fewer than 10,000 bytes per second" in message
    assert len(site.requests) == 1


def test_trickling_headers_time_out(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = trickle_headers
    limits = replace(QUICK, answer=0.2)
    assert "no answer in 0.2 s" in error_of(tmp_path, f"{site.address}/data.csv", limits=limits)


def test_stalled_body_is_tried_again(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = stall
    limits = replace(QUICK, read=0.1, tries=2)
    assert "timeout while waiting for bytes (2 tries)" in error_of(
        tmp_path, f"{site.address}/data.csv", limits=limits
    )


def test_too_large_announced_body_is_refused(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = body(b"", length=5_000)
    assert "more than 4,999 bytes" in error_of(
        tmp_path, f"{site.address}/data.csv", limits=replace(QUICK, size=4_999)
    )


def test_body_may_have_the_largest_size(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = body(CONTENT)
    get(tmp_path, f"{site.address}/data.csv", limits=replace(QUICK, size=len(CONTENT)))
    assert (tmp_path / "data.csv").read_bytes() == CONTENT


def test_endless_body_is_stopped_by_its_size(site: Site, tmp_path: Path) -> None:
    site.routes["/data.csv"] = trickle
    assert "more than 5 bytes" in error_of(
        tmp_path, f"{site.address}/data.csv", limits=replace(QUICK, size=5)
    )


def test_refused_connection_is_not_tried_again(tmp_path: Path) -> None:
    with serving() as gone:
        address = gone.address
    assert f"{address}/data.csv: cannot connect to its host." in error_of(
        tmp_path, f"{address}/data.csv"
    )


def test_server_without_tls_is_not_tried_again(site: Site, tmp_path: Path) -> None:
    message = error_of(tmp_path, f"{site.address}/data.csv".replace("http:", "https:"))
    assert "tries" not in message
    assert "SSL" in message


def test_unknown_host_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    assert "https://nowhere.example/a: no address for its host name." in error_of(
        tmp_path, "https://nowhere.example/a"
    )


def test_hanging_name_server_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*_: object, **__: object) -> None:
        over.wait()
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    message = error_of(tmp_path, "https://nowhere.example/a", limits=replace(QUICK, answer=0.1))
    over.set()
    assert "no answer in 0.1 s" in message


def test_loopback_ignores_proxies_of_the_environment(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    site.routes["/data.csv"] = body(CONTENT)
    get(tmp_path, f"{site.address}/data.csv")
    assert site.requests == ["/data.csv"]


def test_mirror_is_tried_before_the_url(site: Site, tmp_path: Path) -> None:
    (tmp_path / "mirror.csv").write_bytes(CONTENT)
    folder = tmp_path / "to"
    assert get(folder, str(tmp_path / "mirror.csv"), f"{site.address}/data.csv") == str(
        tmp_path / "mirror.csv"
    )
    assert site.requests == []


def test_wrong_bytes_lead_to_the_next_place(site: Site, tmp_path: Path) -> None:
    (tmp_path / "mirror.csv").write_bytes(b"other")
    site.routes["/data.csv"] = body(CONTENT)
    folder = tmp_path / "to"
    get(folder, str(tmp_path / "mirror.csv"), f"{site.address}/data.csv")
    assert (folder / "data.csv").read_bytes() == CONTENT


def test_error_names_each_place_and_its_reason(site: Site, tmp_path: Path) -> None:
    site.routes["/b"] = status(410)
    message = error_of(tmp_path, "/nowhere/data.csv", f"{site.address}/a", f"{site.address}/b")
    assert message == (
        "own/data.csv is not available. "
        "Received: /nowhere/data.csv: No such file or directory; "
        f"{site.address}/a: HTTP 404 Not Found; {site.address}/b: HTTP 410 Gone. "
        "Set DATA_MIRROR to a folder or an https:// URL that holds own/data.csv."
    )


def test_password_in_a_url_is_not_printed(tmp_path: Path) -> None:
    message = error_of(tmp_path, "http://user:secret@192.0.2.1/data.csv")
    assert "http://192.0.2.1/data.csv: its URL does not use https" in message
    assert "secret" not in message


@pytest.mark.parametrize("password", ["sec/ret", "sec#ret", "sec@ret", "sec?ret", "1/2"])
def test_unescaped_password_is_not_printed(tmp_path: Path, password: str) -> None:
    message = error_of(tmp_path, f"https://user:{password}@[::1/data.csv")
    assert "Received: https://[::1/data.csv: " in message
    assert password not in message


def test_download_after_a_kill_succeeds(site: Site, tmp_path: Path) -> None:
    site.routes["/own/data.csv"] = stall
    source = Source(name="own", url="https://127.0.0.1:9/data.csv", sha256=PIN)
    program = (
        "import sys; from pathlib import Path; from pipeline.config.source import Source; "
        "from pipeline.data.fetching.sources import fetch; "
        "source = Source(name='own', url=sys.argv[1], sha256=sys.argv[2]); "
        "fetch(source, root=Path(sys.argv[3]), mirror=sys.argv[4])"
    )
    arguments = [str(source.url), PIN, str(tmp_path), site.address]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], cwd=ROOT) as process:
        assert site.sent.wait(30)
        os.kill(process.pid, signal.SIGKILL)
    assert not (tmp_path / "own").exists()
    site.routes["/own/data.csv"] = body(CONTENT)
    fetch(source, root=tmp_path, mirror=site.address)
    assert (tmp_path / "own" / "data.csv").read_bytes() == CONTENT
