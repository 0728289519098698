"""From a notebook or a file of code to a function's document."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter import config
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, UnknownArgumentError, nearest
from mlrun_jupyter.functions.kinds import KINDS, LOCAL, NUCLIO, check_kind
from mlrun_jupyter.functions.origin import code_origin
from mlrun_jupyter.model.function import FunctionRecord

if TYPE_CHECKING:
    from mlrun_jupyter.notebook.cells import Notebook
    from mlrun_jupyter.notebook.diagnostics import Diagnostic
    from mlrun_jupyter.notebook.extract import ExtractedFunction

_LANGUAGES: Final = {".go": "golang", ".js": "nodejs", ".java": "java", ".sh": "shell"}
"""Code that only Nuclio runs, which is taken as it stands."""


def code_to_record(
    name: str = "",
    project: str = "",
    tag: str = "",
    filename: str = "",
    handler: str = "",
    kind: str = "",
    image: str = "",
    code_output: str = "",
    embed_code: bool = True,
    description: str = "",
    requirements: list[str] | str | None = None,
    categories: list[str] | None = None,
    labels: dict[str, str] | None = None,
    with_doc: bool = True,
    ignored_tags: str = "",
    requirements_file: str = "",
    *,
    runtime: str = "",
    secrets: Mapping[str, str] | None = None,
    **unknown: Any,
) -> tuple[FunctionRecord, ExtractedFunction | None]:
    """Make a function's document from code.

    Parameters
    ----------
    name
        The function; the marks of that name in the notebook count. Empty: what the notebook says, else the file's name.
    filename
        ``.ipynb`` or ``.py``, a path, an address, or ``git://host/repository.git#ref:path``; ``.yaml`` for a function's
        file; ``.go .js .java .sh`` for Nuclio.
        Empty: the notebook that this runs in.
    handler
        The function to call when a task names none.
    kind
        ``local, job, dask, spark, mpijob, nuclio[:sub-kind], remote, serving``. Empty: what the notebook says
        (``%nuclio config kind = "job"``, ``%%mlrun --kind``); a cell marked with ``%%mlrun`` is a job.
    code_output
        Also write the notebook's code to this file; ``.``: ``<name>.py``.
    embed_code
        False: the function names its file (``code_output`` for a notebook) instead of carrying the code.
    requirements, requirements_file
        A list, or a requirements file; what the notebook installs is added.
    with_doc
        Read the handlers' parameters and words from the code.
    ignored_tags
        Cell tags to leave out, as in ``"draft;old"``, besides the setting ``ignored_notebook_tags``.
    runtime
        The old name of ``kind``.

    Returns
    -------
    tuple
        The document, and what was taken out of the notebook (None for code in other languages and for ``.yaml``).

    Raises
    ------
    ConversionError
        Every problem of the notebook, with cell and line.
    InvalidArgumentError
        No kind, an unknown one, arguments that contradict.
    NotFoundError
        No such file.

    Example
    -------
    ::

        record, extracted = code_to_record("trainer", filename="train.ipynb", kind="job", image="me/train")
        for warning in extracted.warnings:
            print(warning)
    """
    _check_arguments(unknown, kind, runtime)
    kind = kind or runtime
    if kind:
        check_kind(kind)
    suffix = Path(filename).suffix.lower()
    if suffix in (".yaml", ".yml"):
        from mlrun_jupyter.functions import importer

        record = importer.load(filename, project=project, secrets=secrets)
        _describe(record, name, project, tag, handler, description, categories, labels)
        return record, None
    listed = [*requirements_of(requirements), *(requirements_of(requirements_file) if requirements_file else [])]
    extracted: ExtractedFunction | None = None
    if suffix in _LANGUAGES:
        record = _other_language(filename, suffix, kind, handler)
    else:
        _check_embedding(embed_code, suffix, code_output)
        extracted, path = _extract(filename, name, handler, ignored_tags, with_doc=with_doc, secrets=secrets)
        record = _build(extracted, path, kind, handler, image)
        _place_code(record, extracted, path, code_output, name, embed=embed_code)
    _describe(
        record, name or record.metadata.name or _stem(filename), project, tag, handler, description, categories, labels
    )
    _require(record, listed, image)
    return record, extracted


def requirements_of(requirements: list[str] | str | None) -> list[str]:
    """Requirements from a list, or from the lines of a requirements file.

    Raises
    ------
    NotFoundError
        No such file.
    InvalidArgumentError
        A line that pip would not take, or an option, which a function cannot carry.
    """
    from mlrun_jupyter.notebook.requirements import check

    if isinstance(requirements, (str, Path)):
        listed, where = _requirement_lines(requirements), str(requirements)
    else:
        listed, where = list(requirements or []), "requirements"
    for requirement in listed:
        if not isinstance(requirement, str):
            raise InvalidArgumentError(f"a requirement is text, not {requirement!r:.40}", where=where)
        if problem := check(requirement):
            raise InvalidArgumentError(f"not a requirement: {requirement!r}", where=where, hint=problem)
    return listed


def embed(record: FunctionRecord, *, from_file: str = "", body: str = "", with_doc: bool = True) -> None:
    """Give a function its code, from a ``.py`` or ``.ipynb`` file or as text.

    Raises
    ------
    InvalidArgumentError
        Both, or neither.
    ConversionError
        Code that is no Python.
    """
    from mlrun_jupyter.notebook.extract import extract
    from mlrun_jupyter.notebook.percent import parse_py

    if bool(from_file) == bool(body):
        raise InvalidArgumentError("with_code takes a file or a text, and one of them")
    notebook = read_code(from_file)[0] if from_file else parse_py(body)
    extracted = extract(notebook, record.metadata.name if from_file.endswith(".ipynb") else "", with_doc=with_doc)
    build = record.spec.build
    build.functionSourceCode = _encode(extracted.code)
    if from_file:
        build.origin_filename = Path(from_file).name
        build.code_origin = code_origin(from_file)
    record.spec.entry_points = extracted.entry_points
    _keep_map(record, extracted)


def code_of(record: FunctionRecord) -> str:
    """The code that a function carries; empty when it carries none.

    Raises :class:`InvalidArgumentError` for code that is damaged.
    """
    encoded = record.spec.build.functionSourceCode
    if not encoded:
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise InvalidArgumentError(
            "the function's code is damaged", where="spec.build.functionSourceCode", hint=str(error)
        ) from None


# checks


def _check_arguments(unknown: dict[str, Any], kind: str, runtime: str) -> None:
    known = [each for each in code_to_record.__annotations__ if each not in ("unknown", "return", "secrets")]
    for argument in unknown:
        raise UnknownArgumentError(f"code_to_function has no argument {argument!r}", hint=nearest(argument, known))
    if kind and runtime and kind != runtime:
        raise InvalidArgumentError("'runtime' is the old name of 'kind'", hint="give kind only")


def _check_embedding(embed_code: bool, suffix: str, code_output: str) -> None:
    if code_output and suffix == ".py":
        raise InvalidArgumentError("code_output is for notebooks", hint="a .py file is its own output")
    if not embed_code and suffix != ".py" and not code_output:
        raise InvalidArgumentError(
            "a notebook's code has to be somewhere", hint="give code_output='train.py', or leave embed_code=True"
        )


def _settle_kind(kind: str, extracted: ExtractedFunction) -> tuple[str, str]:
    chosen = kind or extracted.kind or ("job" if extracted.mark else "")
    if not chosen:
        raise InvalidArgumentError(
            "please specify the function kind",
            where="kind",
            hint=f'one of {", ".join(each for each in KINDS if each)}, or %nuclio config kind = "job" in the notebook',
        )
    return check_kind(chosen)


# reading


def _extract(
    filename: str,
    name: str,
    handler: str,
    ignored_tags: str,
    *,
    with_doc: bool,
    secrets: Mapping[str, str] | None,
) -> tuple[ExtractedFunction, str]:
    import os

    from mlrun_jupyter.notebook.extract import extract

    tags = ";".join(
        filter(None, [ignored_tags, config.current().ignored_notebook_tags, os.environ.get("NUCLIO_IGNORED_TAGS", "")])
    )
    warnings: list[Diagnostic] = []
    notebook, path = read_code(filename, secrets, warnings)
    extracted = extract(notebook, name, ignored_tags=tags, handler=handler, with_doc=with_doc)
    extracted.diagnostics[:0] = warnings
    return extracted, path


def read_code(
    filename: str, secrets: Mapping[str, str] | None = None, warnings: list[Diagnostic] | None = None
) -> tuple[Notebook, str]:
    """(notebook, path or address) of a ``.ipynb`` or ``.py`` file; of the notebook that this runs in when empty.

    An address is fetched by the data stores, with their limits. ``warnings`` gets what there is to tell.
    """
    if not filename:
        from mlrun_jupyter.functions.open_notebook import open_notebook

        current = open_notebook()
        if warnings is not None:
            warnings.extend(current.warnings)
        return current.notebook, current.path
    from mlrun_jupyter.notebook.cells import decode_py, parse_ipynb, read_notebook
    from mlrun_jupyter.notebook.percent import parse_py

    if "://" not in filename:
        path = str(Path(filename).expanduser())
        return read_notebook(path), path
    if filename.startswith(("git://", "git+https://", "git+ssh://")):
        from mlrun_jupyter.functions import hub

        file = hub.checkout(filename)
        return read_notebook(file), str(file)
    from mlrun_jupyter.datastore.resolve import resolve

    item = resolve(filename, secrets=secrets)
    name = item.key or "notebook"
    if item.suffix not in {".ipynb", ".py"}:
        raise InvalidArgumentError("not a notebook", where=filename, hint="give an .ipynb or a .py file")
    data = item.get()
    if item.suffix == ".ipynb":
        return parse_ipynb(data, name=name, path=filename), filename
    return parse_py(decode_py(data, name), name=name, path=filename), filename


def _requirement_lines(path: str | Path) -> list[str]:
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError("no such requirements file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgumentError("the requirements file cannot be read", where=str(path), hint=str(error)) from None
    found = []
    for number, line in enumerate(text.replace("\\\n", " ").splitlines(), 1):
        requirement = line.partition(" #")[0].strip()
        if not requirement or requirement.startswith("#"):
            continue
        if requirement.startswith("-"):
            raise InvalidArgumentError(
                f"pip's option {requirement.split()[0]!r} cannot be carried by a function",
                where=f"{path} line {number}",
                hint="list the requirements themselves",
            )
        found.append(requirement)
    return found


def _other_language(filename: str, suffix: str, kind: str, handler: str) -> FunctionRecord:
    main, sub = check_kind(kind or "nuclio")
    if main not in NUCLIO:
        raise InvalidArgumentError(f"a {suffix} file runs as kind='nuclio' only", where=filename)
    try:
        text = Path(filename).expanduser().read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError("no such file", where=filename) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgumentError("the file cannot be read", where=filename, hint=str(error)) from None
    record = FunctionRecord(kind=main)
    record.spec.build.functionSourceCode = _encode(text)
    record.spec.build.code_origin = code_origin(filename)
    record.spec.build.origin_filename = Path(filename).name
    record.spec.default_handler = handler
    _add_nuclio(record, sub, {}, language=_LANGUAGES[suffix])
    return record


# building


def _build(extracted: ExtractedFunction, path: str, kind: str, handler: str, image: str) -> FunctionRecord:
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
    spec.build.code_origin = code_origin(path) if path and "://" not in path else path
    spec.build.origin_filename = extracted.source
    if main in NUCLIO:
        _add_nuclio(record, sub, document)
    return record


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
    """Variables of the files that ``%nuclio env_file`` names, beside the notebook; one that is missing is told."""
    from mlrun_jupyter.notebook.diagnostics import Diagnostic
    from mlrun_jupyter.safety import paths

    folder = Path(path).parent if path and "://" not in path else Path()
    for name in extracted.env_files:
        try:
            file = paths.inside(folder, name) if not Path(name).expanduser().is_absolute() else Path(name).expanduser()
            text = file.read_text(encoding="utf-8-sig")
        except OSError:
            message = f"the file of variables {name!r} is not there"
            extracted.diagnostics.append(Diagnostic(code="env-file-missing", message=message))
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


def _place_code(
    record: FunctionRecord, extracted: ExtractedFunction, path: str, code_output: str, name: str, *, embed: bool
) -> None:
    spec = record.spec
    output = code_output
    if output == ".":
        output = f"{name or record.metadata.name or _stem(path)}.py"
    if output:
        from mlrun_jupyter.safety.files import write_atomic

        if Path(output).suffix != ".py":
            raise InvalidArgumentError(f"code_output is a .py file, not {output!r}")
        write_atomic(Path(output).expanduser(), extracted.code.encode())
    if embed:
        spec.build.functionSourceCode = _encode(extracted.code)
        _keep_map(record, extracted)
        base = spec.extra.get("base_spec")
        if base:
            base["spec"]["build"]["functionSourceCode"] = spec.build.functionSourceCode
    else:
        spec.command = output or path


def _keep_map(record: FunctionRecord, extracted: ExtractedFunction) -> None:
    """Where the code's lines come from goes with the status: a cell that only moved makes no new version."""
    if extracted.source_map.segments:
        record.status.extra = {**record.status.extra, "source_map": extracted.source_map.to_dict()}


