"""Text for people: shown as it is, obeyed by nobody."""

import html.parser
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.safety.html import escape
from mlrun_jupyter.safety.terminal import clean

SEQUENCES = [
    "\x1b]0;title\x07", "\x1b]52;c;aGk=\x07", "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", "\x1b[2J", "\x1b[H",
    "\x1b[6n", "\x1b[c", "\x1b[?1049h", "\x1bP+q544e\x1b\\", "\x1b_G\x1b\\", "\x1b^x\x1b\\", "\x1bc", "\x1b7",
    "\x1b[1A\x1b[2K", "\x9b2J", "\x9d0;t\x9c", "\x90x", "\r hidden", "\b\b", "\x07", "\x00", "\x7f", "\x0c", "\x0b",
    "\x1b[>0;1m\x1b[?5n", "\x1b[31;1H", "\x1b#8", "\x1b(0", "\x0e", "\u202e", "\u2066", "\u200f", "\x85", "\x1b",
    "\x1b[", "\x1b[31", "\x1b]", "\x1b[38;5;196", "\x1b[" + "1;" * 40 + "m",
]  # fmt: skip
_SGR = re.compile(r"\x1b\[[0-9;:]*m")


@pytest.mark.parametrize("text", SEQUENCES)
def test_sequences_are_made_visible(text):
    shown = _SGR.sub("", clean(f"before{text}after"))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert shown.startswith("before")
    assert shown.endswith("after")


def test_colours_pass_and_are_closed():
    assert clean("\x1b[1;38;2;1;2;3mred\x1b[0m") == "\x1b[1;38;2;1;2;3mred\x1b[0m"
    assert clean("\x1b[31mred") == "\x1b[31mred\x1b[0m"
    assert clean("\x1b[31mred", color=False) == "red"
    assert clean("plain\ttext\r\nü") == "plain\ttext\nü"


class _Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, attributes))

    def handle_data(self, data):
        self.text += data


@given(st.text())
def test_escaped_text_is_text_everywhere(text):
    reader = _Reader()
    reader.feed(f'<p title="{escape(text)}">{escape(text)}</p>')
    reader.close()
    assert [tag for tag, _ in reader.tags] == ["p"]
    assert [name for name, _ in reader.tags[0][1]] == ["title"]
    visible = text.translate(dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)]))
    assert all(letter in reader.text for letter in visible if letter.isalnum())
    escape(text).encode()


def test_plain_text_is_untouched_and_others_are_shown():
    assert escape("plain, text: ü") == "plain, text: ü"
    assert (escape(None), escape(3), escape(True)) == ("", "3", "True")
    assert escape("a\x00\x1b[31m") == "a\u2400\u241b[31m"
    assert escape("\ud800") == "\ufffd"


@given(st.text(st.sampled_from("ab\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")))
def test_directions_end_where_the_text_ends(text):
    closed = {**dict.fromkeys("\u2066\u2067\u2068", "\u2069"), **dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c")}
    depth = []
    shown = escape(text)
    for place, letter in enumerate(shown):
        if letter in closed:
            depth.append(closed[letter])
        elif letter in "\u2069\u202c":
            assert depth.pop() == letter
            assert depth or place == len(shown) - 1  # nothing in the text closes the isolate around it
    assert not depth
