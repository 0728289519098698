import sys

import pytest

from mlrun_jupyter.safety.masking import Masker
from mlrun_jupyter.tracking import output
from mlrun_jupyter.tracking.output import Log, captured


@pytest.fixture
def kept():
    return []


def test_what_is_printed_is_on_the_screen_and_in_the_log(kept, capsys):
    with captured(Log(kept.append, Masker([]))):
        print("out")
        print("err", file=sys.stderr)
        print("no line end", end="")
    assert "".join(kept) == "out\nerr\nno line end"
    assert capsys.readouterr() == ("out\nno line end", "err\n")


def test_streams_are_put_back_and_a_stream_that_the_block_set_stays(kept):
    before = sys.stdout
    with captured(Log(kept.append, Masker([]))):
        pass
    assert sys.stdout is before
    other = object()
    with captured(Log(kept.append, Masker([]))):
        sys.stdout = other
    assert sys.stdout is other
    sys.stdout = before


def test_secrets_are_masked_also_where_a_write_splits_them(kept):
    log = Log(kept.append, Masker(["t0ps3cret"]))
    for part in ("the token is t0p", "s3c", "ret and more\n", "t0ps3", "cret"):
        log.feed(part)
    log.close()
    assert "t0ps3cret" not in "".join(kept)
    assert "and more" in "".join(kept)


def test_a_log_without_end_is_cut_with_a_mark(kept, monkeypatch):
    monkeypatch.setattr(output, "LOG_LIMIT", 10)
    log = Log(kept.append, Masker([]))
    log.feed("0123456789abc\n")
    log.feed("more\n")
    assert "".join(kept).startswith("0123456789\n[log cut here")
    assert "more" not in "".join(kept)


def test_text_that_is_not_unicode_is_replaced_not_refused(kept):
    log = Log(kept.append, Masker([]))
    log.feed("a\ud800b\n")
    assert kept == ["a?b\n"]
