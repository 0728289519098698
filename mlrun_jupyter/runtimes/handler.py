"""Calling a handler here and now, in this process, as a tracked run."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any

from mlrun_jupyter.errors import HandlerError, nearest
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runtimes.binding import bind
from mlrun_jupyter.runtimes.deadline import deadline
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.current import active
from mlrun_jupyter.tracking.output import Log, captured
from mlrun_jupyter.tracking.provenance import describe, describe_handler
from mlrun_jupyter.tracking.secrets import Secrets
from mlrun_jupyter.tracking.tracker import Tracker

_PATIENCE = 3.0
"""Seconds that a coroutine has for its own ``finally`` when it was cancelled."""


def run_handler(
    handler: Callable[..., Any],
    run: RunRecord,
    tracker: Tracker,
    *,
    secrets: Secrets | None = None,
    workdir: str = "",
    module: str = "",
    timeout: float | None = None,
    watch: Callable[[RunContext], None] | None = None,
) -> BaseException | None:
    """Run ``handler`` as ``run`` and record what it does; ``run`` is brought up to date.

    Returns the exception that ended the handler, or None. An interrupt is recorded and raised again. Problems of the
    call itself (a missing parameter, say) end the run in error as well: it was asked for, and it did not happen.
    """
    context = RunContext(run, tracker, secrets=secrets)
    describe(context)
    describe_handler(context, handler, module)
    try:
        context.start()
        if watch is not None:
            watch(context)
        return call(handler, context, workdir=workdir, timeout=timeout)
    except KeyboardInterrupt as error:  # before the call began, or after it was over
        context.fail(error)
        raise


def call(
    handler: Callable[..., Any],
    context: RunContext,
    *,
    workdir: str = "",
    timeout: float | None = None,
    capture: bool = True,
) -> BaseException | None:
    """Call ``handler`` with ``context``, which has started, and record its output, its value and how it ended."""
    log = Log(context.write_log, context.secrets.masker)
    try:
        screen = captured(log) if capture else contextlib.nullcontext()
        with screen, active(context), _folder(workdir), deadline(timeout or 0.0):
            args, kwargs = bind(handler, context)
            value = handler(*args, **kwargs)
            if inspect.isawaitable(value):
                value = _await(value)
            if value is not None or context.run.spec.returns:
                context.log_return(value)
        context.finish()
    except KeyboardInterrupt as error:
        context.fail(error)
        raise
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            context.finish()
            return None
        context.fail(error)
        return error
    return None


def find(module: Any, name: str) -> Callable[..., Any]:
    """The handler ``name`` of a module or namespace: ``train``, ``Trainer::train`` (an instance is made) or ``part.train``.

    Raises :class:`HandlerError` with the nearest name.
    """
    names = module if isinstance(module, dict) else vars(module)
    where = "" if isinstance(module, dict) else getattr(module, "__name__", "")
    if "::" in name:
        owner, _, method = name.partition("::")
        return _callable(_attribute(_get(names, owner, where)(), method, owner), name)
    first, *path = name.split(".")
    found = _get(names, first, where)
    for step in path:
        found = _attribute(found, step, first)
    return _callable(found, name)


def _get(names: dict[str, Any], name: str, where: str) -> Any:
    if name not in names:
        known = [each for each, value in names.items() if callable(value) and not each.startswith("_")]
        raise HandlerError(f"there is no handler {name!r}", where=where, hint=nearest(name, known) or "define it first")
    return names[name]


def _attribute(owner: Any, name: str, where: str) -> Any:
    if not hasattr(owner, name):
        known = [each for each in dir(owner) if not each.startswith("_")]
        raise HandlerError(f"{where} has no {name!r}", hint=nearest(name, known))
    return getattr(owner, name)


def _callable(found: Any, name: str) -> Callable[..., Any]:
    if not callable(found):
        raise HandlerError(f"{name!r} is no function but a {type(found).__name__}", hint="name a function")
    return found  # type: ignore[no-any-return]  # what callable() narrows to has no signature


@contextlib.contextmanager
def _folder(workdir: str) -> Iterator[None]:
    with contextlib.chdir(workdir) if workdir else contextlib.nullcontext():
        yield


def _await(value: Any) -> Any:
    """The result of a coroutine, also where a loop runs already, as in a kernel: then in a thread with its own loop."""

    async def done() -> Any:
        begun.append((asyncio.get_running_loop(), asyncio.current_task()))
        if given_up.is_set():
            raise asyncio.CancelledError
        return await value

    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []
    given_up = threading.Event()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(done())
    outcome: list[Any] = []
    ended = threading.Event()

    def work() -> None:
        try:
            outcome.extend((True, asyncio.run(done())))
        except BaseException as error:
            outcome.extend((False, error))
        finally:
            ended.set()

    try:
        threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
        ended.wait()
    except BaseException:  # an interrupt, or the run's time is over
        given_up.set()
        _cancel(begun)
        ended.wait(_PATIENCE)
        raise
    ok, found = outcome
    if not ok:
        raise found
    return found


def _cancel(begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]]) -> None:
    for loop, task in begun:
        if task is not None:
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                loop.call_soon_threadsafe(task.cancel)
