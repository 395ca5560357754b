"""The state of real Git work trees. Patches are applied to fresh clones."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline.runs.git import Git, state

AUTHOR = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    """Runs git as the author of a commit. Variables of the test have no effect on it."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), *AUTHOR, "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, env=variables, check=True)
    return done.stdout.decode()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A clean work tree of a few files on the branch main."""
    folder = tmp_path / "the täst"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "code.py").write_text("one = 1\n")
    (folder / "lines.txt").write_bytes(b"a\r\nb\r\n")
    (folder / "bytes").write_bytes(bytes(range(256)))
    (folder / "link").symlink_to("code.py")
    (folder / "sub").mkdir()
    (folder / "sub/deep.py").write_text("deep = 1\n")
    (folder / "dvc.lock").write_text("schema: '2.0'\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=First")
    return folder


def contents(folder: Path) -> dict[bytes, tuple[bool, bytes]]:
    """Each file and link of a work tree: whether it can be executed, and its bytes."""
    files = {}
    for path in folder.rglob("*"):
        name = os.fsencode(path.relative_to(folder))
        if name.startswith(b".git/") or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink():
            files[name] = (False, b"-> " + os.readlink(os.fsencode(path)))  # noqa: PTH115
        else:
            files[name] = (bool(path.stat().st_mode & 0o100), path.read_bytes())
    return files


def restored(tree: Path, recorded: Git) -> dict[bytes, tuple[bool, bytes]]:
    """The files of a fresh clone of the commit after the patch."""
    clone = tree.parent / "clone"
    git(tree.parent, "clone", "--quiet", str(tree), str(clone))
    git(clone, "checkout", "--quiet", recorded.commit)
    if recorded.patch:
        git(clone, "apply", "-", data=recorded.patch)
    return contents(clone)


def notes(recorded: Git) -> list[str]:
    return [line for line in recorded.patch.decode("latin-1").splitlines() if line.startswith("# ")]


def test_clean_tree_is_its_commit_and_branch(tree):
    commit = git(tree, "rev-parse", "HEAD").strip()
    assert state(tree) == Git(commit, "main", dirty=False, patch=b"")


def test_detached_tree_has_the_branch_head(tree):
    git(tree, "checkout", "--quiet", "--detach")
    assert state(tree).branch == "HEAD"


def edit_lines(tree: Path) -> None:
    (tree / "lines.txt").write_bytes(b"a\r\nc\r\nb\n")
    (tree / "code.py").write_bytes(b"one = 1\r\n")


def edit_encodings(tree: Path) -> None:
    (tree / "code.py").write_bytes(b"# \xdf in latin-1\n")
    (tree / "new.csv").write_bytes("x;ß\r\n".encode("utf-16"))


def edit_bytes(tree: Path) -> None:
    (tree / "bytes").write_bytes(bytes(range(255, -1, -1)))
    (tree / "new").write_bytes(b"\0\1\2" * 99)
    (tree / "empty").touch()
    (tree / "late").write_bytes(b"line\n" * 2000 + b"\0\n")


def odd_names(tree: Path) -> None:
    for name in (b"\xdf.csv", b'"a\nb\\c\t', b" b", "ü ä.py".encode(), b"-r", b"# x", b"#x/y z"):
        path = tree / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name)


def links(tree: Path) -> None:
    (tree / ".#code.py").symlink_to("someone@host.123:456")  # a lock of Emacs
    (tree / "loop").symlink_to("loop")
    (tree / "slashes").symlink_to(".//sub/")
    (tree / "link").unlink()
    (tree / "link").symlink_to("sub")


def other_kinds(tree: Path) -> None:
    (tree / "code.py").unlink()
    (tree / "code.py").symlink_to("bytes")
    (tree / "link").unlink()
    (tree / "link").write_text("no link\n")
    (tree / "bytes").unlink()
    (tree / "bytes").mkdir()
    (tree / "bytes/in it").write_text("new\n")
    shutil.rmtree(tree / "sub")
    (tree / "sub").write_text("no folder\n")


def folder_to_link(tree: Path) -> None:
    (tree / "sub").rename(tree.parent / "elsewhere")
    (tree / "sub").symlink_to("../elsewhere")


def modes(tree: Path) -> None:
    (tree / "code.py").chmod(0o755)
    (tree / "run.sh").write_text("#!/bin/sh\n")
    (tree / "run.sh").chmod(0o755)


def moves(tree: Path) -> None:
    git(tree, "mv", "code.py", "moved.py")
    (tree / "bytes").rename(tree / "more bytes")
    git(tree, "rm", "--quiet", "--cached", "lines.txt")


def staged(tree: Path) -> None:
    (tree / "code.py").write_text("one = 2\n")
    (tree / "gone.py").write_text("gone = 1\n")
    git(tree, "add", ".")
    (tree / "code.py").write_text("one = 3\n")
    (tree / "gone.py").unlink()
    (tree / "intended.py").write_text("x = 1\n")
    git(tree, "add", "--intent-to-add", "intended.py")


def conflict(tree: Path) -> None:
    for branch, text in (("other", "one = 2\n"), ("main", "one = 3\n")):
        git(tree, "checkout", "--quiet", "-B", branch)
        (tree / "code.py").write_text(text)
        git(tree, "commit", "--quiet", "--all", f"--message={branch}")
        git(tree, "checkout", "--quiet", "main")
    git(tree, "reset", "--quiet", "--hard", "HEAD")
    subprocess.run(["git", "-C", tree, *AUTHOR, "merge", "--quiet", "other~0"], check=False)


def hidden(tree: Path) -> None:
    git(tree, "update-index", "--assume-unchanged", "code.py")
    (tree / "code.py").write_text("one = 'hidden'\n")


@pytest.mark.parametrize(
    "edit",
    [
        edit_lines,
        edit_encodings,
        edit_bytes,
        odd_names,
        links,
        other_kinds,
        folder_to_link,
        modes,
        moves,
        staged,
        hidden,
    ],
)
def test_patch_restores_the_bytes_on_disk(tree, edit: Callable[[Path], None]):
    edit(tree)
    recorded = state(tree)
    assert recorded.dirty
    assert notes(recorded) == []
    assert restored(tree, recorded) == contents(tree)


SETTINGS = {
    "color.ui": "always",
    "core.autocrlf": "input",
    "core.fsmonitor": "/bin/false",
    "core.pager": "false",
    "core.quotePath": "false",
    "diff.context": "0",
    "diff.external": "/bin/true",
    "diff.ignoreSubmodules": "all",
    "diff.mnemonicPrefix": "true",
    "diff.noprefix": "true",
    "diff.orderFile": "/nowhere",
    "diff.renames": "copies",
    "diff.upper.binary": "true",
    "diff.upper.command": "/bin/true",
    "diff.upper.textconv": "tr a-z A-Z <",
    "status.branch": "true",
    "status.relativePaths": "true",
    "status.showStash": "true",
    "status.showUntrackedFiles": "no",
}


def test_settings_of_the_user_have_no_effect(tree):
    (tree / ".gitattributes").write_text("*.py diff=upper\n*.txt -diff\n")
    for edit in (edit_lines, odd_names, moves):
        edit(tree)
    plain = state(tree)
    for name, value in SETTINGS.items():
        git(tree, "config", name, value)
    assert state(tree / "sub") == plain
    assert restored(tree, plain) == contents(tree)


def test_variables_of_git_have_no_effect(tree, monkeypatch):
    (tree / "code.py").write_text("one = 2\n")
    (tree / "new.py").write_text("two = 2\n")
    plain = state(tree)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "color.ui")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "always")
    for name in ("DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "NAMESPACE"):
        monkeypatch.setenv(f"GIT_{name}", "/nowhere")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/bin/true")
    assert plain.dirty
    assert state(tree) == plain


def test_nothing_is_written_into_the_repository(tree):
    edit_lines(tree)
    odd_names(tree)

    def files() -> dict[Path, tuple[int, int]]:
        paths = [path for path in (tree / ".git").rglob("*") if path.is_file()]
        return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in paths}

    before = files()
    assert state(tree).patch
    assert files() == before


def test_two_thousand_new_files_take_under_a_second(tree):
    for number in range(2000):
        (tree / f"{number}.txt").write_text(f"{number}\n")
    began, before = time.process_time(), os.times()
    recorded = state(tree)
    after = os.times()
    seconds = time.process_time() - began
    seconds += after.children_user + after.children_system
    seconds -= before.children_user + before.children_system
    assert recorded.patch.count(b"\nnew file mode 100644\n") == 2000
    assert seconds < 1.0


def test_patch_of_a_subfolder_covers_the_tree(tree):
    (tree / "new.py").write_text("two = 2\n")
    assert b"+two = 2" in state(tree / "sub").patch


def test_other_work_tree_has_its_own_patch(tree):
    other = tree.parent / "other tree"
    git(tree, "worktree", "add", "--quiet", "-b", "other", str(other))
    (other / "code.py").write_text("one = 2\n")
    assert (state(other).branch, state(tree).dirty) == ("other", False)
    assert b"+one = 2" in state(other).patch


def test_conflict_is_in_the_patch(tree):
    conflict(tree)
    assert b"+<<<<<<< HEAD" in state(tree).patch


def test_submodule_is_a_commit(tree):
    library = tree.parent / "library"
    shutil.copytree(tree, library, symlinks=True)
    git(tree, "submodule", "--quiet", "add", str(library), "library")
    git(tree, "commit", "--quiet", "--message=Second")
    assert not state(tree).dirty
    git(tree / "library", "commit", "--quiet", "--allow-empty", "--message=Newer")
    commit = git(tree / "library", "rev-parse", "HEAD").strip()
    assert state(tree).patch.endswith(f"\n+Subproject commit {commit}\n".encode())
    (tree / "library/code.py").write_text("one = 2\n")
    assert notes(state(tree)) == ["# library: a submodule with changes of its own"]


def test_what_is_left_out_is_named(tree, capsys):
    (tree / "large.bin").write_bytes(b"x" * ((1 << 20) + 1))
    (tree / "nested").mkdir()
    git(tree / "nested", "init", "--quiet")
    (tree / "code.py").unlink()
    os.mkfifo(tree / "code.py")
    os.mkfifo(tree / "new")
    assert state(tree).patch == (
        b"# code.py: not a regular file\n"
        b"# large.bin: a new file too large for this patch\n"
        b"# nested/: a repository of its own\n"
    )
    assert capsys.readouterr().err == (
        "warning: diff.patch leaves out code.py (not a regular file); "
        "large.bin (a new file too large for this patch); nested/ (a repository of its own)\n"
    )


def test_large_new_files_are_left_out_before_edits(tree):
    (tree / "code.py").write_text("one = 2\n")
    for number in range(12):
        (tree / f"{number:02}.txt").write_text(f"{number}\n" + "x" * 1_000_000)
    recorded = state(tree)
    left_out = [f"{number:02}.txt" for number in (10, 11)]
    assert notes(recorded) == [f"# {name}: more than the 10 MiB of this patch" for name in left_out]
    expected = contents(tree)
    for name in left_out:
        del expected[name.encode()]
    assert restored(tree, recorded) == expected
    assert len(recorded.patch) < 10_500_000


def test_virtual_environment_is_left_out(tree, capsys):
    (tree / "env/lib").mkdir(parents=True)
    (tree / "env/pyvenv.cfg").touch()
    (tree / "env/lib/module.py").write_text("module = 1\n")
    assert state(tree).patch == b"# env/: a virtual environment\n"
    assert capsys.readouterr().err == ""


SECRETS = {
    ".env": "A=1\n",
    "sub/.env.local": "A=1\n",
    "server.PEM": "x\n",
    "id_rsa": "x\n",
    "tls.key": "x\n",
    ".netrc": "x\n",
    ".pypirc": "x\n",
    "aws/credentials": "x\n",
    ".aws/config": "x\n",
    "my-service-account.json": "{}\n",
    "one.txt": "password=hunter2\n",
    "two.yaml": "db:\n  password: hunter2  # change it\n",
    "three.py": 'API_TOKEN = "abc123"\n',
    "four.md": "curl -H 'Authorization: Bearer abcdef0123456789'\n",
    "five.cfg": "uri = postgresql://user:pa/ss@host/db\n",
    "six.txt": "AKIAIOSFODNN7EXAMPLE\n",
    "seven.json": '{"private_key": "-----BEGIN PRIVATE KEY-----\\nMII"}\n',
    "eight.sh": "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG\n",
    "nine.txt": "ghp_abcdefghijklmnopqrstuvwxyz0123456789\n",
    "ten.bin": "\0binary\0 password=hunter2 \0",
    "eleven.txt": "the password of this machine is correct horse\n",
}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "correct horse")
    return SECRETS


def write(tree: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(text)


def test_new_file_of_secrets_is_left_out(tree, secrets, capsys):
    write(tree, secrets)
    (tree / "new.py").write_text("two = 2\n")
    recorded = state(tree)
    assert recorded.dirty
    assert {note[2:].partition(": ")[0] for note in notes(recorded)} == {*secrets}
    assert {*restored(tree, recorded)} == {*contents(tree)} - {name.encode() for name in secrets}
    line = capsys.readouterr().err
    assert line.startswith("warning: diff.patch leaves out ")
    assert line.count("\n") == 1


def test_committed_file_of_secrets_is_left_out(tree, secrets):
    write(tree, secrets)
    git(tree, "add", "--force", ".")
    git(tree, "commit", "--quiet", "--message=Secrets")
    before = contents(tree)
    write(tree, {name: f"changed\n{text}" for name, text in secrets.items()})
    recorded = state(tree)
    assert {note[2:].partition(": ")[0] for note in notes(recorded)} == {*secrets}
    assert b"diff --git" not in recorded.patch
    for name in secrets:
        (tree / name).unlink()
    recorded = state(tree)
    assert recorded.dirty
    left_out = {note[2:].partition(": ")[0] for note in notes(recorded)}
    assert left_out == {*secrets} - {"ten.bin"}  # its old bytes are not in the patch
    before.pop(b"ten.bin")
    assert restored(tree, recorded) == before


def test_password_of_a_formerly_binary_file_is_omitted(tree):
    (tree / "bytes").write_text("password=hunter2\n")
    assert state(tree).patch == b"# bytes: seems to hold a password or token\n"


def test_edit_inside_a_private_key_is_left_out(tree):
    lines = ["-----BEGIN PRIVATE KEY-----", *(f"MII{number:060}" for number in range(20)), ""]
    (tree / "server.txt").write_text("\n".join(lines))
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--message=Key")
    lines[12] = "MIIB"
    (tree / "server.txt").write_text("\n".join(lines))
    assert state(tree).patch == b"# server.txt: seems to hold a private key\n"


def test_edit_far_from_a_password_is_recorded(tree):
    text = "password=hunter2\n" + "line\n" * 20
    (tree / "notes.txt").write_text(text)
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--message=Notes")
    (tree / "notes.txt").write_text(text + "last\n")
    assert state(tree).patch.endswith(b"\n line\n line\n line\n+last\n")


def test_lock_file_of_dvc_keeps_a_tree_clean(tree):
    (tree / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    (tree / "sub/dvc.lock").write_text("schema: '2.0'\n")
    assert (state(tree).dirty, state(tree).patch) == (False, b"")


def test_ignored_file_keeps_a_tree_clean(tree):
    (tree / ".git/info/exclude").write_text("outputs/\n")
    (tree / "outputs").mkdir()
    (tree / "outputs/model.keras").write_text("x")
    assert not state(tree).dirty


def test_folder_outside_a_repository_has_no_state(tmp_path, capsys):
    assert state(tmp_path) is None
    assert capsys.readouterr().err == ""


def test_repository_without_a_commit_has_no_state(tmp_path, capsys):
    git(tmp_path, "init", "--quiet")
    assert state(tmp_path) is None
    line = "warning: the state of Git is not recorded: the repository has no commit\n"
    assert capsys.readouterr().err == line


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exec /bin/sleep 60", "git took too long"),
        ("/bin/sleep 60", "git took too long"),
        (
            "echo 'fatal: detected dubious\n\townership' >&2; exit 128",
            "fatal: detected dubious ownership",
        ),
        ("echo nothing known", "git status does not say branch.oid"),
        ("kill -SEGV $$", "git ended with -11"),
        (None, "starting git failed: No such file or directory"),
    ],
)
def test_unusable_git_is_one_warning(tree, monkeypatch, capsys, script, reason):
    programs = tree.parent / "programs"
    programs.mkdir()
    if script is not None:
        (programs / "git").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    assert state(tree, seconds=0.2) is None
    assert capsys.readouterr().err == f"warning: the state of Git is not recorded: {reason}\n"


def test_failed_patch_keeps_the_commit(tree, monkeypatch, capsys):
    (tree / "code.py").write_text("one = 2\n")
    commit = state(tree).commit
    programs = tree.parent / "programs"
    programs.mkdir()
    real = shutil.which("git")
    fail = 'case "$*" in *fast-import*) echo full >&2; exit 1;; esac'
    (programs / "git").write_text(f'#!/bin/sh\n{fail}\nexec {real} "$@"\n')
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    assert state(tree) == Git(commit, "main", dirty=True, patch=b"# no patch: full\n")
    assert capsys.readouterr().err == (
        "warning: the changes since the last commit are not recorded: full\n"
    )


def test_patch_holds_an_ignored_file_of_the_run(tree):
    (tree / ".gitignore").write_text("hidden.py\nother.py\n")
    (tree / "hidden.py").write_text("scale = 2\n")
    (tree / "other.py").write_text("no = 1\n")
    recorded = state(tree, needed=["hidden.py", "code.py", "missing.py"])
    files = restored(tree, recorded)
    assert files[b"hidden.py"] == (False, b"scale = 2\n")
    assert b"other.py" not in files


def test_needed_file_outside_the_repository_is_omitted(tree):
    (tree.parent / "elsewhere.py").write_text("scale = 2\n")
    assert state(tree, needed=["../elsewhere.py"]).patch == b""
