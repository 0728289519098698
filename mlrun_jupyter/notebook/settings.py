"""What ``%nuclio`` and ``%mlrun`` commands in a notebook say about the function: commands, environment, fields, volumes."""

from __future__ import annotations

import re
import shlex
from typing import Any, Final

import msgspec

from mlrun_jupyter.errors import nearest

EXPORTED: Final = frozenset({"cmd", "env", "env_file", "config", "mount", "add", "requirements"})
"""Commands that change the function; the others act in the kernel only."""
LIVE: Final = {
    "nuclio": frozenset({"build", "deploy", "show", "help", "verbose", "handler"}),
    "mlrun": frozenset(
        {"run", "show", "export", "build", "deploy", "runs", "artifacts", "functions", "logs", "compare", "db", "help"}
        | {"function", "convert", "dashboard", "ui", "project", "connect", "params", "parameters", "watch", "stop"}
        | {"resume", "abort", "get", "handler", "rerun", "open", "doctor", "version", "sync", "gc"}
    ),
}

_CONFIG: Final = re.compile(r"(?P<key>(?:\\.|[^\s=+\\])+)\s*(?P<op>\+?=)\s*(?P<value>.*)", re.DOTALL)
_ENV_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class SettingError(ValueError):
    """A command that cannot be understood: ``code``, message and ``hint``; the caller knows the line."""

    def __init__(self, message: str, *, hint: str = "", code: str = "invalid-setting") -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


class Settings(msgspec.Struct):
    """What was said, in the order it was said.

    Parameters
    ----------
    fields
        Nested fields of the function, as ``config`` set them, in the mission system's names.
    env
        Variable name to value.
    commands
        Shell commands of the image's build.
    volumes
        ``{volume, volumeMount}`` pairs.
    env_files, files
        Paths that were named; nothing of them is read here.
    """

    fields: dict[str, Any] = {}
    env: dict[str, str] = {}
    commands: list[str] = []
    volumes: list[dict[str, Any]] = []
    requirements: list[str] = []
    env_files: list[str] = []
    files: list[str] = []

    def to_config(self) -> dict[str, Any]:
        """The function's document as far as the notebook gives it."""
        document: dict[str, Any] = msgspec.to_builtins(self.fields)
        spec = document.setdefault("spec", {})
        if not isinstance(spec, dict):
            spec = document["spec"] = {}
        build = spec.get("build")
        if self.commands:
            build = spec["build"] = dict(build) if isinstance(build, dict) else {}
            before = build.get("commands")
            build["commands"] = [*(before if isinstance(before, list) else []), *self.commands]
        if self.env:
            before = spec.get("env")
            listed = [item for item in before if isinstance(item, dict)] if isinstance(before, list) else []
            kept = [item for item in listed if item.get("name") not in self.env]
            spec["env"] = [*kept, *({"name": name, "value": value} for name, value in self.env.items())]
        if self.volumes:
            before = spec.get("volumes")
            spec["volumes"] = [*(before if isinstance(before, list) else []), *self.volumes]
        if not spec:
            del document["spec"]
        return document


def apply(settings: Settings, command: str, arguments: str, body: list[str], *, spelling: str) -> list[tuple[int, str]]:
    """Do what one command says. Returns notes as (line of the body, or 0 for the first line, text).

    Raises :class:`SettingError` for a command that cannot be understood.

    Example
    -------
    >>> settings = Settings()
    >>> apply(settings, "config", 'kind = "job"', [], spelling="nuclio")
    []
    >>> settings.to_config()
    {'kind': 'job'}
    """
    actions = {
        "cmd": _cmd,
        "env": _env,
        "env_file": _env_file,
        "config": _config,
        "mount": _mount,
        "add": _add,
        "requirements": _requirements,
    }
    action = actions.get(command)
    if action is None or (command == "requirements" and spelling == "nuclio"):
        known = EXPORTED | LIVE[spelling]
        raise SettingError(
            f"%{spelling} has no command {command!r}", hint=nearest(command, known), code="unknown-command"
        )
    return action(settings, arguments.strip(), body)


def _lines(arguments: str, body: list[str]) -> list[tuple[int, str]]:
    """(number, text) of what is no comment and not blank; 0 is the command's own line."""
    listed = [(0, arguments), *enumerate(body, 1)]
    return [(number, text.strip()) for number, text in listed if text.strip() and not text.strip().startswith("#")]


def _switch(arguments: str, *names: str) -> tuple[bool, str]:
    """Whether the text starts with one of the switches, and the rest."""
    word, _, rest = arguments.partition(" ")
    return (True, rest.strip()) if word in names else (False, arguments)


def _cmd(settings: Settings, arguments: str, body: list[str]) -> list[tuple[int, str]]:
    _only, arguments = _switch(arguments, "-c", "--config-only")
    notes = []
    for number, text in _lines(arguments, body):
        expanded = _VARIABLE.sub(lambda match: settings.env.get(match[1] or match[2], match[0]), text)
        if left := _VARIABLE.search(expanded):
            notes.append((number, f"{left[0]} is left as it is: it means the variable of the machine that builds"))
        settings.commands.append(expanded)
    return notes


def _env(settings: Settings, arguments: str, body: list[str]) -> list[tuple[int, str]]:
    local, arguments = _switch(arguments, "-l", "--local-only")
    if local:
        return []
    _only, arguments = _switch(arguments, "-c", "--config-only")
    notes = []
    for number, text in _lines(arguments, body):
        if text == "%v3io":
            notes.append((number, "the V3IO variables of this machine are not copied: use apply(mount_v3io())"))
            continue
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not _ENV_NAME.fullmatch(name):
            raise SettingError(f"not NAME=value: {name!r}", hint="write %nuclio env NAME=value", code="invalid-env")
        settings.env[name] = _unquoted(value.strip())
    return notes


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"" else text


