"""Orders: entry checks, matching by price and time, trades, blocks (matching.md section 2, LIMIT-006)."""

from collections.abc import Iterator

from exchange.codes import ComboKind
from exchange.reference.formulas.contracts import legs as strip_legs
from exchange.reference.house.holdings import add_lots, charge_fee
from exchange.reference.house.index import is_halted
from exchange.reference.house.margin import funds_mills, hold_mills, only_closes
from exchange.reference.house.position_limits import breaks_limit
from exchange.reference.house.prices import limits, resting, whole_range
from exchange.reference.house.state import MINUTE_NS, DayFigures, HouseState, WorkingOrder
from exchange.reference.house.terms import Contract
from exchange.units import NS_PER_DAY, NS_PER_S

WINDOW_S = (20 * 3600 + 58 * 60, 21 * 3600)  # of the date (SETTLE-001)
Checks = Iterator[tuple[bool, str]]


def enter(state: HouseState, order: WorkingOrder) -> str | None:
    """NEW: a limit order, which trades and then rests. Returns the reason of a refusal."""
    reason = refusal(state, order)
    if reason is None:
        state.orders.append(order)
        match(state, order)
        state.touch()
    return reason


def trade(state: HouseState, maker: WorkingOrder, taker: WorkingOrder) -> str | None:
    """A limit order rests and another takes it; they meet nobody else. Returns the reason of the first refusal."""
    reason = refusal(state, maker)
    if reason is not None:
        return reason
    state.orders.append(maker)
    reason = refusal(state, taker)
    if reason is not None:
        state.orders.remove(maker)
        return reason
    state.orders.append(taker)
    if state.contracts[maker.symbol].chip not in state.paused:
        _fill(state, maker, taker, maker.lots_left)
    state.touch()
    return None


def cancel(state: HouseState, name: str) -> str | None:
    """CANCEL a working order by its name."""
    found = [order for order in state.orders if order.name == name and order.status == "WORKING"]
    if not found:
        return "UNKNOWN"
    end(found[0], "USER")
    state.touch()
    return None


def end(order: WorkingOrder, why: str) -> None:
    """Take an order out of its book."""
    order.status, order.why = "GONE", why


def refusal(state: HouseState, order: WorkingOrder) -> str | None:
    """The reason of the first check that fails, in the order of matching.md section 2."""
    return next((reason for failed, reason in _checks(state, order) if failed), None)


def _checks(state: HouseState, order: WorkingOrder) -> Checks:
    rules, is_known = state.spec.products.orders, order.symbol in state.life
    yield not 1 <= order.lots_left <= rules.order_lots_max, "BAD_QTY"
    yield is_known and not is_open(state, order.symbol), "STATE"
    yield not is_known, "UNKNOWN_INST"
    yield state.contracts[order.symbol].ioc_only, "IOC_ONLY"
    live = [other.name for other in state.orders if other.name and other.status == "WORKING"]
    yield order.name in live, "DUP_ID"
    yield _is_outside(state, order), "BAND"
    yield from _risk_checks(state, order, "taker")


def _is_outside(state: HouseState, order: WorkingOrder) -> bool:
    """Whether the limits of the day refuse a price. A GTC order on the passive side is parked instead (BAND-004)."""
    low, high = limits(state, order.symbol)
    if order.gtc:
        lowest, highest = whole_range(state.contracts[order.symbol])
        low, high = (lowest, high) if order.side > 0 else (low, highest)
    return not low <= order.price <= high


def _risk_checks(state: HouseState, order: WorkingOrder, fee_kind: str) -> Checks:
    """Close-only, limits, margin (MARGIN-012, LIMIT-001, MARGIN-013, MARGIN-016)."""
    member = state.member(order.member)
    others = state.working(member.name)
    closes = only_closes(state, member, others, order)
    yield member.standing != "OPEN" and not closes, "CLOSE_ONLY"
    yield breaks_limit(state, member, others, order), "POSITION"
    hold = hold_mills(state, member, [*others, order], fee_kind)
    yield not closes and hold > funds_mills(state, member), "RISK"


def is_open(state: HouseState, symbol: str) -> bool:
    """Whether a book that was listed takes orders."""
    legs = [leg for leg, _ in state.contracts[symbol].legs]
    return state.life[symbol] == "LISTED" and not any(is_halted(state, leg) for leg in legs)


# --- matching


