"""Who may record is told before a run begins; that the service is away just now is no reason not to begin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter import config, run_local
from mlrun_jupyter.db.query import ALL_PROJECTS, RunQuery
from mlrun_jupyter.errors import StoreDeniedError
from mlrun_jupyter.service.background import Background

Use = Callable[[str], None]


def handler(context: Any) -> None:
    context.log_result("x", 1)


@pytest.fixture
def use(service: Background, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Sets the service's address, with a token."""

    def set_it(token: str, url: str = service.url) -> None:
        scheme, _, rest = url.partition("://")
        monkeypatch.setenv("MLRUN_DBPATH", f"{scheme}://:{token}@{rest}" if token else url)
        config.reset()

    return set_it


def spooled(home: Path) -> list[Path]:
    return [path for path in (home / ".mlrun").rglob("*.jnl") if path.read_bytes().count(b"\n") > 1]


@pytest.mark.parametrize("token", ["", "not-a-token-of-this-service"])
def test_a_run_does_not_begin_without_a_token_that_is_known(use: Use, token: str, store: Any, _own_home: Path) -> None:
    use(token)
    began = []
    with pytest.raises(StoreDeniedError, match="MLRUN_HTTPDB__TOKEN"):
        run_local(handler=lambda context: began.append(context))
    assert not began
    assert not spooled(_own_home)


@pytest.mark.parametrize(("grant", "project"), [("read", "iris"), ("write", "taxi")])
def test_a_run_does_not_begin_where_the_token_may_not_write(
    use: Use, service: Background, grant: str, project: str
) -> None:
    use(service.book.add("ann", {"iris": grant}))
    with pytest.raises(StoreDeniedError, match=f"may not record runs in the project '{project}'"):
        run_local(handler=handler, project=project)


def test_a_run_begins_where_the_token_may_write(use: Use, service: Background, store: Any) -> None:
    use(service.book.add("ann", {"iris": "write"}))
    assert run_local(handler=handler, project="iris").state() == "completed"


def test_a_token_that_was_withdrawn_begins_no_further_run(use: Use, service: Background) -> None:
    use(service.book.add("ann", {"iris": "write"}))
    run_local(handler=handler, project="iris")
    service.book.remove("ann")
    from mlrun_jupyter import get_run_db

    with pytest.raises(StoreDeniedError):
        get_run_db().list_runs(project="iris")
    with pytest.raises(StoreDeniedError):
        run_local(handler=handler, project="iris")


def test_while_the_service_is_away_runs_begin_and_wait(use: Use, store: Any, service: Background) -> None:
    use(service.token, "http://127.0.0.1:9")
    assert run_local(handler=handler).state() == "completed"
    assert not store.list_runs(RunQuery(project=ALL_PROJECTS)).rows
