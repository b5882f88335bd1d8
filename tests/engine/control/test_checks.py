"""Controls that cannot be carried out are refused with what is allowed, and what is allowed is always something."""

import random
import re
from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.codes import CommandKind
from exchange.engine.control.checks import (
    ControlError,
    check_window,
    check_windows,
    each_within,
    require_each,
    within,
)
from exchange.engine.engine import Engine, blank_commands
from exchange.engine.warmup import day_limits, definitions
from exchange.limits import LADDER_TICKS_MAX, MEDIUM
from exchange.units import PRICE_MAX

RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")
EXTREMES = (-(2**31), -PRICE_MAX - 1, -1, 0, 1, 610_000, 2**31 - 1)
PAIRS = 3_000  # of numbers, of each control
(LIST, listing), (ACCOUNT, account) = definitions()
DAY_LIMITS, limits = day_limits(1)
LEAD_MAKERS = int(CommandKind.LEAD_MAKERS)
CONTROLS = {  # kind: a payload that is fine but for what a test changes
    LIST: msgspec.json.decode(listing),
    ACCOUNT: msgspec.json.decode(account),
    DAY_LIMITS: msgspec.json.decode(limits),
    LEAD_MAKERS: {"makers": [[1, 50]], "instruments": [1], "group": 1},
}


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the whole numbers of a payload stand."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(part, (*path, key))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path


def changed(payload: Any, places: tuple[tuple[Any, ...], ...], values: tuple[int, ...]) -> bytes:
    copy = msgspec.json.decode(msgspec.json.encode(payload))
    for place, value in zip(places, values, strict=True):
        part = copy
        for key in place[:-1]:
            part = part[key]
        part[place[-1]] = value
    return msgspec.json.encode(copy)


@pytest.fixture(scope="module")
def engines() -> list[Engine]:
    """Before anything is listed, and with one book and one account."""
    fresh, listed = Engine(MEDIUM), Engine(MEDIUM)
    for kind, payload in definitions():
        row = blank_commands(1)
        row["sequence"], row["kind"] = listed.sequence + 1, kind
        listed.control(row, payload)
    return [fresh, listed]


@pytest.mark.parametrize("kind", CONTROLS)
def test_no_refusal_of_a_control_names_an_empty_range(kind: int, engines: list[Engine]) -> None:
    """Every number of every payload alone, and many of their pairs, below, at and above what is allowed."""
    payload, refusals = CONTROLS[kind], list[str]()
    places = list(numbers(payload))
    singles = [((place,), (value,)) for place in places for value in EXTREMES]
    pairs = [(two, values) for two in combinations(places, 2) for values in product(EXTREMES[1::2], repeat=2)]
    pairs = random.Random(kind).sample(pairs, min(len(pairs), PAIRS))
    for engine in engines:
        for where, values in singles + pairs:
            try:
                engine.check_control(kind, changed(payload, where, values))
            except ControlError as error:
                refusals.append(f"{where} {values}: {error}")
    empty = [text for text in refusals for low, high in RANGE.findall(text) if int(low) > int(high)]
    assert len(refusals) > len(singles) and not empty, "\n".join(empty)


@pytest.mark.rule("BAND-013")
@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        ((590_000, 600_000, 610_000), "X: settle_tick 600000 not in -100000..100000"),
        ((-610_000, -600_000, 0), "X: settle_tick -600000 not in -100000..100000"),
        ((101, 100, 200), "X: low_tick 101 not in -100000..100"),
        ((50, 100, 99), "X: high_tick 99 not in 100..100000"),
        ((-PRICE_MAX, 0, PRICE_MAX), f"X: window ticks {2 * PRICE_MAX + 1} not in 1..{LADDER_TICKS_MAX}"),
    ],
)
def test_the_tick_that_is_wrong_is_named(ticks: tuple[int, int, int], expected: str) -> None:
    with pytest.raises(ControlError) as caught:
        check_window("X", *ticks)
    assert str(caught.value) == expected


def test_a_range_with_nothing_in_it_is_told_as_such() -> None:
    with pytest.raises(ControlError, match=r"index 1 is not allowed: nothing lies between 1 and 0"):
        within("index", 1, 1, 0)


def test_of_many_values_the_first_one_outside_is_named() -> None:
    each_within(lambda place: f"lots {place}", [], 1, 3)
    each_within(lambda place: f"lots {place}", [1, 3, 2], 1, 3)
    with pytest.raises(ControlError, match=r"^lots 1 4 not in 1\.\.3$"):
        each_within(lambda place: f"lots {place}", [1, 4, 0], 1, 3)
    with pytest.raises(ControlError, match=rf"^lots 0 {2**70} not in"):
        each_within(lambda place: f"lots {place}", [2**70], 1, 3)


def test_the_first_place_at_which_a_condition_does_not_hold_is_named() -> None:
    require_each(np.array([True, True]), str)
    with pytest.raises(ControlError, match=r"^place 1$"):
        require_each(np.array([True, False, False]), lambda place: f"place {place}")


@pytest.mark.rule("BAND-013")
def test_windows_of_many_books_are_checked_as_those_of_one() -> None:
    low = PRICE_MAX - LADDER_TICKS_MAX + 1
    check_windows(str, [low, 1], [0, 1], [PRICE_MAX, 1])
    with pytest.raises(ControlError, match=r"^book 1: low_tick 101 not in"):
        check_windows(lambda place: f"book {place}", [1, 101, 9], [1, 100, 8], [1, 200, 7])
    with pytest.raises(ControlError, match="window ticks"):
        check_windows(str, [low - 1], [0], [PRICE_MAX])
