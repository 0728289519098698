"""A bucket that is full: the artifact is refused in words, and the run with all else that it recorded is kept."""

from __future__ import annotations

import http.server
import threading

import pytest

from mlrun_jupyter import config, datastore, get_run_db, new_task, run_local
from mlrun_jupyter.errors import RunError, StoreUnavailableError

FULL = [(403, "QuotaExceeded"), (507, "InsufficientStorage"), (409, "XMinioStorageFull")]
"""What Ceph, gateways and MinIO answer."""


class FullBucket(http.server.BaseHTTPRequestHandler):
    """S3 that has no file and takes none."""

    protocol_version = "HTTP/1.1"
    answer = FULL[0]

    def _refuse(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body = 404, b""
        if self.command in ("PUT", "POST"):
            status, code = self.answer
            body = f"<Error><Code>{code}</Code><Message>It is full.</Message></Error>".encode()
        elif self.command == "GET":
            status, body = 200, b"<ListBucketResult></ListBucketResult>"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = _refuse  # noqa: N815 - the base class's names

    def log_message(self, *args):
        pass


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FullBucket)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    config.reset()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    yield {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "t0ps3cret", "AWS_ENDPOINT_URL": address}
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("answer", FULL)
@pytest.mark.parametrize("size", [10, 6 << 20], ids=["small", "in parts"])
def test_it_is_told_as_full(secrets, tmp_path, monkeypatch, answer, size):
    monkeypatch.setattr(FullBucket, "answer", answer)
    (tmp_path / "data").write_bytes(b"x" * size)
    with pytest.raises(StoreUnavailableError, match="no room is left") as caught:
        datastore.resolve("s3://bucket/data", secrets=secrets).upload(tmp_path / "data")
    assert answer[1] in str(caught.value)
    assert "t0ps3cret" not in str(caught.value)


def test_the_run_is_kept(secrets, tmp_path):
    def work(context):
        context.log_result("before", 1)
        context.log_artifact("model", body=b"x" * 100)

    task = new_task("full", artifact_path="s3://bucket/out").with_secrets("inline", secrets)
    with pytest.raises(RunError, match="no room is left"):
        run_local(task, handler=work)
    (run,) = get_run_db().list_runs("full")
    assert (run.state(), run.results, run.status.artifacts) == ("error", {"before": 1}, [])
    assert get_run_db().list_artifacts(tag="*") == []


def test_the_run_goes_on_where_its_code_does(secrets):
    def work(context):
        try:
            context.log_artifact("model", body=b"1")
        except StoreUnavailableError:
            context.log_result("fell back", True)

    task = new_task("handled", artifact_path="s3://bucket/out").with_secrets("inline", secrets)
    run = run_local(task, handler=work)
    assert (run.state(), run.results["fell back"]) == ("completed", True)
