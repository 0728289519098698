"""The grammar of names is the same everywhere."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.safety.names import MAX_LENGTH, check_name, fold, is_name, normalise


@pytest.mark.parametrize("name", ["a", "train", "my-func_2.v1", "A", "0", "_x", "x" * 63, "a..b", "console"])
def test_names(name):
    assert check_name("function", name) == name


NO_NAMES = [
    "", " ", "a b", ".hidden", "..", ".", "-rf", "--help", "a/b", "a\\b", "a\0", "a\n", "\na", "x" * 64, "naïve",
    "训练", "p\u0430ge", "a\u202eb", "a\u200bb", "e\u0301", "CON", "nul.txt", "com1", "a.", "a%2fb", "a:b", "a*", "~",
    "$(x)", "`x`", "a;b", "<b>", "\ufeffa", None, 3,
]  # fmt: skip


@pytest.mark.parametrize("name", NO_NAMES)
def test_no_names(name):
    assert not is_name(name)
    with pytest.raises(InvalidArgumentError) as caught:
        check_name("function", name)
    assert str(caught.value).isascii()


@given(st.text(max_size=200))
def test_the_nearest_name_is_one(text):
    name = normalise(text)
    assert is_name(name)
    assert normalise(name) == name


NOT_LATIN = st.text(st.characters(categories=["Lo"]), min_size=1, max_size=5).filter(
    lambda text: (
        not unicodedata.normalize("NFKD", text).encode("ascii", "ignore")
    )  # as of a feminine ordinal, which is an a
)


@given(NOT_LATIN, NOT_LATIN)
def test_texts_without_latin_letters_stay_different(one, other):
    assert (normalise(one) == normalise(other)) <= (one == other or not one.isprintable())


def test_long_texts_stay_different():
    one, other = normalise("x" * 100), normalise("x" * 101)
    assert one != other
    assert len(one) == MAX_LENGTH


def test_case_folds_together():
    assert fold("Train") == fold("TRAIN")
