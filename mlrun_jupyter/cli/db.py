"""``mlrun db``: the service of the run database, and the files of the store."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Any

import click

from mlrun_jupyter.cli import db_store
from mlrun_jupyter.cli.db_store import folder as _folder
from mlrun_jupyter.cli.db_store import folder_of
from mlrun_jupyter.cli.session import session_of
from mlrun_jupyter.cli.values import File, Text, TextPair

if TYPE_CHECKING:
    from mlrun_jupyter.service.access import TokenBook


@click.group("db", invoke_without_command=True)
@click.option("-p", "--port", type=int, help="HTTP port for serving the API; 0 takes any that is free.")
@_folder
@click.option("--host", default="", type=Text(), help="Address to listen on; this machine only when left out.")
@click.option("--dsn", default="", type=Text(), help="Keep the data in postgresql://... instead of the directory.")
@click.option("--workers", default=1, show_default=True, type=int, help="Processes that answer.")
@click.option("--token-file", default="", type=File(), help="File with a token of the owner's.")
@click.option("--name", "names", multiple=True, type=Text(), help="Host name by which clients reach it.")
@click.option("--artifact-path", default="", type=File(), help="Where clients put artifacts.")
@click.option("--certificate", default="", type=File(".pem"), help="Certificate for TLS.")
@click.option("--key", default="", type=File(".pem"), help="Key of the certificate.")
@click.option("--log-format", default="text", type=click.Choice(["text", "json"]), help="How requests are logged.")
@click.option("--log-level", default="INFO", type=Text(), help="WARNING leaves the line for each request out.")
@click.option("--retention", multiple=True, type=Text(), help="What is deleted hourly: 'project=scratch age=7d'.")
@click.pass_context
def command(context: click.Context, /, **options: Any) -> str | None:
    """Serve the run database until Ctrl-C, or look after it: see the commands below.

    \b
    Examples
      mlrun db -p 8080 -d ./runs
      mlrun db status
      mlrun db token add ann -g fraud=write
      mlrun db backup ./runs-copy.db
      mlrun db export iris.mlrun.gz -p iris
    """
    if context.invoked_subcommand is not None:
        return None
    session = session_of(context)
    if session.place == "notebook":
        return f"{_told(options['dirpath'])}\nit is started in a terminal: mlrun db"
    from mlrun_jupyter.db.remote import nearby
    from mlrun_jupyter.service.main import serve

    def ready(url: str) -> None:
        reached = _reached(url, options["names"])
        token = folder_of(options["dirpath"]) / nearby.FOLDER / nearby.TOKEN
        session.note(
            f"mlrun db listens on {url}; notebooks use it with MLRUN_DBPATH={reached}\n"
            f"and MLRUN_HTTPDB__TOKEN_FILE={shlex.quote(str(token))}, colleagues with a token of 'mlrun db token add NAME'\n"
            "Ctrl-C ends it"
        )

    serve(**options, ready=ready)
    return None


@command.command("status")
@_folder
def status(dirpath: str) -> str:
    """Tell whether a service runs for the directory, and where."""
    return _told(dirpath)


@command.group("token")
def token() -> None:
    """Tokens of colleagues, and the owner's: add, list, remove, rotate. A service that runs takes notice at once."""


@token.command("add")
@click.argument("name", type=Text())
@click.option(
    "-g", "--grant", "grants", multiple=True, type=TextPair(), help="Project and role: fraud=write, '*=read'."
)
@click.option("--days", default=0.0, help="Days that it is good for; for ever when left out.")
@_folder
def add(name: str, grants: tuple[tuple[str, str], ...], days: float, dirpath: str) -> str:
    """Make a token for NAME and print it, this once."""
    return _book(dirpath).add(name, dict(grants), days=days)


@token.command("list")
@_folder
def list_(dirpath: str) -> str:
    """List whose tokens there are."""
    lines = []
    for entry in _book(dirpath).entries():
        grants = " ".join(f"{project}={role}" for project, role in entry.grants.items())
        until = time.strftime("until %Y-%m-%d", time.localtime(entry.expires)) if entry.expires else ""
        lines.append(f"{entry.name:<16} {grants} {until}".rstrip())
    return "\n".join(lines) or "no tokens but the owner's"


@token.command("remove")
@click.argument("name", type=Text())
@_folder
def remove(name: str, dirpath: str) -> str:
    """Withdraw the token of NAME."""
    _book(dirpath).remove(name)
    return f"the token of {name} is good no longer"


@token.command("rotate")
@click.argument("name", default="", type=Text())
@_folder
def rotate(name: str, dirpath: str) -> str:
    """Replace the token of NAME, its roles staying, and print the new one; without NAME the owner's, in its file."""
    book = _book(dirpath)
    if name:
        return book.rotate(name)
    book.rotate_owner()
    return f"the owner's new token is in {book.token_file}"


@command.command("recipe")
@click.argument("kind", type=click.Choice(["systemd", "container"]))
@click.option("-p", "--port", type=int, help="HTTP port; the configured one when left out.")
@click.option("-d", "--dirpath", default="", type=File(), help="The service's directory; /var/lib/mlrun when left out.")
@click.option("--host", default="", type=Text(), help="Address to listen on.")
@click.option("--name", "names", multiple=True, type=Text(), help="Host name by which clients reach it.")
def recipe(kind: str, port: int | None, dirpath: str, host: str, names: tuple[str, ...]) -> str:
    """Print what has the service run for good: a unit of systemd, or the file of a container.

    \b
    Examples
      mlrun db recipe systemd --name runs.example.org > /etc/systemd/system/mlrun-db.service
      mlrun db recipe container > Containerfile
    """
    from mlrun_jupyter import config
    from mlrun_jupyter.service import recipe

    port = config.current().httpdb.port if port is None else port
    return recipe.text(kind, port=port, folder=dirpath, host=host, names=names).rstrip()


for each in db_store.COMMANDS:
    command.add_command(each)


def _book(dirpath: str) -> TokenBook:
    from mlrun_jupyter.db.remote import nearby
    from mlrun_jupyter.service.access import TokenBook

    book = TokenBook(folder_of(dirpath) / nearby.FOLDER)
    book.prepare()
    return book


def _reached(url: str, names: tuple[str, ...]) -> str:
    """The address for others: with the first of the names that were given."""
    if not names:
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{names[0]}:{rest.rpartition(':')[2]}"


def _told(dirpath: str) -> str:
    from mlrun_jupyter.db.remote import nearby

    folder = folder_of(dirpath)
    found = nearby.find(folder)
    if found is None:
        return f"no service runs for {folder}"
    return f"a service runs for {folder} at {found.url}, process {found.pid}"
