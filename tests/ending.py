"""A market whose instruments end: three months, their quarter, a calendar spread and a strip, with implied prices."""

from typing import Any

from exchange.clearing_codes import Life
from exchange.codes import ComboKind, CommandKind, Family, MarketState, PeriodKind
from tests.funded import HIGH, INTRA, LOW, MARK, PSR, TIER, Funded
from tests.market import MONTH, commodity, listing

F27, G27, H27, Q1, SPREAD, STRIP = 1, 2, 3, 4, 5, 6
HOURS = {F27: 744, G27: 672, H27: 744, Q1: 2_160}
MONTHS = [(MONTH, 744), (MONTH + 1, 672), (MONTH + 2, 744)]
FEE = 1  # mills per GPU-hour of a cash settlement
DAY = 20_811  # days since 1970


def outright(index: int, symbol: str, hours: int, months: list[tuple[int, int]], **terms: Any) -> dict[str, Any]:
    day = {"settle_tick": MARK, "low_tick": LOW, "high_tick": HIGH, "protection_ticks": 50, "floor_bp": 9_000}
    return listing(
        index, symbol, hours=hours, months=months, family=Family.PHY, start_month=months[0][0],
        **{"period_kind": PeriodKind.MONTH, **day, **terms},
    )  # fmt: skip


def calendar(index: int, symbol: str, front: int, back: int) -> dict[str, Any]:
    spread = {"settle_tick": 0, "low_tick": -500, "high_tick": 500, "protection_ticks": 50}
    legs = [(front, 1), (back, -1)]
    return listing(index, symbol, combo=ComboKind.CALENDAR, legs=legs, hours=744, implied=True, **spread)


def ending_market() -> dict[str, Any]:
    day = {"settle_tick": MARK, "low_tick": LOW, "high_tick": HIGH, "protection_ticks": 50}
    quarter = outright(Q1, "Q1-27", HOURS[Q1], MONTHS, period_kind=PeriodKind.QUARTER)
    return {
        "commodities": [commodity(1, 1, psr_mills=PSR, intra_mills=INTRA, tier_mills=TIER)],
        "instruments": [
            outright(F27, "F27", 744, MONTHS[:1]), outright(G27, "G27", 672, MONTHS[1:2]),
            outright(H27, "H27", 744, MONTHS[2:]), quarter, calendar(SPREAD, "F27-G27", F27, G27),
            listing(STRIP, "F27:H27", combo=ComboKind.STRIP, legs=[(F27, 1), (G27, 1), (H27, 1)], hours=2_160, **day),
        ],
    }  # fmt: skip


class Ending(Funded):
    """The market, with accounts 1 and 2 that can pay everything."""

    def __init__(self) -> None:
        super().__init__(market=ending_market())
        self.account(1, 10**12)
        self.account(2, 10**12)

    def close(self) -> None:
        self.states(MarketState.CLOSED)

    def expire(self, *books: int, life: Life = Life.SETTLED, **terms: int) -> list[Any]:
        ends = [{"index": book, "life": life, **terms} for book in books]
        return self.control(CommandKind.EXPIRE, {"books": ends, "fee_mills": FEE, "day": DAY})

    def cascade(self, parent: int = Q1, children: tuple[int, ...] = (F27, G27, H27)) -> list[Any]:
        return self.control(CommandKind.CASCADE, {"parent": parent, "children": list(children)})

    def control(self, kind: CommandKind, payload: dict[str, Any]) -> list[Any]:
        events = self.pair.control(kind, payload)
        self.pair.compare_books()
        self.pair.compare_accounts()
        return events

    def cash(self, account: int) -> int:
        return int(self.pair.fast.engine.states[0].accounts[account].cash_mills)
