"""S3, Google's and Azure's object stores, each a real server on loopback: the same verbs, runs and failures everywhere."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import textwrap

import cloud_servers
import pandas as pd
import pytest

from mlrun_jupyter import config, datastore, get_dataitem, get_run_db, new_task, run_local
from mlrun_jupyter.errors import DataError, MlrunError, NotFoundError, StoreUnavailableError

pytestmark = [
    pytest.mark.skipif(not cloud_servers.CLOUDS, reason="MLRUN_TEST_CLOUDS names no folder of servers and drivers"),
    pytest.mark.filterwarnings("ignore"),  # the drivers' own
]

SERVERS = {"s3": cloud_servers.s3, "gs": cloud_servers.google, "az": cloud_servers.azure}
SECRETS = re.compile(r"^(AWS|S3|GCP|GOOGLE|STORAGE|AZURE)_")
MEGABYTES = 96


@pytest.fixture(scope="module", params=SERVERS)
def cloud(request):
    """(scheme, secrets)"""
    with SERVERS[request.param]() as secrets:
        yield request.param, secrets
        gc.collect()  # sessions of drivers, while their server is there


@pytest.fixture
def place(cloud, tmp_path, monkeypatch):
    """(address, secrets); the environment has none."""
    for name in filter(SECRETS.match, os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    config.reset()
    scheme, secrets = cloud
    return f"{scheme}://bucket/{tmp_path.name}", secrets


def test_the_verbs(place, tmp_path):
    address, secrets = place
    item = datastore.resolve("in/data.txt", base=address, secrets=secrets)
    assert not item.exists()
    item.put("hello ")
    item.put(b"world", append=True)
    assert item.get() == b"hello world"
    assert (item.get(5), item.get(3, 6), item.get(offset=9)) == (b"hello", b"wor", b"ld")
    assert (item.stat().size, item.stat().is_dir) == (11, False)
    assert item.stat().modified > 1.7e9
    (tmp_path / "up").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "up" / name).write_text(name)
    datastore.resolve("in/more", base=address, secrets=secrets).upload(tmp_path / "up")
    folder = datastore.resolve("in", base=address, secrets=secrets)
    assert folder.listdir() == ["data.txt", "more/a.txt", "more/b.txt"]
    folder.download(tmp_path / "down")
    assert (tmp_path / "down" / "more" / "b.txt").read_text() == "b.txt"
    item.delete()
    with pytest.raises(NotFoundError, match=re.escape(item.url)):
        item.get()
    with pytest.raises(NotFoundError):
        datastore.resolve("nothing", base=address, secrets=secrets).listdir()


def test_frames(place):
    address, secrets = place
    frame = pd.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    for ending, data in {".csv": frame.to_csv(index=False).encode(), ".parquet": frame.to_parquet()}.items():
        item = datastore.resolve("t" + ending, base=address, secrets=secrets)
        item.put(data)
        pd.testing.assert_frame_equal(item.as_df(), frame, check_dtype=False)
        assert item.as_df(columns=["x"], df_module="pyarrow").column_names == ["x"]


def test_a_run_keeps_its_artifacts_there(place, tmp_path):
    """Credentials are the task's secrets, and in none of the records; bytes come back by the ``store://`` address."""
    address, secrets = place
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("1")

    def work(context):
        context.log_artifact("notes", body="some text")
        context.log_artifact("code", local_path=str(tmp_path / "code"))
        context.log_dataset("points", pd.DataFrame({"x": range(1000)}))
        context.log_model("net", body=b"weights", model_file="net.bin")
        context.log_result("read", context.get_input("given").get(encoding="utf-8"))

    datastore.resolve("given.txt", base=address, secrets=secrets).put("told")
    task = new_task("keep", artifact_path=f"{address}/out", inputs={"given": f"{address}/given.txt"})
    run = run_local(task.with_secrets("inline", secrets), handler=work)
    assert (run.state(), run.results["read"]) == ("completed", "told")
    db = get_run_db()
    records = {each.metadata.key: each for each in db.list_artifacts(tag="*")}
    assert set(records) == {"notes", "code", "points", "net"}
    assert all(each.spec.target_path.startswith(f"{address}/out/") for each in records.values())
    found = get_dataitem(datastore.store_uri(records["notes"]), db, secrets=secrets)
    assert (found.get(), found.stat().size, found.meta.spec.size) == (b"some text", 9, 9)
    assert get_dataitem(datastore.store_uri(records["points"]), db, secrets=secrets).as_df().shape == (1000, 1)
    assert get_dataitem(datastore.store_uri(records["code"]), db, secrets=secrets).listdir() == ["a.py"]
    assert records["points"].status.stats["x"]["max"] == 999
    written = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    for name, secret in secrets.items():
        if re.search("SECRET|KEY|CONNECTION", name) and len(secret) > 8:
            assert secret.encode() not in written


