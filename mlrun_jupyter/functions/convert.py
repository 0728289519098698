"""From a notebook or a file of code to a function's document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlrun_jupyter import config
from mlrun_jupyter.errors import InvalidArgumentError, UnknownArgumentError, nearest
from mlrun_jupyter.functions import source
from mlrun_jupyter.functions.code import encode, keep_map, read_code
from mlrun_jupyter.functions.kinds import LOCAL, check_kind
from mlrun_jupyter.functions.origin import code_origin
from mlrun_jupyter.functions.record import LANGUAGES, build, build_other
from mlrun_jupyter.functions.requirements import requirements_of
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.safety.files import write_atomic

if TYPE_CHECKING:
    from mlrun_jupyter.notebook.diagnostics import Diagnostic
    from mlrun_jupyter.notebook.extracted import ExtractedFunction

__all__ = ["code_to_record", "embed", "requirements_of"]


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
        ``.ipynb`` or ``.py``: a path, an address, ``git://host/repository.git#ref:path``, or ``code.zip#path`` in an
        archive; ``.yaml`` for a function's file; ``.go .js .java .sh`` for Nuclio.
        Empty: the notebook that this runs in.
    handler
        The function to call when a task names none.
    kind
        ``local, job, dask, spark, mpijob, nuclio[:sub-kind], remote, serving``. Empty: what the notebook says
        (``%nuclio config kind = "job"``, ``%%mlrun --kind``); a cell marked with ``%%mlrun`` is a job.
    code_output
        Also write the notebook's code to this file; ``.``: ``<name>.py``.
    embed_code
        False: the function names its file (``code_output`` for a notebook) instead of carrying the code; a ``.py`` file
        of a repository or archive with that as its source, so that it runs beside what it imports.
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
    NotFoundError, DataError, UnsafeError
        No such file, a repository or archive that cannot be read, or is not to be trusted.

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
    output = ""
    if suffix in LANGUAGES:
        record = build_other(filename, suffix, kind, handler)
    else:
        _check_embedding(embed_code, suffix, code_output)
        extracted, path = _extract(filename, name, handler, ignored_tags, with_doc=with_doc, secrets=secrets)
        record = build(extracted, path, kind, handler, image)
        output = _output_file(code_output, name or record.metadata.name, path)
        _place_code(record, extracted, output or path, embed=embed_code)
    _describe(
        record, name or record.metadata.name or _stem(filename), project, tag, handler, description, categories, labels
    )
    _require(record, listed, image)
    if extracted is not None and output:
        write_atomic(Path(output).expanduser(), extracted.code.encode())
    return record, extracted


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
    build.functionSourceCode = encode(extracted.code)
    if from_file:
        build.origin_filename = Path(from_file).name
        build.code_origin = code_origin(from_file)
    record.spec.entry_points = extracted.entry_points
    keep_map(record, extracted)


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


def _output_file(code_output: str, name: str, path: str) -> str:
    output = f"{name or _stem(path)}.py" if code_output == "." else code_output
    if output and Path(output).suffix != ".py":
        raise InvalidArgumentError(f"code_output is a .py file, not {output!r}")
    return output


def _place_code(record: FunctionRecord, extracted: ExtractedFunction, file: str, *, embed: bool) -> None:
    spec = record.spec
    if not embed:
        where = source.parse(file)
        spec.command = where.path if where else file
        spec.build.source = where.base if where else spec.build.source
        return
    spec.build.functionSourceCode = encode(extracted.code)
    keep_map(record, extracted)
    base = spec.extra.get("base_spec")
    if base:
        base["spec"]["build"]["functionSourceCode"] = spec.build.functionSourceCode


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


def _stem(path: str) -> str:
    where = source.parse(path)
    path = (where.path or where.base) if where else path
    return Path(path.rstrip("/").rpartition("/")[2] if "://" in path else path).stem
