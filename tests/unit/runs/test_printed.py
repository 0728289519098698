"""A log on its way to the screen."""

from __future__ import annotations

import io

import pytest

from mlrun_jupyter.runs.printed import PrintedLog


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(stream: io.StringIO, *pieces: bytes) -> str:
    log = PrintedLog(stream)
    for piece in pieces:
        log.add(piece)
    log.end()
    return stream.getvalue()


def test_a_file_gets_it_as_it_is() -> None:
    assert printed(io.StringIO(), "a\x1b[2J ü\r\n".encode()) == "a\x1b[2J ü\r\n"


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_terminal_gets_colours_and_no_commands_wherever_it_is_cut(cut: int) -> None:
    data = "ü\x1b[31mred\x1b[0m\x1b]52;c;aA==\x07\n10%\r100%\r\nrest".encode()
    shown = printed(Terminal(), data[:cut], data[cut:])
    assert shown == "ü\x1b[31mred\x1b[0m␛]52;c;aA==␇\n100%\nrest"


def test_letters_that_are_cut_are_letters() -> None:
    data = "größe".encode()
    assert printed(io.StringIO(), *(data[at : at + 1] for at in range(len(data)))) == "größe"
