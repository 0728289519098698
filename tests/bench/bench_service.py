"""What the service costs: to start, at rest, a list, a tracked run; beside the standard library's server over sqlite3."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

from measure import in_turn, report, scratch

RUNS = int(os.environ.get("BENCH_RUNS", "100000"))
CLIENTS = 16
SECONDS = 4.0
TRACKED = 100
POINTS = 20_000

OURS = """
import sys
from mlrun_jupyter.service.main import serve
serve(port=0, dirpath=sys.argv[1], log_level="WARNING", ready=lambda url: print(url, flush=True))
"""
NOT_KEPT = """
from mlrun_jupyter.service import kept
kept.KeptAnswers.key = lambda self, call: None
"""
FLOOR = """
import json, sqlite3, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
db, lock = sqlite3.connect(sys.argv[1], isolation_level=None, check_same_thread=False), threading.Lock()
db.execute("pragma journal_mode=wal")
db.execute("pragma synchronous=normal")
db.executescript('''create table if not exists run (id integer primary key, uid text unique, name text, state text,
    started real, params text, results text, labels text);
    create table if not exists point (run text, name text, step integer, moment real, value real);''')
class Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm, wbufsize = "HTTP/1.1", True, -1
    def log_message(self, *words): pass
    def answer(self, body):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        with lock:
            rows = db.execute("select uid, name, state, started, params, results, labels from run order by id desc limit 50").fetchall()
        self.answer(json.dumps(rows).encode())
    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with lock:
            db.execute("begin")
            if "points" in sent:
                db.executemany("insert into point values (?, ?, ?, ?, ?)", sent["points"])
            elif "results" in sent:
                db.execute("update run set state = 'completed', results = ? where uid = ?", (json.dumps(sent["results"]), sent["uid"]))
            else:
                db.execute("insert into run (uid, name, state, started, params) values (?, ?, 'running', ?, ?)",
                           (sent["uid"], sent["name"], sent["started"], json.dumps(sent["params"])))
            db.execute("commit")
        self.answer(b"{}")
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


class Server(NamedTuple):
    """A server that runs, and how long it took until its first answer."""

    url: str
    pid: int
    started: float
    headers: dict[str, str]

    def get(self, path: str) -> bytes:
        with urlopen(Request(self.url + path, headers=self.headers), timeout=60) as response:
            return bytes(response.read())

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes, its share of what it shares counted in."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextlib.contextmanager
def running(code: str, argument: str, *, probe: str = "/health", folder: str = "") -> Iterator[Server]:
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code, argument], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urlopen(url + probe, timeout=60) as response:
            response.read()
        started = time.perf_counter() - start
        headers = {}
        if folder:
            token = Path(folder, "service", "token").read_text().strip()
            headers = {"Authorization": f"Bearer {token}"}
        yield Server(url, process.pid, started, headers)
    finally:
        process.terminate()
        process.communicate(timeout=30)


class Load(NamedTuple):
    """What came of a load: requests a second, the slowest of a hundred (s), processor time of the server for one (s)."""

    rate: float
    p99: float
    cpu: float


