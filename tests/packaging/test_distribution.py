"""What is shipped: complete, free of this machine, installable in every form, and gone after uninstalling."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Python = Callable[..., str]
ROOT = Path(__file__).parents[2]
SOURCES = [
    path.relative_to(base).as_posix()
    for base, package in ((ROOT, "mlrun_jupyter"), (ROOT / "magics", "mlrun_magics"))
    for path in (base / package).rglob("*.py")
]


def test_every_module_is_shipped_with_its_types(contents: dict[str, bytes]) -> None:
    assert set(SOURCES) <= set(contents)
    assert {"mlrun_jupyter/py.typed", "mlrun_magics/py.typed"} <= set(contents)


def test_nothing_else_slips_in(contents: dict[str, bytes]) -> None:
    tops = {name.split("/")[0] for name in contents}
    version = json.loads((ROOT / "labextension" / "package.json").read_text())["version"]
    data = f"mlrun_jupyter-{version}.data"
    assert tops - {data} == {
        "mlrun_jupyter",
        "mlrun_magics",
        "mlrun_jupyter_alias.pth",
        f"mlrun_jupyter-{version}.dist-info",
    }
    assert not [name for name in contents if "node_modules" in name or "__pycache__" in name]


def test_the_built_front_end_lies_where_jupyter_looks_for_it(contents: dict[str, bytes]) -> None:
    assert (ROOT / "mlrun_jupyter" / "_labextension" / "package.json").exists(), "make setup builds it"
    data = {name.partition(".data/data/")[2] for name in contents if ".data/data/" in name}
    extension = "share/jupyter/labextensions/mlrun-jupyter"
    assert {f"{extension}/package.json", f"{extension}/install.json"} <= data
    assert any(name.startswith(f"{extension}/static/remoteEntry.") for name in data)
    assert "etc/jupyter/jupyter_server_config.d/mlrun_jupyter.json" in data


def test_no_path_of_this_machine_is_shipped(contents: dict[str, bytes]) -> None:
    here = str(ROOT).encode()
    assert not [name for name, body in contents.items() if here in body]


def test_the_record_names_every_file_by_its_hash(contents: dict[str, bytes]) -> None:
    (record,) = (name for name in contents if name.endswith(".dist-info/RECORD"))
    rows = {row[0]: row[1] for row in csv.reader(contents[record].decode().splitlines())}
    assert set(rows) == set(contents)
    for name, body in contents.items():
        if name != record:
            digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
            assert rows[name] == f"sha256={digest}"


def test_the_wheel_works_away_from_its_sources(python: Python) -> None:
    code = "import mlrun_jupyter, mlrun_magics; print(mlrun_jupyter.__file__); print(mlrun_magics.__file__)"
    for line in python("-c", code).splitlines():
        assert str(ROOT) not in line.replace(str(ROOT / ".venv"), "")


def test_the_command_is_installed(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run([installed.with_name("mlrun"), "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Usage: mlrun" in done.stdout


LISTS = {"jupyterlab.labextensions": "mlrun-jupyter", "jupyter_server.extension.serverextension": "mlrun_jupyter"}


@pytest.mark.parametrize("listing", LISTS)
def test_installing_enables_both_extensions(listing: str, installed: Path, tmp_path: Path) -> None:
    command = [installed, "-c", f"from {listing} import main; main()", "list"]
    environ = os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    for word in ("enabled", "OK"):
        assert re.search(rf"^\s+{LISTS[listing]} .*{word}", said, re.MULTILINE), said


@pytest.mark.slow
def test_uninstalling_leaves_nothing(
    wheel: Path, install: Callable[..., Path], uninstall: Callable[[Path], None]
) -> None:
    python = install(wheel)
    uninstall(python)
    assert not [path for path in python.parents[1].rglob("*mlrun*") if "__pycache__" not in path.parts]


@pytest.mark.slow
def test_the_source_distribution_builds_the_same_wheel(
    sdist: Path, rebuild: Callable[[Path], Path], contents: dict[str, bytes], tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        assert not [name for name in archive.getnames() if "node_modules" in name or "/.venv/" in name]
        archive.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    with zipfile.ZipFile(rebuild(source)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == contents


@pytest.mark.slow
def test_an_editable_install_uses_the_sources_in_place(install: Callable[..., Path], tmp_path: Path) -> None:
    python = install("--editable", ROOT)
    code = "import mlrun, mlrun_jupyter, mlrun_magics; assert mlrun is mlrun_jupyter; print(mlrun_magics.__file__)"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == str(ROOT / "magics" / "mlrun_magics" / "__init__.py"), done.stderr
