"""A small HTTP server on loopback whose answers a test sets."""

import contextlib
import http.server
import threading

import pytest


class Server:
    """``routes`` maps a path to a function of the request handler; ``seen`` holds what was asked for."""

    def __init__(self):
        self.routes = {}
        self.seen = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self):
                self.close_connection = True
                size = int(self.headers.get("Content-Length") or 0)
                outer.seen.append(
                    (
                        self.command,
                        self.path,
                        {name.lower(): value for name, value in self.headers.items()},
                        self.rfile.read(size),
                    )
                )
                route = outer.routes.get(self.path.partition("?")[0])
                with contextlib.suppress(ConnectionError):
                    route(self) if route else reply(self, 404, b"")

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer  # noqa: N815 - the base class's names

            def log_message(self, *args):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def reply(handler, status, body, **headers):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


@pytest.fixture
def server():
    running = Server()
    yield running
    running.close()


@pytest.fixture
def answer():
    return reply
