"""How to have the service run for good: a unit of systemd, and a container. Texts to read, keep and change."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.service.version import version

SYSTEMD: Final = "systemd"
CONTAINER: Final = "container"
KINDS: Final = (SYSTEMD, CONTAINER)
STATE: Final = Path("/var/lib")
"""Where systemd makes folders for services."""
DEFAULT_FOLDER: Final = STATE / "mlrun"

_UNIT: Final = """\
# {file}
#
#   useradd --system --home-dir {folder} --shell /usr/sbin/nologin mlrun
#   systemctl daemon-reload && systemctl enable --now mlrun-db
#   setpriv --reuid mlrun --regid mlrun --clear-groups {program} db token add ann -g '*=write' -d {folder}
#
# Settings that are nobody's business, as MLRUN_HTTPDB__DSN=postgresql://..., go to /etc/mlrun-db.env, mode 0600.
[Unit]
Description=Run database of mlrun-jupyter
Wants=network-online.target
After=network-online.target postgresql.service

[Service]
Type=exec
User=mlrun
EnvironmentFile=-/etc/mlrun-db.env
ExecStart={command}
{place}
UMask=0077
Restart=on-failure
RestartSec=1
TimeoutStopSec=15
LimitNOFILE=65536
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
"""
_CONTAINER: Final = """\
# Containerfile
#
#   podman build -t mlrun-db -f Containerfile
#   podman run --rm -v runs:/data mlrun-db token add ann -g '*=write' -d /data
#   podman run -d --name mlrun-db -p 127.0.0.1:{port}:{port} -v runs:/data mlrun-db
#
# Others reach it through a proxy that speaks TLS: tokens do not travel in the clear.
# From outside it answers under the names that --name gives, and asks for a token. PostgreSQL: -e MLRUN_HTTPDB__DSN=...
FROM docker.io/library/python:3.12-slim
RUN pip install --no-cache-dir 'mlrun-jupyter[postgres]=={version}' \\
 && useradd --system --create-home --uid 10001 mlrun \\
 && install -d -o mlrun -m 0700 /data
USER mlrun
VOLUME /data
EXPOSE {port}
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:{port}/health', timeout=5)"]
ENTRYPOINT ["mlrun", "db"]
CMD {options}
"""


def text(kind: str, *, port: int, folder: str = "", host: str = "", names: Sequence[str] = ()) -> str:
    """A recipe.

    Parameters
    ----------
    kind
        ``systemd`` or ``container``.
    port, host, names
        As ``mlrun db`` takes them.
    folder
        The store's; ``/var/lib/mlrun`` by default. In a container it is always the volume ``/data``.

    Raises ``InvalidArgumentError`` for a kind that there is not, and for text that no unit can hold.

    Example
    -------
    >>> print(text("systemd", port=8080, names=["runs.example.org"]).splitlines()[0])
    # /etc/systemd/system/mlrun-db.service
    """
    named = [part for name in names for part in ("--name", name)]
    if kind == CONTAINER:
        options = ["--host", host or "0.0.0.0", "-p", str(port), "-d", "/data", "--log-format", "json", *named]  # noqa: S104 - of the container's own network
        told = ", ".join(msgspec.json.encode(each).decode() for each in options)
        return _CONTAINER.format(port=port, version=version(), options=f"[{told}]")
    if kind != SYSTEMD:
        raise InvalidArgumentError(f"no such recipe: {kind!r}", hint=f"there are {' and '.join(KINDS)}")
    place = Path(folder).expanduser().absolute() if folder else DEFAULT_FOLDER
    program = _program()
    options = ["-p", str(port), "-d", str(place), *(["--host", host] if host else []), *named]
    return _UNIT.format(
        file="/etc/systemd/system/mlrun-db.service",
        folder=shlex.quote(str(place)),
        program=shlex.join(program),
        command=_command([*program, "db", *options]),
        place=_place(place),
    )


def _program() -> list[str]:
    """The command of this environment."""
    script = Path(sys.executable).with_name("mlrun")
    return [str(script)] if script.exists() else [sys.executable, "-m", "mlrun_jupyter"]


def _place(folder: Path) -> str:
    """The settings that let the service write to its folder, and nowhere else."""
    if folder.parent == STATE:
        return f"StateDirectory={_word(folder.name)}\nStateDirectoryMode=0700"
    return f"ReadWritePaths={_word(str(folder))}"


def _command(words: Sequence[str]) -> str:
    """A command line as systemd reads it: there ``$`` begins a variable."""
    return " ".join(_word(word).replace("$", "$$") for word in words)


def _word(word: str) -> str:
    """A word of a setting as systemd reads it."""
    if not word.isprintable():
        raise InvalidArgumentError(f"not a word for a unit: {word!a}")
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{word}"' if not word or any(letter in word for letter in " '\"\\;") else word
