import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.errors import StoreDamagedError
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.journal import Reader, decode, encode

OPENED = {"project": "p", "uid": "u", "iteration": 0, "attempt": 1, "run": {}}


def lines(count):
    yield encode(1, journal.OPEN, 1, 0.0, OPENED)
    for number in range(2, count + 1):
        yield encode(number, journal.RESULT, 1, float(number), {"x": number})


def test_a_line_reads_as_it_was_written():
    assert decode(encode(7, "result", 3, 1.5, {"a": [1, "é"]})) == (7, "result", 3, 1.5, {"a": [1, "é"]})


@given(st.integers(0, 400), st.integers(0, 7))
def test_a_flipped_bit_costs_at_most_its_own_line(place, bit):
    data = bytearray(b"".join(lines(6)))
    place %= len(data)
    data[place] ^= 1 << bit
    reader = Reader()
    seen = {record.seq for record in reader.feed(bytes(data))}
    first = len(next(lines(1)))
    if place >= first:  # the declaration itself is whole
        assert len(seen) >= 4
        assert reader.damaged + reader.torn > 0 or len(seen) == 6


@given(st.integers(0, 400))
def test_a_torn_tail_costs_the_line_it_tore(length):
    data = b"".join(lines(6))
    cut = data[: length % len(data)]
    reader = Reader()
    records = list(reader.feed(cut))
    assert len(records) == cut.count(b"\n")
    assert reader.torn == len(cut) - (cut.rfind(b"\n") + 1)


def test_lines_fed_in_pieces_are_the_same_lines():
    data = b"".join(lines(5))
    whole, pieces = Reader(), Reader()
    expected = list(whole.feed(data))
    found = [record for place in range(0, len(data), 7) for record in pieces.feed(data[place : place + 7])]
    assert found == expected


def test_trusted_lines_read_the_same():
    data = b"".join(lines(5))
    assert list(Reader().feed(data, trusted=True)) == list(Reader().feed(data))


def test_records_of_a_run_whose_declaration_is_lost_are_counted_as_damaged():
    reader = Reader()
    assert list(reader.feed(encode(2, journal.RESULT, 9, 0.0, {}))) == []
    assert reader.damaged == 1


def test_a_damaged_header_is_told_as_damage():
    sound = journal.encode_header(journal.Header(writer="w", host="h", boot="b", pid=1, started=0.5))
    assert journal.decode_header(sound).pid == 1
    for place in range(len(sound)):
        for bit in range(8):
            damaged = bytearray(sound)
            damaged[place] ^= 1 << bit
            try:
                journal.decode_header(bytes(damaged))  # a flipped bit can leave a header as good as any
            except StoreDamagedError:
                continue
    with pytest.raises(StoreDamagedError):
        journal.decode_header(sound.replace(b'"h"', b'"\xb5"'))
