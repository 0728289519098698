"""The stores: :func:`open_db` is the way in, :class:`~mlrun_jupyter.db.base.RunDB` the contract."""

from __future__ import annotations

from mlrun_jupyter.db.opening import close_all, open_db

__all__ = ["close_all", "open_db"]
