"""``mlrun`` is this package's second name where it is nobody else's first one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Python = Callable[..., str]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def real_mlrun(tmp_path: Path) -> Path:
    """A folder with an ``mlrun`` package that is not ours."""
    package = tmp_path / "elsewhere" / "mlrun"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("name = 'the real one'\n")
    (package / "__main__.py").write_text("print('the real one')\n")
    return package.parent


def test_both_names_give_the_same_modules(python: Python) -> None:
    python(
        "-c",
        "import mlrun.model.task as first\n"
        "import mlrun_jupyter.model.task as second\n"
        "from mlrun import errors\n"
        "import mlrun, mlrun_jupyter, sys\n"
        "assert first is second and mlrun is mlrun_jupyter and errors is mlrun_jupyter.errors\n"
        "assert first.__name__ == first.__spec__.name == 'mlrun_jupyter.model.task'\n"
        "names = {name for name in sys.modules if name.split('.')[0] == 'mlrun'}\n"
        "assert all(sys.modules[name] is sys.modules[name.replace('mlrun', 'mlrun_jupyter', 1)] for name in names)\n",
    )


def test_the_order_of_imports_does_not_matter(python: Python) -> None:
    python("-c", "import mlrun_jupyter.errors, mlrun.errors as e; assert e is mlrun_jupyter.errors")


def test_names_of_the_front_door_can_be_imported(python: Python) -> None:
    python(
        "-c",
        "from mlrun.artifacts import ChartArtifact\nfrom mlrun import get_or_create_ctx, run_local, new_task, NewTask",
    )


def test_it_can_be_run_as_a_module(python: Python) -> None:
    assert python("-m", "mlrun", "version") == python("-m", "mlrun_jupyter", "version")


def test_a_submodule_that_does_not_exist_is_missing_under_the_name_that_was_asked_for(python: Python) -> None:
    code = "try: import mlrun.nothing\nexcept ModuleNotFoundError as error: print(error.name)"
    assert python("-c", code) == "mlrun.nothing"


def test_a_real_mlrun_wins(python: Python, real_mlrun: Path) -> None:
    assert python("-c", "import mlrun; print(mlrun.name)", PYTHONPATH=str(real_mlrun)) == "the real one"
    assert python("-m", "mlrun", PYTHONPATH=str(real_mlrun)) == "the real one"


def test_a_real_mlrun_wins_after_ours_was_imported(python: Python, real_mlrun: Path) -> None:
    code = "import mlrun_jupyter, mlrun; print(mlrun.name)"
    assert python("-c", code, PYTHONPATH=str(real_mlrun)) == "the real one"


def test_a_real_mlrun_keeps_its_missing_submodules_missing(python: Python, real_mlrun: Path) -> None:
    code = (
        "import mlrun_jupyter, mlrun\ntry: import mlrun.errors\nexcept ModuleNotFoundError as error: print(error.name)"
    )
    assert python("-c", code, PYTHONPATH=str(real_mlrun)) == "mlrun.errors"


def test_a_real_mlrun_of_a_finder_that_was_added_later_wins(python: Python, real_mlrun: Path) -> None:
    code = (
        "import sys, importlib.machinery as m\n"
        "class Later:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        return m.PathFinder.find_spec(name, [sys.argv[1]]) if name == 'mlrun' else None\n"
        "sys.meta_path.append(Later)\n"
        "import mlrun; print(mlrun.name)"
    )
    assert python("-c", code, str(real_mlrun)) == "the real one"


def test_an_interpreter_that_does_not_ask_for_it_loads_nothing_for_it(python: Python) -> None:
    code = (
        "import sys; print([name for name in sys.modules if 'mlrun' in name or name in ('typing', 'importlib.util')])"
    )
    assert python("-c", code) == "[]"


def test_there_is_one_finder(python: Python) -> None:
    count = "print(sum(getattr(finder, '__name__', '') == 'MlrunAlias' for finder in sys.meta_path))"
    assert (
        python("-c", f"import sys; {count}; import mlrun_jupyter; {count}; import mlrun; {count}").split() == ["1"] * 3
    )


def test_a_copy_that_was_not_installed_answers_too(tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import mlrun_jupyter, mlrun; assert mlrun is mlrun_jupyter"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_processes_that_are_started_have_it(python: Python, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("import mlrun, mlrun_jupyter\nprint(mlrun is mlrun_jupyter)\n")
    code = "import subprocess, sys; print(subprocess.check_output([sys.executable, 'job.py'], text=True))"
    assert python("-c", code).strip() == "True"


@pytest.mark.slow
def test_it_goes_when_the_package_goes(
    wheel: Path, install: Callable[..., Path], uninstall: Callable[[Path], None], tmp_path: Path
) -> None:
    python = install(wheel)
    uninstall(python)
    done = subprocess.run([python, "-c", "import mlrun"], cwd=tmp_path, capture_output=True, text=True)
    assert "No module named 'mlrun'" in done.stderr
