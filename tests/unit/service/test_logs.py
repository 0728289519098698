"""The service's log: what somebody sends makes no lines of its own in it."""

from __future__ import annotations

import json
import logging

import pytest

from mlrun_jupyter.service.logs import JsonFormatter, TextFormatter

HOSTILE = "/runs\n2026-01-01 INFO all is well\r\x1b[2J\x1b]52;c;eA==\x07\u2028\u202e"


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_a_request_is_one_line_without_control_characters(formatter: logging.Formatter) -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s %s %d", ("GET", HOSTILE, 404), None)
    line = formatter.format(record)
    assert line.isprintable()
    if isinstance(formatter, JsonFormatter):
        assert HOSTILE in json.loads(line)["message"]
