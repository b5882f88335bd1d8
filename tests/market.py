"""The market that properties run on; its parts, and the scenarios' market, are those of the conformance runner."""

from collections.abc import Callable, Iterable
from typing import Any

from exchange.codes import ComboKind, CommandKind, MarketState, Matching, OrderEntry
from exchange.conformance.market import MONTH, account_payload, commodity, listing, ltd_ns, scenario_listing

__all__ = [
    "MONTH",
    "account_payload",
    "collared_market",
    "commodity",
    "listing",
    "narrow_market",
    "open_property_market",
    "property_market",
    "scenario_listing",
]


CLOSING = {"closing_from_ns": 800_000, "closing_to_ns": 1_200_000, "closing_pause_ns": 10_000}


def property_market() -> dict[str, Any]:
    """Ten books in two groups: months near and far, a term, combinations of every kind, all implied, tight limits; two
    of the months are pro-rata."""
    fees = {"taker_fee": 2, "auction_fee": 1, "band_ticks": 12, "protection_ticks": 3, "show_ratio": 6}
    near, far = (MONTH + 1, 744), (MONTH + 3, 672)

    def month(index: int, symbol: str, child: tuple[int, int], **fields: Any) -> dict[str, Any]:
        return listing(index, symbol, months=[child], hours=child[1], ltd_ns=ltd_ns(child[0]), **{**fees, **fields})

    def window(width_ticks: int, commands: int) -> dict[str, int]:
        """A window over so many commands: a property's command takes a microsecond."""
        return {"width_ticks": width_ticks, "window_ns": commands * 1_000, "pause_ns": 5_000}

    return {
        "commodities": [
            commodity(1, 1, psr_mills=20, intra_mills=6, tier_mills=5, spot_lots_max=40, spot_month=near[0]),
            commodity(2, 2, psr_mills=33, intra_mills=4, tier_mills=3),
        ],
        "instruments": [
            month(1, "A.G90.G27", near, floor_bp=9_000, start_month=near[0], guard={
                "velocity": window(12, 60), "breaker": window(16, 600), **CLOSING}),
            month(2, "A.G90.J27", far, settle_tick=97, low_tick=77, high_tick=117, matching=Matching.PRO_RATA,
                  sharing={"top_lots_max": 3, "split_percent": 20}, floor_bp=9_000, start_month=far[0],
                  guard={"velocity": window(13, 120)}),
            month(3, "A.G95.G27", near, settle_tick=104, min_inc=2, matching=Matching.PRO_RATA),
            listing(4, "A.G90.G27-J27", combo=ComboKind.CALENDAR, legs=[(1, 1), (2, -1)], settle_tick=3,
                    low_tick=-37, high_tick=43, hours=744, implied=True, guard={"velocity": window(14, 0)}, **fees),
            listing(5, "A.G95-G90.G27", combo=ComboKind.TIER, legs=[(3, 1), (1, -1)], settle_tick=4,
                    low_tick=-36, high_tick=44, hours=744, implied=True, **fees),
            listing(6, "A.G90.G27:J27", combo=ComboKind.STRIP, legs=[(1, 1), (2, 1)], settle_tick=99,
                    low_tick=80, high_tick=118, hours=1_416, implied=True, **fees),
            listing(7, "A.G90.T3-28", term=True, hours=26_304, order_lots_max=5,
                    months=[(MONTH + 12 + number, 730) for number in range(35)] + [(MONTH + 47, 754)], **fees),
            month(8, "A.G85.G27", near, settle_tick=98, order_entry=OrderEntry.IOC_ONLY),
            listing(9, "B.G90.F27", months=[near, far], hours=1_416, group=2, commodity=2, maker_fee=1, **fees),
            listing(10, "A.G90-G85.G27", combo=ComboKind.TIER, legs=[(1, 1), (8, -1)], settle_tick=2,
                    low_tick=-38, high_tick=42, hours=744, implied=True, **fees),
        ],
    }  # fmt: skip


def narrow_market() -> dict[str, Any]:
    """The same with windows so narrow that prices breach them all the time, short and long ones."""
    market = property_market()
    for number, book in enumerate(market["instruments"][:7]):
        velocity = {"width_ticks": 3 + number % 3, "window_ns": 60_000 * (number % 4), "pause_ns": 7_000}
        breaker = {"width_ticks": 5 + number % 2, "window_ns": 600_000 if number else 60_000, "pause_ns": 20_000}
        book["guard"] = {"velocity": velocity, "breaker": breaker} | CLOSING
    return market


def curve_market() -> dict[str, Any]:
    """The same with fees for makers, and windows that a fill through several books may breach."""
    market = property_market()
    for number, book in enumerate(market["instruments"]):
        book["maker_fee"] = 1
        velocity = {"width_ticks": 5 + number % 2, "window_ns": 60_000 * (number % 3), "pause_ns": 3_000}
        book["guard"] = {"velocity": velocity} | CLOSING
    return market


def plain_market() -> dict[str, Any]:
    """The same without implied prices, windows and a spot month's limit: plain orders go the short way, and two
    books have no BookFeature bits."""
    market = property_market()
    for one in market["commodities"]:
        one["spot_lots_max"] = 0
    for book in market["instruments"]:
        book |= {"implied": False, "guard": {}}
    return market


def collared_market() -> dict[str, Any]:
    """The same with collars so narrow that auctions are extended all the time."""
    market = property_market()
    for number, book in enumerate(market["instruments"][:7]):
        collar = {"collar_ticks": 1 + number % 3, "extension_ns": 4_000, "extensions_max": number % 3}
        book["guard"] = book["guard"] | collar
    return market


def open_property_market(venue: Any, row: Callable[..., Any], accounts: Iterable[int]) -> None:
    """List the `property_market`, fund accounts and open its second group. `row(kind, **fields)` sends a row."""
    venue.control(CommandKind.LIST, property_market())
    for account in accounts:
        venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
        row(CommandKind.DEPOSIT, account=account, amount_mills=10**12)
    for state in (MarketState.PREOPEN, MarketState.OPEN):
        row(CommandKind.SET_STATE, group=2, market_state=state)
