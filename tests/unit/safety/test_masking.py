"""Secrets stay hidden in streams, however they are cut and disguised."""

import base64
import html
import itertools
import json
import pickle
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.safety.masking import Masker

SECRET = "p@ss/w0rd+=Zß'\"<x"


def _stream(masker, parts):
    return "".join(masker.feed(part) for part in parts) + masker.flush()


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        quote(SECRET, safe=""),
        re.sub("%..", lambda match: match[0].lower(), quote(SECRET, safe="")),
        json.dumps({"a": SECRET}),
        json.dumps({"a": SECRET}, ensure_ascii=False),
        repr([SECRET]),
        html.escape(SECRET),
        SECRET.encode().hex(),
        *(base64.b64encode(pad + SECRET.encode() + b"1").decode() for pad in (b"", b"u", b"u:", b"u:v")),
        *(base64.b64encode(pad + SECRET.encode() + b"12").decode() for pad in (b"", b"u", b"u:", b"u:v")),
        *(base64.urlsafe_b64encode(pad + SECRET.encode()).decode() for pad in (b"", b"u", b"u:")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_every_form_and_cut_is_hidden(text, size):
    masked = _stream(Masker([SECRET]), [text[i : i + size] for i in range(0, len(text), size)])
    assert "***" in masked
    assert masked.count("***") == 1
    assert len(masked.replace("***", "")) <= 10  # what was around it
    assert SECRET[2:8] not in masked


secrets = st.lists(st.text("abX", min_size=4, max_size=8), min_size=1, max_size=3)


@given(secrets, st.text("abX ", max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_cutting_changes_nothing_for_the_reader(values, text, cuts):
    cuts = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    parts = [text[a:b] for a, b in itertools.pairwise(cuts)]
    masked = _stream(Masker(values), parts)
    assert all(value not in masked for value in values)
    assert masked == Masker(values).mask(text)


def test_short_values_and_no_values_leave_text_alone():
    assert Masker([]).feed("token=t") == "token=t"
    assert Masker(["1", "abc", "", "    "]).feed("1 abc    ") == "1 abc    "


def test_text_that_cannot_become_a_secret_is_not_held_back():
    masker = Masker(["t0ps3cret"])
    assert masker.feed("loss 0.1\n") == "loss 0.1\n"
    assert masker.feed("start") == "star"
    assert masker.feed("!") == "t!"


def test_a_longer_secret_that_starts_with_a_shorter_one():
    assert _stream(Masker(["abcd", "abcdef"]), ["x abcd", "ef abcd", "e"]) == "x *** ***e"


def test_lines_of_a_key_are_hidden():
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhk\nG9w0BAQEFAASCBKcw\n-----END KEY-----"
    masked = _stream(Masker([key]), ["  MIIEvQIBADAN", "Bgkqhk\n> G9w0BAQEFAASCBKcw"])
    assert masked == "  ***\n> ***"


def test_values_added_later_count():
    masker = Masker()
    masker.add("hunter2hunter2")
    assert masker.mask("hunter2hunter2") == "***"


def test_a_masker_shows_and_pickles_nothing():
    masker = Masker([SECRET])
    assert SECRET not in repr(masker)
    with pytest.raises(TypeError):
        pickle.dumps(masker)
