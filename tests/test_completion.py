"""Completion of command lines, also in a real bash."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.completion import completions, script
from tests.support import ROOT
from tests.support.refusals import refusal

COMMANDS = ("train", "tune", "fetch")
COMPLETED = {
    "pipeline t": ["train", "tune"],
    "python -m pipeline.t": ["pipeline.train", "pipeline.tune"],
    "pipeline train xor": ["xor_mlp"],
    "python -m pipeline.train xor": ["xor_mlp"],
    "pipeline fetch i": ["iris"],
    "pipeline train xor_mlp optimizer.learning_r": ["optimizer.learning_rate="],
    "pipeline train xor_mlp training.early_stopping.pat": ["training.early_stopping.patience="],
    "pipeline train data=di": ["data=diabetes", "data=digits"],
    "python script.py x": [],
    "python -m other.train xor": [],
    "python -m other": [],
    "python -m pipeline tr": ["train"],
    "venv/bin/pipeline  tr": ["train"],
    "pipeline fetch optimizer.learning_r": [],
}


@pytest.mark.parametrize("line", COMPLETED)
def test_word_is_completed(line):
    assert completions(line, "zsh", COMMANDS, conf=ROOT / "conf") == COMPLETED[line]


def test_experiment_without_a_file_is_completed(tmp_path):
    lists = "sources: [iris]\ndata: {wide: iris}\nexperiments: {wide: {data: wide}}\n"
    (tmp_path / "conf").mkdir()
    (tmp_path / "params.yaml").write_text(lists, encoding="utf-8")
    assert completions("pipeline train wi", "zsh", COMMANDS, conf=tmp_path / "conf") == ["wide"]


@pytest.mark.parametrize(("shell", "word"), [("bash", "digits"), ("zsh", "data=digits")])
def test_bash_replaces_only_what_follows_the_equals_sign(shell, word):
    line = "pipeline train data=digi"
    assert completions(line, shell, COMMANDS, conf=ROOT / "conf") == [word]


def test_unknown_shell_is_refused():
    assert refusal(script, "fish") == (
        "there is no completion for this shell. Received: fish. "
        "Write --completion bash or --completion zsh."
    )


def test_bash_completes_the_name_after_the_equals_sign():
    lines = [
        script("bash"),
        "COMP_LINE='pipeline train data=di' COMP_POINT=22",
        "_pipeline",
        'printf "%s\\n" "${COMPREPLY[@]}"',
    ]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["diabetes", "digits"]
