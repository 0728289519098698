"""The ``mlrun`` command: one file per verb, loaded when the verb is called.

A verb takes what the command line says, returns an object and shows nothing: whoever called it does. The same verbs,
with the same options, are the notebook's ``%mlrun`` magics.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with ``arguments`` (those of the process by default) and end with its exit code.

    0: done; 1: a run failed, or the store or its data did; 2: the command cannot be understood or does not fit.
    """
    from mlrun_jupyter.cli.program import execute

    sys.exit(execute(sys.argv[1:] if arguments is None else list(arguments)))
