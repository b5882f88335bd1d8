"""The small market that scenarios run on, and its accounts, as control payloads in plain dicts."""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.codes import ComboKind, OrderEntry
from exchange.units import NS_PER_DAY, NS_PER_S, ORDER_LOTS_MAX, POSITION_LOTS_MAX, PRICE_MAX

BOOKS = {"M1": 1, "M2": 2, "SP": 3, "ST": 4, "M3": 5, "TS": 6}
BOOK_NAMES = {index: name for name, index in BOOKS.items()}
COMBINATIONS = (BOOKS["SP"], BOOKS["ST"], BOOKS["TS"])
GROUP = 1
MONTH = 84  # January 2027, the current month of every test market
FIRST_LTD_NS = 1_800_000_000 * NS_PER_S  # last trading day of MONTH; those of later months follow, MONTH_NS apart
MONTH_NS = 30 * NS_PER_DAY
# Daily limits without the parameter `limit`: least distance from the settlement, and from each price in the scenario.
LIMIT_TICKS = 1_000
MARGIN_TICKS = 100
PROTECTION_TICKS = 10
BENCHMARK_BP = 9_000  # goodput floor of lead months (BAND-012)
PAUSE_NS = 5 * NS_PER_S
NO_PRICES: Mapping[int, Sequence[int]] = {}
LISTING_DEFAULTS: dict[str, Any] = {
    "hours": 1, "settle_tick": 100, "low_tick": 80, "high_tick": 120, "months": [], "legs": [], "combo": 0,
    "order_entry": 0, "min_inc": 1, "order_lots_max": ORDER_LOTS_MAX, "band_ticks": 0, "maker_fee": 0,
    "taker_fee": 0, "auction_fee": 0, "term": False, "matching": 0, "sharing": {}, "guard": {}, "ltd_ns": 0,
    "implied": False, "floor_bp": 0, "start_month": 0,
}  # fmt: skip


def listing(index: int, symbol: str, **fields: Any) -> dict[str, Any]:
    """One instrument of a LIST payload. `fields` override the defaults."""
    known = {"index": index, "instrument_id": index, "symbol": symbol, "group": GROUP, "commodity": 1}
    values = {**LISTING_DEFAULTS, **known, **fields}
    return {**values, "fee_hours": values.get("fee_hours", values["hours"])}


def ltd_ns(month: int) -> int:
    """The last trading day of a month in a test market, in ns."""
    return FIRST_LTD_NS + (month - MONTH) * MONTH_NS


def commodity(index: int, group: int, **fields: int) -> dict[str, int]:
    values = {"psr_mills": 1, "intra_mills": 0, "tier_mills": 0, "spot_lots_max": 0, "spot_month": 0}
    return {"index": index, "group": group, **values, **fields}


def account_payload(number: int, parameters: Mapping[str, int]) -> dict[str, Any]:
    """DEFINE_ACCOUNT payload of one account, with the limits in a scenario's parameters."""
    return {
        "account": number,
        "firm": parameters.get("firm", 0),
        "order_lots_max": parameters.get("maxord", ORDER_LOTS_MAX),
        "position_lots_max": parameters.get("maxpos", POSITION_LOTS_MAX),
        "term_lots_max": parameters.get("maxterm", 1_000),
        "close_only": bool(parameters.get("closeonly", 0)),
    }


def parameter_name(name: str, book: str) -> str:
    """The name of the parameter `ref` or `ltp` for a book: without a suffix for M1."""
    return name if book == "M1" else f"{name}.{book}"


