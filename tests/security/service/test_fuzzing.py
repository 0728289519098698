"""Requests made from the API's own description: whatever is sent, nothing breaks, and answers are as described."""

from __future__ import annotations

import logging
import os
from typing import Any

import httpx2
import pytest

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from hypothesis import HealthCheck, given, settings  # noqa: E402 - after the question whether there is anything to test

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
pytestmark = pytest.mark.timeout(3600 if FULL else 900)
CASES = 230 if FULL else 25
"""For each of some ninety operations."""
THERE = {"project": "mine", "uid": "mine-run", "artifact": "art", "function": "fun", "hash": "hash-mine", "writer": "w"}
WAITS = "/api/native/v1/changes", "/mlrun-jupyter/api/changes"
"""Tested by themselves."""


@pytest.fixture
def operations(service: Any) -> list[Any]:
    """What the description says there is."""
    headers = {"authorization": f"Bearer {service.background.token}"}
    document = httpx2.get(f"{service.background.url}/api/native/v1/openapi.json", headers=headers).json()
    for path in WAITS:
        del document["paths"][path]
    return [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]


def cases(operation: Any, check: Any, count: int) -> None:
    """Hold ``check`` against generated requests of one operation."""
    run = settings(
        max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), derandomize=not FULL, database=None
    )
    run(given(case=operation.as_strategy())(check))()


def test_the_api_is_as_described(operations: list[Any], service: Any, caplog: pytest.LogCaptureFixture) -> None:
    from schemathesis.specs.openapi import checks as known

    checks = known.status_code_conformance, known.content_type_conformance, known.response_schema_conformance
    headers = {"authorization": f"Bearer {service.background.token}"}
    statuses: dict[int, int] = {}

    def check(case: Any) -> None:
        if sum(map(ord, repr(case.path_parameters))) % 3:  # mostly of things that are there
            aim(case)
        response = case.call(base_url=service.background.url, headers=headers)
        statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
        assert response.status_code < 500 or response.status_code in (501, 503), caplog.text
        case.validate_response(response, checks=list(checks))

    with caplog.at_level(logging.ERROR):
        for operation in operations:
            cases(operation, check, CASES)
    print(statuses)
    assert sum(statuses.values()) >= (20_000 if FULL else 2_000)
    assert statuses[200] > sum(statuses.values()) / 10


def aim(case: Any) -> None:
    """Let a request be about what is there."""
    for name in case.path_parameters or ():
        case.path_parameters[name] = THERE.get(name, case.path_parameters[name])
    if isinstance(case.body, dict) and isinstance(case.body.get("metadata"), dict):
        case.body["metadata"] |= {"project": "mine", "uid": "mine-run", "name": "mine", "iteration": 0}
        (case.query or {}).pop("iteration", None)


def test_nothing_of_it_is_open(operations: list[Any], service: Any) -> None:
    def check(case: Any) -> None:
        response = case.call(base_url=service.background.url)
        assert response.status_code == (200 if case.path == "/health" else 401)

    for operation in operations:
        cases(operation, check, 3)
