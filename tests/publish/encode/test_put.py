"""Values as bytes, each against the encoder of Python or of msgspec."""

import random
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.publish.encode import put
from exchange.records import QUOTE_KEY, pack_client_order_id
from exchange.wire.words import session_id

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
POWERS = [base**power for base, top in ((2, 63), (10, 19)) for power in range(top)]
EDGES = sorted({sign * power + step for power in POWERS for step in (-1, 0, 1) for sign in (-1, 1)})
NUMBERS = [INT64_MIN, INT64_MIN + 1, *EDGES, INT64_MAX - 1, INT64_MAX]
TEXTS = ["abcdefghijklmnopqrstuvwx"[:size] for size in range(25)] + ["Z9-_.:az"]
OUT_OF_BOUNDS = (IndexError, AssertionError)  # compiled; in plain Python also of `machine.store_word`
SPARE = 0xAA
Put = Callable[[np.ndarray, int], int]


def written(kernel: Put, before: int = 3) -> bytes:
    """What a kernel puts behind so many bytes."""
    out = np.full(before + 96, SPARE, np.uint8)
    stop = int(kernel(out, before))
    assert (out[:before] == SPARE).all()
    return out[before:stop].tobytes()


def random_numbers(count: int, seed: int = 1) -> list[int]:
    """Of every length in bits."""
    rng = random.Random(seed)
    return [rng.choice((-1, 1)) * rng.getrandbits(rng.randint(0, 63)) for _ in range(count)]


def number(kernel: Any, value: int, *more: Any) -> bytes:
    return written(lambda out, at: int(kernel(out, at, np.int64(value), *more)))


def test_a_number_is_put_as_python_writes_it() -> None:
    for value in [*NUMBERS, *random_numbers(5_000)]:
        assert number(put.put_decimal, value) == str(value).encode()


def test_a_number_is_packed_as_msgspec_packs_it() -> None:
    for value in [*NUMBERS, *random_numbers(5_000)]:
        assert number(put.put_packed_integer, value) == msgspec.msgpack.encode(value)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_a_number_of_a_record_is_put_with_its_lowest_byte_first(size: int) -> None:
    for value in [*NUMBERS, *random_numbers(500)]:
        wanted = (value % 2 ** (8 * size)).to_bytes(size, "little")
        assert number(put.put_little_endian, value, size) == wanted
        unsigned = np.uint64(value % 2**64)
        assert written(lambda out, at, word=unsigned: put.put_big_endian(out, at, word, size)) == wanted[::-1]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 255, 256, 65_535])
def test_the_heads_of_arrays_and_maps_are_those_of_msgspec(count: int) -> None:
    array, keys = msgspec.msgpack.encode([0] * count), msgspec.msgpack.encode(dict.fromkeys(range(count), 0))
    assert array.startswith(written(lambda out, at: put.put_packed_array(out, at, count)) + b"\0" * min(count, 1))
    assert keys.startswith(written(lambda out, at: put.put_packed_map(out, at, count, 0)) + b"\0" * min(count, 1))
    assert written(lambda out, at: put.put_packed_map(out, at, count, 1)) == b"\xde" + count.to_bytes(2, "big")


@pytest.mark.parametrize("text", TEXTS)
def test_a_client_order_id_has_its_own_length(text: str) -> None:
    words = [np.uint64(word) for word in pack_client_order_id(text)]
    assert put.id_size(*words) == len(text)
    assert written(lambda out, at: put.put_id(out, at, *words, len(text))) == text.encode()


@pytest.mark.parametrize("side", [0, 1])
def test_a_quote_has_no_client_order_id(side: int) -> None:
    assert put.id_size(np.uint64(QUOTE_KEY | side), np.uint64(7), np.uint64(0)) == 0


def test_the_id_of_a_session_is_written_in_hexadecimal() -> None:
    for value in (1, 9, 10, 15, 16, 0xDEADBEEF, 2**32 - 1, *(abs(one) % 2**32 or 1 for one in random_numbers(200))):
        assert number(put.put_session_id, value) == session_id(value).encode()


@pytest.mark.parametrize("size", range(25))
def test_a_literal_is_copied_whatever_stands_around_it(size: int) -> None:
    literals = np.arange(64, dtype=np.uint8)
    assert written(lambda out, at: put.put_literal(out, at, literals, 5, size)) == literals[5 : 5 + size].tobytes()


WORDS = [np.uint64(word) for word in pack_client_order_id(TEXTS[24])]
PUTS: dict[str, Put] = {
    "decimal": lambda out, at: put.put_decimal(out, at, np.int64(INT64_MIN)),
    "short decimal": lambda out, at: put.put_decimal(out, at, np.int64(7)),
    "packed": lambda out, at: put.put_packed_integer(out, at, np.int64(INT64_MIN)),
    "packed byte": lambda out, at: put.put_packed_integer(out, at, np.int64(-1)),
    "array": lambda out, at: put.put_packed_array(out, at, 300),
    "map": lambda out, at: put.put_packed_map(out, at, 3, 1),
    "record's number": lambda out, at: put.put_little_endian(out, at, np.int64(7), 8),
    "record's code": lambda out, at: put.put_little_endian(out, at, np.int64(7), 2),
    "id": lambda out, at: put.put_id(out, at, *WORDS, 24),
    "short id": lambda out, at: put.put_id(out, at, *WORDS, 1),
    "session": lambda out, at: put.put_session_id(out, at, np.int64(77)),
    "literal": lambda out, at: put.put_literal(out, at, np.arange(32, dtype=np.uint8), 0, 17),
}


@pytest.mark.parametrize("name", PUTS)
def test_nothing_is_written_beyond_a_buffer_that_is_too_short(name: str) -> None:
    """With less space than the value takes it raises; with PUT_SLACK more it does not; between it may."""
    whole = written(PUTS[name], before=0)
    for space in range(len(whole) + put.PUT_SLACK + 1):
        memory = np.full(128, SPARE, np.uint8)
        try:
            stop = PUTS[name](memory[:space], 0)
        except OUT_OF_BOUNDS:
            assert space < len(whole) + put.PUT_SLACK
        else:
            assert stop == len(whole) <= space and memory[:stop].tobytes() == whole
        assert (memory[space:] == SPARE).all()
