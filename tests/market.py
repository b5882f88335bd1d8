"""The small markets that scenarios and properties run on: control payloads as plain dicts."""

from typing import Any

from exchange.codes import ComboKind, OrderEntry
from exchange.units import ORDER_LOTS_MAX, POSITION_LOTS_MAX

MONTH = 84  # January 2027, the current month of every test market
LISTING_DEFAULTS: dict[str, Any] = {
    "hours": 1, "settle_tick": 100, "low_tick": 80, "high_tick": 120, "months": [], "legs": [], "combo": 0,
    "order_entry": 0, "min_inc": 1, "order_lots_max": ORDER_LOTS_MAX, "band_ticks": 0, "maker_fee": 0,
    "taker_fee": 0, "auction_fee": 0, "term": False,
}  # fmt: skip


def listing(index: int, symbol: str, **fields: Any) -> dict[str, Any]:
    """One instrument of a LIST payload."""
    known = {"index": index, "instrument_id": index, "symbol": symbol, "group": 1, "commodity": 1}
    values = {**LISTING_DEFAULTS, **known, **fields}
    return {**values, "fee_hours": values.get("fee_hours", values["hours"])}


def commodity(index: int, group: int, **fields: int) -> dict[str, int]:
    values = {"psr_mills": 1, "intra_mills": 0, "tier_mills": 0, "spot_lots_max": 0, "spot_month": 0}
    return {"index": index, "group": group, **values, **fields}


def account_payload(number: int, parameters: dict[str, int]) -> dict[str, Any]:
    return {
        "account": number,
        "order_lots_max": parameters.get("maxord", ORDER_LOTS_MAX),
        "position_lots_max": parameters.get("maxpos", POSITION_LOTS_MAX),
        "term_lots_max": parameters.get("maxterm", 1_000),
        "close_only": bool(parameters.get("closeonly", 0)),
    }


def scenario_listing(parameters: dict[str, int]) -> dict[str, Any]:
    """M1, M2, SP = M1 - M2, ST = M1:M2, TS = M3 - M1: one hour a lot unless `hours`, prices around `ref`."""
    fees = parameters.get("fee", 0)
    common = {
        "band_ticks": parameters.get("band", 0), "min_inc": parameters.get("tick", 1),
        "order_lots_max": parameters.get("lot", ORDER_LOTS_MAX), "taker_fee": 2 * fees, "auction_fee": fees,
    }  # fmt: skip
    width = parameters.get("limit", 1_000)

    def book(index: int, name: str, settle_tick: int, **fields: Any) -> dict[str, Any]:
        settle_tick = parameters.get("ref" if name == "M1" else f"ref.{name}", settle_tick)
        prices = {"settle_tick": settle_tick, "low_tick": settle_tick - width, "high_tick": settle_tick + width}
        return listing(index, name, **common, **prices, **fields)

    hours = [parameters.get("hours", 1), parameters.get("hours.M2", 1)]
    ref = [parameters.get("ref", 100), parameters.get("ref.M2", parameters.get("ref", 100))]
    mean = (2 * (ref[0] * hours[0] + ref[1] * hours[1]) + sum(hours)) // (2 * sum(hours))
    spot = parameters.get("spot", 0)
    terms = {"psr_mills": parameters.get("psr", 1), "intra_mills": parameters.get("intra", 0)}
    terms |= {"spot_lots_max": spot, "spot_month": MONTH if spot else 0}
    entry = OrderEntry.IOC_ONLY if parameters.get("iocm3", 0) else OrderEntry.FULL
    return {
        "month": MONTH,
        "commodities": [commodity(1, 1, **terms)],
        "instruments": [
            book(1, "M1", ref[0], hours=hours[0], months=[(MONTH, hours[0])]),
            book(2, "M2", ref[1], hours=hours[1], months=[(MONTH + 1, hours[1])]),
            book(3, "SP", ref[0] - ref[1], combo=ComboKind.CALENDAR, legs=[(1, 1), (2, -1)], hours=max(hours)),
            book(4, "ST", mean, combo=ComboKind.STRIP, legs=[(1, 1), (2, 1)], hours=sum(hours)),
            book(5, "M3", ref[0], hours=hours[0], months=[(MONTH, hours[0])], order_entry=entry,
                 term=bool(parameters.get("term", 0))),
            book(6, "TS", 0, combo=ComboKind.TIER, legs=[(5, 1), (1, -1)], hours=hours[0]),
        ],
    }  # fmt: skip


def property_market() -> dict[str, Any]:
    """Nine books in two groups: months near and far, a term, combinations of every kind, tight limits."""
    fees = {"taker_fee": 2, "auction_fee": 1, "band_ticks": 12, "protection_ticks": 3}
    near, far = (MONTH + 1, 744), (MONTH + 3, 672)

    def month(index: int, symbol: str, child: tuple[int, int], **fields: Any) -> dict[str, Any]:
        return listing(index, symbol, months=[child], hours=child[1], **{**fees, **fields})

    return {
        "month": MONTH,
        "commodities": [
            commodity(1, 1, psr_mills=20, intra_mills=6, tier_mills=5, spot_lots_max=40, spot_month=near[0]),
            commodity(2, 2, psr_mills=33, intra_mills=4, tier_mills=3),
        ],
        "instruments": [
            month(1, "A.G90.G27", near),
            month(2, "A.G90.J27", far, settle_tick=97, low_tick=77, high_tick=117),
            month(3, "A.G95.G27", near, settle_tick=104, min_inc=2),
            listing(4, "A.G90.G27-J27", combo=ComboKind.CALENDAR, legs=[(1, 1), (2, -1)], settle_tick=3,
                    low_tick=-37, high_tick=43, hours=744, **fees),
            listing(5, "A.G95-G90.G27", combo=ComboKind.TIER, legs=[(3, 1), (1, -1)], settle_tick=4,
                    low_tick=-36, high_tick=44, hours=744, **fees),
            listing(6, "A.G90.G27:J27", combo=ComboKind.STRIP, legs=[(1, 1), (2, 1)], settle_tick=99,
                    low_tick=80, high_tick=118, hours=1_416, **fees),
            listing(7, "A.G90.T3-28", term=True, hours=26_304, order_lots_max=5,
                    months=[(MONTH + 12 + number, 730) for number in range(35)] + [(MONTH + 47, 754)], **fees),
            month(8, "A.G85.G27", near, settle_tick=98, order_entry=OrderEntry.IOC_ONLY),
            month(9, "B.G90.G27", near, group=2, commodity=2, maker_fee=1),
        ],
    }  # fmt: skip
