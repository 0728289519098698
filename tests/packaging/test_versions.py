"""The pinned versions: complete, within what is declared, and free of addresses."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]


def wanted(extra: str) -> list[Requirement]:
    """What an extra asks for, through the extras of the project that it names."""
    found = []
    for line in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(line)
        if requirement.name == PROJECT["name"]:
            found += [each for name in requirement.extras for each in wanted(name)]
        else:
            found.append(requirement)
    return found


def test_every_library_of_the_checks_is_pinned_within_its_range() -> None:
    pinned = {canonicalize_name(pin.name): Version(next(iter(pin.specifier)).version) for pin in PINS}
    for requirement in [*map(Requirement, PROJECT["dependencies"]), *wanted("dev")]:
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{name} is not in constraints.txt: make lock"
        assert pinned[name] in requirement.specifier


def test_pins_are_versions_and_nothing_else() -> None:
    assert not [str(pin) for pin in PINS if pin.url or [each.operator for each in pin.specifier] != ["=="]]


def test_the_front_end_is_pinned_without_addresses() -> None:
    locks = [ROOT / "labextension" / "package-lock.json"]
    for lock in filter(Path.exists, locks):
        packages = json.loads(lock.read_text())["packages"]
        assert not [name for name, package in packages.items() if "resolved" in package and not package.get("link")]


def test_all_takes_every_extra_but_the_one_that_excludes_others() -> None:
    extras = PROJECT["optional-dependencies"]
    assert set(extras) - set(Requirement(extras["all"][0]).extras) == {"all", "dev", "kfp", "test"}