def _describe(
    record: FunctionRecord,
    name: str,
    project: str,
    tag: str,
    handler: str,
    description: str,
    categories: list[str] | None,
    labels: dict[str, str] | None,
) -> None:
    from mlrun_jupyter.notebook.pieces import normalize_name
    from mlrun_jupyter.safety import names

    metadata = record.metadata
    metadata.name = names.check_name("function", normalize_name(name or metadata.name) or "function")
    metadata.project, metadata.tag = project or metadata.project, tag or metadata.tag
    metadata.categories = list(categories or metadata.categories)
    metadata.labels = {**metadata.labels, **(labels or {})}
    record.spec.description = description or record.spec.description
    record.spec.default_handler = handler or record.spec.default_handler
    base = record.spec.extra.get("base_spec")
    if base:
        base["metadata"]["name"] = metadata.name
        base["spec"]["handler"] = f"{metadata.name}:{record.spec.default_handler or 'handler'}"


def _require(record: FunctionRecord, listed: list[str], image: str) -> None:
    """Requirements of the call after those of the notebook; an image without them becomes the one to build on."""
    from mlrun_jupyter.notebook.requirements import merge

    spec, build = record.spec, record.spec.build
    build.requirements = merge([*build.requirements, *listed])[0]
    if build.requirements and spec.image and record.kind not in LOCAL:
        build.base_image = build.base_image or image or spec.image
        spec.image = ""


def _section(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _stem(path: str) -> str:
    return Path(path.rstrip("/").rpartition("/")[2] if "://" in path else path).stem


def _encode(code: str) -> str:
    return base64.b64encode(code.encode("utf-8")).decode("ascii")
