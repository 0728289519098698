"""The API's description: complete, and true."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mlrun_jupyter.service import table


@pytest.fixture
def document(native: httpx2.Client) -> dict[str, Any]:
    return dict(native.get("/openapi.json").json())


def test_every_operation_but_the_pages_is_described(document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    served = {
        (each.method, each.path.replace(":path}", "}"))
        for each in table.operations()
        if each.path not in ("/", "/{file:path}", "/api/v1/{file:path}", "/api/v2/{file:path}")
    }
    assert described == served
    names = [each["operationId"] for methods in document["paths"].values() for each in methods.values()]
    assert len(names) == len(set(names))
    assert all(each["summary"] for methods in document["paths"].values() for each in methods.values())


def test_its_references_lead_somewhere(document: dict[str, Any]) -> None:
    found = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                found.append(value["$ref"])
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(document)
    assert found
    for reference in found:
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_all_but_one_need_a_token(document: dict[str, Any]) -> None:
    assert document["security"] == [{"token": []}]
    open_ones = [
        path for path, methods in document["paths"].items() if any(m.get("security") == [] for m in methods.values())
    ]
    assert open_ones == ["/health"]
