"""A wheel of this checkout, and an environment that has it installed beside the libraries of the running one."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    """Output of a command; its error output is the failure's text."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")} | environ
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def build(kind: str, source: Path, target: Path) -> Path:
    run(sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", target, source, cwd=target)
    (made,) = target.iterdir()
    return made


def environment(folder: Path) -> Path:
    """A new virtual environment that sees the running one's libraries, but not what is installed there as editable."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")  # its own .pth files are not followed
    return folder / "bin" / "python"


def pip(python: Path, *arguments: str | Path) -> None:
    run(sys.executable, "-m", "pip", "--python", python, *arguments, cwd=python.parent)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel in it."""
    python = environment(tmp_path_factory.mktemp("installed") / "venv")
    pip(python, "install", "--no-deps", "--no-index", wheel)
    return python


@pytest.fixture
def python(installed: Path, tmp_path: Path) -> Callable[..., str]:
    """Run arguments with the installed package, from a folder that has nothing to do with this checkout."""

    def call(*arguments: str | Path, **environ: str) -> str:
        return run(installed, *arguments, cwd=tmp_path, **environ)

    return call


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., Path]:
    """Install a source or a built file into a new environment; gives its interpreter."""

    def call(*what: str | Path) -> Path:
        python = environment(tmp_path / "other")
        pip(python, "install", "--no-deps", "--no-index", "--no-build-isolation", *what)
        return python

    return call


@pytest.fixture
def uninstall() -> Callable[[Path], None]:
    return lambda python: pip(python, "uninstall", "--yes", "mlrun-jupyter")


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    (tmp_path / "sdist").mkdir()
    return build("sdist", ROOT, tmp_path / "sdist")


@pytest.fixture
def rebuild(tmp_path: Path) -> Callable[[Path], Path]:
    """A wheel out of an unpacked source distribution."""

    def call(source: Path) -> Path:
        (tmp_path / "rebuilt").mkdir()
        return build("wheel", source, tmp_path / "rebuilt")

    return call
