"""Commands that a server starts as forks, by `tests.support.warm`."""

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from pipeline.preloading import client
from tests.support import ROOT, warm

FOREVER = """
import os, time
print(os.getpid(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def variables(tmp_path):
    """The variables of a command in a folder that has a package `pipeline` of its own."""
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline/__init__.py").touch()
    return os.environ | warm.variables()


def start(
    tmp_path, variables, program: str, *arguments: str, pass_fds: Sequence[int] = ()
) -> subprocess.Popen[str]:
    (tmp_path / "pipeline/program.py").write_text(program, encoding="utf-8")
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.program", *arguments],
        cwd=tmp_path,
        env=variables,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        pass_fds=pass_fds,
    )


def test_command_is_a_fork_with_the_libraries(tmp_path, variables):
    child = start(tmp_path, variables, "import sys; print('tensorflow' in sys.modules)")
    assert child.communicate() == ("True\n", "")


def test_command_has_its_own_folder_arguments_and_streams(tmp_path, variables):
    program = "import os, sys; print(os.getcwd(), sys.argv[1:], input(), file=sys.stderr); exit(3)"
    child = start(tmp_path, variables, program, "a", "b=1")
    assert child.communicate("x\n") == ("", f"{tmp_path} ['a', 'b=1'] x\n")
    assert child.returncode == 3


def test_command_has_parent_and_descriptors_of_its_client(tmp_path, variables):
    reading, writing = os.pipe()
    program = "import os, sys; os.write(int(sys.argv[1]), str(os.getppid()).encode())"
    child = start(tmp_path, variables, program, str(writing), pass_fds=[writing])
    os.close(writing)
    assert child.communicate() == ("", "")
    with os.fdopen(reading) as file:
        assert file.read() == str(os.getpid())


def test_command_has_no_descriptor_of_the_server(tmp_path, variables):
    program = (
        "import os\nfrom contextlib import suppress\n"
        "for number in sorted(map(int, os.listdir('/dev/fd'))):\n"
        "    with suppress(OSError):  # the folder itself is closed again\n"
        "        os.fstat(number)\n"
        "        print(number, end=' ')\n"
    )
    assert start(tmp_path, variables, program).communicate() == ("0 1 2 ", "")


def test_signal_reaches_the_command(tmp_path, variables):
    child = start(tmp_path, variables, FOREVER)
    child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    child.communicate()
    assert child.returncode == -signal.SIGTERM


def test_command_of_a_killed_process_is_killed(tmp_path, variables):
    child = start(tmp_path, variables, FOREVER)
    command = psutil.Process(int(child.stdout.readline()))
    child.kill()
    child.communicate()
    command.wait(timeout=60)
    assert not command.is_running()


def test_server_outlives_processes_that_die_at_any_time(tmp_path, variables):
    (tmp_path / "pipeline/program.py").write_text(FOREVER, encoding="utf-8")
    request = {
        "module": "pipeline.program",
        "arguments": [],
        "folder": str(tmp_path),
        "variables": variables,
        "settings": client.settings_of_imports(),
        "umask": 0o22,
        "parent": os.getpid(),
        "descriptors": [0, 1, 2],
    }
    whole = json.dumps(request).encode()
    size = struct.pack("I", len(whole))
    with Path(os.devnull).open("r+b") as nothing:
        for content in (b"", b"\1", size, size + whole[:9], *[size + whole] * 5):
            with client.connected(variables["TESTS_WARM_SERVER"]) as server:
                if content:
                    socket.send_fds(server, [content[:4]], [nothing.fileno()] * 3)
                if len(content) > 4:
                    server.sendall(content[4:])
    test_command_is_a_fork_with_the_libraries(tmp_path, variables)


def test_library_variable_starts_without_the_server(tmp_path, variables):
    program = "import sys; print('tensorflow' in sys.modules)"
    child = start(tmp_path, variables | {"TF_ENABLE_ONEDNN_OPTS": "0"}, program)
    assert child.communicate() == ("False\n", "")


SHOW = """
import sys
was_imported = "pipeline.toy" in sys.modules
from pipeline import toy
print(was_imported, toy.VALUE)
"""


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The variables of a command in a folder with another package, which a server has imported."""
    package = tmp_path / "pipeline"
    shutil.copytree(ROOT / "pipeline/preloading", package / "preloading")
    (package / "__init__.py").touch()
    (package / "toy.py").write_text("VALUE = 1", encoding="utf-8")
    (package / "show.py").write_text(SHOW, encoding="utf-8")
    monkeypatch.setattr(client, "_SERVER", str(package / "preloading/server.py"))
    address = f"test-{os.getpid()}"
    server = client.started(address, os.getpid(), ["pipeline.toy"], variables=os.environ)
    process = psutil.Process(warm._process(server))
    server.close()
    yield os.environ | warm.variables() | {"TESTS_WARM_SERVER": address}
    process.kill()
    os.waitpid(process.pid, 0)


def shown(folder, variables) -> str:
    command = [sys.executable, "-m", "pipeline.show"]
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=True
    ).stdout


def test_command_has_the_modules_that_its_server_imported(tmp_path, copied):
    assert shown(tmp_path, copied) == "True 1\n"


def test_changed_module_is_imported_again(tmp_path, copied):
    shown(tmp_path, copied)
    (tmp_path / "pipeline/toy.py").write_text("VALUE = 22", encoding="utf-8")
    assert shown(tmp_path, copied) == "False 22\n"


def test_module_of_another_copy_is_imported_again(tmp_path, copied):
    shutil.copytree(tmp_path / "pipeline", tmp_path / "other/pipeline")
    assert shown(tmp_path / "other", copied) == "False 1\n"


def test_folder_of_the_project_comes_first():
    child = subprocess.run(
        [sys.executable, "-m", "pipeline.fetch", "--help"],
        cwd=ROOT,
        env=os.environ | warm.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Downloads a source" in child.stdout
