"""What does implied trading add to a command on a chip with all its books and combinations?

The books are those of one launch chip: every tier and period, and about 40 calendar spreads, tier spreads and strips.
Seven of ten orders are for combinations, the others for months that are their legs. Prices are close to fair prices and
books are thin, so that many orders change a best level and with it the implied prices of several books. The same
commands run twice: with implied trading, and with the same books but no links between them. The difference is the cost
of implied trading: compute prices after each command, emit them, and trade linked groups.

Checked: the same state in every pass; at the end every implied price equals one computed from the best prices of the
legs. Not shown: publishers of the emitted prices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import numpy as np

from bench.record import Report, distribution, time_ns
from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from contracts_spec.outrights import Instrument
from exchange.codes import CommandKind, EventKind, MarketState, Side, TimeInForce
from exchange.engine import query
from exchange.engine.control.catalogue import listing_payloads
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine, blank_commands
from exchange.limits import VENUE
from exchange.records import COMMAND
from exchange.units import ceil_div

DAY = date(2027, 1, 11)
CHIP = "H100"
PASSES = 5
BATCH_ROWS = 64
DEPOSIT_MILLS = 10**15
# Shares of new orders that rest and of new orders that trade at once; the other commands are cancels.
REST, TAKE = 0.46, 0.1


@dataclass(frozen=True)
class Traffic:
    """Parameters of the flow."""

    commands: int = 200_000
    warm: int = 2_000
    accounts: int = 64
    combinations_share: float = 0.7
    lots_max: int = 10
    seed: int = 1


def run_implied(report: Report, name: str) -> None:
    """Measure ns a command with implied trading, without it, and the difference in each batch."""
    traffic = Traffic(commands=20_000 if report.quick else Traffic.commands)
    listed = [instrument for instrument in instruments_on(load_spec(day=DAY), DAY) if instrument.chip == CHIP]
    rows = make_rows(traffic, listed)
    venues = [opened(listed, traffic, implied) for implied in (True, False)]
    for engine in venues:
        engine.run_silently(numbered(engine, rows[: traffic.warm]))
    starts = [engine.states.view(np.uint8).copy() for engine in venues]
    times: list[list[np.ndarray]] = [[], []]
    hashes: list[set[bytes]] = [set(), set()]
    for _ in range(report.passes(PASSES)):
        for place, engine in enumerate(venues):
            np.copyto(engine.states.view(np.uint8), starts[place])
            times[place].append(time_pass(engine, rows[traffic.warm :]))
            hashes[place].add(engine.state_hash())
    assert [len(found) for found in hashes] == [1, 1], "passes end in different states"
    checked = check_prices(venues[0], listed)
    np.copyto(venues[0].states.view(np.uint8), starts[0])
    events = venues[0].apply(numbered(venues[0], rows[traffic.warm :]))
    add_rows(report, name, traffic, [np.min(passes, axis=0) for passes in times], events, checked)


def add_rows(
    report: Report, name: str, traffic: Traffic, times: Sequence[np.ndarray], events: Any, checked: int
) -> None:
    """Add the figures to the table and to the result file."""
    on, off = (distribution(each.tolist(), "ns") for each in times)
    added = distribution((times[0] - times[1]).tolist(), "ns")
    emitted = np.count_nonzero(events["kind"] == EventKind.IMPLIED_PRICE) / traffic.commands
    report.row("implied on, a command", on.text(), f"{emitted:.2f} implied prices emitted a command; {checked} checked")
    report.row("implied off, a command", off.text(), "the same commands, books unconnected")
    report.row("what implied adds", added.text(), f"batches of {BATCH_ROWS} commands, one by one")
    report.keep(name, {"on": on, "off": off, "added": added, "emitted": emitted}, traffic)


def opened(listed: list[Instrument], traffic: Traffic, implied: bool) -> Engine:
    """An engine with the chip's instruments listed, funded accounts, and all books OPEN."""
    spec = load_spec(day=DAY)
    combinations = msgspec.structs.replace(spec.products.combinations, implied=implied)
    spec = msgspec.structs.replace(spec, products=msgspec.structs.replace(spec.products, combinations=combinations))
    engine = Engine(VENUE)
    payloads = [(CommandKind.LIST, payload) for payload in listing_payloads(listed, spec, DAY)]
    for account in range(1, 1 + traffic.accounts):
        payloads.append((CommandKind.DEFINE_ACCOUNT, encode_payload(AccountPayload(account))))
    for kind, payload in payloads:
        control = blank_commands(1)
        control["sequence"], control["kind"] = engine.sequence + 1, kind
        engine.check_control(int(kind), payload)
        engine.control(control, payload)
    rows = blank_commands(traffic.accounts + 2)
    rows["kind"][:-2], rows["price"][:-2] = CommandKind.DEPOSIT, DEPOSIT_MILLS
    rows["account"][:-2] = np.arange(1, 1 + traffic.accounts)
    rows["kind"][-2:], rows["group"][-2:] = CommandKind.SET_STATE, listed[0].chip_code
    rows["order_type"][-2:] = [MarketState.PREOPEN, MarketState.OPEN]
    engine.run_silently(numbered(engine, rows))
    return engine


