"""What the service counts, in the text form that Prometheus reads."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Final

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds."""
_NAME: Final = "mlrun_request_seconds"


class Counters:
    """Requests by operation and status, and how long they took."""

    def __init__(self) -> None:
        self._started = time.time()
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, int], int] = defaultdict(int)
        self._times: dict[str, list[float]] = {}
        self._records = 0

    def request(self, operation: str, status: int, seconds: float) -> None:
        """A request was answered."""
        with self._lock:
            self._requests[operation, status] += 1
            times = self._times.setdefault(operation, [0.0] * (len(BUCKETS) + 2))
            for place, bound in enumerate(BUCKETS):
                if seconds <= bound:
                    times[place] += 1
            times[-2] += 1
            times[-1] += seconds

    def records(self, count: int) -> None:
        """Records of journals were taken in."""
        with self._lock:
            self._records += count

    def text(self) -> str:
        """Everything, as Prometheus reads it."""
        lines = [
            "# TYPE mlrun_start_time_seconds gauge",
            f"mlrun_start_time_seconds {self._started:.3f}",
            "# TYPE mlrun_journal_records_total counter",
            f"mlrun_journal_records_total {self._records}",
            "# TYPE mlrun_requests_total counter",
        ]
        with self._lock:
            for (operation, status), count in sorted(self._requests.items()):
                lines.append(f'mlrun_requests_total{{operation="{operation}",status="{status}"}} {count}')
            lines.append(f"# TYPE {_NAME} histogram")
            for operation, times in sorted(self._times.items()):
                label = f'operation="{operation}"'
                for bound, below in zip(BUCKETS, times, strict=False):
                    lines.append(f'{_NAME}_bucket{{{label},le="{bound}"}} {below:.0f}')
                lines.append(f'{_NAME}_bucket{{{label},le="+Inf"}} {times[-2]:.0f}')
                lines.append(f"{_NAME}_count{{{label}}} {times[-2]:.0f}")
                lines.append(f"{_NAME}_sum{{{label}}} {times[-1]:.6f}")
        return "\n".join(lines) + "\n"
