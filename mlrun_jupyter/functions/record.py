"""A function's document out of what a notebook gave."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.functions import source
from mlrun_jupyter.functions.code import encode
from mlrun_jupyter.functions.kinds import KINDS, NUCLIO, check_kind
from mlrun_jupyter.functions.origin import code_origin, without_password
from mlrun_jupyter.model.function import FunctionRecord

if TYPE_CHECKING:
    from mlrun_jupyter.notebook.extracted import ExtractedFunction

LANGUAGES: Final = {".go": "golang", ".js": "nodejs", ".java": "java", ".sh": "shell"}
"""Code that only Nuclio runs, which is taken as it stands."""


def build(extracted: ExtractedFunction, path: str, kind: str, handler: str, image: str) -> FunctionRecord:
    """The document without its code.

    Raises :class:`InvalidArgumentError` for no kind, an unknown one, or a setting of the notebook that does not fit.
    """
    main, sub = _settle_kind(kind, extracted)
    document = extracted.config
    record = FunctionRecord(kind=main)
    metadata = record.metadata
    given = _section(document, "metadata")
    metadata.name = extracted.name or str(given.get("name", ""))
    metadata.project, metadata.tag = str(given.get("project", "")), str(given.get("tag", ""))
    metadata.labels = {key: str(value) for key, value in _section(given, "labels").items()}
    metadata.annotations = {key: str(value) for key, value in _section(given, "annotations").items()}
    _fill_spec(record, dict(_section(document, "spec")))
    _add_env_files(record, extracted, path)
    spec = record.spec
    spec.image = image or spec.image
    spec.default_handler = handler or extracted.handler or spec.default_handler
    spec.entry_points = extracted.entry_points
    spec.build.requirements = list(extracted.requirements)
    spec.build.code_origin = _origin(path)
    spec.build.origin_filename = extracted.source
    if main in NUCLIO:
        _add_nuclio(record, sub, document)
    return record


def build_other(filename: str, suffix: str, kind: str, handler: str) -> FunctionRecord:
    """The document of code that is no Python. Raises as :func:`build` does, and for a file that is not there."""
    main, sub = check_kind(kind or "nuclio")
    if main not in NUCLIO:
        raise InvalidArgumentError(f"a {suffix} file runs as kind='nuclio' only", where=filename)
    try:
        with source.opened(filename) as file:
            text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError("no such file", where=filename) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgumentError("the file cannot be read", where=filename, hint=str(error)) from None
    record = FunctionRecord(kind=main)
    record.spec.build.functionSourceCode = encode(text)
    record.spec.build.code_origin = _origin(filename)
    record.spec.build.origin_filename = Path(filename).name
    record.spec.default_handler = handler
    _add_nuclio(record, sub, {}, language=LANGUAGES[suffix])
    return record


def _origin(path: str) -> str:
    """Where code came from; an address without what gives access to it."""
    return without_password(path) if "://" in path or source.parse(path) else code_origin(path) if path else ""


def _settle_kind(kind: str, extracted: ExtractedFunction) -> tuple[str, str]:
    chosen = kind or extracted.kind or ("job" if extracted.mark else "")
    if not chosen:
        raise InvalidArgumentError(
            "please specify the function kind",
            where="kind",
            hint=f'one of {", ".join(each for each in KINDS if each)}, or %nuclio config kind = "job" in the notebook',
        )
    return check_kind(chosen)


def _fill_spec(record: FunctionRecord, given: dict[str, Any]) -> None:
    """Fields that the notebook set; those that only some kinds know are kept as they are."""
    import msgspec

    from mlrun_jupyter.model.function import FunctionSpec

    build = dict(given.pop("build", None) or {})
    build["base_image"] = build.pop("baseImage", "") or build.get("base_image", "")
    volumes = given.pop("volumes", None)
    handler = given.pop("handler", "")
    document = {**given, "build": {key: value for key, value in build.items() if value}}
    try:
        record.spec = FunctionSpec.from_dict(document)
    except msgspec.ValidationError as error:
        raise InvalidArgumentError(
            f"a setting of the notebook does not fit: {error}", where="%nuclio config", hint="see the fields of spec"
        ) from None
    record.spec.default_handler = str(handler).rpartition(":")[2] or record.spec.default_handler
    if isinstance(volumes, list) and volumes:
        pairs = [each for each in volumes if isinstance(each, dict)]
        record.spec.extra = {
            **record.spec.extra,
            "volumes": [each.get("volume", each) for each in pairs],
            "volume_mounts": [each["volumeMount"] for each in pairs if "volumeMount" in each],
        }


def _add_env_files(record: FunctionRecord, extracted: ExtractedFunction, path: str) -> None:
    """Variables of the files that ``%nuclio env_file`` names. A file that is missing is told.

    Only files in the notebook's folder are read: somebody else's notebook shall not carry away what is elsewhere.
    """
    from mlrun_jupyter.notebook.diagnostics import Diagnostic
    from mlrun_jupyter.safety import paths

    folder = (Path(path).parent if path and "://" not in path else Path()).resolve()
    for name in extracted.env_files:
        given = Path(name).expanduser()
        try:
            relative = given.relative_to(folder).as_posix() if given.is_absolute() else name
            text = paths.inside(folder, relative).read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:  # an unsafe path is a value error too
            code, why = "env-file-refused", "is not in the notebook's folder, and is not read"
            if isinstance(error, OSError):
                code, why = "env-file-missing", "cannot be read"
            extracted.diagnostics.append(Diagnostic(code=code, message=f"the file of variables {name!r} {why}"))
            continue
        for line in text.splitlines():
            key, equals, value = line.strip().partition("=")
            if equals and not key.startswith("#"):
                kept = [each for each in record.spec.env if each.get("name") != key.strip()]
                record.spec.env = [*kept, {"name": key.strip(), "value": value.strip()}]


def _add_nuclio(record: FunctionRecord, sub: str, document: dict[str, Any], *, language: str = "python") -> None:
    """The whole Nuclio document, as that system keeps it, beside our own fields."""
    spec = record.spec
    given = {key: value for key, value in _section(document, "spec").items() if key != "build"}
    handler = spec.default_handler or "handler"
    base = {
        "apiVersion": "nuclio.io/v1",
        "kind": "Function",
        "metadata": {"name": record.metadata.name, **_section(document, "metadata")},
        "spec": {
            "runtime": language,
            "handler": f"{record.metadata.name or 'function'}:{handler}",
            "env": spec.env,
            "volumes": [],
            **given,
            "build": {
                "commands": spec.build.commands,
                "noBaseImagesPull": True,
                **_section(_section(document, "spec"), "build"),
                "functionSourceCode": spec.build.functionSourceCode,
            },
        },
    }
    extra: dict[str, Any] = {"base_spec": base}
    if sub:
        extra["function_kind"] = sub
    spec.extra = {**spec.extra, **extra}


def _section(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}