def match(state: HouseState, order: WorkingOrder) -> None:
    """Trade an order against the other side, best price first, then oldest first (MATCH-001, MATCH-002)."""
    if state.contracts[order.symbol].chip in state.paused:
        return
    for maker in resting(state, order.symbol, -order.side):
        if order.lots_left and order.side * (order.price - maker.price) >= 0:
            _fill(state, maker, order, min(maker.lots_left, order.lots_left))


def _fill(state: HouseState, maker: WorkingOrder, taker: WorkingOrder, lots: int) -> None:
    """One trade at the maker's price: positions, fees, prints."""
    contract, buyer = state.contracts[maker.symbol], maker if maker.side > 0 else taker
    seller = taker if buyer is maker else maker
    book_legs(state, contract, buyer.member, seller.member, lots, maker.price)
    for order, kind in ((maker, "maker"), (taker, "taker")):
        charge_fee(state, order.member, kind, lots, contract.symbol)
        order.lots_left -= lots
        order.status = order.status if order.lots_left else "FILLED"
    if contract.is_outright:
        figures = state.figures.setdefault(contract.symbol, DayFigures())
        figures.last = maker.price
        if WINDOW_S[0] <= state.now_ns % NS_PER_DAY // NS_PER_S < WINDOW_S[1]:
            figures.window.append((maker.price, lots))


def book_legs(state: HouseState, contract: Contract, buyer: str, seller: str, lots: int, price: int) -> None:
    """Book the legs of a trade; the buyer of a strip pays the remainder (SPEC-041, CASCADE-006)."""
    ticks, rest = leg_prices(state, contract, price)
    for (leg, sign), tick in zip(contract.legs, ticks, strict=True):
        add_lots(state, buyer, leg, sign * lots, tick)
        add_lots(state, seller, leg, -sign * lots, tick)
    state.ledger.post(state.now_ns, "remainder", buyer, "rounding", rest * lots)
    state.ledger.post(state.now_ns, "remainder", "rounding", seller, rest * lots)


def leg_prices(state: HouseState, contract: Contract, price: int) -> tuple[list[int], int]:
    """(price of each leg, mills that the buyer of one lot pays) of a trade in a contract (IMP-010, CASCADE-006)."""
    if contract.is_outright:
        return [price], 0
    symbols = [leg for leg, _ in contract.legs]
    if contract.combo is ComboKind.STRIP:
        pairs = [(state.prior(leg).price, state.contracts[leg].hours) for leg in symbols]
        return strip_legs(state.spec, price, pairs)
    last = state.figures_of(symbols[1]).last
    second = state.prior(symbols[1]).price if last is None else last
    ticks = [second + price, second]
    bounds = [limits(state, leg) for leg in symbols]
    up = max(0, *(low - tick for tick, (low, _) in zip(ticks, bounds, strict=True)))
    down = max(0, *(tick - high for tick, (_, high) in zip(ticks, bounds, strict=True)))
    return [tick + up - down for tick in ticks], 0


# --- blocks (LIMIT-006)


def block(state: HouseState, buy: WorkingOrder, sell: WorkingOrder, made_s: int | None) -> str | None:
    """Book a reported block: no print, no window. `made_s`: second of the date at which it was made."""
    reason = next((reason for failed, reason in _block_checks(state, buy, sell, made_s) if failed), None)
    if reason is not None:
        return reason
    contract = state.contracts[buy.symbol]
    book_legs(state, contract, buy.member, sell.member, buy.lots_left, buy.price)
    for order in (buy, sell):
        charge_fee(state, order.member, "block", order.lots_left, contract.symbol)
    state.touch()
    return None


def _block_checks(state: HouseState, buy: WorkingOrder, sell: WorkingOrder, made_s: int | None) -> Checks:
    rules, symbol = state.spec.products.limits, buy.symbol
    yield buy.lots_left < rules.block_lots_min, "BAD_LOT"
    yield symbol not in state.life or not state.contracts[symbol].is_outright, "UNKNOWN_INST"
    yield not is_open(state, symbol), "STATE"
    low, high = limits(state, symbol)
    yield not low <= buy.price <= high, "BAND"
    made_ns = state.now_ns if made_s is None else _date_start(state.now_ns) + made_s * NS_PER_S
    yield state.now_ns - made_ns > rules.block_report_minutes * MINUTE_NS, "LATE"
    for order in (buy, sell):
        yield from _risk_checks(state, order, "block")


def _date_start(time_ns: int) -> int:
    return time_ns - time_ns % NS_PER_DAY
