"""What ``mlrun db`` does with stores besides serving them: looking, copying, moving, deleting what is old."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mlrun_jupyter import config
from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.arguments import ProjectName
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import File, Text
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from mlrun_jupyter.transfer.intake import Taken

folder = click.option("-d", "--dirpath", default="", type=File(), help="Path to the MLRun service directory.")


@click.command("check")
@folder
@click.pass_obj
def check(session: Session, /, dirpath: str) -> str:
    """Look for damage; ends with exit code 1 when there is some. Nothing is changed."""
    from mlrun_jupyter.cli.doctor import findings, report
    from mlrun_jupyter.db import doctor

    return report(session, findings(doctor.check(_store(dirpath))))


@click.command("repair")
@folder
@click.option("--replace", is_flag=True, help="Put what was saved in the store's place; the damaged file is kept.")
def repair(dirpath: str, replace: bool) -> str:
    """Save what can be read of a damaged store into a new file. Nobody may be using it."""
    from mlrun_jupyter.db import doctor

    saved = doctor.repair(_store(dirpath), replace=replace)
    rows = ", ".join(f"{count} {table}" for table, count in saved.rows.items() if count)
    lost = f"; not whole: {', '.join(saved.lost)}" if saved.lost else ""
    return f"saved {rows or 'nothing'}{lost}\nin {saved.path}"


@click.command("backup")
@click.argument("target", type=File())
@folder
def backup(target: str, dirpath: str) -> str:
    """Copy the store, in use or not, to the file TARGET. The bytes of artifacts are files of their own, and stay."""
    from mlrun_jupyter.db import backups

    return f"written to {backups.backup(_store(dirpath), target)}"


@click.command("restore")
@click.argument("source", type=File(".db"))
@folder
@click.option("--replace", is_flag=True, help="In place of the store that is there, which is kept beside it.")
def restore(source: str, dirpath: str, replace: bool) -> str:
    """Put the backup SOURCE in the store's place. Nobody may be using it."""
    from mlrun_jupyter.db import backups

    done = backups.restore(source, folder_of(dirpath), replace=replace)
    return f"restored to {done.path}" + (f"\nwhat was there is kept as {done.before}" if done.before else "")


@click.command("migrate")
@folder
@click.option("--to", "target", default="", type=Text(), help="Copy everything there: postgresql://..., a folder.")
def migrate(dirpath: str, target: str) -> str:
    """Bring a store to the tables of this version, or copy all that is in it to another one.

    \b
    Examples
      mlrun db migrate -d ./runs
      mlrun db migrate -d ./runs --to postgresql://runs@localhost/runs

    The store that is copied stays as it is. Serve the new one with ``mlrun db -d ./runs --dsn ...``.
    """
    from mlrun_jupyter.db import open_db
    from mlrun_jupyter.db.sql import schema

    source = open_db(str(_store(dirpath)))
    if not target:
        return f"{source.url} has the tables of this version: {schema.HEAD}"
    from mlrun_jupyter.transfer import intake
    from mlrun_jupyter.transfer.store import StoreSource

    goal = open_db(target)
    if goal.url == source.url:
        raise InvalidArgumentError("the store to move to is the store itself", where=goal.url)
    return f"{_told(intake.take(StoreSource(source, with_data=False), goal))}\nin {goal.url}"


@click.command("export")
@click.argument("target", type=File(".gz"))
@click.option("-p", "--project", "projects", multiple=True, type=ProjectName(), help="Project; all when left out.")
@options.db
@click.option("--without-data", is_flag=True, help="Leave the bytes of artifacts out.")
@click.pass_obj
def export(session: Session, /, target: str, projects: tuple[str, ...], db: str, without_data: bool) -> str:
    """Write projects with everything in them to the file TARGET.

    \b
    Example
      mlrun db export iris.mlrun.gz -p iris
    """
    from mlrun_jupyter.transfer import archive
    from mlrun_jupyter.transfer.store import StoreSource

    source = StoreSource(session.db(db).store, projects, with_data=not without_data)
    counts = archive.write(source, Path(target).expanduser(), [each.metadata.name for each in source.projects])
    return f"{', '.join(f'{count} {name}' for name, count in counts.items() if count) or 'nothing'}\nin {target}"


@click.command("import")
@click.argument("source", type=File())
@options.db
@click.pass_obj
def import_(session: Session, /, source: str, db: str) -> str:
    """Take in what SOURCE holds: a file of ``mlrun db export``, or a store of MLflow's (its folder mlruns, its mlflow.db).

    What is there already stays as it is, so doing it twice is doing it once.

    \b
    Examples
      mlrun db import iris.mlrun.gz
      mlrun db import ./mlruns
      mlrun db import sqlite:///mlflow.db
    """
    from mlrun_jupyter.safety import lines
    from mlrun_jupyter.transfer import intake, mlflow
    from mlrun_jupyter.transfer.archive import ArchiveSource

    path = Path(source).expanduser()
    found = ArchiveSource(path) if path.is_file() and lines.is_packed(path) else mlflow.opened(source)
    return _told(intake.take(found, session.db(db).store))


@click.command("prune")
@click.argument("rule", nargs=-1, type=Text())
@options.db
@click.option("-n", "--dry-run", is_flag=True, help="Only tell how much would go.")
@click.pass_obj
def prune(session: Session, /, rule: tuple[str, ...], db: str, dry_run: bool) -> str:
    """Delete runs that RULE lets go, with their artifacts; without a RULE those of the setting ``httpdb.retention``.

    \b
    Examples
      mlrun db prune age=90d --dry-run
      mlrun db prune project=scratch state=error,aborted age=7d keep=20

    Runs with the label ``keep``, runs that have not ended, and versions of artifacts that have a tag besides ``latest`` stay.
    """
    from mlrun_jupyter.runs import retention

    rules = retention.rules(" ".join(rule) or config.current().httpdb.retention)
    if not rules:
        raise InvalidArgumentError("there is no rule of retention", hint="give one, as in: mlrun db prune age=90d")
    done = retention.prune(session.db(db).store, rules, dry=dry_run)
    return f"{done.runs} runs and {done.artifacts} artifacts {'would be' if dry_run else 'were'} deleted"


COMMANDS: Final = (check, repair, backup, restore, migrate, export, import_, prune)


def folder_of(dirpath: str) -> Path:
    """The directory that is meant: what was said, the configured store where it is a folder, else the service's own."""
    settings = config.current()
    path = dirpath or (settings.dbpath if "://" not in settings.dbpath else "") or settings.httpdb.dirpath
    return Path(path).expanduser().absolute()


def _store(dirpath: str) -> Path:
    place = folder_of(dirpath)
    if not place.is_dir():
        raise NotFoundError("there is no store", where=str(place), hint="name its folder with -d")
    return place


def _told(taken: Taken) -> str:
    counts = {name: getattr(taken, name) for name in ("projects", "functions", "artifacts", "runs")}
    lines = [f"taken in: {', '.join(f'{count} {name}' for name, count in counts.items() if count) or 'nothing new'}"]
    if taken.there:
        lines.append(f"there already: {taken.there}")
    if taken.lost:
        lines.append(f"{taken.lost} runs had not ended; they are told as lost")
    return "\n".join(lines)
