"""What showing costs: building the whole bundle (JSON, HTML, text) of a card, a list and a comparison."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from measure import in_turn, report

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.compare import compare
from mlrun_jupyter.views import mime
from mlrun_jupyter.views.run import run_view
from mlrun_jupyter.views.runs import runs_view


def record(number: int = 0, *, results: int = 20, artifacts: int = 20, **status: Any) -> RunRecord:
    return RunRecord.from_dict(
        {
            "metadata": {"name": "train", "uid": f"{number:032x}", "project": "p", "labels": {"owner": "ann"}},
            "spec": {
                "parameters": {f"param_{i}": (number + i) * 0.37 for i in range(20)},
                "inputs": {"data": "a/b.csv"},
            },
            "status": {
                "state": "completed",
                "start_time": "2026-11-23T14:02:11+00:00",
                "end_time": "2026-11-23T14:02:13+00:00",
                "results": {f"result_{i}": (number + i) / 7 for i in range(results)},
                "artifacts": [
                    {
                        "kind": "dataset",
                        "metadata": {"key": f"artifact_{i}", "project": "p"},
                        "spec": {
                            "size": 1000 * i,
                            "length": i,
                            "header": ["a", "b"],
                            "target_path": f"/data/{i}.parquet",
                        },
                    }
                    for i in range(artifacts)
                ],
                **status,
            },
        }
    )


def sweep(iterations: int) -> RunRecord:
    head = ["state", "iter", "param.eta", "param.depth", "output.accuracy", "output.loss"]
    rows = [["completed", i, i % 7 / 10, i % 5, i * 7919 % 1000 / 1000, 1 - i / 1000] for i in range(1, iterations + 1)]
    run = record(results=2, artifacts=2, iterations=[head, *rows])
    run.spec.selector, run.spec.hyperparams = "max.accuracy", {"eta": [0.1]}
    return run


def main() -> None:
    curve = SimpleNamespace(steps=range(200), values=[1 / (i + 1) for i in range(200)])
    curves = {f"result_{i}": curve for i in range(5)}
    one, swept, many = record(), sweep(1000), [record(i, artifacts=2) for i in range(1000)]
    log = "".join(f"line {i}\n" for i in range(200))
    cases = {
        "card, 20 results, 20 artifacts": (one, lambda: mime.bundle(run_view(one, log=log)), "at most 5 ms"),
        "card, and 5 curves of 200 points": (one, lambda: mime.bundle(run_view(one, log=log, series=curves)), ""),
        "card of a sweep of 1,000": (swept, lambda: mime.bundle(run_view(swept)), ""),
        "list of 1,000 runs": (one, lambda: mime.bundle(runs_view(many)), ""),
        "comparison of 100 runs": (one, lambda: mime.bundle(compare(many[:100]).view), "at most 500 ms"),
    }
    for figure, (shown, build, target) in cases.items():
        ours, floor = in_turn(build, lambda shown=shown: json.dumps(shown.to_dict()), repeat=25)
        report(figure, ours * 1e3, floor * 1e3, "ms", floor_is="json.dumps of its record", target=target)
        bundle = build()
        size = sum(len(json.dumps(part)) for part in bundle.values())
        report(
            f"{figure}, saved", size / 1e3, len(json.dumps(shown.to_dict())) / 1e3, "kB", floor_is="its record as JSON"
        )


if __name__ == "__main__":
    main()
