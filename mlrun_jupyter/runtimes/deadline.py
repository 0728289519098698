"""A limit to the time that code may take."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

from mlrun_jupyter.errors import RunError
from mlrun_jupyter.safety import interrupts

_LATER: Final = 0.01  # seconds


class TimeLimitError(RunError):
    """The code took longer than it may."""

    reason = "timeout"


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Within the block, :class:`TimeLimitError` is raised after ``seconds``; 0 sets no limit.

    In the main thread, waiting is interrupted as well; in another one, the error comes when Python code runs next.
    """
    if not seconds:
        yield
    elif threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        with _alarm(seconds):
            yield
    else:
        with _timer(seconds):
            yield


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        if interrupts.held():
            signal.setitimer(signal.ITIMER_REAL, _LATER)
            return
        raise TimeLimitError(
            f"the run took longer than {seconds:g} s", hint="raise the time-out, or give it less to do"
        )

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _timer(seconds: float) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    raised = threading.Event()
    over = threading.Lock()

    def ring() -> None:
        with over:
            if not raised.is_set():
                raised.set()
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(_LateError))

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with over:
            raised.set()
        timer.cancel()


class _LateError(TimeLimitError):
    """Raised by its class alone, as the interpreter does for another thread."""

    def __init__(self) -> None:
        super().__init__("the run took longer than its time limit", hint="raise the time-out, or give it less to do")
