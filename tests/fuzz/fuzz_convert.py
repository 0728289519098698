"""Throw bytes at the conversion: a notebook comes out as a module that compiles, or as a typed error. Nothing else.

Run with ``python tests/fuzz/fuzz_convert.py [corpus folder] -max_total_time=600``; needs ``atheris``.
"""

from __future__ import annotations

import sys
import warnings

import atheris

with atheris.instrument_imports(include=["mlrun_jupyter.notebook"]):
    from mlrun_jupyter.errors import MlrunError
    from mlrun_jupyter.notebook.cells import parse_ipynb
    from mlrun_jupyter.notebook.docstrings import parse_docstring
    from mlrun_jupyter.notebook.entrypoints import find_entry_points
    from mlrun_jupyter.notebook.extract import extract
    from mlrun_jupyter.notebook.percent import parse_py

WORDS = [
    "# mlrun: start-code ",
    "# nuclio: end-code",
    "# mlrun: ignore\n",
    "# mlrun:handler\n",
    "# nuclio: return",
    "%%mlrun function train --kind job --env A=1\n",
    "%%mlrun run\n",
    "%nuclio config a.b += [1]\n",
    "%nuclio env A=b\n",
    "%nuclio cmd -c pip install x\n",
    "%nuclio mount -t pvc a b\n",
    "%%nuclio handler\n",
    "%%time\n",
    "%%bash\n",
    "%pip install a>1\n",
    "!pip install 'a' && b\n",
    "x = !ls\n",
    "x = %time 1\n",
    "x?\n",
    "/f a b\n",
    "def train(context, a=1, *, b=[2]):\n    ",
    "class A(B):\n    ",
    "from __future__ import annotations\n",
    "import os\n",
    "'''",
    '"""',
    "\\\n",
    "\n",
    "    ",
    "\t",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "await x\n",
    "return\n",
    "x = 1\n",
    "# /// script\n# dependencies = ['a']\n# ///\n",
    "# %%\n",
    "# %% [markdown]\n",
    ":param x: y",
    "Args:\n    x (int): y",
    "Parameters\n----------\n",
    "display(x)\n",
    "try:\n    import a\nexcept ImportError:\n    a = None\n",
    "f'{x!r}'",
    "\x0c",
    "\r\n",
    "\x00",
    "\u2028",
    ">>> x\n",
    "In [1]: x\n",
    "del x\n",
    "global x\n",
    "lambda: x",
    "x.y['z'] = 1\n",
    "from a import *\n",
    "@mlrun.handler()\n",
    "async ",
    "\ud800",
]


def source(data: atheris.FuzzedDataProvider) -> str:
    """Text made of words of the grammar and of anything."""
    parts = []
    for _ in range(data.ConsumeIntInRange(0, 12)):
        if data.ConsumeIntInRange(0, 3):
            parts.append(data.PickValueInList(WORDS))
        else:
            parts.append(data.ConsumeUnicode(12))
    return "".join(parts)


def convert(data: atheris.FuzzedDataProvider) -> None:
    kind = data.ConsumeIntInRange(0, 4)
    if kind == 0:
        notebook = parse_ipynb(data.ConsumeBytes(sys.maxsize))
    elif kind == 1:
        notebook = parse_py(source(data) + data.ConsumeUnicode(40), name="x.py")
    elif kind == 2:
        find_entry_points(source(data))
        return
    elif kind == 3:
        parse_docstring(source(data))
        return
    else:
        cells = [
            {"cell_type": "code", "source": source(data), "metadata": {"tags": [data.PickValueInList(TAGS)]}}
            for _ in range(data.ConsumeIntInRange(0, 4))
        ]
        code = extract(cells, data.PickValueInList(["", "train", "x"])).code
        compile(code, "module", "exec", dont_inherit=True)
        return
    compile(extract(notebook).code, "module", "exec", dont_inherit=True)


TAGS = ["", "mlrun:train", "mlrun-ignore", "parameters", "mlrun:"]


def test_one_input(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            convert(provider)
        except (MlrunError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
            # what find_entry_points says of code that is none; every other way in promises a typed error
            if not isinstance(error, MlrunError) and "find_entry_points" not in _callers(error):
                raise


def _callers(error: BaseException) -> set[str]:
    names = set()
    trace = error.__traceback__
    while trace is not None:
        names.add(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    return names


if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[1:]], test_one_input)
    atheris.Fuzz()
