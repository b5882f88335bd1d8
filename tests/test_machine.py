"""Machine operations against Python integers and NumPy rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.state import new_state
from exchange.kernel import kernel
from exchange.limits import MEDIUM
from exchange.machine import (
    LANES,
    NO_SOURCE,
    clear_row,
    copy_bytes,
    copy_run,
    equal_above,
    equal_lanes,
    highest_bit,
    likely,
    load_word,
    lowest_bit,
    move_bytes,
    opaque_row,
    prefetch,
    put_word,
    row_at,
    store_word,
    unlikely,
    word_at,
)
from exchange.records import COMMAND, blank_rows


@kernel
def _highest(word):
    return highest_bit(word)


@given(st.integers(1, 2**64 - 1))
def test_highest_bit_is_that_of_a_python_integer(word: int) -> None:
    assert _highest(np.uint64(word)) == word.bit_length() - 1


@kernel
def _touch(states, index):
    states[0].orders[index].price += 1
    states[0].occupied[index] += np.uint64(1)


@kernel
def _sequence_of(rows, index):
    return row_at(rows, index).sequence


@kernel
def _equal(states, start, value):
    table = states[0].order_index
    return equal_lanes(table, start, value), equal_above(table, start, value)


@given(st.lists(st.integers(0, 2), min_size=2 * LANES, max_size=2 * LANES), st.integers(0, 2), st.integers(0, 2))
def test_lanes_are_compared_whole_and_by_their_upper_halves(halves: list[int], upper: int, lower: int) -> None:
    states = new_state(MEDIUM)
    entries = [above << 32 | below for above, below in zip(halves[::2], halves[1::2], strict=True)]
    start, value = MEDIUM.order_index - LANES, upper << 32 | lower
    states[0].order_index[start:] = entries
    whole, above = _equal(states, start, np.uint64(value))
    assert whole == sum(1 << lane for lane in range(LANES) if entries[lane] == value)
    assert above == sum(1 << lane for lane in range(LANES) if entries[lane] >> 32 == lower)


@pytest.mark.parametrize("start", [-1, MEDIUM.order_index - LANES + 1, MEDIUM.order_index, 2**62, -(2**63)])
def test_no_lane_outside_a_table_is_read(start: int) -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        _equal(new_state(MEDIUM), start, np.uint64(0))


@pytest.mark.parametrize("index", [-1, -MEDIUM.orders - 1, 2**62, -(2**63)])
def test_no_index_outside_a_table_is_followed(index: int) -> None:
    """A wrong index stops the exchange; a negative one does not count from the end of a table."""
    states = new_state(MEDIUM)
    with pytest.raises(IndexError):
        _touch(states, index)
    assert not states["orders"]["price"].any() and not states["occupied"].any()


def test_last_row_is_inside_and_the_next_is_not() -> None:
    states = new_state(MEDIUM)
    _touch(states, MEDIUM.ladder_rows // 64 - 1)
    with pytest.raises(IndexError):
        _touch(states, MEDIUM.orders + 1)
    assert states["orders"]["price"].sum() == 1 and states["occupied"].sum() == 1
    rows = blank_rows(COMMAND, 3)
    rows["sequence"] = 7, 8, 9
    assert _sequence_of(rows, 2) == 9
    for outside in (3, -1):
        with pytest.raises(IndexError):
            _sequence_of(rows, outside)


SOURCES = 0x05_08_02_00_08_07_01_06


@kernel
def _moved(word):
    return move_bytes(word, SOURCES)


@given(st.integers(0, 2**64 - 1))
def test_bytes_of_a_word_are_moved_to_where_they_are_wanted(word: int) -> None:
    taken = word.to_bytes(8, "little") + b"\0"  # NO_SOURCE takes a zero
    assert NO_SOURCE == 8
    wanted = bytes(taken[source] for source in (6, 1, 7, 8, 0, 2, 8, 5))
    assert int(_moved(np.uint64(word))).to_bytes(8, "little") == wanted


@kernel
def _lowest(word):
    return lowest_bit(word)


@given(st.integers(-(2**63), 2**63 - 1))
def test_lowest_bit_is_that_of_a_python_integer(word: int) -> None:
    assert _lowest(np.int64(word)) == (64 if word == 0 else (word & -word).bit_length() - 1)


@kernel
def _copy(rows):
    copy_bytes(row_at(rows, 0), row_at(rows, 1), 20, 105)


@kernel
def _swap_words(rows):
    first, second = word_at(row_at(rows, 0), 20), word_at(row_at(rows, 1), 20)
    put_word(row_at(rows, 0), 20, second)
    put_word(row_at(rows, 1), 20, first)


@kernel
def _clear(rows):
    clear_row(row_at(rows, 0))


@given(st.binary(min_size=256, max_size=256))
def test_bytes_of_rows_are_moved_and_no_others(content: bytes) -> None:
    first, second = content[:128], content[128:]

    def after(kernel_of_rows):
        rows = blank_rows(COMMAND, 2)
        rows[:] = np.frombuffer(content, COMMAND)
        kernel_of_rows(rows)
        return rows.tobytes()

    assert after(_copy) == first[:20] + second[20:105] + first[105:] + second
    swapped = first[:20] + second[20:28] + first[28:], second[:20] + first[20:28] + second[28:]
    assert after(_swap_words) == b"".join(swapped)
    assert after(_clear) == bytes(128) + second


@kernel
def _count_above(states, limit):
    """How many orders of a table cost more than a limit, with every hint that changes no result."""
    count = 0
    for slot in range(4):
        state = opaque_row(states[0])
        prefetch(state.orders, np.int64(slot), np.int64(1))
        if likely(state.orders[slot].price > limit) and not unlikely(slot > 2):
            count += 1
    return count


def test_hints_change_no_result() -> None:
    states = new_state(MEDIUM)
    states[0].orders["price"][:4] = 5, 1, 7, 9
    assert _count_above(states, 4) == 2


@kernel
def _copied(target, at, source, start, count):
    copy_run(target, at, source, start, count)


@kernel
def _swapped(text, one, other):
    word = load_word(text, one)
    store_word(text, one, load_word(text, other))
    store_word(text, other, word)


@given(st.binary(min_size=1, max_size=40), st.integers(-3, 45), st.integers(-3, 45), st.integers(0, 45))
def test_a_run_of_bytes_is_copied_or_refused_whole(text: bytes, at: int, start: int, count: int) -> None:
    source, target = np.frombuffer(text, np.uint8), np.zeros(30, np.uint8)
    inside = 0 <= start <= len(text) - count and 0 <= at <= 30 - count
    if not inside:
        with pytest.raises((IndexError, AssertionError)):
            _copied(target, at, source, start, count)
        assert not target.any()
        return
    _copied(target, at, source, start, count)
    wanted = bytearray(30)
    wanted[at : at + count] = text[start : start + count]
    assert target.tobytes() == bytes(wanted)


@given(st.binary(min_size=24, max_size=24), st.integers(-2, 18), st.integers(-2, 18))
def test_words_are_read_and_written_at_any_place(text: bytes, one: int, other: int) -> None:
    array = np.frombuffer(bytearray(text), np.uint8)
    if not (0 <= one <= 16 and 0 <= other <= 16):
        with pytest.raises((IndexError, AssertionError)):
            _swapped(array, one, other)
        return
    wanted = bytearray(text)
    word = wanted[one : one + 8]
    wanted[one : one + 8] = text[other : other + 8]
    wanted[other : other + 8] = word
    _swapped(array, one, other)
    assert array.tobytes() == bytes(wanted)
