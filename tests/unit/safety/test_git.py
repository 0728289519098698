"""Git addresses and refs: what is fetched, and what never reaches git."""

import os
import socket
import subprocess
import time

import pytest

from mlrun_jupyter.errors import ConflictError, DataError, UnsafeError
from mlrun_jupyter.safety import git, processes


@pytest.mark.parametrize(
    ("address", "url", "ref"),
    [
        ("https://github.com/ann/demo.git", "https://github.com/ann/demo.git", ""),
        ("git://github.com/ann/demo.git#refs/heads/main", "https://github.com/ann/demo.git", "main"),
        ("git://github.com/ann/demo.git#v1.0", "https://github.com/ann/demo.git", "v1.0"),
        ("git@github.com:ann/demo.git#feature/x", "ssh://git@github.com/ann/demo.git", "feature/x"),
        ("ssh://git@host:2222/a/b", "ssh://git@host:2222/a/b", ""),
        ("git+https://host/a", "https://host/a", ""),
        ("https://ann:token@host/a.git#0123abc", "https://host/a.git", "0123abc"),
    ],
)
def test_addresses_are_read(address, url, ref):
    repository = git.parse(address)
    assert (repository.url, repository.ref) == (url, ref)
    assert "token" not in repr(repository)


HOSTILE = [
    "ext::sh -c touch% canary", "fd::17/foo", "file:///tmp/repo", "/tmp/repo", "../repo", "-u", "--upload-pack=touch canary",
    "https://-oProxyCommand=touch/x", "ssh://-oProxyCommand=touch canary/x", "ssh://host/-x", "https://host/a\nb",
    "https://host/a b",
    "https://host/a#--upload-pack=x", "https://host/a#-x", "https://host/a#a..b", "https://host/a#x;touch", "https://host/a#$(touch)",
    "https://host/../x", "http://host/x", "git+ext::x", "https://host\\x/a", "https://host/a?x=1", "ssh://us er@host/x", "ssh://-x@host/x",
    "git@-host:x", "git@host:-x", "https://", "https://host", "", "https://host/a#@{u}", "https://host/a#x.lock", "remote-ext::x",
    "https://host//x", "https://ho%0ast/x", "ftp://host/x", "rsync://host/x", "https://u%0a:p@host/x", "https://host:x/a",
    "git@host:a b",
]  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE)
def test_hostile_addresses_are_refused(address, tmp_path):
    with pytest.raises(UnsafeError):
        git.clone(address, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def _git(folder, *arguments):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
        cwd=folder,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def served(tmp_path):
    """A repository with links, hooks and a submodule's traces, served on loopback."""
    folder = tmp_path / "served" / "demo"
    folder.mkdir(parents=True)
    _git(folder, "init", "-q")
    (folder / "code.py").write_text("x = 1\n")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / ".gitattributes").write_text("*.py filter=evil\n")
    (folder / ".gitmodules").write_text('[submodule "s"]\n\tpath = s\n\turl = ext::sh -c touch% canary\n')
    _git(folder, "add", "-A")
    _git(folder, "commit", "-qm", "one")
    _git(folder, "branch", "other")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "git",
        "daemon",
        "--listen=127.0.0.1",
        f"--port={port}",
        "--export-all",
        f"--base-path={tmp_path / 'served'}",
        "--reuseaddr",
    ]
    daemon = processes.start(command, stderr=processes.DEVNULL)
    for _ in range(200):
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                break
        time.sleep(0.02)
    yield f"git://127.0.0.1:{port}/demo", folder
    processes.end_tree(daemon.pid)
    daemon.wait()


def test_a_clone_holds_the_files_and_runs_nothing(served, tmp_path):
    address, origin = served
    commit = git.clone(f"{address}#other", tmp_path / "out", allow_git_protocol=True)
    assert commit == _git(origin, "rev-parse", "HEAD")
    assert (tmp_path / "out" / "code.py").read_text() == "x = 1\n"
    assert not (tmp_path / "out" / "link").is_symlink()
    assert not list(tmp_path.rglob("canary"))
    assert not list((tmp_path / "out" / ".git" / "hooks").glob("*"))
    with pytest.raises(ConflictError):
        git.clone(address, tmp_path / "out", allow_git_protocol=True)


def test_a_missing_ref_is_told(served, tmp_path):
    with pytest.raises(DataError, match="cannot be fetched"):
        git.clone(f"{served[0]}#nowhere", tmp_path / "out", allow_git_protocol=True)


def test_credentials_are_in_no_argument(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(
        processes,
        "run",
        lambda arguments, **options: commands.append((arguments, options)) or processes.Finished(0, "", ""),
    )
    git.clone("https://ann:s3cret@host/x", tmp_path / "out")
    assert all("s3cret" not in " ".join(map(str, arguments)) for arguments, _options in commands)
    assert commands[0][1]["env"]["GIT_CONFIG_KEY_0"] == "http.https://host/.extraHeader"