def numbered(engine: Engine, rows: np.ndarray) -> np.ndarray:
    """Copy the rows, with the next sequences and times of an engine."""
    rows = rows.copy()
    rows["sequence"] = np.arange(engine.sequence + 1, engine.sequence + 1 + len(rows))
    return rows


def make_rows(traffic: Traffic, listed: list[Instrument]) -> np.ndarray:
    """NEW and CANCEL rows at prices around the first prices of the months of the benchmark tier and of combinations."""
    rng = np.random.default_rng(traffic.seed)
    indices = {instrument.id: index for index, instrument in enumerate(listed, 1)}
    combinations = [instrument for instrument in listed if instrument.legs]
    months = sorted({leg for combination in combinations for leg, _ in combination.legs})
    full = [instrument for instrument in listed if instrument.id in months and not instrument.order_entry]
    count = traffic.warm + traffic.commands
    rows = np.zeros(count, COMMAND)
    live: list[int] = []
    for number in range(count):
        kind = float(rng.random()) * (1.0 if number >= traffic.warm else REST)
        if kind >= REST + TAKE and live:
            place = int(rng.integers(len(live)))
            live[place], live[-1] = live[-1], live[place]
            target = rows[live.pop()]
            rows[number]["kind"], rows[number]["account"] = CommandKind.CANCEL, target["account"]
            rows[number]["client_order_id_0"] = target["client_order_id_0"]
            continue
        books = combinations if rng.random() < traffic.combinations_share else full
        rows[number] = new_row(rng, traffic, books[int(rng.integers(len(books)))], indices, number, kind >= REST)
        if kind < REST:
            live.append(number)
    return rows


def new_row(
    rng: np.random.Generator, traffic: Traffic, book: Instrument, indices: dict[int, int], number: int, takes: bool
) -> np.ndarray:
    """A NEW row: a passive order a few ticks behind the fair price, or one that crosses it by a few ticks (`takes`)."""
    row = np.zeros(1, COMMAND)
    side = int(rng.integers(2))
    away = int(rng.geometric(0.3)) * (-1 if takes else 1)
    row["kind"], row["side"], row["instrument"] = CommandKind.NEW, side, indices[book.id]
    row["price"] = book.settle_tick - away if side == Side.BUY else book.settle_tick + away
    row["lots"] = rng.integers(1, traffic.lots_max + 1)
    row["account"] = rng.integers(1, traffic.accounts + 1)
    row["client_order_id_0"] = number + 1
    row["tif"] = TimeInForce.IOC if takes else TimeInForce.GTC
    return row[0]  # type: ignore[no-any-return]


def time_pass(engine: Engine, rows: np.ndarray) -> np.ndarray:
    """ns a command in each batch, float64."""
    rows = numbered(engine, rows)
    times = []
    for start in range(0, len(rows) - BATCH_ROWS + 1, BATCH_ROWS):
        times.append(time_ns(engine.run_silently, rows[start : start + BATCH_ROWS]) / BATCH_ROWS)
    return np.array(times)


def check_prices(engine: Engine, listed: list[Instrument]) -> int:
    """Check every implied price of a combination against the best prices of its legs. Returns how many there were."""
    indices = {instrument.id: index for index, instrument in enumerate(listed, 1)}
    hours = {instrument.id: instrument.hours for instrument in listed}
    found = 0
    for combination in (instrument for instrument in listed if instrument.legs):
        strip = all(sign > 0 for _, sign in combination.legs)
        divisor = sum(hours[leg] for leg, _ in combination.legs) if strip else 1
        for side, shown in zip(Side, query.implied(engine.states, indices[combination.id]), strict=True):
            if shown is None:
                continue
            total = 0
            for leg, sign in combination.legs:
                best = query.depth(engine.states, indices[leg], 1)[side if sign > 0 else 1 - side][0]
                total += sign * (hours[leg] if strip else 1) * best[0]
            price = total // divisor if side == Side.BUY else ceil_div(total, divisor)
            assert shown[0] == price, f"{combination.symbol} shows {shown[0]}, its legs give {price}"
            found += 1
    return found
