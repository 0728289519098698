"""``store://`` addresses: both spellings are read, one is written."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlrun_jupyter.datastore.uris import KINDS, ArtifactUri, parse, store_uri
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.artifact import ArtifactMetadata, ArtifactRecord, ArtifactSpec

UID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("store://datasets/iris/prep_table", {"kind": "datasets", "project": "iris", "db_key": "prep_table"}),
        (
            "store://datasets/iris/t#2:v1@tree^uid",
            {"kind": "datasets", "project": "iris", "db_key": "t", "iter": 2, "tag": "v1", "tree": "tree", "uid": "uid"},
        ),
        ("store://iris/prep_table", {"project": "iris", "db_key": "prep_table"}),
        ("store://prep_table", {"db_key": "prep_table"}),
        ("store:///prep_table", {"db_key": "prep_table"}),
        ("store://iris/prep_table/3:v1", {"project": "iris", "db_key": "prep_table", "iter": 3, "tag": "v1"}),
        ("store://artifacts/iris/prep_table/3", {"project": "iris", "db_key": "prep_table", "iter": 3}),
        ("store://iris/prep_table#v1", {"project": "iris", "db_key": "prep_table", "tag": "v1"}),
        (f"store://iris/prep_table#{UID}", {"project": "iris", "db_key": "prep_table", "tree": UID}),
        (f"store://models/iris/m@{UID}", {"kind": "models", "project": "iris", "db_key": "m", "tree": UID}),
        ("store://models/iris/a.b-c_d:latest", {"kind": "models", "project": "iris", "db_key": "a.b-c_d", "tag": "latest"}),
    ],
)  # fmt: skip
def test_both_spellings(text, fields):
    assert parse(text) == ArtifactUri(**fields)


@pytest.mark.parametrize(
    "text",
    ["", "store://", "store:///", "iris/table", "http://x/y", "store://a/b/c/d/e", "store://nokind/p/key:x", "store://p/k:",
     "store://p/k@a@b", "store://p/k^", "store://" + "x" * 2000],
)  # fmt: skip
def test_no_addresses(text):
    with pytest.raises(InvalidArgumentError):
        parse(text)


names = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,20}", fullmatch=True)
marks = st.just("") | names


@given(st.sampled_from(KINDS), names, names, st.none() | st.integers(0, 10**6), marks, marks, marks)
def test_what_is_written_is_read(kind, project, db_key, iteration, tag, tree, uid):
    uri = ArtifactUri(kind=kind, project=project, db_key=db_key, iter=iteration, tag=tag, tree=tree, uid=uid)
    assert parse(str(uri)) == uri


@example("a/b/¹")
@example("a/b^¹")
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        uri = parse("store://" + text)
    except InvalidArgumentError:
        return
    assert parse(str(uri)) == uri


def test_the_address_of_a_record():
    record = ArtifactRecord(
        kind="dataset",
        metadata=ArtifactMetadata(key="t", project="p", iter=2, tree="tree", uid="u1"),
        spec=ArtifactSpec(db_key="run_t"),
    )
    assert store_uri(record) == store_uri(record.to_dict()) == "store://datasets/p/run_t#2@tree^u1"
    assert store_uri({"kind": "chart", "metadata": {"project": "p", "key": "c"}}) == "store://artifacts/p/c"