def load(server: Server, path: str) -> Load:
    """``CLIENTS`` connections ask as fast as they are answered."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", *(f"{n}: {v}" for n, v in server.headers.items())]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    waits: list[float] = []

    async def client(end: float) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while (start := time.perf_counter()) < end:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head[:20], head
            at = head.lower().index(b"content-length:") + 15
            await reader.readexactly(int(head[at : head.index(b"\r", at)]))
            waits.append(time.perf_counter() - start)
        writer.close()

    async def all_of_them() -> None:
        end = time.perf_counter() + SECONDS
        await asyncio.gather(*(client(end) for _ in range(CLIENTS)))

    before = server.cpu()
    asyncio.run(all_of_them())
    waits.sort()
    return Load(len(waits) / SECONDS, waits[int(len(waits) * 0.99)], (server.cpu() - before) / len(waits))


def fill(folder: str, floor: str) -> None:
    """The same runs for both."""
    import random
    import sqlite3

    from mlrun_jupyter.db import close_all, open_db
    from mlrun_jupyter.model.journal import JournalRecord
    from mlrun_jupyter.model.run import RunKey

    chance = random.Random(1)
    db, plain = open_db(folder), sqlite3.connect(floor)
    plain.execute(
        "create table if not exists run (id integer primary key, uid text unique, name text, state text, started real, "
        "params text, results text, labels text)"
    )
    batch: list[JournalRecord] = []
    seq = 0
    for number in range(RUNS):
        key, name, moment = RunKey("bench", f"{number:032x}"), f"train-{number % 50}", 1.7e9 + number
        params, results = (
            {f"p{n}": chance.random() for n in range(5)},
            {"accuracy": chance.random(), "loss": chance.random()},
        )
        labels = {"owner": ("ann", "bob", "eve")[number % 3]}
        document = {
            "metadata": {"name": name, "labels": labels},
            "spec": {"parameters": params},
            "status": {"state": "running"},
        }
        for op, payload in (("open", {"run": document}), ("result", results), ("close", {"state": "completed"})):
            seq += 1
            batch.append(JournalRecord(seq, op, key, 1, moment, payload))
        row = (key.uid, name, "completed", moment, json.dumps(params), json.dumps(results), json.dumps(labels))
        plain.execute(
            "insert into run (uid, name, state, started, params, results, labels) values (?, ?, ?, ?, ?, ?, ?)", row
        )
        if len(batch) >= 12_000:
            db.apply("fill", batch)
            batch = []
    db.apply("fill", batch, durable=True)
    close_all()
    plain.commit()
    plain.close()


def starting(folder: str, floor: str) -> None:
    ours, plain, used = [], [], []
    for _ in range(5):
        with running(OURS, folder, folder=folder) as server:
            ours.append(server.started)
            used.append(server.cpu())
        with running(FLOOR, floor, probe="/") as server:
            plain.append(server.started)
    report(
        "service, start to first answer",
        statistics.median(ours),
        statistics.median(plain),
        "s",
        floor_is="http.server",
        target="0.8 s",
    )
    report("service, processor time of that", statistics.median(used), 0.0, "s")
    with running(OURS, folder, folder=folder) as server, running(FLOOR, floor, probe="/") as other:
        time.sleep(1)
        report("service, idle", server.memory(), other.memory(), "MB PSS", floor_is="http.server", target="70 MB")


def listing(folder: str, floor: str) -> None:
    newest = "/api/native/v1/runs?project=bench&limit=50"
    with running(FLOOR, floor, probe="/") as server:
        plain = load(server, "/")
    with running(OURS, folder, folder=folder) as server:
        assert len(json.loads(server.get(newest))["rows"]) == 50
        ours = load(server, newest)
    target = "1,500/s, p99 under 30 ms"
    what = f"newest 50 of {RUNS}, {CLIENTS} clients"
    report(what, ours.rate, plain.rate, "requests/s", floor_is="http.server", target=target)
    report("its p99", ours.p99 * 1e3, plain.p99 * 1e3, "ms", floor_is="http.server", target=target)
    report("its processor time", ours.cpu * 1e6, plain.cpu * 1e6, "us/request", floor_is="http.server")
    with running(NOT_KEPT + OURS, folder, folder=folder) as server:
        for name, path in (
            ("the same, worked out each time", newest),
            ("50 by accuracy", f"{newest}&sort=-results.accuracy"),
            ("50 of a filter", f"{newest}&where=results.accuracy+%3E+0.99&label=owner%3Dann"),
            ("the other system's list", "/api/v1/projects/bench/runs?page=1&page-size=50&iter=no"),
        ):
            found = load(server, path)
            report(name, found.rate, plain.rate, "requests/s", floor_is="http.server")
            report(f"{name}, processor time", found.cpu * 1e6, plain.cpu * 1e6, "us/request", floor_is="http.server")


def tracking(folder: str, floor: str) -> None:
    with running(OURS, folder, folder=folder) as server, running(FLOOR, floor, probe="/") as other:
        token = server.headers["Authorization"].removeprefix("Bearer ")
        os.environ["MLRUN_DBPATH"] = server.url.replace("://", f"://:{token}@")
        import mlrun_jupyter
        from mlrun_jupyter.tracking import tracker

        db = mlrun_jupyter.get_run_db().store

        def handler(context: Any, p1: int) -> None:
            context.log_result("a", p1 * 2.0)
            context.log_result("b", p1 * 3.0)

        def runs() -> None:
            for number in range(TRACKED):
                mlrun_jupyter.run_local(handler=handler, name="bench", params={"p1": number})
            tracker.of(db).flush()

        def points() -> None:
            def curve(context: Any) -> None:
                for step in range(POINTS):
                    context.log_metric("loss", 1 / (step + 1), step)

            mlrun_jupyter.run_local(handler=curve, name="bench")
            tracker.of(db).flush()

        post = poster(other)

        def plain_runs() -> None:
            for number in range(TRACKED):
                uid = uuid.uuid4().hex
                post({"uid": uid, "name": "bench", "started": time.time(), "params": {"p1": number}})
                post({"uid": uid, "results": {"a": number * 2.0, "b": number * 3.0}})

        def plain_points() -> None:
            rows = [("x", "loss", step, time.time(), 1 / (step + 1)) for step in range(POINTS)]
            for start in range(0, POINTS, 1000):
                post({"points": rows[start : start + 1000]})

        ours, plain = in_turn(runs, plain_runs, repeat=5)
        report(
            "tracked run through the service",
            ours / TRACKED * 1e3,
            plain / TRACKED * 1e3,
            "ms",
            floor_is="http.server",
            target="2.5 ms",
        )
        ours, plain = in_turn(points, plain_points, repeat=5)
        report(
            "point of a metric through it",
            ours / POINTS * 1e6,
            plain / POINTS * 1e6,
            "us",
            floor_is="http.server, in bulk",
            target="6 us",
        )


def poster(server: Server) -> Callable[[dict[str, Any]], None]:
    """Sends to the floor over one kept connection."""
    import http.client
    import socket

    host, _, port = server.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(value: dict[str, Any]) -> None:
        connection.request("POST", "/", json.dumps(value))
        connection.getresponse().read()

    return post


def main() -> None:
    with scratch() as here, contextlib.redirect_stderr(io.StringIO()):
        folder, floor = str(here / "store"), str(here / "floor.db")
        fill(folder, floor)
        starting(folder, floor)
        listing(folder, floor)
        tracking(folder, floor)


if __name__ == "__main__":
    main()
