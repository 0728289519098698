from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.views import format


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.97333, "0.9733"),
        (1.92, "1.92"),
        (0.3, "0.3"),
        (2, "2"),
        (2024, "2024"),
        (10204113, "10,204,113"),
        (12345.678, "12346"),
        (123456.7, "123,457"),
        (9999.96, "10000"),
        (1e-5, "1e-5"),
        (-3.14159e-7, "-3.142e-7"),
        (6.02214e23, "6.022e23"),
        (0.0, "0"),
        (-0.0, "0"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
    ],
)
def test_numbers_have_four_significant_digits(value: float, shown: str) -> None:
    assert format.number(value) == shown


def test_a_column_of_numbers_lines_up_at_the_point() -> None:
    assert format.numbers([0.973, 0.96, 1, None, "x"]) == ["0.973", "0.960", "1.000", "", ""]
    assert format.numbers([4, 10]) == ["4", "10"]


def test_a_column_of_very_different_sizes_keeps_each_number_readable() -> None:
    assert format.numbers([0.00012, 1500.5]) == ["0.00012", "1500"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.00002, "0.1 ms"),
        (0.34, "340 ms"),
        (2.414, "2.41 s"),
        (9.999, "10.0 s"),
        (59.97, "1 min 00 s"),
        (245, "4 min 05 s"),
        (7500, "2 h 05 min"),
        (273_600, "3 d 4 h"),
        (-1, ""),
        (math.nan, ""),
        (None, ""),
    ],
)
def test_durations_in_the_unit_that_fits(seconds: float | None, shown: str) -> None:
    assert format.duration(seconds) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "0 B"), (999, "999 B"), (4500, "4.5 kB"), (84_000, "84 kB"), (1_230_000_000, "1.2 GB"), (None, ""), ("3", "")],
)
def test_sizes_in_the_unit_that_fits(amount: object, shown: str) -> None:
    assert format.size(amount) == shown


def test_a_delta_has_a_sign_and_none_where_nothing_changes() -> None:
    assert format.delta(0.967, 0.973) == f"{format.MINUS}0.006"
    assert format.delta(1.5, 1.0) == "+0.5"
    assert format.delta(1.0, 1.0) == ""
    assert format.delta(math.nan, 1.0) == ""


def test_long_text_is_cut_visibly_and_kept_whole() -> None:
    cell = format.cell("x" * 10_000)
    assert cell.text.endswith("…") and len(cell.text) == format.SHOWN
    assert cell.full == cell.value == "x" * 10_000


def test_huge_text_is_bounded_and_says_how_long_it_was() -> None:
    cell = format.cell("y" * 1_000_000)
    assert cell.cut and cell.value is None
    assert cell.full.endswith("(1,000,000 characters)") and len(cell.full) < format.KEPT + 50


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**63, -(10**400), 10**5000], ids=range(6))
def test_numbers_that_browsers_cannot_hold_are_tagged(value: float) -> None:
    raw = format.cell(value).value
    assert list(raw) == ["$number"] and isinstance(raw["$number"], str)


def test_a_value_that_cannot_describe_itself_is_still_shown() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert format.cell(Broken()).text == "<Broken>"
    loop: list[object] = []
    loop.append(loop)
    assert format.cell(loop).text


def test_lines_are_what_a_terminal_would_leave() -> None:
    assert format.lines("10%\r50%\r100%\nnext\r\n\x1b[1;31mred\x1b[0m\n\x1b]0;title\x07end\x00") == [
        "100%",
        "next",
        "red",
        "end␀",
    ]


def test_directional_overrides_have_no_effect() -> None:
    assert format.cut("a\u202eb") == "a⟨U+202E⟩b"


@given(st.text())
def test_a_cell_of_any_text_is_one_line_without_controls(text: str) -> None:
    shown = format.cell(text).text
    assert len(shown) <= format.SHOWN
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in shown)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=20,
    )
)
def test_the_cell_of_any_value_is_json(value: object) -> None:
    msgspec.json.encode(format.cell(value))
