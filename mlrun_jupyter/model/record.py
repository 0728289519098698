"""Documents: typed sections whose unknown fields survive a round trip."""

from __future__ import annotations

import copy
from typing import Any, Self

import msgspec

from mlrun_jupyter.model import values

_FIELDS: dict[type, tuple[tuple[str, str, type[Record] | None], ...]] = {}


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A document or a section of one.

    Fields that this version does not know are kept in ``extra`` and written back where they stood, so a file of a
    newer version, or of the system whose formats we share, is never thinned out by passing through here.

    Example
    -------
    >>> class Point(Record):
    ...     x: int = 0
    >>> Point.from_dict({"x": 1, "colour": "red"}).to_dict()
    {'x': 1, 'colour': 'red'}
    """

    extra: dict[str, Any] = {}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Build from plain data. Raises ``msgspec.ValidationError`` naming the field whose type is wrong."""
        known: dict[str, Any] = {}
        sections: dict[str, Record] = {}
        left = dict(document)
        for name, key, section in _fields(cls):
            if key not in left:
                continue
            value = left.pop(key)
            if value is None:
                continue
            if section is None or not isinstance(value, dict):
                known[key] = value
            else:
                sections[name] = section.from_dict(value)
        record = msgspec.convert(known, cls)
        for name, value in sections.items():
            setattr(record, name, value)
        if left:
            record.extra = left
        return record

    def to_dict(self) -> dict[str, Any]:
        """Plain data; fields that are unset or empty are left out."""
        document: dict[str, Any] = {}
        for name, key, _section in _fields(type(self)):
            value = getattr(self, name)
            if isinstance(value, Record):
                value = value.to_dict()
            if value is None or (not value and isinstance(value, (str, dict, list, tuple))):
                continue
            document[key] = value
        if self.extra:
            document.update(self.extra)
        return document

    def to_json(self) -> str:
        """JSON text; numbers that JSON cannot hold are tagged as in :mod:`mlrun_jupyter.model.values`."""
        return values.encode(self.to_dict()).decode()

    def to_yaml(self) -> str:
        """YAML text, in the order of the fields."""
        import yaml

        return yaml.safe_dump(
            values.plain(self.to_dict()), sort_keys=False, default_flow_style=False, allow_unicode=True
        )

    def copy(self) -> Self:
        """A deep copy: changing one never changes the other."""
        other = copy.copy(self)
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if type(value) not in _SHARED:
                setattr(other, name, _copied(value))
        return other


_SHARED = frozenset((str, int, float, bool, type(None)))


def _copied(value: Any) -> Any:
    """A deep copy of a field's value: documents are plain data and sections, for which the library's way is slow."""
    kind = type(value)
    if kind in _SHARED:
        return value
    if kind is dict:
        return {key: _copied(item) for key, item in value.items()}
    if kind is list:
        return [_copied(item) for item in value]
    return value.copy() if isinstance(value, Record) else copy.deepcopy(value)


def _fields(cls: type[Record]) -> tuple[tuple[str, str, type[Record] | None], ...]:
    """(attribute, key in the document, section type) for each field; cached for each class."""
    fields = _FIELDS.get(cls)
    if fields is None:
        found = []
        for field in msgspec.structs.fields(cls):
            if field.name == "extra" or field.name.startswith("_"):
                continue
            section = field.type if isinstance(field.type, type) and issubclass(field.type, Record) else None
            found.append((field.name, field.encode_name, section))
        fields = _FIELDS[cls] = tuple(found)
    return fields
