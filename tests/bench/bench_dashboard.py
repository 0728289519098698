"""What looking at many runs costs in a browser: the first rows, scrolling, memory, and a run that has just begun.

The store is filled by ``bench_store``'s runs; ``MLRUN_BENCH_STORE`` names one that is filled already.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench_store import Maker, batches
from measure import report, scratch
from playwright.sync_api import Page, sync_playwright

from mlrun_jupyter.db import open_db
from mlrun_jupyter.model.run import RunRecord

RUNS = 100_000
MILLION = 1_000_000
FRAME_COUNT = 240
EMPTY = "<!doctype html><title>empty</title><table><tr><td>row</td></tr></table>"
FIRST_ROWS = """() => new Promise(done => {
  const look = () => document.querySelectorAll('.mj-grid tbody tr').length > 15 ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""
FRAMES = """async ({selector, step, frames}) => {
  const box = document.querySelector(selector);
  const took = [];
  let last = await new Promise(requestAnimationFrame);
  for (let at = 0; at < frames; at++) {
    if (box) box.scrollTop += step;
    const now = await new Promise(requestAnimationFrame);
    took.push(now - last);
    last = now;
  }
  took.sort((a, b) => a - b);
  return {median: took[took.length >> 1], late: took.filter(each => each > 25).length / took.length};
}"""


def fill(path: str, size: int) -> None:
    db, maker = open_db(path), Maker()
    for count in batches(size, 1_000):
        records = [record for _ in range(count) for record in maker.records()[1]]
        db.apply("bench", records)


@contextlib.contextmanager
def service(path: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Address and token of ``mlrun db`` over a store."""
    token, file = secrets.token_hex(24), folder / "token"
    file.write_text(token)
    file.chmod(0o600)
    log = folder / "service.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "mlrun_jupyter", "db", "-p", "0", "-d", path, "--token-file", str(file)]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        while "http://" not in log.read_text():
            if process.poll() is not None:
                raise RuntimeError(log.read_text()[-2000:])
            time.sleep(0.1)
        address = "http://" + log.read_text().split("http://", 1)[1].split(";")[0]
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/health").close()
        yield address, token
    finally:
        process.terminate()
        process.wait(30)


def memory(page: Page) -> float:
    """Megabytes that the page's scripts hold."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def children(pid: int) -> list[int]:
    """A process and all that came of it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [each for child in task.read_text().split() for each in children(int(child))]
    return found


def cpu() -> float:
    """Milliseconds of processor time that the browser, its driver, the service and this process have taken."""
    ticks = 0
    for pid in set(children(os.getpid())):
        with contextlib.suppress(OSError):
            ticks += sum(int(each) for each in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])
    return ticks * 1e3 / os.sysconf("SC_CLK_TCK")


def first_rows(page: Page, address: str, until: str = FIRST_ROWS) -> tuple[float, float]:
    """Milliseconds from navigation until rows stand there, and those of the processors until then: medians of five, the
    browser's cache warm."""
    took = []
    for _ in range(6):
        page.goto("about:blank")
        page.wait_for_timeout(500)
        before = cpu()
        page.goto(address, wait_until="commit")
        took.append((float(page.evaluate(until)), cpu() - before))
    return sorted(each[0] for each in took[1:])[2], sorted(each[1] for each in took[1:])[2]


def plain(page: Page, address: str) -> tuple[float, float]:
    """The same for a page of one row that asks nothing."""
    page.route("**/nothing", lambda route: route.fulfill(body=EMPTY, content_type="text/html"))
    drawn = "() => new Promise(done => requestAnimationFrame(() => done(performance.now())))"
    return first_rows(page, f"{address}/nothing", drawn)


def answer_time(address: str, token: str, question: str) -> float:
    """Milliseconds of one answer of the service; the median of nine."""
    request = urllib.request.Request(
        f"{address}/mlrun-jupyter/api/{question}", headers={"Authorization": f"Bearer {token}"}
    )
    took = []
    for _ in range(9):
        start = time.perf_counter()
        urllib.request.urlopen(request).read()
        took.append((time.perf_counter() - start) * 1e3)
    return sorted(took)[4]


def scrolling(page: Page, figure: str, floor: dict[str, float], step: int = 132, *, selector: str = ".mj-grid") -> None:
    """Scroll by four rows a frame; the other way at the end of the list."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    session.send("Performance.enable")
    before = busy(session)
    told = page.evaluate(FRAMES, {"selector": selector, "step": step, "frames": FRAME_COUNT})
    each = (busy(session) - before) / FRAME_COUNT
    report(f"{figure}, of the processor for a frame", each, 1e3 / 60, "ms", floor_is="60 fps", target="below 1 x")
    report(figure, told["median"], floor["median"], "ms", floor_is="an empty page's frames", target="60 fps: 16.7 ms")
    report(f"{figure}, share of late frames", told["late"], floor["late"], "", floor_is="the same of an empty page")


def busy(session: Any) -> float:
    """Milliseconds of processor time that the page's main thread has worked."""
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"]) * 1e3


def down(page: Page, rows: int) -> None:
    """Scroll until so many rows have been read."""
    before = -1
    while before < rows:
        page.evaluate("() => { const box = document.querySelector('.mj-grid'); box.scrollTop = box.scrollHeight; }")
        page.wait_for_timeout(50)
        before = int(page.evaluate("() => Math.round(document.querySelector('.mj-grid').scrollHeight / 33)"))


def newly_begun(page: Page, store: str) -> float:
    """Milliseconds until a run that is written to the store stands in the list; the median of three."""
    took = []
    db = open_db(store)
    for _ in range(3):
        uid = secrets.token_hex(16)
        head = {"name": f"fresh-{uid[:6]}", "uid": uid, "project": "bench"}
        moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 3600))
        run = RunRecord.from_dict({"metadata": head, "status": {"state": "running", "start_time": moment}})
        page.wait_for_timeout(1500)
        start = time.perf_counter()
        db.store_run(run)
        page.wait_for_selector(f".mj-grid tbody tr:has-text('{head['name']}')", timeout=30_000)
        took.append((time.perf_counter() - start) * 1e3)
    return sorted(took)[1]


COMPARED = """() => new Promise(done => {
  const start = performance.now();
  [...document.querySelectorAll('button')].find(each => /compare/i.test(each.textContent)).click();
  const look = () => document.querySelectorAll('.mj-card tbody tr').length >= 100
    ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(look);
  look();
})"""


def comparison(page: Page, address: str) -> float:
    """Milliseconds from the button until a hundred runs stand beside one another."""
    page.goto(f"{address}/#/runs")
    page.evaluate(FIRST_ROWS)
    page.locator(".mj-grid tbody tr").first.click()
    page.keyboard.down("Shift")
    for _ in range(99):
        page.keyboard.press("ArrowDown")
    page.keyboard.up("Shift")
    return float(page.evaluate(COMPARED))


def million(page: Page, address: str) -> None:
    """A list of a million: the browser's part of it, with pages that are made up where they are asked for."""

    def made_up(route: Any) -> None:
        query = dict(part.partition("=")[::2] for part in route.request.url.partition("?")[2].split("&"))
        start, limit = int(query.get("after") or 0), int(query["limit"])
        rows = [
            {"project": "bench", "uid": f"{at:032x}", "name": "train", "state": "completed", "values": VALUES}
            for at in range(start, min(MILLION, start + limit))
        ]
        after = str(start + limit) if start + limit < MILLION else ""
        columns = [{"key": f"results.r{at}", "label": f"r{at}"} for at in range(8)]
        offered = [column["key"] for column in columns]
        route.fulfill(json={"rows": rows, "after": after, "columns": columns, "offered": offered, "understood": []})

    page.route("**/api/runs?**", made_up)
    page.goto(f"{address}/#/runs?columns=" + "%2C".join(f"results.r{at}" for at in range(8)))
    page.evaluate(FIRST_ROWS)
    start = time.perf_counter()
    down(page, MILLION)
    print(f"a million rows were scrolled through in {time.perf_counter() - start:.0f} s")


VALUES = [{"text": f"0.{at}234", "value": 0.1234, "type": "number"} for at in range(8)]


def main() -> None:
    chromium = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    with scratch() as folder, sync_playwright() as playwright:
        store = os.environ.get("MLRUN_BENCH_STORE", "")
        if not store:
            store = str(folder / "store")
            fill(store, RUNS)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with service(store, folder) as (address, token):
            # not as http_credentials: with these, Playwright turns the browser's cache off
            told = {"Authorization": "Basic " + base64.b64encode(f"bench:{token}".encode()).decode()}
            page = browser.new_context(extra_http_headers=told, viewport={"width": 1400, "height": 900}).new_page()
            floor = plain(page, address)
            empty = page.evaluate(FRAMES, {"selector": "html", "step": 0, "frames": FRAME_COUNT})
            bare = memory(page)
            shown = first_rows(page, f"{address}/#/runs")
            report("first rows", shown[0], floor[0], "ms", floor_is="a page of one row", target="at most 300 ms")
            report("first rows, of all processors", shown[1], floor[1], "ms", floor_is="a page of one row")
            asked = answer_time(address, token, "runs?limit=100&project=*")
            report("first rows, the service's answer", asked, shown[0], "ms", floor_is="the whole")
            scrolling(page, "scrolling", empty)
            down(page, 20_000)
            scrolling(page, "scrolling behind 20,000 rows", empty, -132)
            report(
                "memory behind 20,000 rows", memory(page), bare, "MB", floor_is="the empty page", target="under 150 MB"
            )
            page.goto(f"{address}/#/projects")
            page.goto(f"{address}/#/runs")
            page.wait_for_timeout(1000)
            page.evaluate("() => { document.querySelector('.mj-grid').scrollTop = 0; }")
            report("a new run is in the list", newly_begun(page, store), 0, "ms", target="within 1 s")
            report("100 runs compared", comparison(page, address), 0, "ms", target="at most 500 ms")
            if "million" in sys.argv[1:]:
                million(page, address)
                scrolling(page, "scrolling behind a million rows", empty, -132)
                report(
                    "memory behind a million rows",
                    memory(page),
                    bare,
                    "MB",
                    floor_is="the empty page",
                    target="under 150 MB",
                )
        browser.close()


if __name__ == "__main__":
    main()
