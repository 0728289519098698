"""What artifacts cost, beside a plain copy with SHA-256, and data sets beside pyarrow's writer and numpy's statistics."""

from __future__ import annotations

import hashlib
import itertools
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import in_turn, report, scratch, seconds

from mlrun_jupyter import artifacts, datastore

ROWS = 1_000_000
MEGABYTE = 1 << 20
SMALL = 10_000
_numbers = itertools.count()


def producer(name: str) -> artifacts.Producer:
    return artifacts.Producer(name=name, uid="0123456789abcdef" * 2, project="bench")


def log(artifact: artifacts.Artifact, name: str) -> Any:
    return artifacts.write(artifact, producer=producer(name), out_path="out")


def copy_with_hash(source: Path, target: Path) -> None:
    """Read, hash and write once, in pieces: what storing a file cannot do without."""
    state = hashlib.sha256()
    buffer = memoryview(bytearray(MEGABYTE))
    with source.open("rb", buffering=0) as origin, target.open("wb", buffering=0) as copy:
        while size := origin.readinto(buffer):
            state.update(buffer[:size])
            copy.write(buffer[:size])


def file_of(size: int) -> None:
    source = Path(f"source-{size}")
    source.write_bytes(os.urandom(size))

    def change() -> None:
        """Other bytes each time: the same would not be stored again."""
        with source.open("r+b") as file:
            file.write(next(_numbers).to_bytes(8))

    def ours() -> None:
        change()
        log(artifacts.Artifact("big", local_path=source), f"file{next(_numbers)}")

    def floor() -> None:
        change()
        copy_with_hash(source, Path(f"copy-{next(_numbers)}"))

    large = size > 10 * MEGABYTE
    measured = in_turn(ours, floor, repeat=3 if large else 30)
    target = "at most 1.3 times the floor" if large else "at most 2.5 ms"
    report(
        f"log a file of {size // MEGABYTE} MB",
        *(each * 1000 for each in measured),
        "ms",
        floor_is="copy with SHA-256",
        target=target,
    )
    shutil.rmtree("out", ignore_errors=True)
    for path in Path().glob("copy-*"):
        path.unlink()


def many_small() -> None:
    number = next(_numbers)
    bodies = [b"%d of %d" % (each, number) for each in range(SMALL)]

    def ours() -> None:
        for each, body in enumerate(bodies):
            log(artifacts.Artifact(f"a{each}", body=body), f"small{number}")

    def floor() -> None:
        folder = Path(f"floor{number}")
        folder.mkdir()
        for each, body in enumerate(bodies):
            hashlib.sha256(body).hexdigest()
            (folder / f"a{each}").write_bytes(body)

    report(
        "small artifacts in one run",
        SMALL / seconds(ours),
        SMALL / seconds(floor),
        "1/s",
        floor_is="hash and write each",
        target="at least 1,000/s",
    )
    synced = seconds(artifacts.sync_pending)
    report("  the recorder's sync of them", synced / SMALL * 1e6, 0.0, "us each")


def a_run_of_many() -> None:
    """All the way: bytes, journal, and every record in the store."""
    from mlrun_jupyter import run_local
    from mlrun_jupyter.tracking import tracker

    def work(context: Any) -> None:
        for number in range(SMALL):
            context.log_artifact(f"a{number}", body=b"%d of many" % number)

    def ours() -> None:
        run = run_local(handler=work, name="many")
        tracker.of(run.db).flush()

    def floor() -> None:
        Path("many").mkdir()
        with sqlite3.connect("many.db") as db:
            db.execute("pragma journal_mode = wal")
            db.execute("create table artifact (name text, hash text, body text)")
            for number in range(SMALL):
                body = b"%d of many" % number
                (Path("many") / f"a{number}").write_bytes(body)
                db.execute(
                    "insert into artifact values (?, ?, ?)", (f"a{number}", hashlib.sha256(body).hexdigest(), "{}")
                )
        db.close()

    took = [(seconds(action), time.process_time()) for action in (lambda: None, ours, floor)]
    report(
        "small artifacts of one run, stored",
        SMALL / took[1][0],
        SMALL / took[2][0],
        "1/s",
        floor_is="hash and write each, a row each",
        target="at least 1,000/s",
    )
    report(
        "  the same by processor time",
        SMALL / (took[1][1] - took[0][1]),
        SMALL / (took[2][1] - took[1][1]),
        "1/s",
        floor_is="as above",
    )