def test_large_files_stream_in_both_directions(place, tmp_path):
    """Their size is no matter: another process sends and fetches one, and its memory hardly grows."""
    address, secrets = place
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        for _ in range(MEGABYTES):
            file.write(os.urandom(1 << 20))
    code = """
        import resource, sys
        from mlrun_jupyter import datastore
        item = datastore.resolve(sys.argv[1] + "/big.bin", secrets=eval(sys.argv[3]))
        datastore.resolve(sys.argv[1] + "/small", secrets=eval(sys.argv[3])).put(b"1")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        steps = []
        item.upload(sys.argv[2], progress=lambda done, total: steps.append((done, total)))
        item.download(sys.argv[2] + ".back")
        with item.open() as file:
            assert sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b"")) == item.stat().size
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10, steps[-1][0])
    """
    told = _run(code, address, path, secrets).stdout.split()
    assert path.read_bytes() == path.with_name("big.bin.back").read_bytes()
    assert int(told[1]) == MEGABYTES << 20
    assert int(told[0]) < 3 * MEGABYTES  # drivers hold some pieces at a time, of up to 50 MB


def test_a_killed_upload_leaves_no_record(place, tmp_path):
    """Killed while the bytes are on their way: nothing lies at the place that a record could name, and the run is lost."""
    address, secrets = place
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(24 << 20))
    code = """
        import os, sys, threading, time
        from mlrun_jupyter import new_task, run_local
        def work(context):
            context.log_result("before", 1)
            threading.Timer(float(os.environ["AFTER"]), lambda: os.kill(os.getpid(), 9)).start()
            context.log_artifact("big", local_path=sys.argv[2])
            time.sleep(60)
        task = new_task("killed", artifact_path=sys.argv[1]).with_secrets("inline", eval(sys.argv[3]))
        run_local(task, handler=work)
    """
    for delay in (0.01, 0.1, 0.3):
        done = _run(code, address, path, secrets, check=False, AFTER=str(delay))
        assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    db = get_run_db()
    for run in db.list_runs("killed"):
        assert (run.state(), run.status.reason, run.results) == ("error", "lost", {"before": 1})
        for entry in run.status.artifacts:  # it was quicker than the kill: then all of it is there
            assert datastore.resolve(entry["spec"]["target_path"], secrets=secrets).stat().size == path.stat().st_size
    for record in db.list_artifacts(tag="*"):
        assert datastore.resolve(record.spec.target_path, secrets=secrets).stat().size == path.stat().st_size


def test_versions_are_deleted_with_their_bytes(place):
    address, secrets = place

    def work(context):
        context.log_artifact("notes", body="some text")

    run = run_local(new_task("gone", artifact_path=address).with_secrets("inline", secrets), handler=work)
    db = get_run_db()
    (record,) = db.list_artifacts("notes", tag="*")
    assert db.del_artifacts("notes", tag="*", secrets=secrets) == 1
    assert run.state() == "completed"
    with pytest.raises(NotFoundError):
        datastore.resolve(record.spec.target_path, secrets=secrets).get()


def test_wrong_and_missing_credentials(place, cloud):
    """Told with the names of what is asked for. (moto and fake-gcs-server let everybody in.)"""
    address, secrets = place
    if cloud[0] == "s3":
        bare = {"AWS_ENDPOINT_URL": secrets["AWS_ENDPOINT_URL"]}
        with pytest.raises(DataError, match="AWS_ACCESS_KEY_ID"):
            datastore.resolve(f"{address}/x", secrets=bare).put(b"1")
    elif cloud[0] == "az":
        with pytest.raises(DataError, match="AZURE_STORAGE_CONNECTION_STRING"):
            datastore.resolve(f"{address}/x", secrets={}).put(b"1")
        other = secrets["AZURE_STORAGE_CONNECTION_STRING"].replace(cloud_servers.AZURE_KEY, "c2VjcmV0a2V5cw==")
        with pytest.raises(DataError, match="refused") as caught:
            datastore.resolve(f"{address}/x", secrets={"AZURE_STORAGE_CONNECTION_STRING": other}).put(b"1")
        assert "c2VjcmV0a2V5cw==" not in str(caught.value)
    else:
        with pytest.raises(MlrunError, match="GOOGLE_APPLICATION_CREDENTIALS"):
            datastore.resolve(f"{address}/x", secrets={"GCP_CREDENTIALS": "/no/such/file.json"}).put(b"1")


def test_a_bucket_that_is_not_there(place, cloud):
    _address, secrets = place
    item = datastore.resolve(f"{cloud[0]}://no-such-bucket/x", secrets=secrets)
    with pytest.raises(NotFoundError):
        item.get()
    with pytest.raises((NotFoundError, StoreUnavailableError), match="no-such-bucket"):
        item.put(b"1")


def _run(code, address, path, secrets, *, check=True, **environment):
    """Another process that works with a file and an address."""
    known = {
        **os.environ,
        **environment,
        "PYTHONPATH": cloud_servers.drivers(),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), address, str(path), repr(secrets)],
        env=known,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done
