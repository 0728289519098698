"""Notebooks from files: ``.ipynb``, and ``.py`` with or without cells."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path
from typing import Final

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, nearest
from mlrun_jupyter.notebook.cells import Notebook, broken, parse_ipynb, utf8
from mlrun_jupyter.notebook.percent import parse_py

MAX_BYTES: Final = 1 << 30


def read_notebook(path: str | Path) -> Notebook:
    """Read ``.ipynb``, or ``.py`` with or without ``# %%`` cells.

    Raises
    ------
    NotFoundError
        No such file.
    InvalidArgumentError
        A folder, a loop of links, a file of another kind.
    ConversionError
        A file that is no notebook.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in {".ipynb", ".py"}:
        raise InvalidArgumentError(
            f"not a notebook: {file.name!r}", where=str(path), hint="give an .ipynb or a .py file"
        )
    data = _bytes(file)
    if suffix == ".py":
        return parse_py(decode_py(data, file.name), name=file.name, path=str(path))
    return parse_ipynb(data, name=file.name, path=str(path))


def _bytes(file: Path) -> bytes:
    try:
        folder = file.is_dir()
    except (OSError, ValueError):
        folder = False  # told below
    if folder:
        raise InvalidArgumentError("a folder, not a notebook", where=str(file))
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= MAX_BYTES else b""
    except FileNotFoundError:
        raise NotFoundError("no such notebook", where=str(file), hint=_beside(file)) from None
    except RuntimeError:  # pathlib's word for a loop of links
        raise InvalidArgumentError("the links of this path lead in a circle", where=str(file)) from None
    except OSError as error:
        raise InvalidArgumentError(f"cannot be read: {error.strerror}", where=str(file)) from None
    except ValueError as error:
        raise InvalidArgumentError(f"not a path: {error}", where=repr(str(file))) from None
    if size > MAX_BYTES:
        raise InvalidArgumentError(
            f"the file is larger than {MAX_BYTES >> 20} MB", where=str(file), hint="clear its outputs"
        )
    return data


def _beside(file: Path) -> str:
    folder = file.parent
    if not folder.is_dir():
        return f"there is no folder {str(folder)!r}"
    try:
        return nearest(file.name, [other.name for other in folder.glob(f"*{file.suffix}")])
    except OSError:
        return ""


def decode_py(data: bytes, name: str = "") -> str:
    """The text of a Python file, in the encoding that its first lines name, UTF-8 by default."""
    try:
        encoding, _lines = tokenize.detect_encoding(io.BytesIO(data).readline)
        if encoding.startswith("utf-8"):
            return utf8(data, name)
        return data.decode(encoding)
    except SyntaxError:
        return utf8(data, name)
    except UnicodeDecodeError as error:
        raise broken(f"not {encoding} text", name, hint=str(error)) from None
