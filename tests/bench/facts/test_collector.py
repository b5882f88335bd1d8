"""The compiled collector against the engine's own book after every command, and against a slow twin of ages."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from bench.facts.collect import BookRecorder
from bench.facts.collector import CANCEL, DEEPER, DISTANCES, FILL, LEVELS, LIMIT, REDUCE
from bench.facts.listings import ENDLESS, Listing
from bench.tapes.tape import TapeControl
from exchange.codes import EventFlag, EventKind, Liquidity, Side
from exchange.conformance.venues import rows
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.engine.event_rows import split_rests
from exchange.limits import MEDIUM
from exchange.reference.rows import Command
from tests.bench.facts.books import flow_of
from tests.properties.tape import chunks, tape

Depth = tuple[list[tuple[int, int]], list[tuple[int, int]]]


def recorder(index: int, orders: int = MEDIUM.orders) -> BookRecorder:
    return BookRecorder(Listing("", index, 1, 0, ENDLESS, 0), orders, 1)


def random_run(seed: int) -> Iterator[tuple[Engine, np.ndarray]]:
    """Events after each command of a random run: implied groups, auctions, quotes, icebergs, days."""
    engine, last = Engine(MEDIUM), Command()
    for part in chunks(tape(seed, 800), set()):
        if isinstance(part, list):
            last = part[-1]
            commands = rows(part)
            for start in range(len(commands)):
                yield engine, engine.apply(commands[start : start + 1])
        else:
            control = Command(kind=part[0], sequence=last.sequence, time_ns=last.time_ns)
            yield engine, engine.control(rows([control]), json.dumps(part[1]).encode())


@pytest.mark.parametrize("seed", [3, 12])
def test_levels_and_volume_are_those_of_the_engine_after_every_command(seed: int) -> None:
    recorders = {index: recorder(index) for index in range(1, 13)}
    traded: dict[int, dict[int, int]] = {index: {} for index in recorders}
    for engine, events in random_run(seed):
        for row in events[(events["kind"] == EventKind.FILL) & (events["flags"] & EventFlag.INTERNAL == 0)]:
            traded[int(row["instrument"])][int(row["reference"])] = int(row["lots"])
        for index in np.unique(events["instrument"][np.isin(events["instrument"], list(recorders))]).tolist():
            recorders[index].take(events, True)
            recorders[index].compare(engine)
    for index, trades in traded.items():
        assert recorders[index].series().traded_lots == sum(trades.values())
    assert sum(map(len, traded.values())) > 30
    counts = [sum(map(len, one.parts)) for one in recorders.values()]
    assert sum(count > 0 for count in counts) > 3 and sum(counts) > 200


def assert_book(message: np.void, depth: Depth) -> None:
    """The book fields of a message are those of a book."""
    for name, levels in zip(("bid", "ask"), depth, strict=True):
        best = levels[0] if levels else (0, 0)
        assert (message[f"{name}_tick"], message[f"{name}_lots"]) == best
        assert message[f"{name}_total_lots"] == sum(lots for _, lots in levels[: int(LEVELS)])


def test_messages_have_the_book_and_the_level_of_their_order() -> None:
    tape_of = flow_of("mixed", 600)
    one, engine, checked = recorder(1), Engine(MEDIUM), 0
    for part in tape_of.parts():
        if isinstance(part, TapeControl):
            one.take(engine.control(part.row, part.payload), False)
            continue
        for start in range(len(part)):
            before: Depth = query.depth(engine.states, 1) if engine.states["books_listed"][0] else ([], [])
            one.take(engine.apply(part[start : start + 1]), True)
            messages, depth = one.parts[-1] if one.parts else [], query.depth(engine.states, 1)
            if not len(messages):
                continue
            assert_book(messages[-1], depth)
            first, last = messages[0], messages[-1]
            if last["kind"] == LIMIT:
                assert last["level"] == place_of(depth[last["side"]], last["price_tick"])
            if first["kind"] in (CANCEL, REDUCE, FILL):
                assert first["level"] == place_of(before[first["side"]], first["price_tick"])
            assert_samples(one, depth)
            checked += 1
            one.parts.clear()
    assert checked > 500


def place_of(levels: list[tuple[int, int]], tick: int) -> int:
    number = [price for price, _ in levels].index(tick) + 1
    return min(number, int(DEEPER))


def assert_samples(one: BookRecorder, depth: Depth) -> None:
    """The last sample is the book, by level and by distance."""
    last = int(one.place["samples"][0]) - 1
    for side, levels in zip(Side, depth, strict=True):
        lots = [lots for _, lots in levels[: int(LEVELS)]]
        assert one.level_lots[last, side].tolist() == lots + [0] * (int(LEVELS) - len(lots))
        shown, best = dict(levels), levels[0][0] if levels else 0
        step = -1 if side == Side.BUY else 1
        wanted = [shown.get(best + step * distance, 0) for distance in range(int(DISTANCES))]
        assert one.distance_lots[last, side].tolist() == wanted


def slow_messages(events: np.ndarray) -> list[tuple[int, int, int, int, int]]:
    """(kind, side, price, lots, age; -1: not known) of events without icebergs and self-matches, one an event."""
    rested: dict[int, int] = {}
    found = []
    for row in split_rests(events):
        kind, order, time_ns = row["kind"], int(row["order_id"]), int(row["time_ns"])
        age = time_ns - rested[order] if order in rested else -1
        what = None
        if kind == EventKind.ORDER_RESTED:
            rested[order] = time_ns
            what = (LIMIT, row["price"], row["lots"], 0)
        elif kind == EventKind.FILL and row["liquidity"] == Liquidity.MAKER:
            what = (FILL, row["price"], row["lots"], age)
        elif kind == EventKind.ORDER_CANCELLED and not row["flags"] & EventFlag.NEVER_RESTED:
            what = (CANCEL, row["price"], row["lots"], age)
        elif kind == EventKind.ORDER_REPLACED and row["flags"] & EventFlag.LOST:
            what = (CANCEL, row["hidden_lots"], None, age)
        elif kind == EventKind.ORDER_REPLACED and row["flags"] & EventFlag.KEPT:
            what = (REDUCE, row["price"], None, age)
        if what:
            found.append((what[0], row["side"], what[1], what[2], what[3]))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_messages_are_those_of_a_slow_twin(seed: int) -> None:
    one, engine, events = recorder(1), Engine(MEDIUM), []
    for part in flow_of("mixed", 700, seed).parts():
        if isinstance(part, TapeControl):
            engine.control(part.row, part.payload)
        else:
            events.append(engine.apply(part))
            one.take(events[-1], True)
    found, wanted = one.series().messages, slow_messages(np.concatenate(events))
    assert len(found) == len(wanted) > 700
    for message, (kind, side, price, lots, age) in zip(found, wanted, strict=True):
        assert (message["kind"], message["side"], message["price_tick"]) == (kind, side, price)
        assert lots is None or message["lots"] == lots
        if kind != LIMIT:
            assert (message["age_ns"] if message["is_aged"] else -1) == age


def test_reductions_are_the_lots_that_the_order_loses() -> None:
    engine, one = Engine(MEDIUM), recorder(1)
    orders: dict[int, int] = {}
    for part in flow_of("mixed", 700, 5).parts():
        if isinstance(part, TapeControl):
            engine.control(part.row, part.payload)
            continue
        for start in range(len(part)):
            events = engine.apply(part[start : start + 1])
            one.take(events, True)
            for row, message in zip(events[events["kind"] == EventKind.ORDER_REPLACED], one.parts[-1], strict=False):
                assert message["lots"] == orders[int(row["order_id"])] - (row["leaves_lots"] if kept(row) else 0)
            for row in events[(events["order_id"] > 0) & (events["kind"] != EventKind.POSITION_CHANGED)]:
                orders[int(row["order_id"])] = int(row["leaves_lots"])


def kept(row: np.void) -> bool:
    return bool(row["flags"] & EventFlag.KEPT)
