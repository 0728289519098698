"""Bringing an older store to the tables of today, revision by revision, in one transaction.

A revision is a file in ``versions``. A fresh store is made from :mod:`mlrun_jupyter.db.sql.schema` at once, so SQLAlchemy
and alembic are imported only when something has to be migrated. A change of the tables is made in both places and
``schema.HEAD`` is raised; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from mlrun_jupyter.errors import MissingDependencyError

FOLDER: Final = Path(__file__).parent


def upgrade(dialect: str, connect: Callable[[], Any], *, begin: str, folder: Path | None = None) -> None:
    """Run the revisions that the store lacks, if it lacks any, in one transaction.

    Parameters
    ----------
    dialect
        SQLAlchemy's name: ``sqlite`` or ``postgresql+psycopg``.
    connect
        Gives the driver's connection, outside of a transaction.
    begin
        The statement that begins the transaction and keeps other writers out.
    folder
        Where the revisions are; the package's own by default.

    Raises
    ------
    MissingDependencyError
        SQLAlchemy or alembic is not installed.
    """
    try:
        from alembic.migration import MigrationContext
        from alembic.operations import Operations
        from alembic.script import ScriptDirectory
        from sqlalchemy import create_engine
        from sqlalchemy.pool import StaticPool
    except ImportError as error:
        raise MissingDependencyError.of(error.name or "alembic", extra="all") from None
    script = ScriptDirectory(str(folder or FOLDER))
    engine = create_engine(f"{dialect}://", creator=connect, poolclass=StaticPool, pool_reset_on_return=None)
    with engine.connect() as connection:
        connection.exec_driver_sql(begin)  # only now: getting acquainted with the database ends in a rollback
        context = MigrationContext.configure(
            connection, opts={"fn": lambda revision, _context: script._upgrade_revs("head", revision)}
        )
        with Operations.context(context):
            context.run_migrations()
        connection.commit()
