"""The verbs of a data item, the same wherever it lies: local files, memory, S3 and HTTP, each for real."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mlrun_jupyter import datastore
from mlrun_jupyter.datastore.item import copy_name
from mlrun_jupyter.errors import (
    DataError,
    InvalidArgumentError,
    MissingDependencyError,
    NotFoundError,
    StoreUnavailableError,
)

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def s3():
    """A real S3 service on loopback, with an empty bucket."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    secrets = {**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    import boto3

    given = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=secrets["AWS_ENDPOINT_URL"], **given).create_bucket(Bucket="bucket")
    yield secrets
    server.stop()


@pytest.fixture(params=["file", "memory", "s3"])
def place(request, tmp_path):
    """(base address, secrets)"""
    if request.param == "file":
        return str(tmp_path), {}
    if request.param == "memory":
        return f"memory://{tmp_path.name}", {}
    return f"s3://bucket/{tmp_path.name}", request.getfixturevalue("s3")


def test_the_verbs(place, tmp_path):
    base, secrets = place
    item = datastore.resolve("in/data.txt", base=base, secrets=secrets)
    assert (item.key, item.suffix, item.url) == ("data.txt", ".txt", f"{base}/in/data.txt")
    assert not item.exists()
    item.put("hello ")
    item.put(b"world", append=True)
    assert item.exists()
    assert item.get() == b"hello world"
    assert item.get(encoding="utf-8") == "hello world"
    assert (item.get(5), item.get(5, 6), item.get(offset=6), item.get(0)) == (b"hello", b"world", b"world", b"")
    assert item.stat().size == 11
    assert item.stat().modified > 1_700_000_000
    with item.open() as file:
        assert file.read(5) == b"hello"
    with item.open("r") as file:
        assert file.read() == "hello world"
    done = []
    item.download(tmp_path / "copy" / "x.txt", progress=lambda count, total: done.append((count, total)))
    assert (tmp_path / "copy" / "x.txt").read_bytes() == b"hello world"
    assert done[-1][0] == 11
    with open(item) as file:  # an item is a path
        assert file.read() == "hello world"
    item.delete()
    assert not item.exists()


def test_folders(place, tmp_path):
    base, secrets = place
    for name in ("f/a.txt", "f/deep/b.txt", "g/c.txt"):
        datastore.resolve(name, base=base, secrets=secrets).put(name)
    folder = datastore.resolve("f", base=base, secrets=secrets)
    assert folder.listdir() == folder.ls() == ["a.txt", "deep/b.txt"]
    folder.download(tmp_path / "copy")
    assert sorted(path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*.txt")) == [
        "a.txt",
        "deep/b.txt",
    ]
    other = datastore.resolve("h", base=base, secrets=secrets)
    other.upload(tmp_path / "copy")
    assert other.listdir() == ["a.txt", "deep/b.txt"]
    folder.delete()
    with pytest.raises(NotFoundError):
        folder.listdir()
    assert datastore.resolve("g/c.txt", base=base, secrets=secrets).exists()


def test_missing_files_are_named_with_the_nearest(place):
    base, secrets = place
    datastore.resolve("train.csv", base=base, secrets=secrets).put("a\n1\n")
    item = datastore.resolve("trian.csv", base=base, secrets=secrets)
    for verb in (item.get, item.stat, item.as_df, item.local, item.open, item.delete):
        with pytest.raises(NotFoundError, match=r"trian\.csv.*did you mean train\.csv\?"):
            verb()


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "arrow", "json", "tsv"])
def test_frames(place, ending):
    base, secrets = place
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]})
    item = datastore.resolve(f"t.{ending}", base=base, secrets=secrets)
    item.put(_written(frame, ending))
    pd.testing.assert_frame_equal(item.as_df(), frame, check_dtype=False)
    assert list(item.as_df(columns=["b"]).columns) == ["b"]
    assert item.as_df(df_module="polars").shape == (3, 2)
    assert item.as_df(["a"], df_module="pyarrow").shape == (3, 1)
    assert item.as_df(df_module="duckdb").shape == (3, 2)
    if base.startswith("/"):
        assert len(item.as_df(df_module="dask.dataframe")) == 3


def _written(frame, ending):
    buffer = io.BytesIO()
    if ending == "parquet":
        frame.to_parquet(buffer)
    elif ending == "arrow":
        frame.to_feather(buffer)
    elif ending in ("json", "jsonl"):
        buffer.write(frame.to_json(orient="records", lines=ending == "jsonl").encode())
    else:
        buffer.write(frame.to_csv(index=False, sep="\t" if ending == "tsv" else ",").encode())
    return buffer.getvalue()


