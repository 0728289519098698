"""Statistics of tables: every column, several at a time, plain values that JSON can hold.

Each column has ``type, count`` (values that are neither null nor NaN) and ``nulls``, and by its type: ``distinct`` (with
``distinct_approximate`` where it is an estimate), ``min, max, mean, std, 5%, 25%, 50%, 75%, 95%, hist`` (``[counts, edges]``, 20
bars), ``top`` (``[value, count]``, the most frequent first), ``length`` of texts, ``infinite``, ``empty``, ``balance``.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from mlrun_jupyter.errors import InvalidArgumentError

_THREADS: Final = 4
_PARALLEL: Final = 100_000
"""Values in the table from which on threads pay."""
_CORRELATED: Final = 50


def describe(table: Any, *, label_column: str = "") -> dict[str, dict[str, Any]]:
    """Column name to its statistics.

    Parameters
    ----------
    table
        A ``pyarrow.Table``.
    label_column
        The column whose ``balance`` is told.

    Example
    -------
    >>> import pyarrow
    >>> describe(pyarrow.table({"x": [1.0, 3.0, None]}))["x"]["mean"]
    2.0
    """
    from mlrun_jupyter.artifacts.stats.columns import describe_column

    jobs = list(zip(table.column_names, table.columns, strict=True))

    def one(job: tuple[str, Any]) -> dict[str, Any]:
        return describe_column(job[1], balance=job[0] == label_column)

    threads = min(_THREADS, (os.cpu_count() or 2) - 1, len(jobs))
    if threads < 2 or table.num_rows * len(jobs) < _PARALLEL:
        return {job[0]: one(job) for job in jobs}
    with ThreadPoolExecutor(threads, thread_name_prefix="mlrun-stats") as pool:
        return dict(zip(table.column_names, pool.map(one, jobs), strict=True))


def correlations(table: Any) -> dict[str, Any]:
    """Pearson's correlation of the numeric columns, the first 50: ``{"columns": [...], "values": [[...]]}``.

    Rows with a missing value in either column are left out of that pair; None where a column does not vary.
    """
    import numpy as np
    import pandas as pd

    from mlrun_jupyter.artifacts.stats.columns import family
    from mlrun_jupyter.artifacts.stats.numbers import plain

    names = [field.name for field in table.schema if family(field.type) in ("integer", "number", "boolean")][
        :_CORRELATED
    ]
    if not names:
        raise InvalidArgumentError("no numeric columns to correlate")
    frame = pd.DataFrame({name: table.column(name).to_pandas().astype(np.float64) for name in names})
    with np.errstate(invalid="ignore", divide="ignore"):
        values = frame.replace([np.inf, -np.inf], np.nan).corr().to_numpy()
    return {"columns": names, "values": [[plain(each) for each in row] for row in values]}
