"""A log on its way to the reader's screen."""

from __future__ import annotations

import codecs
from typing import TextIO

from mlrun_jupyter.safety.terminal import clean


class PrintedLog:
    """Writes the bytes of a log as text, as they come.

    A file or a notebook gets them as they are. A terminal gets whole lines, of which only colours have an effect, and of
    a progress bar the last that it showed: a log is anybody's, and a terminal obeys.

    Example
    -------
    >>> import sys
    >>> printed = PrintedLog(sys.stdout)
    >>> printed.add(b"epoch 1\\n")
    epoch 1
    >>> printed.end()
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""

    def add(self, data: bytes) -> None:
        """Write what is complete of it: a letter, an escape sequence or a line may go on in the next bytes."""
        self._write(self._decoder.decode(data))

    def end(self) -> None:
        """Write the rest."""
        self._write(self._decoder.decode(b"", final=True))
        if self._begun:
            self._stream.write(_line(self._begun))
            self._begun = ""
        self._stream.flush()

    def _write(self, text: str) -> None:
        if not self._terminal:
            self._stream.write(text)
            return
        *lines, self._begun = (self._begun + text).split("\n")
        self._stream.write("".join(_line(line) + "\n" for line in lines))
        self._stream.flush()


def _line(text: str) -> str:
    return clean(text.rstrip("\r").rpartition("\r")[2])
