"""The command that serves the UI. Replacing this process by MLflow's is left out."""

import getpass
import os
from pathlib import Path

import pytest

from pipeline import ui
from pipeline.tracking.stores.mlflow import STORE
from pipeline.tracking.tracker import RunFacts
from tests.support.metas import images
from tests.support.refusals import refusal
from tests.support.stores import add_store


def test_address_of_a_server_is_printed(call, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:s3cret@mlflow.example.org/runs")
    call(ui)
    assert capsys.readouterr().out == (
        "The runs are on the tracking server: https://mlflow.example.org/runs\n"
    )


def test_own_store_is_served_on_the_port(call, monkeypatch, in_empty_folder):
    add_store(in_empty_folder)
    commands = []
    monkeypatch.setattr(os, "execv", lambda _, command: commands.append(command[1:]))
    call(ui, "5001")
    assert " ".join(commands[0]) == (
        f"-m mlflow ui --backend-store-uri sqlite:///{in_empty_folder}/mlruns/mlflow.db "
        "--host 127.0.0.1 --port 5001 --allowed-hosts localhost:*,127.0.0.1:*"
    )


def test_page_of_the_runs_and_the_tunnel_are_printed(call, monkeypatch, in_empty_folder, capsys):
    add_store(in_empty_folder)
    monkeypatch.setattr(os, "execv", lambda *_: None)
    monkeypatch.setattr(getpass, "getuser", lambda: "me")
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 2222")
    with STORE.open_run(RunFacts("toy", {}, {"run_key": "k"}, images(), Path("data"))):
        pass
    call(ui, "5001")
    assert capsys.readouterr().out.splitlines() == [
        "toy: http://127.0.0.1:5001/#/experiments/1/runs?workflowType=machine_learning"
        "&viewStateShareKey=runs",
        "First, on your own machine: ssh -L 5001:127.0.0.1:5001 -p 2222 me@10.0.0.2",
    ]


@pytest.mark.parametrize("arguments", [["http"], ["1", "2"]])
def test_port_that_is_not_a_number_is_refused(call, arguments):
    assert refusal(call, ui, *arguments) == (
        f"this command takes the number of a port. Received: {' '.join(arguments)}. "
        "Write, for example: python -m pipeline.ui 5001."
    )
