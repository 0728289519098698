"""Only ``safety`` starts processes, opens URLs, unpacks archives, loads objects or parses untrusted documents.

A use elsewhere is either a defect or is listed in ``REVIEWED`` with the reason why it is harmless; an entry that is no
longer used is a defect as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "mlrun_jupyter").rglob("*.py"), *(ROOT / "magics" / "mlrun_magics").rglob("*.py")])

MODULES = {
    "aiohttp", "bz2", "dill", "ftplib", "gzip", "http.client", "httpx", "httpx2", "joblib", "lzma", "marshal", "multiprocessing",
    "pty", "requests", "shelve", "smtplib", "socket", "subprocess", "tarfile", "telnetlib", "urllib.request", "urllib3",
    "xml", "xmlrpc", "zipfile",
}  # fmt: skip
NAMES = {
    "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "builtins.eval", "builtins.exec",
    "cloudpickle.load", "cloudpickle.loads", "numpy.load", "os.execv", "os.execve", "os.execvp", "os.execvpe", "os.fork",
    "os.popen", "os.posix_spawn", "os.spawnv", "os.spawnve", "os.startfile", "os.system", "pandas.read_pickle",
    "pickle.Unpickler", "pickle.load", "pickle.loads", "runpy.run_module", "runpy.run_path", "shutil.unpack_archive",
    "tempfile.mktemp", "webbrowser.open", "yaml.full_load", "yaml.load", "yaml.load_all", "yaml.safe_load",
    "yaml.safe_load_all", "yaml.unsafe_load",
}  # fmt: skip

REVIEWED: dict[tuple[str, str], str] = {
    ("db/liveness.py", "socket"): "the name of this host, nothing is connected",
    (
        "db/remote/transport.py",
        "httpx2",
    ): "the service that the user's own settings name; no redirects, answers limited",
    ("service/background.py", "socket"): "listens on loopback",
    ("service/main.py", "socket"): "listens; on loopback unless a token was set up",
    ("service/protocol.py", "socket"): "an option of connections that were accepted",
    ("functions/module.py", "builtins.exec"): "function_to_module: the user asks for this code to be loaded",
    ("functions/open_notebook.py", "http.client"): "the user's own Jupyter server, on loopback only, with limits",
    ("sweeps/dask_cluster.py", "multiprocessing"): "the way in which Dask starts its workers",
    ("sweeps/workers.py", "multiprocessing"): "has the workers end before it waits for them when this process ends",
    ("sweeps/dask_station.py", "pickle.loads"): "a session, on a cluster that runs what its client sends in any case",
    (
        "sweeps/dask_crew.py",
        "pickle.loads",
    ): "answers of the Dask cluster that the user names, as Dask itself takes them",
    ("config.py", "yaml.safe_load"): "the settings file that the user's own environment names",
}


def uses(source: str) -> Iterator[tuple[str, int]]:
    """Forbidden modules and names that a source mentions, each with its line."""
    tree = ast.parse(source)
    names = {name.removeprefix("builtins."): name for name in NAMES if name.startswith("builtins.")}
    for node in ast.walk(tree):
        for known, dotted in imports(node):
            names[known] = dotted
            if any(dotted == module or dotted.startswith(module + ".") for module in MODULES):
                yield dotted, node.lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and (dotted := resolve(node, names)) in NAMES:
            yield dotted, node.lineno


def imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that an import statement binds, each with what it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0], alias.name.split(".")[0])
            if not alias.asname and "." in alias.name:
                yield "", alias.name
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def resolve(node: ast.AST, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        base = resolve(node.value, names)
        return f"{base}.{node.attr}" if base else ""
    return ""


def door(dotted: str) -> str:
    """The entry of the lists above that a use falls under."""
    if dotted in NAMES:
        return dotted
    return next(module for module in MODULES if dotted == module or dotted.startswith(module + "."))


def found() -> dict[tuple[str, str], list[int]]:
    places: dict[tuple[str, str], list[int]] = {}
    for path in SOURCES:
        name = path.relative_to(ROOT / ("magics" if "mlrun_magics" in path.parts else "mlrun_jupyter")).as_posix()
        if not name.startswith("safety/"):
            for dotted, line in uses(path.read_text()):
                places.setdefault((name, door(dotted)), []).append(line)
    return places


def test_only_safety_opens_dangerous_doors() -> None:
    assert not {place: lines for place, lines in found().items() if place not in REVIEWED}


def test_the_list_of_reviewed_uses_is_not_stale() -> None:
    assert not set(REVIEWED) - set(found())


@pytest.mark.parametrize(
    ("source", "dotted"),
    [
        ("import subprocess", "subprocess"),
        ("import subprocess as sp", "subprocess"),
        ("from subprocess import run as start", "subprocess.run"),
        ("def f():\n    import urllib.request", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("import os\nos.system('x')", "os.system"),
        ("from os import system as s\ns('x')", "os.system"),
        ("import yaml as y\ny.load('x')", "yaml.load"),
        ("eval('1')", "builtins.eval"),
        ("from http import client", "http.client"),
    ],
)
def test_a_use_is_seen_however_it_is_spelt(source: str, dotted: str) -> None:
    assert dotted in {name for name, _ in uses(source)}


@pytest.mark.parametrize(
    "source",
    ["import urllib.parse", "import os\nos.environ", "import re\nre.compile('x')", "x.eval('1')", "import http"],
)
def test_a_harmless_use_is_not_seen(source: str) -> None:
    assert not list(uses(source))
