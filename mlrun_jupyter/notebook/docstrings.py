"""What a docstring says about parameters and results: reST, Google and numpydoc. Anything else is description."""

from __future__ import annotations

import inspect
import re
from typing import Final, NamedTuple

_FIELD: Final = re.compile(r":(?P<tag>\w+)(?:[ \t]+(?P<name>[^:\n]*?))?:(?:[ \t]+(?P<text>.*)|[ \t]*$)")
_PARAMS: Final = frozenset({"param", "parameter", "arg", "argument", "key", "keyword"})
_RETURNS: Final = frozenset({"return", "returns", "yield", "yields"})
_GOOGLE: Final = re.compile(r"(?P<title>[A-Z][A-Za-z ]+):[ \t]*$")
_GOOGLE_PARAM: Final = re.compile(
    r"(?P<name>\*{0,2}\w+)[ \t]*(?:\((?P<type>[^)]*(?:\([^)]*\)[^)]*)*)\))?[ \t]*:(?:[ \t]+(?P<text>.*)|$)"
)
_PARAM_TITLES: Final = frozenset(
    {"args", "arguments", "parameters", "params", "keyword args", "keyword arguments", "other parameters"}
)
_RETURN_TITLES: Final = frozenset({"returns", "return", "yields", "yield"})
_UNDERLINE: Final = re.compile(r"-{3,}[ \t]*$")
_NUMPY_PARAM: Final = re.compile(r"(?P<name>\*{0,2}\w+(?:[ \t]*,[ \t]*\*{0,2}\w+)*)[ \t]*(?::[ \t]*(?P<type>.*))?$")


class Said(NamedTuple):
    """A parameter's, or a result's, type and text."""

    type: str
    doc: str


class Docstring(NamedTuple):
    summary: str
    parameters: dict[str, Said]
    returns: list[Said]


def parse_docstring(text: str) -> Docstring:
    """Read a docstring; never raises.

    Example
    -------
    >>> parse_docstring("Train.\\n\\n:param eta: step size\\n:type eta: float").parameters["eta"]
    Said(type='float', doc='step size')
    """
    lines = inspect.cleandoc(text).split("\n")
    if any(_FIELD.match(line) and _FIELD.match(line)["tag"] in _KNOWN for line in lines):  # type: ignore[index] # matched in the same line
        return _rest(lines)
    if any(_UNDERLINE.match(line) for line in lines[1:]):
        return _numpy(lines)
    return _google(lines)


_KNOWN: Final = _PARAMS | _RETURNS | {"type", "rtype", "raises", "raise"}


def _summary(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _flow(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


def _rest(lines: list[str]) -> Docstring:
    types: dict[str, str] = {}
    docs: dict[str, str] = {}
    returns, rtype = "", ""
    head: list[str] = []
    fields: list[tuple[str, str, list[str]]] = []
    for line in lines:
        match = _FIELD.match(line)
        if match:
            fields.append((match["tag"].lower(), (match["name"] or "").strip(), [match["text"] or ""]))
        elif fields and (line.startswith((" ", "\t")) or not line.strip()):
            fields[-1][2].append(line)
        elif not fields:
            head.append(line)
    for tag, name, body in fields:
        text = _flow(body)
        *kind, last = name.split() or [""]
        last = last.lstrip("*\\")
        if tag in _PARAMS and last:
            docs[last] = text
            if kind:
                types.setdefault(last, " ".join(kind))
        elif tag == "type" and last:
            types[last] = text
        elif tag in _RETURNS:
            returns = text
        elif tag == "rtype":
            rtype = text
    names = [*docs, *(name for name in types if name not in docs)]
    parameters = {name: Said(types.get(name, ""), docs.get(name, "")) for name in names}
    return Docstring(_summary(head), parameters, [Said(rtype, returns)] if returns or rtype else [])


def _google(lines: list[str]) -> Docstring:
    sections: list[tuple[str, list[str]]] = [("", [])]
    for line in lines:
        match = _GOOGLE.match(line)
        title = match["title"].lower() if match else ""
        if (
            title in _PARAM_TITLES
            or title in _RETURN_TITLES
            or title in {"raises", "example", "examples", "note", "notes"}
        ):
            sections.append((title, []))
        elif len(sections) > 1 and line.strip() and not line.startswith((" ", "\t")):
            sections.append(("", [line]))
        else:
            sections[-1][1].append(line)
    parameters: dict[str, Said] = {}
    returns: list[Said] = []
    for title, body in sections:
        if title in _PARAM_TITLES:
            parameters.update(_google_parameters(body))
        elif title in _RETURN_TITLES and (text := _flow(body)):
            kind, colon, rest = text.partition(":")
            typed = bool(colon) and not re.search(r"[.!?;]", kind) and len(kind.split()) <= 4
            returns.append(Said(kind.strip(), rest.strip()) if typed else Said("", text))
    return Docstring(_summary(sections[0][1]), parameters, returns)


def _google_parameters(lines: list[str]) -> dict[str, Said]:
    found: dict[str, tuple[str, list[str]]] = {}
    indent = next((len(line) - len(line.lstrip()) for line in lines if line.strip()), 0)
    name = ""
    for line in lines:
        match = _GOOGLE_PARAM.match(line.strip()) if len(line) - len(line.lstrip()) == indent else None
        if match:
            name = match["name"].lstrip("*")
            found[name] = (_optional(match["type"] or ""), [match["text"] or ""])
        elif name:
            found[name][1].append(line)
    return {name: Said(kind, _flow(body)) for name, (kind, body) in found.items()}


def _numpy(lines: list[str]) -> Docstring:
    sections: list[tuple[str, list[str]]] = [("", [])]
    for number, line in enumerate(lines):
        if _UNDERLINE.match(line) and number and sections[-1][1] and sections[-1][1][-1].strip():
            sections.append((sections[-1][1].pop().strip().lower(), []))
        else:
            sections[-1][1].append(line)
    parameters: dict[str, Said] = {}
    returns: list[Said] = []
    for title, body in sections:
        if title in _PARAM_TITLES:
            for names, kind, text in _numpy_items(body):
                for name in names.split(","):
                    parameters[name.strip().lstrip("*")] = Said(_optional(kind), text)
        elif title in _RETURN_TITLES:
            for name, kind, text in _numpy_items(body):
                returns.append(Said(kind or name, text))
    return Docstring(_summary(sections[0][1]), parameters, returns)


def _numpy_items(lines: list[str]) -> list[tuple[str, str, str]]:
    items: list[tuple[str, str, list[str]]] = []
    for line in lines:
        if line.strip() and not line.startswith((" ", "\t")):
            match = _NUMPY_PARAM.match(line.strip())
            items.append((match["name"], match["type"] or "", []) if match else (line.strip(), "", []))
        elif items:
            items[-1][2].append(line)
    return [(name, kind, _flow(body)) for name, kind, body in items]


def _optional(kind: str) -> str:
    """``int, optional`` and ``int, default 3`` are an int."""
    return re.sub(r",\s*(?:optional|default\b.*)$", "", kind.strip(), flags=re.IGNORECASE)
