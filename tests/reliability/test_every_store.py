"""Random histories, told to every store: all of them remember the same (R30)."""

from __future__ import annotations

import math
import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from mlrun_jupyter.db import opening
from mlrun_jupyter.db.memory import MemoryStore
from mlrun_jupyter.db.query import ArtifactQuery, Comparison, FunctionQuery, LabelCondition, RunQuery
from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.model import times
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.points import together
from mlrun_jupyter.model.run import RunKey, RunRecord

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
EXAMPLES, STEPS = (500, 50) if FULL else (25, 30)

LONG = "x" * 70
PROJECTS = st.sampled_from(["p", "q"])
UIDS = st.sampled_from(["u1", "u2", "a" * 32])
ITERATIONS = st.sampled_from([0, 0, 0, 1, 2])
ATTEMPTS = st.sampled_from([1, 1, 1, 1, 2])
WRITERS = st.sampled_from(["w1", "w2"])
NAMES = st.sampled_from(["train", "Test", "t%_", ""])
FIELDS = st.sampled_from(["x", "y"])
STATES = st.sampled_from(["pending", "running", "completed", "error", "aborted", "aborting"])
VALUES = st.one_of(
    st.integers(-2, 2),
    st.sampled_from([0.5, -0.0, 1.0, math.nan, math.inf, 2**53 + 1, 2**53, 2**60 + 1, 2**60, 10**400]),
    st.sampled_from(["", "a", "b", "é", LONG + "a", LONG + "b", LONG, "True", True, False, None]),
)
NUMBERS = st.sampled_from([0.5, 1.0, -2.0, 4.0, math.nan, math.inf])
TEXTS = st.sampled_from(["a", "b", "", LONG + "a"])
TAGS = st.sampled_from(["latest", "v1", "prod"])
RECORDS = st.one_of(
    st.tuples(st.sampled_from(["param", "result"]), st.dictionaries(FIELDS, VALUES, max_size=2)),
    st.tuples(st.just("label"), st.dictionaries(FIELDS, TEXTS, max_size=2)),
    st.tuples(
        st.just("metric"),
        st.tuples(st.none() | st.integers(-3, 9), st.dictionaries(FIELDS, NUMBERS, min_size=1)).map(list),
    ),
    st.tuples(st.just("log"), TEXTS),
    st.tuples(st.just("status"), st.fixed_dictionaries({}, optional={"state": STATES, "host": TEXTS, "odd": VALUES})),
    st.tuples(st.just("close"), st.fixed_dictionaries({"state": st.sampled_from(["completed", "error", "aborted"])})),
    st.tuples(st.just("beat"), st.none()),
    st.tuples(
        st.just("artifact"),
        st.builds(
            lambda key, hash, iter: {"metadata": {"key": key, "hash": hash, "iter": iter}}, FIELDS, TEXTS, ITERATIONS
        ),
    ),
    st.tuples(
        st.just("open"),
        st.builds(
            lambda name, state, x: {"run": {"metadata": {"name": name}, "status": {"state": state, "results": x}}},
            NAMES,
            STATES,
            st.dictionaries(FIELDS, VALUES, max_size=1),
        ),
    ),
)
COMPARISONS = st.builds(
    Comparison,
    st.sampled_from(["params.x", "results.x", "results.y", "metrics.x"]),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    st.sampled_from([0, 1.0, 2**53, 2**60 + 1, 10**400, math.inf, "", "a", LONG + "a", LONG, "True"]),
)
LABELS = st.builds(LabelCondition, FIELDS, st.sampled_from(["", "=", "!=", "~="]), TEXTS)
SORTS = st.sampled_from(
    ["start", "update", "name", "state", "params.x", "results.x", "results.y", "metrics.x"]
).flatmap(lambda key: st.sampled_from([key, "-" + key]))
QUERIES = st.builds(
    RunQuery,
    project=st.sampled_from(["p", "q", "*", "none"]),
    name=st.sampled_from(["", "", "t", "=train", "T*", "%"]),
    uid=st.sampled_from(["", "", "", "u1"]),
    labels=st.lists(LABELS, max_size=1).map(tuple),
    states=st.lists(STATES, max_size=2).map(tuple),
    where=st.lists(COMPARISONS, max_size=2).map(tuple),
    start_from=st.none() | st.just(1_700_000_020.0),
    update_to=st.none() | st.just(1_700_000_025.0),
    iterations=st.booleans(),
    sort=st.lists(SORTS, max_size=2).map(tuple),
    limit=st.sampled_from([1, 2, 3, 100]),
)


