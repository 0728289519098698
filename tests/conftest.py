"""What every test gets: a home of its own, no settings from outside, and the tier that was asked for."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "support"))
from postgres_server import postgres  # noqa: F401 - a fixture

FULL = os.environ.get("MLRUN_TEST_TIER", "quick") == "full"

settings.register_profile("the same each time", derandomize=True)
if not FULL:  # a check of a change fails by that change; the full tier looks for what nobody has seen yet
    settings.load_profile("the same each time")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked slow, unless the full tier or the marker itself was asked for; browsers come last.

    A browser's driver keeps an event loop running in this thread from its first test to the end of the session.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if FULL or config.getoption("markexpr"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


@pytest.fixture(scope="session", autouse=True)
def _can_be_interrupted() -> None:
    """A shell starts what runs in its background with interrupts ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stores, settings and histories of whoever runs the tests are neither read nor written."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith(("MLRUN_", "V3IO_"))]:
            if name != "MLRUN_TEST_TIER":
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from mlrun_jupyter import config

    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    config.reset()
    before = _stores()
    yield home
    if "mlrun_jupyter.tracking.tracker" in sys.modules:
        sys.modules["mlrun_jupyter.tracking.tracker"].close_all()  # recorders do not outlive their test's folder
    for store in _stores():
        if not any(store is known for known in before):
            sys.modules["mlrun_jupyter.db.opening"].close(store)
    config.reset()


def _stores() -> list[Any]:
    opening = sys.modules.get("mlrun_jupyter.db.opening")
    return list(opening._open.values()) if opening else []
