"""Random orders, blocks, adjustments, spot months, index days and closes: engine and reference stay the same."""

from collections import Counter
from datetime import date
from typing import Any

import msgspec
import numpy as np
import pytest

from contracts_spec.periods import EPOCH
from exchange.clearing_codes import IndexHow
from exchange.codes import CommandKind, MarketState, Side, TimeInForce
from exchange.engine.control.checks import ControlError
from exchange.reference.controls.block import block_refusal
from exchange.units import NS_PER_DAY
from tests.engine.control.house.test_settled_days import F27_ID, funded_with_ids
from tests.funded import F27, G27, MARK, SPREAD, TERM
from tests.market import MONTH

ACCOUNTS = (1, 2, 3, 4)
START = (date(2027, 1, 5) - EPOCH).days
OUTRIGHTS = (F27, G27, TERM)


class HouseRun:
    """One market, and what has been seen."""

    def __init__(self, seed: int) -> None:
        self.rng, self.funded, self.seen = np.random.default_rng(seed), funded_with_ids(), Counter[str]()
        self.pair, self.day, self.closed = self.funded.pair, START, 0
        for account, mills in zip(ACCOUNTS, (10**12, 10**11, 10**10, 10**9), strict=True):
            self.funded.account(account, mills, maxpos=int(self.rng.choice([300, 10**6])))
        days = {"taken_day": START - 1, "printed_day": START - 1}
        opened = [
            {"index": index, "group": 1, "floor_bp": floor_bp, "external": floor_bp > 8_000, "tick": MARK, **days}
            for index, floor_bp in ((1, 9_000), (4, 8_000))
        ]
        self.control(CommandKind.INDEX, {"opened": opened})

    def pick(self, *of: Any) -> Any:
        return of[int(self.rng.integers(len(of)))]

    def tick(self) -> int:
        return MARK + int(self.rng.integers(-60, 61))

    def control(self, kind: CommandKind, payload: dict[str, Any]) -> list[Any]:
        self.seen[kind.name] += 1
        return self.pair.control(kind, payload)

    def refusal(self, kind: CommandKind, payload: dict[str, Any]) -> str:
        try:
            self.pair.fast.engine.check_control(kind, msgspec.json.encode(payload))
        except ControlError as error:
            return str(error).split(":")[0]
        return ""

    def order(self) -> None:
        book = self.pick(F27, F27, G27, SPREAD, TERM)
        price = self.tick() if book != SPREAD else int(self.rng.integers(-60, 61))
        tif = self.pick(TimeInForce.GTC, TimeInForce.IOC)
        self.funded.new(self.pick(*ACCOUNTS), self.pick(*Side), int(self.rng.integers(1, 40)), price, book, tif=tif)

    def block(self) -> None:
        payload = {
            "instrument": self.pick(*OUTRIGHTS, SPREAD), "lots": int(self.rng.integers(3, 120)), "tick": self.tick(),
            "buyer": self.pick(*ACCOUNTS), "seller": self.pick(*ACCOUNTS), "made_ns": 0,
            "now_ns": int(self.rng.integers(0, 1_100)), "lots_min": 5, "report_ns": 1_000, "fee_mills": 3,
        }  # fmt: skip
        reason = self.refusal(CommandKind.BLOCK, payload)
        assert block_refusal(self.pair.reference, payload) == reason, payload
        self.seen[f"block {reason}"] += 1
        if not reason:
            self.control(CommandKind.BLOCK, payload)

    def adjust(self) -> None:
        first, second = (int(one) for one in self.rng.choice(ACCOUNTS, 2, replace=False))
        mills = int(self.rng.integers(-(10**6), 10**6))
        amounts = [(first, mills), (second, -mills)]
        payload = {"instrument_id": F27_ID, "day": self.closed, "amounts": amounts, "by_two": True}
        if not self.refusal(CommandKind.ADJUST, payload):
            self.control(CommandKind.ADJUST, payload)

    def spot(self) -> None:
        month, books = self.pick((0, []), (MONTH, [F27]), (MONTH + 1, [G27]), (MONTH + 12, [TERM]))
        one = {"commodity": 1, "month": month, "lots_max": self.pick(0, 30, 200), "books": books}
        self.control(CommandKind.SPOT_MONTHS, {"commodities": [one]})

    def close(self) -> None:
        """A day ends, with another settlement. A day is settled once."""
        if self.closed == self.day:
            return
        self.closed = self.day
        self.funded.states(MarketState.CLOSED)
        books = []
        for index in OUTRIGHTS:
            tick = self.tick()
            books.append({"index": index, "settle_tick": tick, "low_tick": tick - 500, "high_tick": tick + 500})
        self.control(CommandKind.DAY_LIMITS, {"books": books, "day": self.day + 1, "by_two": True})
        self.funded.states(MarketState.PREOPEN, MarketState.OPEN)

    def noon(self) -> None:
        """Sometimes the day was printed, sometimes rented, sometimes neither."""
        tick = self.pick(0, 0, self.tick(), self.tick(), 9 * MARK)
        if tick:
            given = {"index": 1, "day": self.day, "tick": tick}
            self.control(CommandKind.INDEX, {"prints": [given], "now_ns": (self.day + 1) * NS_PER_DAY})
        if self.pick(True, False):
            rentals = [
                {"index": self.pick(1, 4), "day": self.day, "seller": self.pick(*ACCOUNTS, 5), "tick": self.tick(),
                 "hours": int(self.rng.integers(1, 900))}
                for _ in range(12)
            ]  # fmt: skip
            self.control(CommandKind.INDEX, {"rentals": rentals})
        for event in self.control(CommandKind.INDEX, {"take_day": self.day}):
            self.seen[IndexHow(event.index_how).name] += 1
            if event.index_how == IndexHow.MISSING and self.pick(True, False):
                index = 1 if event.floor_bp == 9_000 else 4
                value = {"index": index, "day": self.day, "tick": self.tick()}
                self.control(CommandKind.INDEX, {"committee": [value], "by_two": True})
                self.seen["COMMITTEE"] += 1
        self.day += 1

    def step(self) -> None:
        number = int(self.rng.integers(100))
        parts = ((55, self.order), (78, self.block), (86, self.adjust), (90, self.spot), (94, self.close))
        next((part for bound, part in parts if number < bound), self.noon)()

    def compare(self) -> None:
        self.pair.compare_accounts()
        self.pair.compare_books()
        state = self.pair.fast.engine.states[0]
        for number, index in self.pair.reference.indices.items():
            rows = {int(row.day): row for row in state.indices[number].days}
            for day in range(index.taken_day - 40, index.taken_day + 1):
                value, how = index.taken[day]
                assert (int(rows[day].value_tick), rows[day].how) == (value or 0, how)


def drive(seed: int, count: int) -> Counter[str]:
    """Run so many steps; returns what was seen."""
    run = HouseRun(seed)
    for number in range(1, count + 1):
        run.step()
        if number % 10 == 0:
            run.compare()
    run.compare()
    return run.seen


@pytest.mark.rule("LIMIT-006", "SETTLE-011", "LIMIT-001", "INDEX-003", "INV-018", "INV-019")
def test_engine_and_reference_agree_after_every_step() -> None:
    seen = drive(1, 700)
    wanted = {"ADJUST", "BLOCK", "SPOT_MONTHS", "DAY_LIMITS", "PRINT", "CARRIED", "CDP", "MISSING", "COMMITTEE"}
    wanted |= {f"block {reason}" for reason in ("BAD_LOT", "UNKNOWN_INST", "LATE", "BAD_COMBO", "POSITION", "RISK")}
    assert wanted <= {name for name, count in seen.items() if count}, seen
