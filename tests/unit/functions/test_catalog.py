"""Functions as a front end sees them."""

from __future__ import annotations

import pytest

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.functions import catalog
from mlrun_jupyter.functions.code import encode
from mlrun_jupyter.model.function import FunctionRecord

CODE = "def train(context, eta: float = {eta}):\n    pass\n"


def keep(db: RunDB, eta: float, image: str = "python:3.11") -> str:
    document = {
        "kind": "job",
        "metadata": {"name": "trainer", "project": "p"},
        "spec": {
            "image": image,
            "default_handler": "train",
            "entry_points": {
                "train": {"doc": "Fit.", "parameters": [{"name": "eta", "type": "float", "default": eta}]}
            },
            "build": {"functionSourceCode": encode(CODE.format(eta=eta)), "requirements": ["xgboost"]},
        },
    }
    return db.store_function(FunctionRecord.from_dict(document))


@pytest.fixture
def db() -> RunDB:
    return open_db("memory://catalog")


def test_a_function_is_listed_once_and_shown_with_its_versions_code_and_handlers(db: RunDB) -> None:
    old, new = keep(db, 0.1), keep(db, 0.3)
    assert [(row.name, row.hash, row.handlers) for row in catalog.page(db, project="p").rows] == [
        ("trainer", new, ["train"])
    ]
    view = catalog.view(db, "p", "trainer")
    assert [(each.hash, each.tag) for each in view.versions] == [(new, "latest"), (old, "")]
    assert (view.item.hash, view.lines, "0.3" in view.code) == (new, 2, True)
    assert (view.handlers[0].doc, view.handlers[0].parameters) == ("Fit.", ["eta: float = 0.3"])
    assert "0.1" in catalog.view(db, "p", "trainer", hash=old).code


def test_what_changed_between_two_versions_is_code_and_fields(db: RunDB) -> None:
    old, new = keep(db, 0.1), keep(db, 0.3, image="python:3.12")
    change = catalog.change(db, "p", "trainer", old=old, new=new)
    assert "-def train(context, eta: float = 0.1):" in change.code.splitlines()
    assert ("spec.image", "python:3.11", "python:3.12") in [(e.name, e.old.text, e.new.text) for e in change.fields]


def test_a_function_that_is_not_there_is_said_to_be_missing(db: RunDB) -> None:
    with pytest.raises(NotFoundError):
        catalog.view(db, "p", "trainer")


def test_damaged_code_is_said_to_be_where_the_code_would_stand(db: RunDB) -> None:
    db.store_function(
        FunctionRecord.from_dict(
            {"metadata": {"name": "trainer", "project": "p"}, "spec": {"build": {"functionSourceCode": "%"}}}
        )
    )
    assert "damaged" in catalog.view(db, "p", "trainer").code
