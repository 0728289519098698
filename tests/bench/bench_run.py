"""What tracking costs: a small run, a point of a metric, a sweep; beside plain sqlite3 in the same process."""

from __future__ import annotations

import contextlib
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from floor import Floor
from measure import in_turn, report, scratch
from peer_adapter import Peer, open_

RUNS = 200
POINTS = 10_000
SWEEP = 1_000


def runs(peer: Peer) -> Callable[[], None]:
    def loop() -> None:
        for number in range(RUNS):
            peer.run(number)
        peer.settle()

    return loop


def acknowledged(peer: Peer) -> None:
    """The time that the caller's thread spends in ``log_metric``, beside an append of a line to a file."""
    spent: list[float] = []
    later: list[float] = []

    def points(context: Any) -> None:
        log = context.log_metric
        start = time.perf_counter()
        for step in range(POINTS):
            log("loss", 1 / (step + 1), step)
        spent.append(time.perf_counter() - start)

    def lines() -> None:
        with Path("lines").open("ab", buffering=0) as file:
            for step in range(POINTS):
                file.write(b'["loss",%d,%a]\n' % (step, 1 / (step + 1)))

    def logged() -> None:
        peer.mlrun.run_local(handler=points, name="bench")
        start = time.perf_counter()
        peer.settle()
        later.append(time.perf_counter() - start)

    _, plain = in_turn(logged, lines)
    ours = statistics.median(spent[1:])
    report(
        f"{POINTS} points, until the store has them", statistics.median(later[1:]) * 1e3, 0.0, "ms", target="50 ms more"
    )
    report(
        "log_metric, in the caller", ours / POINTS * 1e6, plain / POINTS * 1e6, "us", floor_is="append", target="3 us"
    )


def main() -> None:
    with scratch(), contextlib.redirect_stderr(io.StringIO()):
        peer, floor = open_("sqlite", None), Floor()
        try:
            compare(peer, floor)
        finally:
            peer.close()


def compare(peer: Peer, floor: Floor) -> None:
    ours, plain = in_turn(
        runs(peer), lambda: [floor.run({"p1": number}, {"a": 1.0, "b": 2.0}) for number in range(RUNS)]
    )
    report("tracked run, stored", ours / RUNS * 1e3, plain / RUNS * 1e3, "ms", floor_is="sqlite3", target="0.3 ms")

    ours, plain = in_turn(lambda: peer.steps(POINTS, 0), lambda: floor.points(POINTS))
    report("point of a metric, stored", ours / POINTS * 1e6, plain / POINTS * 1e6, "us", floor_is="sqlite3")
    ours, plain = in_turn(lambda: peer.steps(POINTS, 0), lambda: floor.points_at_once(POINTS))
    report("the same", ours / POINTS * 1e6, plain / POINTS * 1e6, "us", floor_is="sqlite3, in bulk", target="2.5 us")
    acknowledged(peer)

    ours, plain = in_turn(
        lambda: peer.sweep(SWEEP),
        lambda: [floor.run({"p1": number}, {"loss": 1.0}) for number in range(SWEEP)],
        repeat=3,
    )
    report(f"sweep of {SWEEP}, stored", ours, plain, "s", floor_is="sqlite3", target="0.20 s")


if __name__ == "__main__":
    main()
