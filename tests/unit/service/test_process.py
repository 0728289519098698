"""The service as a process: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.db.remote import nearby
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, NotFoundError, StoreUnavailableError
from mlrun_jupyter.service import main

SERVE = """
import json, sys
from mlrun_jupyter.service.main import serve
serve(**json.loads(sys.argv[1]), ready=lambda url: print(url, flush=True))
"""


class Process:
    """A service of its own."""

    def __init__(self, folder: Path, **options: Any) -> None:
        settings = json.dumps({"port": 0, "dirpath": str(folder), **options})
        self.popen = subprocess.Popen(
            [sys.executable, "-c", SERVE, settings], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.popen.stdout is not None
        self.url = self.popen.stdout.readline().strip()
        self.folder = folder

    @property
    def token(self) -> str:
        return (self.folder / "service" / "token").read_text().strip()

    def get(self, path: str) -> httpx2.Response:
        """Waits until the first answer: the address is bound before the application is up."""
        return httpx2.get(self.url + path, headers={"authorization": f"Bearer {self.token}"}, timeout=30)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.popen.send_signal(number)
        _out, err = self.popen.communicate(timeout=30)
        return self.popen.returncode, err


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    running = Process(tmp_path / "store")
    yield running
    if running.popen.poll() is None:
        running.end(signal.SIGKILL)


def test_it_listens_on_loopback_only_and_keeps_its_token_to_itself(process: Process) -> None:
    assert process.get("/health").status_code == 200
    token = process.token
    assert (process.folder / "service" / "token").stat().st_mode & 0o777 == 0o600
    assert token not in Path(f"/proc/{process.popen.pid}/cmdline").read_text()
    assert listening(process.popen.pid) == {"0100007F"}
    process.get("/api/native/v1/service")
    code, log = process.end()
    assert code == 0
    assert "GET /api/native/v1/service 200" in log
    assert token not in log


def listening(pid: int) -> set[str]:
    """The addresses on which a process accepts connections, as the kernel writes them."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            match = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except FileNotFoundError:
            continue
        if match:
            sockets.add(match[1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                found.add(fields[1].partition(":")[0])
    return found


def test_a_second_one_for_the_folder_names_the_first(process: Process) -> None:
    process.get("/health")
    with pytest.raises(ConflictError, match=f"process {process.popen.pid}") as caught:
        main.serve(port=0, dirpath=str(process.folder))
    assert process.url in str(caught.value)


def test_after_a_kill_another_one_may_start(tmp_path: Path) -> None:
    first = Process(tmp_path / "store")
    first.get("/health")
    first.end(signal.SIGKILL)
    assert nearby.find(tmp_path / "store") is None
    second = Process(tmp_path / "store")
    assert second.get("/health").status_code == 200
    assert second.end()[0] == 0
    assert not (tmp_path / "store" / "service" / "service.json").exists()


def test_a_request_under_way_is_answered_before_it_ends(process: Process) -> None:
    import http.client
    from urllib.parse import urlsplit

    token = process.get("/api/native/v1/changes").json()["token"]
    place = urlsplit(process.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    path = f"/api/native/v1/changes?since={token}&timeout=2"
    connection.request("GET", path, headers={"authorization": f"Bearer {process.token}"})
    process.get("/health")  # came later, and is answered: so the other one is under way
    assert process.end(signal.SIGINT)[0] == 0
    assert connection.getresponse().status == 200
    connection.close()


def test_the_log_may_be_json(tmp_path: Path) -> None:
    process = Process(tmp_path / "store", log_format="json")
    process.get("/api/native/v1/service?secret=1")
    lines = [json.loads(line) for line in process.end()[1].splitlines()]
    (line,) = [line for line in lines if "GET" in line["message"]]
    assert line["message"] == "GET /api/native/v1/service 200"
    assert (line["operation"], line["token"]) == ("about", "owner")


def test_several_workers_answer(tmp_path: Path) -> None:
    process = Process(tmp_path / "store", workers=2, log_level="WARNING")
    document = {"metadata": {"project": "p", "uid": "u"}}
    headers = {"authorization": f"Bearer {process.token}"}
    with httpx2.Client(base_url=f"{process.url}/api/native/v1", headers=headers, timeout=30) as client:
        assert client.put("/projects/p/runs/u", json=document).status_code == 200
    for _ in range(8):
        assert process.get("/api/native/v1/runs?project=p").json()["rows"][0]["metadata"]["uid"] == "u"
    process.end()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_nobody_is_served_by_accident(tmp_path: Path, host: str) -> None:
    with pytest.raises(InvalidArgumentError, match="takes a token that you have set up"):
        main.serve(port=0, host=host, dirpath=str(tmp_path))


def test_with_a_token_others_are_served(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-of-enough-letters\n")
    process = Process(
        tmp_path / "store", host="0.0.0.0", token_file=str(tmp_path / "token"), names=["runs.example.org"]
    )
    headers = {"authorization": "Bearer a-token-of-enough-letters"}
    for host, status in (("runs.example.org", 200), ("127.0.0.1", 200), ("evil.example.org", 421)):
        answer = httpx2.get(f"{process.url}/api/native/v1/service", headers={**headers, "host": host}, timeout=30)
        assert answer.status_code == status
    process.end()


@pytest.mark.parametrize(
    "options",
    [{"certificate": "cert.pem"}, {"port": 70000}, {"workers": 0}, {"log_format": "xml"}, {"log_level": "LOUD"}],
    ids=str,
)
def test_settings_that_do_not_go_together_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        main.serve(dirpath=str(tmp_path), **options)


def test_a_token_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        main.serve(dirpath=str(tmp_path), token_file="/nowhere/token")


def test_a_port_that_is_taken_is_named(process: Process, tmp_path: Path) -> None:
    port = int(process.url.rpartition(":")[2])
    with pytest.raises(StoreUnavailableError, match=f"port {port}"):
        main.serve(dirpath=str(tmp_path / "other"), port=port)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_tls_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    process = Process(tmp_path / "store", certificate=certificate, key=key)
    assert process.url.startswith("https://")
    address = process.url.replace("://", f"://:{process.token}@")
    with pytest.raises(StoreUnavailableError, match="SSL_CERT_FILE"):
        HTTPRunDB(address).list_projects()
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    db = HTTPRunDB(address)
    assert db.list_projects() == []
    db.close()
    process.end()
