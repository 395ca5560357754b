"""A tracking server that does not answer: real sockets on this machine."""

import socket
from contextlib import closing

import pytest

from pipeline.errors import StoreError
from pipeline.tracking import connection, server
from tests.support.loopback import Handler, serving, status

NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port
PROBE = "/api/2.0/mlflow/experiments/search?max_results=1"


def refusal(uri: str) -> str:
    with pytest.raises(StoreError) as caught:
        server.wait(uri, speaks_after=0.05, gives_up_after=0.2)
    return str(caught.value)


def test_server_that_is_down_is_an_error_with_advice():
    assert refusal("http://me:s3cret@127.0.0.1:9") == (
        "the tracking server http://127.0.0.1:9 does not answer. Received: connection refused. "
        "Start the server or correct MLFLOW_TRACKING_URI, then run the same command again. "
        "Without MLFLOW_TRACKING_URI, runs are recorded in mlruns/mlflow.db."
    )


def test_server_that_is_silent_is_an_error(capsys):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        uri = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert "Received: no answer in time." in refusal(uri)
    assert capsys.readouterr().err == f"waiting for {uri} (no answer)\n"


def test_server_with_an_error_is_an_error():
    with serving() as site:
        site.routes[PROBE] = status(503)
        assert "Received: HTTP status 503." in refusal(site.address)


def test_server_that_recovers_is_waited_for(monkeypatch):
    monkeypatch.setattr(server, "_PAUSE", 0.01)
    codes = [503, 503, 200]

    def answer(handler: Handler) -> None:
        status(codes.pop(0))(handler)

    with serving() as site:
        site.routes[PROBE] = answer
        server.wait(site.address)
    assert codes == []


@pytest.mark.parametrize("name", ["MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"])
def test_own_patience_of_the_user_is_respected(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    server.wait(NOWHERE, gives_up_after=0.0)


def test_waiting_is_said(capsys):
    with server.watched(NOWHERE, speaks_after=0.0):
        while not (text := capsys.readouterr().err):
            pass
    assert text == f"waiting for {NOWHERE} (connection refused)\n"


def test_own_patience_ends_in_the_same_error(monkeypatch, in_empty_folder):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:s3cret@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(StoreError) as caught:
        connection.client()
    assert str(caught.value).startswith(
        "the tracking server http://127.0.0.1:9 does not answer. Received: connection refused. "
    )


def test_refusal_of_a_server_names_its_address(monkeypatch, in_empty_folder):
    with serving() as site:
        site.routes[PROBE] = status(200)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", site.address)
        with pytest.raises(StoreError) as caught:
            connection.client()
    assert str(caught.value).startswith(
        f"opening the tracking store {site.address} failed. Received: "
    )