def scenario_listing(parameters: Mapping[str, int], prices: Mapping[int, Sequence[int]] = NO_PRICES) -> dict[str, Any]:
    """LIST payload of the books M1, M2, M3 and the combinations SP = M1 - M2, ST = M1:M2, TS = M3 - M1.

    parameters   of the scenario
    prices       book -> prices in the scenario; without the parameter `limit` the daily limits lie around them
    """
    fees = parameters.get("fee", 0)
    common = {
        "band_ticks": parameters.get("band", 0), "protection_ticks": parameters.get("pp", PROTECTION_TICKS),
        "show_ratio": parameters.get("maxshow", 0),
        "min_inc": parameters.get("tick", 1),
        "matching": parameters.get("algo", 0), "sharing": _sharing(parameters), "guard": _guard(parameters),
        "lot_inc": parameters.get("lot", 1),
        "order_lots_max": parameters.get("maxlot", ORDER_LOTS_MAX), "taker_fee": 2 * fees, "auction_fee": fees,
    }  # fmt: skip

    def book(index: int, name: str, settle_tick: int, **fields: Any) -> dict[str, Any]:
        settle_tick = parameters.get(parameter_name("ref", name), settle_tick)
        low_tick, high_tick = _daily_limits(settle_tick, parameters, prices.get(index, ()))
        limits = {"settle_tick": settle_tick, "low_tick": low_tick, "high_tick": high_tick}
        return listing(index, name, **common, **limits, **fields)

    hours = [parameters.get("hours", 1), parameters.get("hours.M2", 1)]
    ref = [parameters.get("ref", 100), parameters.get("ref.M2", parameters.get("ref", 100))]
    mean = (2 * (ref[0] * hours[0] + ref[1] * hours[1]) + sum(hours)) // (2 * sum(hours))
    spot = parameters.get("spot", 0)
    terms = {"psr_mills": parameters.get("psr", 1), "intra_mills": parameters.get("intra", 0)}
    terms |= {"spot_lots_max": spot, "spot_month": MONTH if spot else 0}
    floor_bp = BENCHMARK_BP if parameters.get("lead", 1) else 0
    entry = OrderEntry.IOC_ONLY if parameters.get("iocm3", 0) else OrderEntry.FULL
    implied = bool(parameters.get("imp", 0))
    return {
        "commodities": [commodity(1, GROUP, **terms)],
        "instruments": [
            book(1, "M1", ref[0], hours=hours[0], months=[(MONTH, hours[0])], ltd_ns=ltd_ns(MONTH),
                 floor_bp=floor_bp, start_month=MONTH),
            book(2, "M2", ref[1], hours=hours[1], months=[(MONTH + 1, hours[1])],
                 ltd_ns=ltd_ns(MONTH + 1), floor_bp=floor_bp, start_month=MONTH + 1),
            book(3, "SP", ref[0] - ref[1], combo=ComboKind.CALENDAR, legs=[(1, 1), (2, -1)], hours=max(hours),
                 implied=implied),
            book(4, "ST", mean, combo=ComboKind.STRIP, legs=[(1, 1), (2, 1)], hours=sum(hours),
                 implied=implied),
            book(5, "M3", ref[0], hours=hours[0], months=[(MONTH, hours[0])], ltd_ns=ltd_ns(MONTH), order_entry=entry,
                 term=bool(parameters.get("term", 0))),
            book(6, "TS", 0, combo=ComboKind.TIER, legs=[(5, 1), (1, -1)], hours=hours[0],
                 implied=implied),
        ],
    }  # fmt: skip


def _sharing(parameters: Mapping[str, int]) -> dict[str, Any]:
    """Allocation terms of a pro-rata book (PRO-002, PRO-004, PRO-005)."""
    return {
        "top": bool(parameters.get("top", 1)), "top_lots_max": parameters.get("topmax", 0),
        "split_percent": parameters.get("split", 0), "minimum_allocation": parameters.get("minalloc", 2),
    }  # fmt: skip


def _guard(parameters: Mapping[str, int]) -> dict[str, Any]:
    """Velocity window (BAND-005), breaker (BAND-010) and collar (AUC-014).

    A window without a length measures from the settlement.
    """

    def window(name: str) -> dict[str, int]:
        return {
            "width_ticks": parameters.get(name, 0), "window_ns": parameters.get(f"{name}win", 0) * NS_PER_S,
            "pause_ns": PAUSE_NS,
        }  # fmt: skip

    collar = {"collar_ticks": parameters.get("collar", 0), "extension_ns": 30 * NS_PER_S, "extensions_max": 2}
    return {"velocity": window("vel"), "breaker": window("dcb"), **collar}


def _daily_limits(settle_tick: int, parameters: Mapping[str, int], prices: Sequence[int]) -> tuple[int, int]:
    """(lowest, highest tick) of the day: by the parameter `limit`, else around settlement and prices (SPEC-004)."""
    margin = max(MARGIN_TICKS, parameters.get("pp", PROTECTION_TICKS))
    named = [price for price in prices if abs(price) <= PRICE_MAX]
    low_tick = min([settle_tick - LIMIT_TICKS, *(price - margin for price in named)])
    high_tick = max([settle_tick + LIMIT_TICKS, *(price + margin for price in named)])
    if "limit" in parameters:
        low_tick, high_tick = settle_tick - parameters["limit"], settle_tick + parameters["limit"]
    return max(low_tick, -PRICE_MAX), min(high_tick, PRICE_MAX)
