"""Tokens: whose they are, what they allow, and that they change while the service runs."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import httpx2
import pytest

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.service.access import ADMIN, READ, WRITE, Principal, TokenBook, presented
from mlrun_jupyter.service.background import Background


@pytest.fixture
def book(tmp_path: Path) -> TokenBook:
    book = TokenBook(tmp_path / "service")
    book.prepare()
    return book


def test_the_owners_token_is_random_and_private(book: TokenBook) -> None:
    token = book.token_file.read_text().strip()
    assert re.fullmatch("[0-9a-f]{64}", token)  # the mlrun client takes one with a dash for a session
    assert stat.S_IMODE(book.token_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(book.folder.stat().st_mode) == 0o700
    other = TokenBook(book.folder.parent / "other")
    other.prepare()
    assert other.token_file.read_text() != book.token_file.read_text()


def test_a_token_file_that_others_may_read_is_closed(book: TokenBook) -> None:
    book.token_file.chmod(0o644)
    book.prepare()
    assert stat.S_IMODE(book.token_file.stat().st_mode) == 0o600


def test_the_owner_may_everything(book: TokenBook) -> None:
    owner = book.find(book.token_file.read_text().strip())
    assert owner is not None
    assert owner.may(ADMIN, "any")
    assert owner.projects is None


def test_a_named_token_has_its_roles_and_no_others(book: TokenBook) -> None:
    ann = book.find(book.add("ann", {"iris": WRITE, "taxi": READ}))
    assert ann is not None
    assert [ann.may(role, "iris") for role in (READ, WRITE, ADMIN)] == [True, True, False]
    assert [ann.may(role, "taxi") for role in (READ, WRITE)] == [True, False]
    assert not ann.may(READ, "other")
    assert not ann.may(READ, "*")
    assert ann.projects == ("iris", "taxi")


def test_a_role_everywhere_and_more_in_one_project() -> None:
    ann = Principal("ann", {"*": READ, "iris": WRITE})
    assert ann.may(READ, "other")
    assert ann.may(WRITE, "iris")
    assert not ann.may(WRITE, "other")
    assert Principal("bob", {"*": WRITE, "iris": READ}).may(WRITE, "iris")


def test_tokens_are_kept_as_hashes(book: TokenBook) -> None:
    token = book.add("ann", {"*": READ})
    assert token not in (book.folder / "tokens.json").read_text()
    assert stat.S_IMODE((book.folder / "tokens.json").stat().st_mode) == 0o600


def test_the_same_name_again_replaces_the_token(book: TokenBook) -> None:
    old, new = book.add("ann", {"*": READ}), book.add("ann", {"*": READ})
    assert book.find(old) is None
    assert book.find(new) is not None


def test_an_expired_token_is_nobodys(book: TokenBook) -> None:
    assert book.find(book.add("ann", {"*": READ}, days=-1)) is None


@pytest.mark.parametrize(
    "grants", [{}, {"iris": "owner"}, {"../x": "read"}], ids=["none", "unknown role", "not a project"]
)
def test_grants_that_mean_nothing_are_refused(book: TokenBook, grants: dict[str, str]) -> None:
    with pytest.raises(InvalidArgumentError):
        book.add("ann", grants)
    assert book.entries() == []


def test_removing_nobody_names_the_nearest(book: TokenBook) -> None:
    book.add("ann", {"*": READ})
    with pytest.raises(NotFoundError, match="did you mean ann"):
        book.remove("anne")


def test_a_short_token_is_no_token(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="at least 22"):
        TokenBook(tmp_path, extra="secret")


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("Basic OmFiYw==", "abc"),
        ("Basic YWJjOg==", "abc"),
        ("Basic !!", ""),
        ("Basic /w==", ""),
        ("Digest abc", ""),
        ("abc", ""),
        ("", ""),
    ],
)
def test_where_a_token_is_read(header: str, token: str) -> None:
    assert presented(header) == token


def test_tokens_change_while_the_service_runs(service: Background, client: httpx2.Client) -> None:
    token = service.book.add("ann", {"p": READ})
    headers = {"authorization": f"Bearer {token}"}
    assert client.get("/api/native/v1/service", headers=headers).json()["token"] == {
        "name": "ann",
        "grants": {"p": READ},
    }
    service.book.remove("ann")
    assert client.get("/api/native/v1/service", headers=headers).status_code == 401


def test_the_owners_token_is_replaced_while_the_service_runs(service: Background, client: httpx2.Client) -> None:
    service.book.prepare()
    old = {"authorization": f"Bearer {service.book.token_file.read_text().strip()}"}
    assert client.get("/api/native/v1/service", headers=old).status_code == 200
    service.book.rotate_owner()
    new = {"authorization": f"Bearer {service.book.token_file.read_text().strip()}"}
    assert client.get("/api/native/v1/service", headers=old).status_code == 401
    assert client.get("/api/native/v1/service", headers=new).status_code == 200
