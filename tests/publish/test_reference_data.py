"""Reference data are complete: a margin calculator, a fee and a router built from nothing but what the wire says.

The calculator is written here a second time, from `hello` and definitions, in plain dictionaries.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts_spec.formulas.routing import Offer, effective_price, rank_offers
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.messages import ChannelSpec, Instruments, Query, Subscribe
from tests.gateway.harness import Bench, Peer
from tests.publish.daily.days import PATIENT
from tests.venue.daily.test_settler import trade

SYMBOLS = (
    "H100.G90.F27", "H100.G90.G27", "H100.G95.G27", "H100.G85.F27", "H100.G90.Q1-27", "H100.G90.F27-G27",
    "H100.G90.F27/I", "B200.G90.F27", "B200.G90.G27",
)  # fmt: skip
Definition = dict[str, Any]


def wire_data(bench: Bench) -> tuple[dict[str, Any], dict[int, Definition], Peer]:
    """`hello` and the definitions by instrument, as JSON that a client in any language reads."""
    peer = bench.open("/v1/md")
    spec = ChannelSpec(name_of_channel="instruments")
    pages = [one for one in peer.ask(Subscribe(request_id=2, channels=[spec])) if isinstance(one, Instruments)]
    rows = [row for page in pages for row in json.loads(msgspec.json.encode(page))["x"]]
    return json.loads(msgspec.json.encode(peer.hello)), {row["i"]: row for row in rows}, peer


def months_of(row: Definition) -> Iterator[tuple[str, int]]:
    """(month like 2027-01, GPU-hours of one lot) of an outright's delivery period."""
    at = datetime.fromtimestamp(row["deliv_from"] // 1_000_000, UTC)
    while at.timestamp() * 1_000_000 < row["deliv_to"]:
        after = (at.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield f"{at:%Y-%m}", int((after - at).total_seconds()) // 3_600
        at = after


def outrights_of(lots: dict[int, int], rows: dict[int, Definition]) -> dict[int, int]:
    """Lots of combinations as lots of their legs."""
    found: dict[int, int] = defaultdict(int)
    for number, count in lots.items():
        for leg, sign in rows[number].get("legs", [[number, 1]]):
            found[leg] += count * sign
    return found


def ceil_bp(mills: int, share_bp: int) -> int:
    return -(-mills * share_bp // 10_000)


class Calculator:
    """Full margin from `hello`, definitions and a trading day."""

    def __init__(self, hello: dict[str, Any], rows: dict[int, Definition], day: str) -> None:
        self.hello, self.rows = hello, rows
        self.psr = {row["rates"]["k"]: row["rates"] for row in rows.values() if "rates" in row}
        self.addon = {
            (row["rates"]["k"], row["from"][:7])
            for row in rows.values()
            if "rates" in row and "addon_from" in row["rates"] and row["rates"]["addon_from"] <= day
        }

    def total(self, lots: dict[int, int]) -> dict[str, int]:
        """The keys of `total` in a reply to `query` of `margin`."""
        hours: dict[str, dict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        for number, count in outrights_of(lots, self.rows).items():
            row = self.rows[number]
            for month, month_hours in months_of(row):
                hours[row["rates"]["k"]][month][row["floor_bp"]] += count * month_hours
        sums, nets = dict.fromkeys(("scan", "intra", "tier", "addon"), 0), {}
        for commodity, months in hours.items():
            rates = self.psr[commodity]
            by_month = {month: sum(tiers.values()) for month, tiers in months.items()}
            nets[commodity] = sum(by_month.values())
            sums["scan"] += abs(nets[commodity]) * rates["psr"]
            sums["intra"] += matched(by_month.values()) * rates["intra"]
            sums["tier"] += sum(matched(tiers.values()) for tiers in months.values()) * rates["tier"]
            short = sum(
                max(-count, 0)
                for month, tiers in months.items()
                if (commodity, month) in self.addon
                for count in tiers.values()
            )
            sums["addon"] += ceil_bp(short * rates["psr"], rates["addon_bp"])
        inter = self.credit(nets)
        required = sum(sums.values()) - inter
        return sums | {"inter": inter, "req": required, "mm": ceil_bp(required, self.hello["margin"]["maintenance_bp"])}

    def credit(self, nets: dict[str, int]) -> int:
        found = 0
        for one, other, ratio, other_ratio, credit_bp in self.hello["margin"]["credits"]:
            if nets.get(one, 0) * nets.get(other, 0) < 0:
                pairs = min(abs(nets[one]) // ratio, abs(nets[other]) // other_ratio)
                scanned = pairs * (ratio * self.psr[one]["psr"] + other_ratio * self.psr[other]["psr"])
                found += scanned * credit_bp // 10_000
                for name, used in ((one, pairs * ratio), (other, pairs * other_ratio)):
                    nets[name] -= used if nets[name] > 0 else -used
        return found


def matched(hours: Any) -> int:
    listed = list(hours)
    return min(sum(one for one in listed if one > 0), -sum(one for one in listed if one < 0))


@pytest.mark.rule("MDATA-022", "MARGIN-001", "MARGIN-007", "MARGIN-009", "MARGIN-018")
@pytest.mark.parametrize(("day", "adds"), [(date(2026, 12, 17), False), (date(2026, 12, 18), True)])
def test_margin_from_the_wire_alone_is_the_venues(tmp_path: Path, day: date, adds: bool) -> None:
    rng = random.Random(str(day))
    with Bench(str(tmp_path), PATIENT, schedule=DaySchedule(), symbols=SYMBOLS, day=day) as bench:
        hello, rows, _ = wire_data(bench)
        assert len(rows) >= len(SYMBOLS)
        (traded,) = [row for row in rows.values() if row["sym"] == "H100.G90.F27"]
        bench.instrument = traded["i"]
        trade(bench, 5, traded["settle"], 1)
        for _ in range(3):  # a mark of the minute, and the margin run after it
            bench.clock.now += 60 * 10**9
            bench.pass_ms(100)
        peer, calculator = bench.connect(bench.keys[3]), Calculator(hello, rows, str(day))
        assert bool(calculator.addon) is adds
        seen = {"inter": 0, "addon": 0, "intra": 0, "tier": 0}
        for _ in range(60):
            lots = {number: rng.randint(-300, 300) for number in rng.sample(sorted(rows), rng.randint(1, 5))}
            asked = Query(request_id=60, what="margin", positions=[*lots.items()])
            (reply,) = peer.ask(asked)
            total = json.loads(msgspec.json.encode(reply))["margin"]["total"]
            expected = calculator.total(lots)
            assert {name: total.get(name, 0) for name in expected} == expected
            for name in seen:
                seen[name] += expected[name] > 0
        assert seen.pop("addon") > 5 or not adds
        assert min(seen.values()) > 5, seen


@pytest.mark.rule("MDATA-022", "FEE-001")
def test_a_fee_follows_from_a_definition(tmp_path: Path) -> None:
    with Bench(str(tmp_path), PATIENT, symbols=("H100.G90.F27-G27",)) as bench:
        _, rows, _ = wire_data(bench)
        (spread,) = [row for row in rows.values() if "legs" in row]
        bench.instrument = spread["i"]
        maker, taker = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
        maker.ask(bench.order(5, "a", price_tick=1, order_lots=7))
        shown_rows = taker.ask(bench.order(5, "b", side="s", price_tick=1, order_lots=7))
        fees = [one["fee"] for one in map(json.loads, map(msgspec.json.encode, shown_rows)) if one["t"] == "fill"]
        assert fees == [spread["taker_fee"] * spread["hours"] * 7] and fees[0] > 0
        assert spread["auction_fee"] == 1


@pytest.mark.rule("ROUTE-001", "ROUTE-002", "MDATA-022")
def test_a_router_ranks_contracts_by_what_useful_compute_costs(tmp_path: Path) -> None:
    with Bench(str(tmp_path), PATIENT, symbols=SYMBOLS) as bench:
        _, rows, _ = wire_data(bench)
        plain = [row for row in rows.values() if "legs" not in row and row["kind"] == "month"]
        offers = [Offer(row["i"] >> 24, row["settle"], row["floor_bp"], row["ref_tenths"]) for row in plain]
        costs = [effective_price(one.price_mills, one.goodput_bp, one.ref_tenths or 0) for one in rank_offers(offers)]
        assert len(costs) == len(plain) and costs == sorted(costs)
        for row in plain:
            assert {"ref_tenths", "floor_bp", "settle", "hours", "taker_fee", "band", "limit", "ltd"} <= row.keys()
