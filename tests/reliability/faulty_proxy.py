"""A line between client and service that can be broken in many ways."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import Self

ANSWERS = {
    "500": b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<h1>sorry</h1>\n",
    "503": b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n",
    "429": b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n",
    "cut JSON": b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{"seq": 10',
    "HTML": b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 14\r\n\r\n<html>in</html>"[:-1],
    "short": b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"seq":',
    "nonsense": b"\x00\xff\x00\xff" * 10,
}
MODES = ("refuse", "drop", "reset", "answer lost", "stall", "drip", *ANSWERS)


class FaultyProxy:
    """Passes on, until ``mode`` says otherwise; counts the connections that it broke."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._mode = "pass"
        self.broken = 0
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        self._open = True
        self._accepting: threading.Thread | None = None
        self._accept()

    @property
    def mode(self) -> str:
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        """Whoever is connected is cut off."""
        refuses = self._mode == "refuse"
        self._mode = mode
        if mode == "refuse":
            self._end_listening()
        elif refuses:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
            self._accept()
        self._cut()

    def _end_listening(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._accepting is not None:
            self._accepting.join(5)

    def _cut(self) -> None:
        with self._lock:
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self._sockets.clear()

    def _accept(self) -> None:
        listener = self._listener

        def accept() -> None:
            while True:
                try:
                    connection, _peer = listener.accept()
                except OSError:
                    return
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

        self._accepting = threading.Thread(target=accept, daemon=True)
        self._accepting.start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            with self._lock:
                self._sockets.add(client)
            mode = self._mode
            if mode == "pass":
                self._pass(client)
                return
            self.broken += 1
            if mode == "drop":
                return
            request = client.recv(65536)
            if mode == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif mode == "answer lost":
                self._deliver(client, request)
            elif mode == "stall":
                self._wait(mode, 60)
            elif mode == "drip":
                for letter in b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" * 20:
                    client.sendall(bytes([letter]))
                    self._wait(mode, 1)
            elif mode in ANSWERS:
                client.sendall(ANSWERS[mode])
                time.sleep(0.05)

    def _wait(self, mode: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self._mode == mode and time.monotonic() < end:
            time.sleep(0.02)

    def _deliver(self, client: socket.socket, request: bytes) -> None:
        """The request arrives, the answer does not."""
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            server.sendall(request)
            client.settimeout(0.3)
            server.settimeout(1.0)
            with contextlib.suppress(TimeoutError):
                while piece := client.recv(65536):
                    server.sendall(piece)
            server.recv(65536)

    def _pass(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            with self._lock:
                self._sockets.add(server)
            back = threading.Thread(target=self._copy, args=[server, client], daemon=True)
            back.start()
            self._copy(client, server)
            back.join()

    @staticmethod
    def _copy(origin: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := origin.recv(65536):
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._mode = "drop"
        self._end_listening()
        self._cut()