def frame() -> Any:
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(0)
    columns: dict[str, Any] = {f"f{each}": draw.normal(size=ROWS) for each in range(12)}
    columns |= {f"i{each}": draw.integers(0, 1000, ROWS) for each in range(4)}
    columns |= {f"s{each}": draw.choice(["alpha", "beta", "gamma", "delta"], ROWS) for each in range(3)}
    return pd.DataFrame({**columns, "t": pd.date_range("2020", periods=ROWS, freq="s")})


def data_sets() -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mlrun_jupyter.artifacts import stats

    data = frame()

    def ours() -> None:
        log(artifacts.DatasetArtifact("d", data), f"data{next(_numbers)}")
        shutil.rmtree("out")

    def write() -> None:
        pq.write_table(pa.Table.from_pandas(data), f"plain{next(_numbers) % 2}.parquet")

    def numpy_statistics() -> None:
        for name in data.columns:
            values = data[name].to_numpy()
            if values.dtype.kind in "fi":
                (
                    values.min(),
                    values.max(),
                    values.mean(),
                    values.std(),
                    np.percentile(values, [25, 50, 75]),
                    np.histogram(values, 20),
                )

    def floor() -> None:
        write()
        numpy_statistics()

    shape = f"{ROWS:,} x {data.shape[1]}"
    report(
        f"log_dataset of {shape}",
        *in_turn(ours, floor, repeat=5),
        "s",
        floor_is="pyarrow write, then numpy statistics",
        target="at most 0.6 s",
    )
    report("  the same beside the write alone", *in_turn(ours, write, repeat=5), "s", floor_is="pyarrow write")
    table = pa.Table.from_pandas(data)
    report(
        f"statistics of {shape}",
        *in_turn(lambda: stats.describe(table), numpy_statistics, repeat=5),
        "s",
        floor_is="numpy, fewer of them",
    )
    log(artifacts.DatasetArtifact("d", data), "read")
    path = "out/read/01234567/d.parquet"
    both = in_turn(lambda: datastore.resolve(path).as_df(), lambda: pq.read_table(path).to_pandas(), repeat=3)
    report("as_df of it", *both, "s", floor_is="pyarrow read")


def larger_than_memory(gigabytes: float) -> None:
    """In a process of its own, for its peak of memory."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = np.random.default_rng(0)
    piece = {f"f{each}": draw.normal(size=ROWS) for each in range(16)}
    schema = pa.table(piece).schema
    with pq.ParquetWriter("large.parquet", schema) as writer:
        while Path("large.parquet").stat().st_size < gigabytes * 1e9:
            writer.write_table(pa.table({name: values + next(_numbers) for name, values in piece.items()}))
    size = Path("large.parquet").stat().st_size / 1e9
    took = seconds(lambda: subprocess.run([sys.executable, __file__, "--large"], check=True))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    floor = seconds(lambda: copy_with_hash(Path("large.parquet"), Path("large.copy")))
    report(f"log_dataset of a {size:.1f} GB file", took, floor, "s", floor_is="copy with SHA-256")
    report("  its peak of memory", peak, 0.0, "GB", target="under 1 GB")


def addresses() -> None:
    """Reading a local path must cost no more than opening it."""
    Path("small.txt").write_bytes(b"x" * 100)
    path = str(Path("small.txt").resolve())
    plain: Callable[[], object] = Path(path).read_bytes
    both = in_turn(lambda: [datastore.resolve(path).get() for _ in range(1000)], lambda: [plain() for _ in range(1000)])
    report("resolve and get a local file", *(each * 1000 for each in both), "us", floor_is="Path.read_bytes")


def main() -> None:
    with scratch():
        addresses()
        many_small()
        a_run_of_many()
        file_of(MEGABYTE)
        file_of(200 * MEGABYTE)
        data_sets()
        if gigabytes := float(os.environ.get("BENCH_LARGE_GB", "0")):
            larger_than_memory(gigabytes)


if __name__ == "__main__":
    if "--large" in sys.argv:
        log(artifacts.DatasetArtifact("large", "large.parquet"), "large")
    else:
        main()
