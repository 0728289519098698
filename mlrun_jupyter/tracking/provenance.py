"""Where a run comes from: code, environment, machine, version control. Captured once for each process, kept by hash.

The slow parts (installed packages, git) are gathered by the recorder's thread, after the run has begun.
"""

from __future__ import annotations

import functools
import getpass
import hashlib
import inspect
import os
import platform
import re
import sys
import textwrap
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlrun_jupyter.model import values
from mlrun_jupyter.tracking import git
from mlrun_jupyter.tracking.origin import origin

if TYPE_CHECKING:
    from mlrun_jupyter.model.run import RunRecord
    from mlrun_jupyter.tracking.context import RunContext
    from mlrun_jupyter.tracking.secrets import Secrets


_CELL = re.compile(r"[/\\]ipykernel_\d+[/\\]|^<ipython-input")


def describe(context: RunContext) -> None:
    """Note owner, host, origin and environment on a run that is about to start."""
    mark(context.run, context.secrets)
    context.run.status.host = _host()
    _later(context)


def mark(run: RunRecord, secrets: Secrets) -> None:
    """Note who wants a run, and from where: the notebook or script, not of an iteration."""
    run.metadata.labels = {**_who(), **run.metadata.labels}
    if run.metadata.iteration == 0 and (place := origin()):
        run.status.extra = {**run.status.extra, "origin": _hidden(secrets, place)}


def describe_handler(context: RunContext, handler: Callable[..., Any], module: str = "") -> None:
    """Note the code that will run: the handler's own, and the ``module`` around it where there is one."""
    code = _source(handler)
    if code:
        hash, text = code
        body = {"source": text, **_place(handler)}
        if module:
            hash, body["module"] = _hash(module), module
        _handlers[_note(context, hash, body)] = handler


_handlers: weakref.WeakValueDictionary[str, Callable[..., Any]] = weakref.WeakValueDictionary()


def handler_of(hash: str) -> Callable[..., Any] | None:
    """The handler with this code, while this process has it."""
    return _handlers.get(hash)


def describe_process(context: RunContext) -> None:
    """As :func:`describe` for a run that is the whole process: its script is the code."""
    metadata = context.run.metadata
    metadata.labels = {"kind": "local", **metadata.labels}
    describe(context)
    script = Path(sys.argv[0]) if sys.argv and sys.argv[0] else None
    if script is not None and script.suffix == ".py" and script.is_file():
        describe_file(context, script)


def describe_file(context: RunContext, path: Path) -> None:
    """Note a file as the run's code."""
    text = path.read_text(encoding="utf-8", errors="replace")
    _note(context, _hash(text), {"source": text, "file": path.name, "whole": True})


def describe_notebook(context: RunContext, document: str, cells: Sequence[str], name: str) -> None:
    """Note a notebook as the run's code: its document without outputs, and the text of its code cells to be read."""
    source = "\n\n".join(f"# %%\n{cell}" for cell in cells)
    _note(context, _hash(document), {"source": source, "notebook": document, "file": name})


def describe_cell(context: RunContext, source: str, name: str) -> None:
    """Note a cell as the run's code."""
    _note(context, _hash(source), {"source": source, "file": name})


def _note(context: RunContext, hash: str, body: dict[str, Any]) -> str:
    """Note code on the run, the run's secrets masked where they are written in it; returns the hash it is kept by."""
    if (hidden := _hidden(context.secrets, body)) != body:
        body, hash = hidden, _hash(hidden.get("notebook") or hidden.get("module") or hidden["source"])
    context.share(hash, "code", body)
    context.run.status.extra = {**context.run.status.extra, "code": hash}
    return hash


def _hidden(secrets: Secrets, texts: dict[str, Any]) -> dict[str, Any]:
    """The texts without the run's secrets."""
    if not secrets:
        return texts
    mask = secrets.masker.mask
    return {name: mask(each) if isinstance(each, str) else each for name, each in texts.items()}


def _later(context: RunContext) -> None:
    """Have environment and git state recorded by the recorder's thread; at once where they are known already."""
    if os.getpid() in _known:
        status = context.run.status
        status.extra = {**status.extra, **_gather(context)}
        return

    def gather() -> None:
        context.update_status(_gather(context))

    context.after_start(gather)


_known: dict[int, dict[str, Any]] = {}
_bodies: list[tuple[str, str, Any]] = []


def _gather(context: RunContext) -> dict[str, Any]:
    found = _known.get(os.getpid())
    if found is None:
        body = environment()
        hash = _hash(values.encode(body).decode())
        found = {"environment": hash}
        _bodies[:] = [(hash, "environment", body)]
        state = git.state(Path.cwd())
        if state is not None:
            if diff := state.pop("diff", ""):
                state["diff"] = _hash(diff)
                _bodies.append((state["diff"], "diff", {"text": diff}))
            found["git"] = state
        _known[os.getpid()] = found
    for hash, kind, body in _bodies:
        if kind == "diff" and (hidden := _hidden(context.secrets, body)) != body:
            masked = _hash(hidden["text"])
            found = {**found, "git": {**found["git"], "diff": masked}}
            context.share(masked, kind, hidden)
        else:
            context.share(hash, kind, body)
    return found


def environment() -> dict[str, Any]:
    """Python, platform, command line and the installed packages with their versions."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "memory": _memory(),
        "packages": packages(),
    }


def packages() -> dict[str, str]:
    """Installed distributions and their versions, read off the names of their metadata folders: quick for hundreds."""
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            names = [entry.name for entry in os.scandir(place or ".")]
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")) and "-" in name:
                package, version = name.rsplit(".", 1)[0].split("-", 1)
                found.setdefault(package.replace("_", "-").lower(), version.split("-py")[0])
    return dict(sorted(found.items()))


@functools.lru_cache(maxsize=1)
def _who() -> dict[str, str]:
    try:
        owner = os.environ.get("V3IO_USERNAME") or getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        owner = str(os.getuid())
    return {"owner": owner, "host": _host()}


@functools.lru_cache(maxsize=1)
def _host() -> str:
    return platform.node()


@functools.lru_cache(maxsize=512)
def _source(handler: Callable[..., Any]) -> tuple[str, str] | None:
    try:
        text = textwrap.dedent(inspect.getsource(inspect.unwrap(handler)))
    except (OSError, TypeError):
        return None
    return _hash(text), text


def _place(handler: Callable[..., Any]) -> dict[str, Any]:
    code = getattr(inspect.unwrap(handler), "__code__", None)
    if code is None:
        return {}
    if _CELL.search(code.co_filename):  # the kernel's own name for a cell says nothing to a reader
        return {"file": origin().get("notebook", "notebook")}
    return {"file": Path(code.co_filename).name, "line": code.co_firstlineno}


def _hash(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _memory() -> int | None:
    """Bytes of memory of the machine, where the system says."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
