"""What importing the package costs a fresh interpreter, and what the ``mlrun`` alias costs every interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from measure import in_turn, report, seconds

ROOT = Path(__file__).parents[2]


def interpreter(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd="/", stdout=subprocess.PIPE, text=True, check=True).stdout


def modules(code: str) -> int:
    return int(interpreter(f"{code}\nimport sys; print(len(sys.modules))"))


def memory(code: str) -> float:
    """Resident megabytes, as Linux counts them."""
    read = "import resource; print(int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize())"
    return int(interpreter(f"{code}\n{read}")) / 2**20


def alias() -> None:
    """What the .pth file does, without leaving its finder behind."""
    before = list(sys.meta_path)
    sys.meta_path[:] = [finder for finder in before if getattr(finder, "__name__", "") != "MlrunAlias"]
    exec((ROOT / "mlrun_jupyter" / "_alias.pth").read_text())
    sys.meta_path[:] = before


def main() -> None:
    for name, target in (("mlrun_jupyter", "at most 40 ms over the floor, 120 modules, 30 MB"), ("mlrun", "the same")):
        code = f"import {name}"
        ours, bare = in_turn(lambda code=code: interpreter(code), lambda: interpreter("pass"), repeat=15)
        report(code, ours * 1e3, bare * 1e3, "ms", floor_is="bare interpreter", target=target)
        report(f"{code}, modules", modules(code), modules("pass"), "modules", floor_is="bare interpreter")
        report(f"{code}, memory", memory(code), memory("pass"), "MB", floor_is="bare interpreter")
    bare = min(seconds(lambda: interpreter("pass")) for _ in range(10))
    cost = min(seconds(alias) for _ in range(100))
    report(
        "alias, at interpreter start", cost * 1e3, bare * 1e3, "ms", floor_is="bare interpreter", target="under 1 ms"
    )


if __name__ == "__main__":
    main()