def _env_file(settings: Settings, arguments: str, body: list[str]) -> list[tuple[int, str]]:
    settings.env_files.extend(text for _number, text in _lines(arguments, body))
    return []


def _config(settings: Settings, arguments: str, body: list[str]) -> list[tuple[int, str]]:
    if arguments.split(" ", 1)[0] in {"get", "set"} and "=" not in arguments:  # settings of the kernel
        return []
    for _number, text in _lines(arguments, body):
        match = _CONFIG.fullmatch(text)
        if not match:
            raise SettingError(
                f"not a setting: {text!r}",
                hint='write key = value, as in spec.image = "me/train"',
                code="invalid-config",
            )
        try:
            value = msgspec.json.decode(match["value"])
        except (msgspec.DecodeError, UnicodeError) as error:
            hint = "the value is JSON: text stands in double quotes"
            if re.fullmatch(r"[\w./:@-]+", match["value"]):
                hint += f', as in {match["key"]} {match["op"]} "{match["value"]}"'
            raise SettingError(f"invalid value of {match['key']}: {error}", hint=hint, code="invalid-config") from None
        _set(settings.fields, _path(match["key"]), value, append=match["op"] == "+=")
    return []


def _path(key: str) -> list[str]:
    """A dotted path; a dot behind a backslash belongs to the name."""
    parts = re.split(r"(?<!\\)\.", key)
    if not all(parts):
        raise SettingError(f"not a field: {key!r}", hint="write it as in spec.image", code="invalid-config")
    return [part.replace("\\.", ".") for part in parts]


def _set(document: dict[str, Any], path: list[str], value: Any, *, append: bool) -> None:
    *parents, name = path
    for parent in parents:
        below = document.setdefault(parent, {})
        if not isinstance(below, dict):
            raise SettingError(f"{parent!r} is no section", hint=f"it was set to {below!r}", code="invalid-config")
        document = below
    if not append:
        document[name] = value
        return
    before = document.setdefault(name, [])
    if not isinstance(before, list):
        raise SettingError(f"{name!r} is no list", hint="+= adds to a list", code="invalid-config")
    before.append(value)


def _requirements(settings: Settings, arguments: str, body: list[str]) -> list[tuple[int, str]]:
    from mlrun_jupyter.notebook import requirements

    for _number, text in _lines(arguments, body):
        for requirement in requirements.parse_list(text):
            if problem := requirements.check(requirement):
                raise SettingError(f"not a requirement: {requirement!r}", hint=problem, code="invalid-requirement")
            settings.requirements.append(requirement)
    return []


def _add(settings: Settings, arguments: str, body: list[str]) -> list[tuple[int, str]]:
    words = _words(arguments)
    rest = iter(words)
    for word in rest:
        if word in {"-f", "--file"}:
            settings.files.append(next(rest, ""))
        elif word.startswith("--file="):
            settings.files.append(word[7:])
        elif not word.startswith("-"):
            settings.files.append(word)
    settings.files.extend(text for _number, text in _lines("", body))
    return [(0, "the files are named in the function, not packed: give it a source archive or a git address")]


def _mount(settings: Settings, arguments: str, body: list[str]) -> list[tuple[int, str]]:
    options = {"type": "v3io", "name": "fs", "key": ""}
    switches = {"-t": "type", "--type": "type", "-n": "name", "--name": "name", "-k": "key", "--key": "key"}
    paths: list[str] = []
    readonly = False
    rest = iter(_words(" ".join([arguments, *body])))
    for word in rest:
        switch, equals, value = word.partition("=")
        if word in {"-r", "--readonly"}:
            readonly = True
        elif switch in switches:
            options[switches[switch]] = value if equals else next(rest, "")
        elif word.startswith("-"):
            raise SettingError(f"mount has no option {word!r}", hint=nearest(switch, switches), code="invalid-mount")
        else:
            paths.append(word)
    if len(paths) != 2:
        raise SettingError(
            "mount takes a local and a remote path", hint="as in %nuclio mount /data users/me", code="invalid-mount"
        )
    settings.volumes.append(_volume(options, local=paths[0], remote=paths[1], readonly=readonly))
    return []


def _volume(options: dict[str, str], *, local: str, remote: str, readonly: bool) -> dict[str, Any]:
    kind = options["type"].lower()
    volume: dict[str, Any] = {"name": options["name"]}
    if kind == "v3io":
        container, _, path = ("users", "", remote[2:]) if remote.startswith("~/") else remote.strip("/").partition("/")
        if remote.startswith("~/"):
            path = "$V3IO_USERNAME/" + path if path else "$V3IO_USERNAME"
        volume["flexVolume"] = {"driver": "v3io/fuse", "options": {"container": container, "subPath": path}}
    elif kind == "pvc":
        volume["persistentVolumeClaim"] = {"claimName": remote}
    elif kind == "secret":
        volume["secret"] = {"secretName": remote}
    elif kind == "configmap":
        volume["configMap"] = {"name": remote}
    else:
        known = ["v3io", "pvc", "secret", "configMap"]
        raise SettingError(f"mount has no type {options['type']!r}", hint=nearest(kind, known), code="invalid-mount")
    if options["key"] and kind in {"secret", "configmap"}:
        volume["secret" if kind == "secret" else "configMap"]["items"] = [
            {"key": options["key"], "path": options["key"]}
        ]
    mount: dict[str, Any] = {"name": options["name"], "mountPath": local}
    if readonly:
        mount["readOnly"] = True
    return {"volume": volume, "volumeMount": mount}


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise SettingError(f"cannot be read: {error}", hint="close the quote") from None