class Histories(RuleBasedStateMachine):
    """Every rule does the same to all stores and compares what they answer."""

    server: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_700_000_000.0
        self.seq = {"w1": 0, "w2": 0}
        self.folder = tempfile.TemporaryDirectory(prefix="mlrun-model-")
        self.embedded = Path(self.folder.name) / "store"
        self.stores: list[Any] = [MemoryStore(), opening._embedded(self.embedded)]
        if self.server is not None:
            self.stores.append(opening._postgres(self.server.url))
            with self.stores[-1]._engine.write() as session:
                for (table,) in session.all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
                    if table != "alembic_version":
                        session.run(f"TRUNCATE {table} RESTART IDENTITY")
        self.tick()

    def tick(self) -> None:
        self.now += 1.0
        for store in self.stores:
            store._clock = lambda now=self.now: now

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        self.folder.cleanup()

    def all(self, act: Any) -> Any:
        self.tick()
        answers = []
        for store in self.stores:
            try:
                answers.append(plain(act(store)))
            except MlrunError as error:
                answers.append(type(error).__name__)
        for answer in answers[1:]:
            assert repr(answer) == repr(answers[0])
        return answers[0]

    @rule(
        writer=WRITERS,
        project=PROJECTS,
        uid=UIDS,
        iteration=ITERATIONS,
        attempt=ATTEMPTS,
        ops=st.lists(RECORDS, min_size=1, max_size=6),
    )
    def apply(self, writer: str, project: str, uid: str, iteration: int, attempt: int, ops: Any) -> None:
        key, records = RunKey(project, uid, iteration), []
        for op, payload in ops:
            self.seq[writer] += 1
            records.append(JournalRecord(self.seq[writer], op, key, attempt, self.now, payload))
        rows = together(records)  # as a process sends them; to the memory store go the records themselves
        self.all(lambda store: store.apply(writer, records if isinstance(store, MemoryStore) else rows))
        self.all(lambda store: store.read_run(key))

    @precondition(lambda self: self.seq["w1"] > 0)
    @rule()
    def apply_again(self) -> None:
        record = JournalRecord(self.seq["w1"], "log", RunKey("p", "u1"), 1, 0.0, "again")
        self.all(lambda store: store.apply("w1", [record]))

    @rule(key=st.builds(RunKey, PROJECTS, UIDS, ITERATIONS), state=STATES, results=st.dictionaries(FIELDS, VALUES))
    def store(self, key: RunKey, state: str, results: Any) -> None:
        document = {
            "metadata": {"name": "stored", "uid": key.uid, "project": key.project, "iteration": key.iteration},
            "status": {"state": state, "results": results, "start_time": times.iso(self.now)},
        }
        self.all(lambda store: store.store_run(RunRecord.from_dict(document)))
        self.all(lambda store: store.store_run(RunRecord.from_dict(document), create=True))

    @rule(key=st.builds(RunKey, PROJECTS, UIDS, ITERATIONS), state=STATES, value=VALUES)
    def update(self, key: RunKey, state: str, value: Any) -> None:
        self.all(lambda store: store.update_run(key, {"status.state": state}))
        self.all(lambda store: store.update_run(key, {"status.results.x": value, "metadata.labels.x": "a"}))

    @rule(query=QUERIES)
    def delete(self, query: RunQuery) -> None:
        self.all(lambda store: store.delete_runs(query))

    @rule(query=QUERIES)
    def list(self, query: RunQuery) -> None:
        self.all(lambda store: store.count_runs(query))
        for _ in range(12):
            answer = self.all(lambda store, it=query: store.list_runs(it).rows)
            assert not isinstance(answer, str)
            after = self.stores[0].list_runs(query).after
            if not after:
                return
            tokens = [store.list_runs(query).after for store in self.stores]
            assert all(tokens)
            query = RunQuery(**{name: getattr(query, name) for name in query.__struct_fields__})
            # each store has its own numbers: a token is its own
            self.same_pages(query, tokens)
            return

    def same_pages(self, query: RunQuery, tokens: Any) -> None:
        while all(tokens):
            pages = []
            for number, store in enumerate(self.stores):
                asked = RunQuery(**{name: getattr(query, name) for name in query.__struct_fields__})
                asked.after = tokens[number]
                pages.append(store.list_runs(asked))
            for page in pages[1:]:
                assert repr(plain(page.rows)) == repr(plain(pages[0].rows))
            tokens = [page.after for page in pages]
        assert not any(tokens)

    @rule(key=st.builds(RunKey, PROJECTS, UIDS, ITERATIONS), offset=st.integers(0, 90), size=st.integers(-1, 90))
    def read(self, key: RunKey, offset: int, size: int) -> None:
        self.all(lambda store: store.read_log(key, offset, size))
        self.all(lambda store: store.read_series(key, "x"))
        self.all(lambda store: store.list_series(key))

    @rule(project=PROJECTS, key=FIELDS, hash=TEXTS, iter=ITERATIONS, tag=TAGS)
    def artifact(self, project: str, key: str, hash: str, iter: int, tag: str) -> None:
        document = {"metadata": {"key": key, "project": project, "hash": hash, "iter": iter, "labels": {"x": hash}}}
        self.all(lambda store: store.store_artifact(ArtifactRecord.from_dict(document), tags=(tag,)))

    @rule(project=PROJECTS, key=FIELDS, tag=TAGS, iter=st.none() | ITERATIONS, moved=TAGS)
    def read_artifact(self, project: str, key: str, tag: str, iter: int | None, moved: str) -> None:
        found = self.all(lambda store: store.read_artifact(project, key, tag=tag, iter=iter))
        if isinstance(found, dict):
            self.all(lambda store: store.tag_artifact(project, key, found["metadata"]["uid"], moved))

    @rule(
        project=st.sampled_from(["p", "*"]),
        tag=st.sampled_from(["", "*", "v1", "prod"]),
        iter=st.none() | ITERATIONS,
        name=st.sampled_from(["", "x"]),
        delete=st.booleans(),
    )
    def artifacts(self, project: str, tag: str, iter: int | None, name: str, delete: bool) -> None:
        query = ArtifactQuery(project=project, tag=tag, iter=iter, name=name)
        self.all(lambda store: store.list_artifacts(query).rows)
        if delete:
            self.all(lambda store: store.delete_artifacts(query))
        self.all(lambda store: store.list_artifact_tags(project))

    @rule(project=PROJECTS, name=FIELDS, code=TEXTS, tag=TAGS)
    def function(self, project: str, name: str, code: str, tag: str) -> None:
        document = {"kind": "job", "metadata": {"name": name, "project": project}, "spec": {"command": code}}
        self.all(lambda store: store.store_function(FunctionRecord.from_dict(document), tag=tag))
        self.all(lambda store: store.read_function(project, name))

    @rule(tag=st.sampled_from(["", "*", "v1"]), delete=st.booleans())
    def functions(self, tag: str, delete: bool) -> None:
        query = FunctionQuery(project="*", tag=tag)
        self.all(lambda store: store.list_functions(query).rows)
        if delete:
            self.all(lambda store: store.delete_functions(FunctionQuery(project="p", tag=tag)))

    @rule(project=PROJECTS)
    def delete_project(self, project: str) -> None:
        self.all(lambda store: store.delete_project(project))
        self.all(lambda store: [each.metadata.name for each in store.list_projects()])

    @rule(writer=WRITERS, presumed=st.booleans())
    def lose(self, writer: str, presumed: bool) -> None:
        self.all(lambda store: store.end_lost(writer, presumed=presumed))

    @rule()
    def reopen(self) -> None:
        self.stores[1].close()
        self.stores[1] = opening._embedded(self.embedded)


def plain(value: Any) -> Any:
    """Answers in a form that is the same for the same; sums may differ in their last digit."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if hasattr(value, "to_dict"):
        document = value.to_dict()
        for summary in document.get("status", {}).get("metrics", {}).values():
            summary["mean"] = float(f"{summary['mean']:.9g}")
        return ordered(document)
    if hasattr(value, "steps"):
        return [value.key, value.count, *map(list, (value.steps, value.times, value.values))]
    if isinstance(value, dict):
        return ordered(value)
    return value


def ordered(document: Any) -> Any:
    if isinstance(document, dict):
        found = {name: ordered(document[name]) for name in sorted(document)}
        if "mean" in found:
            found["mean"] = float(f"{found['mean']:.9g}")
        return found
    return [ordered(each) for each in document] if isinstance(document, list) else document


def test_every_store_remembers_the_same(postgres: Any) -> None:
    Histories.server = postgres
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
