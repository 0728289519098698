import signal
import threading

import pytest

from mlrun_jupyter.safety import interrupts


def interrupt():
    signal.raise_signal(signal.SIGINT)


def test_an_interrupt_comes_at_the_end_of_the_outermost_block():
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts.deferred():
        with interrupts.deferred():
            interrupt()
            done.append("inner")
        done.append("outer")
    assert done == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_loop_that_waits_lets_it_come():
    waited = []
    with pytest.raises(KeyboardInterrupt), interrupts.deferred():
        interrupt()
        waited.append("begun")
        interrupts.check()
        waited.append("went on")
    assert waited == ["begun"]


def test_a_handler_of_the_user_s_own_is_called():
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: seen.append(number))
    try:
        with interrupts.deferred():
            interrupt()
            assert seen == []
        assert seen == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_where_interrupts_are_ignored_they_stay_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.deferred():
            interrupt()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_are_never_interrupted():
    found = []

    def work():
        with interrupts.deferred():
            found.append(interrupts.held())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]
