"""Artifacts that runs name beyond the first hundred lie beside their documents."""

from alembic import op

from mlrun_jupyter.db.sql.schema import written_for

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "CREATE TABLE run_artifacts (run_id {integer} NOT NULL, no {integer} NOT NULL, body {bytes} NOT NULL, "
    "PRIMARY KEY (run_id, no)){clustered}",
)


def upgrade() -> None:
    for statement in written_for(op.get_context().dialect.name, STATEMENTS):
        op.execute(statement)
