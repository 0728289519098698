"""The house's rules about files and imports; the contracts themselves stand in pyproject.toml."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "mlrun_jupyter").rglob("*.py"), *(ROOT / "magics" / "mlrun_magics").rglob("*.py")])
HEAVY = ["IPython", "alembic", "loky", "numpy", "pandas", "pyarrow", "sqlalchemy", "starlette", "tornado"]
DRAINS = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def loaded_by(statement: str) -> list[str]:
    code = f"{statement}\nimport sys\nnames = list(sys.modules)\nimport json\nprint(json.dumps(names))"
    out = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True).stdout
    modules: list[str] = json.loads(out)
    return modules


def test_rooms_import_only_what_they_may() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_package_loads_nothing_heavy() -> None:
    modules = loaded_by("import mlrun_jupyter")
    assert not [name for name in modules if name.split(".")[0] in HEAVY]
    assert len(modules) <= 200


def test_the_magics_exist_once() -> None:
    modules = loaded_by("import mlrun_jupyter, mlrun_magics")
    assert not [name for name in modules if name.split(".")[0] == "magics"]


def test_no_file_is_long() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert not {name: length for name, length in lengths.items() if length > 500}


def test_every_module_is_named_for_what_it_holds() -> None:
    names = [relative(path) for path in SOURCES if path.stem in DRAINS or path.parent.name in DRAINS]
    assert not names


def test_every_room_is_described() -> None:
    plan = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = {path.parent.name for path in (ROOT / "mlrun_jupyter").glob("*/__init__.py")}
    assert not {room for room in rooms if not re.search(rf"^\s*{room}/", plan, re.MULTILINE)}


def imported_names(path: Path) -> set[str]:
    """First parts of what a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + [
        line for name, lines in extras.items() if name not in ("test", "dev") for line in lines
    ]
    declared = {normal(re.split(r"[\[<>=!~ ]", line)[0]) for line in lines}
    imported = set().union(*(imported_names(path) for path in SOURCES))
    owners = packages_distributions()
    undeclared = {
        name
        for name in imported - {"mlrun_jupyter", "mlrun_magics", "mlrun"}
        if not declared & {normal(owner) for owner in [name, *owners.get(name, [])]}
    }
    assert not undeclared


@pytest.mark.parametrize("package", ["mlrun_jupyter", "magics/mlrun_magics"])
def test_types_are_promised(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()
