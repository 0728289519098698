"""Files sent to web addresses: piece by piece, whole again after a failure, and a refusal is told as what it is."""

import os
import re
import socket
import threading

import pytest

from mlrun_jupyter import datastore
from mlrun_jupyter.datastore import web
from mlrun_jupyter.errors import DataError, StoreUnavailableError

SIZE = (3 << 20) + 7


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(web, "_PAUSE", 0)
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def test_a_file_is_sent_in_pieces_with_its_size(server, answer, source):
    server.routes["/in/big.bin"] = lambda request: answer(request, 201, b"")
    told = []
    datastore.resolve(server.url + "/in/big.bin", secrets={"HTTP_TOKEN": "t0ken"}).upload(
        source, progress=lambda done, total: told.append((done, total))
    )
    method, _path, headers, body = server.seen[-1]
    assert (method, headers["content-length"], headers["authorization"]) == ("PUT", str(SIZE), "Bearer t0ken")
    assert body == source.read_bytes()
    assert told == [(done << 20, SIZE) for done in (1, 2, 3)] + [(SIZE, SIZE)]


def test_a_busy_host_gets_the_whole_file_again(server, answer, source):
    statuses = [503, 503, 201]
    server.routes["/big.bin"] = lambda request: answer(request, statuses.pop(0), b"")
    datastore.resolve(server.url + "/big.bin").upload(source)
    assert [len(body) for *_rest, body in server.seen] == [SIZE] * 3


def test_an_empty_file_and_v3io(server, answer, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "some").write_bytes(b"some")
    server.routes["/empty"] = server.routes["/users/some"] = lambda request: answer(request, 201, b"")
    datastore.resolve(server.url + "/empty").upload(tmp_path / "empty")
    datastore.resolve("v3io:///users/some", secrets={"V3IO_API": server.url, "V3IO_ACCESS_KEY": "k"}).upload(
        tmp_path / "some"
    )
    assert [body for *_rest, body in server.seen] == [b"", b"some"]


@pytest.mark.parametrize(("status", "told"), [(507, "no room"), (413, "no room"), (403, "access was refused")])
def test_a_host_that_refuses_before_it_has_read_all_is_heard(source, status, told):
    """It answers after the head and hangs up, as hosts do that are full or know the size to be too large."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse():
            connection, _address = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)

        thread = threading.Thread(target=refuse)
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(DataError, match=told):
            datastore.resolve(f"http://127.0.0.1:{port}/big.bin").upload(source)
        thread.join()


def test_a_host_that_hangs_up_is_given_up_in_the_end(source, monkeypatch):
    monkeypatch.setattr(web, "_PUTS", 2)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up():
            for _ in range(2):
                listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(StoreUnavailableError, match=re.escape(address)):
            datastore.resolve(f"{address}/big.bin").upload(source)
        thread.join()
