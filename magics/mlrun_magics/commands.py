"""``%mlrun`` on a line: the verbs of the command line, and those that only a notebook has."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
from IPython.core.error import UsageError

from mlrun_jupyter.cli.program import VERBS, verb
from mlrun_jupyter.errors import nearest

if TYPE_CHECKING:
    from mlrun_jupyter.notebook.settings import Settings
    from mlrun_magics.session import NotebookSession

SETTINGS: Final = {
    "cmd": "Run a shell command here, and in the image of the function: -c in the image only.",
    "env": "Set a variable here and in the function: -c in the function only, -l here only.",
    "env_file": "Set the variables of a file, here and in the function.",
    "requirements": "Packages that the function needs.",
    "mount": "A volume of the function.",
    "add": "Files that go with the function.",
}
"""What is said about the function; conversion reads the same lines."""
OWN: Final = {**SETTINGS, "help": "This, or one command with examples."}
"""Commands that only a notebook has."""


def names() -> dict[str, str]:
    """Every command and what it does."""
    return {**VERBS, **OWN}


def call(session: NotebookSession, words: list[str], line: str) -> Any:
    """Do what a line says, and return what came of it."""
    if not words:
        return help_of(session, [])
    word, *rest = words
    text = line.strip().removeprefix(word).strip()
    if word == "help" or rest in (["--help"], ["-h"]):
        return help_of(session, rest if word == "help" else [word])
    if word in SETTINGS:
        return setting(session, word, text, [])
    if word == "config" and rest and not _is_command(rest[0], "config"):
        return setting(session, word, text, [])
    if word == "show" and not rest:
        from mlrun_magics.marked import MarkedFunctions

        return MarkedFunctions.of(session.book, session)
    if word in ("function", "handler"):
        raise UsageError(
            f"%mlrun {word} marks nothing: write %%mlrun {' '.join(rest) or 'NAME'} on the cell's first line"
        )
    command = verb(word)
    if command is None:
        raise unknown(word, list(names()))
    return invoke(session, command, word, rest)


def invoke(session: NotebookSession, command: click.Command, word: str, arguments: list[str]) -> Any:
    """Call a verb with its arguments in this notebook's session."""
    try:
        with command.make_context(f"%mlrun {word}", list(arguments), obj=session) as context:
            value = command.invoke(context)
    except click.exceptions.Exit:
        return None
    return Shown(value) if isinstance(value, str) else value


def unknown(word: str, known: list[str]) -> UsageError:
    """There is no such command, and the nearest one."""
    hint = nearest(word, known)
    return UsageError(f"%mlrun has no command {word!r}: {hint if hint.startswith('did') else '%mlrun help lists them'}")


