"""``python -m mlrun_jupyter.runtimes.entry FILE HANDLER``: a handler of a file, called in a process of its own."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from mlrun_jupyter.errors import InvalidArgumentError, MlrunError
from mlrun_jupyter.runtimes.handler import call, find
from mlrun_jupyter.tracking.current import get_or_create_ctx
from mlrun_jupyter.tracking.failure import trace


def main(file: str, name: str) -> int:
    """Load the file and call the handler with the context of the run this process was started for; 1 when it failed."""
    context = get_or_create_ctx(name)
    try:
        error = call(find(load(Path(file)), name), context, capture=False)
    except Exception as failure:
        context.fail(failure)
        error = failure
    if isinstance(error, MlrunError):
        print(error, file=sys.stderr)
    elif error is not None:
        print(trace(error), end="", file=sys.stderr)
    return 1 if error is not None else 0


def load(path: Path) -> ModuleType:
    """The file as a module under its own name, so that ``if __name__ == "__main__"`` stays quiet."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise InvalidArgumentError(f"cannot load {path.name}", hint="a .py file is expected")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
