"""A store in memory."""

from mlrun_jupyter.db.memory.store import MemoryStore

__all__ = ["MemoryStore"]