def test_frames_of_what_is_none(tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    (tmp_path / "odd.xyz").write_bytes(b"")
    item = datastore.resolve(str(tmp_path / "broken.parquet"))
    for library in ("pandas", "polars", "pyarrow", "duckdb"):
        with pytest.raises(DataError, match="not a readable parquet table"):
            item.as_df(df_module=library)
    with pytest.raises(InvalidArgumentError, match="no table format"):
        datastore.resolve(str(tmp_path / "odd.xyz")).as_df()
    with pytest.raises(InvalidArgumentError, match=r"no ending.*folder/\*\.csv"):
        datastore.resolve(str(tmp_path)).as_df()
    with pytest.raises(InvalidArgumentError, match="did you mean pandas"):
        item.as_df(df_module="panda")
    with pytest.raises(InvalidArgumentError, match="did you mean parquet"):
        item.as_df(format="parqet")


def test_a_missing_column_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    with pytest.raises(DataError, match="z"):
        datastore.resolve(str(tmp_path / "a.csv")).as_df(columns=["z"])


def test_pickles_are_never_read(tmp_path):
    import pickle

    class Canary:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "canary"),))

    for name in ("c.pkl", "c.pickle", "c.joblib", "c.npy", "c.pt"):
        (tmp_path / name).write_bytes(pickle.dumps(Canary()))
        item = datastore.resolve(str(tmp_path / name))
        item.get(), item.stat(), item.local()
        with pytest.raises((InvalidArgumentError, DataError)):
            item.as_df()
        from mlrun_jupyter.datastore.preview import displayed

        displayed(item)
    assert not (tmp_path / "canary").exists()


def test_local_copies_are_removed_with_the_item(s3, tmp_path):
    item = datastore.resolve("s3://bucket/copy.txt", secrets=s3)
    item.put("1")
    path = item.local()
    assert item.local() == path
    item.put("2")
    assert not Path(path).exists()
    path = item.local()
    assert Path(path).read_text() == "2"
    del item
    assert not Path(path).exists()


def test_streams_do_not_load_the_whole(s3):
    item = datastore.resolve("s3://bucket/big.bin", secrets=s3)
    item.put(b"x" * (20 << 20))
    with item.open() as file:
        assert sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b"")) == 20 << 20


def test_s3_failures_are_typed(s3, monkeypatch):
    with pytest.raises(NotFoundError):
        datastore.resolve("s3://no-such-bucket/x", secrets=s3).get()
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    bare = {"AWS_ENDPOINT_URL": s3["AWS_ENDPOINT_URL"]}
    with pytest.raises(DataError, match="AWS_ACCESS_KEY_ID"):
        datastore.resolve("s3://bucket/none", secrets=bare).get()


def test_secrets_are_in_no_message_and_no_repr(s3):
    secrets = {**s3, "AWS_SECRET_ACCESS_KEY": "t0ps3cret"}
    item = datastore.resolve("s3://bucket/x", secrets=secrets)
    with pytest.raises(NotFoundError) as caught:
        item.get()
    assert "t0ps3cret" not in f"{caught.value!r} {caught.value} {item!r} {item.__dict__}"


@pytest.mark.parametrize(("url", "extra"), [("gs://b/x", "gcs"), ("az://c/x", "azure")])
def test_a_missing_library_names_its_extra(url, extra):
    with pytest.raises(MissingDependencyError, match=rf"mlrun-jupyter\[{extra}\]"):
        datastore.resolve(url)


def test_unknown_schemes_are_refused_with_the_nearest():
    with pytest.raises(InvalidArgumentError, match="did you mean s3"):
        datastore.resolve("s33://bucket/x")


