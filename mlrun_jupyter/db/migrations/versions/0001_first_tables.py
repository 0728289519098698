"""The first tables. Frozen: later changes are further revisions."""

from alembic import op

from mlrun_jupyter.db.sql.schema import written_for

revision = "0001"
down_revision = None

STATEMENTS = (
    "CREATE TABLE projects (id {forever}, name TEXT NOT NULL UNIQUE, created {integer} NOT NULL, doc {bytes})",
    "CREATE TABLE names (id {identity}, scope {integer} NOT NULL, name {bytes} NOT NULL, UNIQUE (scope, name))",
    "CREATE TABLE fields (id {identity}, scope {integer} NOT NULL, name {bytes} NOT NULL, UNIQUE (scope, name))",
    "CREATE TABLE writers (id {forever}, name {bytes} NOT NULL UNIQUE, seq {integer} NOT NULL, seen {integer} NOT NULL)",
    "CREATE TABLE runs (id {identity}, scope {integer} NOT NULL, uid {bytes} NOT NULL, iter {integer} NOT NULL, "
    "name_id {integer} NOT NULL, state {integer} NOT NULL, started {integer}, ended {integer}, "
    "updated {integer} NOT NULL, attempt {integer} NOT NULL, writer_id {integer}, presumed {integer}, "
    "doc {bytes} NOT NULL)",
    "CREATE UNIQUE INDEX runs_uid ON runs (uid, scope, iter)",
    "CREATE INDEX runs_newest ON runs (scope, id)",
    "CREATE INDEX runs_state ON runs (scope, state, id)",
    "CREATE INDEX runs_started ON runs (scope, started, id)",
    "CREATE INDEX runs_updated ON runs (scope, updated, id)",
    "CREATE INDEX runs_name ON runs (name_id, id)",
    "CREATE INDEX runs_live ON runs (writer_id) WHERE writer_id IS NOT NULL",
    "CREATE TABLE run_numbers (field_id {integer} NOT NULL, value {number} NOT NULL, run_id {integer} NOT NULL, "
    "PRIMARY KEY (field_id, value, run_id)){clustered}",
    "CREATE TABLE run_texts (field_id {integer} NOT NULL, value {bytes} NOT NULL, run_id {integer} NOT NULL, "
    "PRIMARY KEY (field_id, value, run_id)){clustered}",
    "CREATE TABLE points (run_id {integer} NOT NULL, series {bytes} NOT NULL, no {integer} NOT NULL, "
    "count {integer} NOT NULL, thin {bytes}, body {bytes}, PRIMARY KEY (run_id, series, no)){clustered}",
    "CREATE TABLE point_bodies (run_id {integer} NOT NULL, series {bytes} NOT NULL, no {integer} NOT NULL, "
    "body {bytes} NOT NULL, PRIMARY KEY (run_id, series, no))",
    "CREATE TABLE logs (run_id {integer} NOT NULL, start {integer} NOT NULL, body {bytes} NOT NULL, "
    "PRIMARY KEY (run_id, start)){clustered}",
    "CREATE TABLE late (id {identity}, project {bytes} NOT NULL, uid {bytes} NOT NULL, iter {integer} NOT NULL, "
    "attempt {integer} NOT NULL, writer {bytes} NOT NULL, seq {integer} NOT NULL, count {integer} NOT NULL, "
    "time {number} NOT NULL, body {bytes} NOT NULL)",
    "CREATE INDEX late_run ON late (project, uid, iter)",
    "CREATE TABLE artifacts (id {identity}, project_id {integer} NOT NULL, db_key TEXT NOT NULL, key TEXT NOT NULL, "
    "uid TEXT NOT NULL, kind TEXT NOT NULL, tree TEXT NOT NULL, iter {integer} NOT NULL, updated {integer} NOT NULL, "
    "doc {bytes} NOT NULL, UNIQUE (project_id, db_key, uid))",
    "CREATE INDEX artifacts_tree ON artifacts (project_id, tree)",
    "CREATE TABLE artifact_tags (project_id {integer} NOT NULL, db_key TEXT NOT NULL, tag TEXT NOT NULL, "
    "slot {integer} NOT NULL, artifact_id {integer} NOT NULL, PRIMARY KEY (project_id, db_key, tag, slot)){clustered}",
    "CREATE INDEX artifact_tags_tag ON artifact_tags (project_id, tag, artifact_id)",
    "CREATE INDEX artifact_tags_artifact ON artifact_tags (artifact_id)",
    "CREATE TABLE functions (id {identity}, project_id {integer} NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, "
    "kind TEXT NOT NULL, updated {integer} NOT NULL, doc {bytes} NOT NULL, UNIQUE (project_id, name, hash))",
    "CREATE TABLE function_tags (project_id {integer} NOT NULL, name TEXT NOT NULL, tag TEXT NOT NULL, "
    "function_id {integer} NOT NULL, PRIMARY KEY (project_id, name, tag)){clustered}",
    "CREATE INDEX function_tags_function ON function_tags (function_id)",
    "CREATE TABLE objects (hash TEXT PRIMARY KEY, kind TEXT NOT NULL, body {bytes} NOT NULL){clustered}",
)


def upgrade() -> None:
    for statement in written_for(op.get_context().dialect.name, STATEMENTS):
        op.execute(statement)
