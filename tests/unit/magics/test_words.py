"""How a line is read: words, quotes, brackets, and values that are filled in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_magics.words import Expander, split, split_open


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  run   train ", ["run", "train"]),
        ("-x eta=[0.1, 0.3]", ["-x", "eta=[0.1, 0.3]"]),
        ("-p conf={'a': [1, 2], 'b': '}'}", ["-p", "conf={'a': [1, 2], 'b': '}'}"]),
        ('--where "results.accuracy > 0.9"', ["--where", "results.accuracy > 0.9"]),
        ("-p name='a b'", ["-p", "name=a b"]),
        ("-p path=C:\\data\\x.csv", ["-p", "path=C:\\data\\x.csv"]),
        ("runs  # the newest", ["runs"]),
        ("-p color=#fff", ["-p", "color=#fff"]),
        ("-p smile=:)", ["-p", "smile=:)"]),
        ("-p empty=''", ["-p", "empty="]),
        ("''", [""]),
    ],
)
def test_words_are_separated_outside_quotes_and_brackets(line: str, words: list[str]) -> None:
    assert split(line) == words


@pytest.mark.parametrize("line", ["-p a='x", '-p a="x', "-x a=[1, 2", "-p a={'b': 1", "-p a=f(1"])
def test_what_is_not_closed_is_told(line: str) -> None:
    with pytest.raises(InvalidArgumentError, match="is not closed"):
        split(line)


@given(st.text(max_size=60))
def test_reading_ends_for_every_line(line: str) -> None:
    try:
        words = split(line)
    except InvalidArgumentError:
        words = split_open(line).complete
    assert all(isinstance(word, str) for word in words)


@given(st.lists(st.text(alphabet="abc=-_.019/", min_size=1, max_size=8), max_size=6))
def test_plain_words_come_back_as_they_are(words: list[str]) -> None:
    assert split(" ".join(words)) == words


@pytest.mark.parametrize(
    ("text", "complete", "last"),
    [("run tr", ["run"], "tr"), ("run train ", ["run", "train"], ""), ("run -x a=[1, ", ["run", "-x"], "a=[1, ")],
)
def test_a_line_up_to_the_cursor_may_be_open(text: str, complete: list[str], last: str) -> None:
    assert split_open(text) == (complete, last)


NAMES = {"x": 5, "frame": object(), "word": "hello"}
EXPANDER = Expander(NAMES, lambda expression: eval(expression, {}, NAMES))


def test_a_whole_value_is_the_object_itself() -> None:
    assert EXPANDER.value("$frame") == (True, NAMES["frame"])
    assert EXPANDER.value("{x + 1}") == (True, 6)
    assert EXPANDER.value("{[x, x * 2]}") == (True, [5, 10])


@pytest.mark.parametrize("text", ["{'a': 1}", "{1, 2}", "{}", "$HOME", "{no python}", "plain", "$", "{x"])
def test_what_is_no_expression_stays(text: str) -> None:
    assert EXPANDER.value(text) == (False, None)
    assert EXPANDER.text(text) == text


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("run-$x.csv", "run-5.csv"),
        ("{word}-{x}", "hello-5"),
        ("[{x}, {x + 1}]", "[5, 6]"),
        ("{{x}}", "{x}"),
        ("$word$HOME", "hello$HOME"),
        ("{'a': {'b': 1}}", "{'a': {'b': 1}}"),
    ],
)
def test_parts_of_a_text_are_filled_in(text: str, filled: str) -> None:
    assert EXPANDER.text(text) == filled


def test_an_expression_that_fails_is_told_with_the_nearest_name() -> None:
    with pytest.raises(InvalidArgumentError, match=r"there is no variable 'wrod' \({wrod}\): did you mean word\?"):
        EXPANDER.value("{wrod}")
    with pytest.raises(InvalidArgumentError, match="ZeroDivisionError"):
        EXPANDER.value("{1 / 0}")
