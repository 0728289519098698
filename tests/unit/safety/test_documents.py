"""Untrusted YAML and JSON: plain data comes out, or a typed error."""

import datetime
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.errors import InvalidArgumentError, UnsafeError
from mlrun_jupyter.safety.documents import Limits, dump_yaml, load_json, load_yaml

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)

HOSTILE_YAML = {
    "object": "!!python/object/apply:os.system ['touch canary']",
    "name": "a: !!python/name:os.system ''",
    "module": "!!python/module:os ''",
    "new": "!!python/object/new:tuple [1]",
    "unknown tag": "a: !secret x",
    "tuple": "!!python/tuple [1, 2]",
    "alias bomb": BOMB,
    "wide alias bomb": "a: &a [" + "x," * 1000 + "]\nb: [" + "*a," * 1000 + "]",
    "merge bomb": "a: &a {" + ",".join(f"k{i}: 1" for i in range(400)) + "}\n"
    + "b:\n" + "".join(f"- {{<<: *a, n: {i}}}\n" for i in range(400)),
    "itself": "a: &a [*a]",
    "deep flow": "[" * 65 + "]" * 65,
    "very deep flow": "[" * 100_000,
    "deep block": "\n".join("  " * i + "k:" for i in range(200)),
    "depth by aliases": "a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*a" + "]" * 40,
    "many values": "[" + "1," * 100_001 + "]",
    "large": "a: " + "x" * 5_000_001,
}  # fmt: skip

INVALID_YAML = {
    "duplicate": "a: 1\na: 2",
    "duplicate, written differently": "1: a\n0x1: b",
    "deep duplicate": "a:\n  - b: 1\n    b: 2",
    "two documents": "a: 1\n---\nb: 2",
    "broken": "a: [1, 2",
    "tab": "a:\n\t- b",
    "unknown alias": "a: *nothing",
    "key that cannot be one": "? [1, 2]\n: x",
    "integer too long": "a: " + "9" * 5000,
    "control": "a: \x01",
    "not text": b"\xff\xfe\x00",
    "bad binary": "a: !!binary '====x'",
}


@pytest.mark.parametrize("text", HOSTILE_YAML.values(), ids=HOSTILE_YAML)
def test_hostile_yaml_is_refused_within_bounds(text):
    tracemalloc.start()
    try:
        with pytest.raises(UnsafeError) as caught:
            load_yaml(text, where="f.yaml")
        assert tracemalloc.get_traced_memory()[1] < 200e6
    finally:
        tracemalloc.stop()
    assert "f.yaml" in str(caught.value)


@pytest.mark.parametrize("text", INVALID_YAML.values(), ids=INVALID_YAML)
def test_invalid_yaml_names_the_place(text):
    with pytest.raises(InvalidArgumentError, match=r"f\.yaml"):
        load_yaml(text, where="f.yaml")


def test_yaml_line_is_named():
    with pytest.raises(InvalidArgumentError, match="line 3, column 1"):
        load_yaml("a: 1\nb: 2\na: 3")


def test_yaml_times_stay_text():
    value = load_yaml("a: 2026-11-23\nb: 2026-11-23T10:00:00Z\nc: 1.5\nd: yes")
    assert value == {"a": "2026-11-23", "b": "2026-11-23T10:00:00Z", "c": 1.5, "d": True}


def test_aliases_and_merges_work_within_the_limits():
    value = load_yaml("base: &b {x: 1, y: 2}\none:\n  <<: *b\n  y: 3\ntwo: *b")
    assert value["one"] == {"x": 1, "y": 3}
    assert value["two"] == {"x": 1, "y": 2}


def test_magic_names_are_data():
    assert load_yaml("__proto__: 1\n__class__: x") == {"__proto__": 1, "__class__": "x"}


def test_limits_can_be_widened():
    text = "[" + "1," * 200_000 + "]"
    assert len(load_yaml(text, limits=Limits(nodes=1_000_000))) == 200_000


HOSTILE_JSON = {
    "deep": "[" * 65 + "]" * 65,
    "very deep": "[" * 100_000 + "]" * 100_000,
    "deep objects": '{"a":' * 100 + "1" + "}" * 100,
    "many": "[" + "1," * 100_000 + "1]",
    "many keys": "{" + ",".join(f'"{i}":1' for i in range(60_000)) + "}",
    "large": '"' + "x" * 5_000_001 + '"',
}
INVALID_JSON = {
    "duplicate": '{"a":1,"b":2,"a":3}',
    "broken": '{"a":',
    "single quotes": "{'a':1}",
    "long integer": "9" * 5000,
    "trailing": "1 2",
    "empty": "",
    "not text": b"\xff",
}


@pytest.mark.parametrize("text", HOSTILE_JSON.values(), ids=HOSTILE_JSON)
def test_hostile_json_is_refused(text):
    with pytest.raises(UnsafeError):
        load_json(text)


@pytest.mark.parametrize("text", INVALID_JSON.values(), ids=INVALID_JSON)
def test_invalid_json_is_a_typed_error(text):
    with pytest.raises(InvalidArgumentError, match="params"):
        load_json(text, where="params.json")


def test_json_of_bytes_with_a_mark():
    assert load_json(b'\xef\xbb\xbf{"a":[1,2.5,null]}') == {"a": [1, 2.5, None]}


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc-:#1e.", max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_what_is_dumped_is_loaded_again(value):
    assert load_yaml(dump_yaml(value)) == value


def test_text_that_looks_like_a_number_is_quoted():
    assert (
        dump_yaml({"tag": "1e5", "when": "2026-11-23", "on": "yes"}) == "tag: '1e5'\nwhen: '2026-11-23'\n'on': 'yes'\n"
    )


def test_only_plain_values_are_dumped():
    with pytest.raises(InvalidArgumentError):
        dump_yaml({"a": object()})
    with pytest.raises(InvalidArgumentError):
        dump_yaml({"a": datetime.timedelta(1)})