def test_the_web(server, answer):
    body = bytes(range(256)) * 20

    def ranged(request):
        wanted = request.headers.get("Range")
        if wanted:
            first, _dash, last = wanted.removeprefix("bytes=").partition("-")
            part = body[int(first) : int(last) + 1 if last else None]
            return answer(request, 206, part, Content_Range=f"bytes {first}-/{len(body)}")
        return answer(
            request, 200, body, Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT", Content_Type="text/x-odd; charset=x"
        )

    server.routes["/data.bin"] = ranged
    server.routes["/t.csv"] = lambda request: answer(request, 200, b"a,b\n1,2\n")
    item = datastore.resolve(server.url + "/data.bin?x=1")
    assert (item.kind, item.suffix, item.key) == ("http", ".bin", "data.bin?x=1")
    assert item.get() == body
    assert (item.get(10), item.get(10, 300)) == (body[:10], body[300:310])
    assert (item.stat().size, item.stat().content_type, item.stat().modified) == (len(body), "text/x-odd", 1795428000.0)
    assert Path(item.local()).read_bytes() == body
    assert datastore.resolve(server.url + "/t.csv").as_df().shape == (1, 2)
    with pytest.raises(NotFoundError):
        datastore.resolve(server.url + "/missing.csv").as_df()
    with pytest.raises(DataError):
        item.listdir()
    with pytest.raises(DataError):
        item.open("wb")


def test_a_broken_download_goes_on_where_it_broke(server, answer, tmp_path, monkeypatch):
    from mlrun_jupyter.datastore import web

    monkeypatch.setattr(web, "_PAUSE", 0)
    body = os.urandom(3 << 20)

    def flaky(request):
        wanted = request.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        request.send_response(206 if wanted else 200)
        request.send_header("Content-Length", str(len(body) - start))
        request.end_headers()
        request.wfile.write(body[start : start + (2 << 20)])  # never more than 2 MiB at once

    server.routes["/big"] = flaky
    item = datastore.resolve(server.url + "/big")
    item.download(tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == body
    assert [seen[2].get("range") for seen in server.seen] == [None, f"bytes={2 << 20}-"]


def test_a_busy_host_is_tried_again_and_given_up(server, answer, monkeypatch):
    from mlrun_jupyter.datastore import web

    monkeypatch.setattr(web, "_PAUSE", 0)
    statuses = [503, 429, 200]
    server.routes["/x"] = lambda request: answer(request, statuses.pop(0), b"ok")
    assert datastore.resolve(server.url + "/x").get() == b"ok"
    server.routes["/y"] = lambda request: answer(request, 503, b"no")
    with pytest.raises(StoreUnavailableError):
        datastore.resolve(server.url + "/y").get()


def test_v3io_keeps_its_contract(server, answer):
    objects = {}

    def handle(request):
        assert request.headers["X-v3io-session-key"] == "key"
        path = request.path.partition("?")[0]
        if request.command == "PUT":
            objects[path] = objects.get(path, b"") * (request.headers.get("Range") == "-1") + server.seen[-1][3]
            return answer(request, 204, b"")
        return answer(request, 200, objects[path]) if path in objects else answer(request, 404, b"")

    for path in ("/users/ann/a.txt", "/users/ann/b.txt"):
        server.routes[path] = handle
    listing = b'{"Contents": [{"Key": "ann/a.txt", "Size": 2}, {"Key": "ann/b.txt"}]}'
    server.routes["/users/"] = lambda request: answer(request, 200, listing)
    secrets = {"V3IO_API": server.url, "V3IO_ACCESS_KEY": "key"}
    item = datastore.resolve("v3io:///users/ann/a.txt", secrets=secrets)
    item.put(b"1")
    item.put(b"2", append=True)
    assert item.get() == b"12"
    assert item.stat().size == 2
    assert datastore.resolve("v3io:///users/ann", secrets=secrets).listdir() == ["a.txt", "b.txt"]
    with pytest.raises(NotFoundError):
        datastore.resolve("v3io:///users/ann/b.txt", secrets=secrets).get()
    with pytest.raises(DataError, match="V3IO_ACCESS_KEY"):
        datastore.resolve("v3io:///users/ann/a.txt", secrets={"V3IO_API": server.url}).get()


def test_local_reads_import_no_driver():
    code = """
import sys
from mlrun_jupyter import datastore
datastore.resolve(sys.executable).get(10)
print([name for name in ("fsspec", "pandas", "pyarrow", "numpy", "yaml") if name in sys.modules])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("s3://bucket/part 1.parquet", "part 1.parquet"),
        ("http://host/a/..", "data"),
        ("http://host/.bashrc", "bashrc"),
        ("http://host/..\\..\\x", "_.._x"),
        ("http://host/a\0b\n.csv", "a_b_.csv"),
        ("http://host/" + "é" * 300 + ".csv", "é" * 96 + ".csv"),
    ],
)
def test_a_copy_has_the_name_of_a_file_whatever_the_address_says(path: str, name: str) -> None:
    assert copy_name(path) == name
