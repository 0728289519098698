"""Cells of exports compute nothing."""

import pytest

from mlrun_jupyter.safety.spreadsheets import guard

FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1",
    "\uff1d1", "=HYPERLINK(\"x\")", "-2+3+cmd|' /C calc'!D2", "+inf+1", "--1", "=-1", "-", "+", "@", "=", "-1e3x",
    "-1_0", "=\"a\"", "+A1", "-A1", "@A1", "\t", "\r", "  +x",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_neutralised(text):
    assert guard(text) == "'" + text


@pytest.mark.parametrize(
    "value", ["", "a", "1", "-1", "+1.5", "-1e-3", "-inf", 3, -2.5, None, True, "a=b", "x@y", "1-2"]
)
def test_others_are_unchanged(value):
    assert guard(value) is value