class Shown(str):
    """Text that a cell shows as it is, without quotes."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))


def _is_command(word: str, group: str) -> bool:
    command = verb(group)
    return isinstance(command, click.Group) and word in command.commands


def help_of(session: NotebookSession, words: list[str]) -> None:
    """Print what ``%mlrun`` or one of its commands does."""
    if not words:
        print(_overview(session))
        return
    word = words[0]
    if word in OWN and word != "help":
        print(f"%mlrun {word}: {OWN[word]}\n\n{EXAMPLES[word]}")
        return
    if word == "function":
        print(f"{OWN_FUNCTION}\n\n{EXAMPLES['function']}")
        return
    command = verb(word)
    if command is None:
        raise unknown(word, list(names()))
    context = click.Context(command, info_name=f"%mlrun {word}", obj=session, max_content_width=100)
    text = command.get_help(context)
    print(text.replace("\n    mlrun ", "\n    %mlrun ").replace("--help  Show", "--help   Show"))


def _overview(session: NotebookSession) -> str:
    import inspect

    text = inspect.getdoc(session.shell.magics_manager.magics["line"]["mlrun"]) or ""
    width = max(map(len, names()))
    listed = "\n".join(f"  {name:<{width}}  {what}" for name, what in names().items())
    return f"{text}\n\nAll commands:\n{listed}"


OWN_FUNCTION: Final = "%%mlrun [function] [NAME] [options]: this cell is code of a function; it runs as any cell does."
EXAMPLES: Final = {
    "function": "Examples\n  %%mlrun\n  %%mlrun trainer --kind job --image me/train\n"
    "  %%mlrun trainer --requirements scikit-learn --env LEVEL=info\n\n"
    "Options\n  --kind --handler --image --base-image --requirements --env --cmd --label --description --tag --project",
    "cmd": "Examples\n  %mlrun cmd pip install pandas\n  %mlrun cmd -c apt-get install -y git",
    "env": "Examples\n  %mlrun env LEVEL=info\n  %mlrun env -l DEBUG=1",
    "env_file": "Example\n  %mlrun env_file train.env",
    "requirements": 'Examples\n  %mlrun requirements pandas "scikit-learn>=1.5"',
    "mount": "Example\n  %mlrun mount -t pvc /data my-claim",
    "add": "Example\n  %mlrun add -f vocabulary.txt",
}


def setting(session: NotebookSession, word: str, text: str, body: list[str], *, spelling: str = "mlrun") -> None:
    """Check a setting, and let it act in this kernel.

    Raises :class:`~mlrun_jupyter.notebook.settings.SettingError` for one that cannot be understood; nothing acted then.
    """
    from mlrun_jupyter.notebook import settings

    found = settings.Settings()
    try:
        settings.apply(found, word, text, body, spelling=spelling)
    except settings.SettingError as error:
        error.hint = error.hint.replace("%nuclio", f"%{spelling}")
        raise
    live = _LIVE.get(word)
    if live is not None:
        live(session, Said(found, text, body))


class Said(NamedTuple):
    """A setting: as it was understood, and as it was written."""

    settings: Settings
    text: str
    body: list[str]


def _cmd(session: NotebookSession, said: Said) -> None:
    if said.text.split(" ", 1)[0] in ("-c", "--config-only"):
        return
    shell: Any = session.shell
    for command in [said.text, *said.body]:
        line = command.strip()
        if line and not line.startswith("#"):
            shell.system(os.path.expandvars(line))
            code = shell.user_ns.get("_exit_code", 0)
            if code:
                raise UsageError(f"the command ended with exit code {code}: {line:.60}")


def _env(session: NotebookSession, said: Said) -> None:
    word, _, rest = said.text.partition(" ")
    if word in ("-c", "--config-only"):
        return
    found = said.settings
    if word in ("-l", "--local-only"):
        found = _variables(rest, said.body)
    for name, value in found.env.items():
        os.environ[name] = os.path.expandvars(value)
        session.confirm(f"{name} is set")


def _variables(text: str, lines: list[str]) -> Settings:
    from mlrun_jupyter.notebook import settings

    found = settings.Settings()
    settings.apply(found, "env", text, lines, spelling="mlrun")
    return found


def _env_file(session: NotebookSession, said: Said) -> None:
    for name in said.settings.env_files:
        try:
            lines = Path(name).expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", "") or "it is no text"
            raise UsageError(f"cannot read {name}: {why}") from None
        found = _variables("", lines)
        os.environ.update(found.env)
        session.confirm(f"{', '.join(found.env) or 'nothing'} set from {name}")


def _requirements(session: NotebookSession, said: Said) -> None:
    from importlib import metadata

    from mlrun_jupyter.notebook.requirements import project_name

    missing = []
    for requirement in said.settings.requirements:
        try:
            metadata.version(project_name(requirement))
        except metadata.PackageNotFoundError:
            missing.append(requirement)
    if missing:
        session.note(f"not installed here: {', '.join(missing)}; %pip install does it")


def _mount(session: NotebookSession, said: Said) -> None:
    mount = said.settings.volumes[0]["volumeMount"]
    session.confirm(f"{mount['mountPath']} will be mounted in the function; nothing is mounted here")


def _add(session: NotebookSession, said: Said) -> None:
    del session
    missing = [name for name in said.settings.files if not Path(name).expanduser().exists()]
    if missing:
        raise UsageError(f"there is no file {missing[0]!r}")


def _config(session: NotebookSession, said: Said) -> None:
    session.confirm("for the function: " + ", ".join(_flat(said.settings.fields)))


def _flat(document: dict[str, Any], prefix: str = "") -> list[str]:
    lines = []
    for name, value in document.items():
        path = f"{prefix}{name}"
        lines += _flat(value, f"{path}.") if isinstance(value, dict) else [f"{path} = {value!r}"]
    return lines


_LIVE: Final[dict[str, Callable[[NotebookSession, Said], None]]] = {
    "cmd": _cmd,
    "env": _env,
    "env_file": _env_file,
    "requirements": _requirements,
    "mount": _mount,
    "add": _add,
    "config": _config,
}
"""What a setting does in this kernel."""
