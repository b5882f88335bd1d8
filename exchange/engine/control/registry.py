"""Controls: rare commands with a payload, run between kernel calls in sequence order.

A payload is JSON of the Structs below. `check` refuses a bad one before it is journalled; `run` then cannot fail.
"""

import msgspec
import numpy as np

from exchange.book.layout import BOOK
from exchange.clearing.margin import set_scan_tiers
from exchange.codes import (
    AccountFlag,
    BookFeature,
    CommandKind,
    EventKind,
    MarketState,
    Matching,
)
from exchange.engine.control.allocation_terms import (
    LeadMakersPayload,
    SharingTerms,
    check_allocation_terms,
    check_lead_makers,
    set_allocation_terms,
    set_lead_makers,
)
from exchange.engine.control.checks import ControlError, check_fields, check_window, require, within
from exchange.engine.control.day_limits import (
    DayLimitsPayload,
    cancel_off_increment,
    check_day_limits,
    check_people,
    set_day_limits,
    side_rows,
)
from exchange.engine.control.margin_terms import (
    check_commodities,
    check_margin_terms,
    check_rates,
    set_margin_bound,
    set_residual,
)
from exchange.engine.control.price_guards import GuardTerms, check_guard, choose_lead, set_guard
from exchange.engine.entry.fast_path import refresh_fast_path
from exchange.engine.matching.implied_routes import build_routes, routes_of
from exchange.engine.phases.market_state import effective_state
from exchange.limits import LEGS_MAX, SCAN_TIERS
from exchange.records import EVENT, QUOTE_OWNER, column
from exchange.units import ORDER_LOTS_MAX, POSITION_LOTS_MAX, PRICE_MAX

PAYLOAD_BYTES_MAX = 65_536  # DUR-060
SYMBOL_BYTES = 32
FRONT_MONTHS = 2  # MARGIN-002


class CommodityTerms(msgspec.Struct, forbid_unknown_fields=True):
    """Margin and limits of one combined commodity (MARGIN-001, LIMIT-001)."""

    index: int
    group: int
    psr_mills: int
    intra_mills: int
    tier_mills: int
    spot_lots_max: int = 0
    spot_month: int = 0


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    """One instrument. `index` is its book, given in order from 1; legs come before the combinations on them."""

    index: int
    instrument_id: int
    symbol: str
    group: int
    commodity: int
    hours: int
    settle_tick: int
    low_tick: int
    high_tick: int
    months: list[tuple[int, int]] = []  # (month since 2020-01, hours) of an outright
    legs: list[tuple[int, int]] = []  # (book, sign) of a combination
    family: int = 0
    period_kind: int = 0
    combo: int = 0
    floor_bp: int = 0
    fee_hours: int = 0
    start_month: int = 0
    ltd_ns: int = 0
    order_entry: int = 0
    matching: int = 0
    min_inc: int = 1
    lot_inc: int = 1
    order_lots_max: int = ORDER_LOTS_MAX
    band_ticks: int = 0
    protection_ticks: int = 0
    show_ratio: int = 0
    maker_fee: int = 0
    taker_fee: int = 0
    auction_fee: int = 0
    term: bool = False
    sharing: SharingTerms = SharingTerms()
    implied: bool = False  # a combination whose price and legs' prices imply each other (IMP-)
    guard: GuardTerms = GuardTerms()


class ListPayload(msgspec.Struct, forbid_unknown_fields=True):
    """LIST: the current month, commodities (new or changed), instruments to add."""

    month: int
    commodities: list[CommodityTerms] = []
    instruments: list[Listing] = []


class AccountPayload(msgspec.Struct, forbid_unknown_fields=True):
    """DEFINE_ACCOUNT: define an account or change its limits."""

    account: int
    firm: int = 0
    smp_id: int = 0
    order_lots_max: int = ORDER_LOTS_MAX
    position_lots_max: int = POSITION_LOTS_MAX
    term_lots_max: int = 1_000  # LIMIT-004
    close_only: bool = False


Payload = ListPayload | AccountPayload | LeadMakersPayload | DayLimitsPayload
PAYLOADS: dict[CommandKind, type[Payload]] = {
    CommandKind.LIST: ListPayload,
    CommandKind.DEFINE_ACCOUNT: AccountPayload,
    CommandKind.LEAD_MAKERS: LeadMakersPayload,
    CommandKind.DAY_LIMITS: DayLimitsPayload,
}
NO_EFFECT = (CommandKind.DEFINE_KEY, CommandKind.ACT)  # of the gateway, and of whoever reads the journal


def encode_payload(payload: msgspec.Struct) -> bytes:
    """Bytes for a CONTROL frame."""
    return msgspec.json.encode(payload)


def decode_payload(kind: int, payload: bytes) -> Payload:
    """The payload's Struct. ControlError names the field."""
    try:
        decoded: Payload = msgspec.json.decode(payload, type=PAYLOADS[CommandKind(kind)])
        return decoded
    except msgspec.MsgspecError as error:
        raise ControlError(f"{CommandKind(kind).name}: {error}") from None


def check(states: np.ndarray, kind: int, payload: bytes, recorded: bool) -> None:
    """Refuse what `run` could not carry out now or, unless it is `recorded` already, what takes more people to ask."""
    within("payload bytes", len(payload), 0, PAYLOAD_BYTES_MAX)
    if kind in NO_EFFECT:
        return
    require(kind in PAYLOADS, f"control {kind}: not one of {', '.join(sorted(k.name for k in PAYLOADS))}")
    terms = decode_payload(kind, payload)
    if isinstance(terms, AccountPayload):
        _check_account(states, terms)
    elif isinstance(terms, LeadMakersPayload):
        check_lead_makers(states[0], terms)
    elif isinstance(terms, DayLimitsPayload):
        check_day_limits(states[0], terms)
        if not recorded:
            check_people(states[0], terms)
    else:
        _check_list(states, terms)


def _check_account(states: np.ndarray, terms: AccountPayload) -> None:
    within("account", terms.account, 1, states[0].accounts.shape[0] - 1)
    within("firm", terms.firm, 0, 0xFFFFFFFF)
    within("smp_id", terms.smp_id, 0, QUOTE_OWNER - 1)
    within("order_lots_max", terms.order_lots_max, 0, ORDER_LOTS_MAX)
    within("position_lots_max", terms.position_lots_max, 0, POSITION_LOTS_MAX)
    within("term_lots_max", terms.term_lots_max, 0, POSITION_LOTS_MAX)


def _check_list(states: np.ndarray, terms: ListPayload) -> None:
    state = states[0]
    if state.books_listed:
        # Books keep the scan tiers (MARGIN-002) that they were listed with.
        within("month", terms.month, int(state.month), int(state.month))
    for commodity in terms.commodities:
        within("commodity index", commodity.index, 1, state.commodities.shape[0] - 1)
        within("group", commodity.group, 1, state.groups.shape[0] - 1)
        check_rates(commodity)
        row = state.commodities[commodity.index]
        same = all(int(row[name]) == getattr(commodity, name) for name in row.dtype.names)
        # Holds rest on these terms: they stand as long as the commodity does.
        require(same or row.psr_mills == 0, f"commodity {commodity.index} is defined already, with other terms")
    expected = int(state.books_listed)
    rows = int(state.used_ladder_rows)
    members = sum(len(ways) for ways in routes_of(state).values())
    for listing in terms.instruments:
        expected += 1
        _check_listing(state, listing, expected)
        rows += 2 * side_rows(listing.low_tick, listing.high_tick, listing.order_entry)
        members += len(listing.legs) + 1 if listing.implied else 0
    _check_implied(state, terms.instruments)
    check_commodities(state, {commodity.index for commodity in terms.commodities}, terms.instruments)
    require(rows <= state.levels.shape[0], f"price windows need {rows} rows, there are {state.levels.shape[0]}")
    room = state.members.shape[0]
    require(members <= room, f"implied combinations and their legs need {members} rows, there are {room}")


def _check_listing(state: np.record, listing: Listing, expected: int) -> None:
    name = listing.symbol
    within(f"{name}: index", listing.index, expected, expected)
    within(f"{name}: index", listing.index, 1, state.books.shape[0] - 1)
    within(f"{name}: group", listing.group, 1, state.groups.shape[0] - 1)
    within(f"{name}: commodity", listing.commodity, 1, state.commodities.shape[0] - 1)
    within(f"{name}: symbol bytes", len(name.encode()), 1, SYMBOL_BYTES)
    check_window(name, listing.low_tick, listing.settle_tick, listing.high_tick)
    within(f"{name}: min_inc", listing.min_inc, 1, PRICE_MAX)
    within(f"{name}: legs", len(listing.legs), 0, LEGS_MAX)
    check_fields(name, listing, BOOK, DIRECT_FIELDS)
    check_margin_terms(listing)
    check_allocation_terms(name, listing.matching, listing.sharing)
    check_guard(name, listing.guard)
    for leg, sign in listing.legs:
        within(f"{name}: leg", leg, 1, listing.index - 1)
        require(sign in (1, -1), f"{name}: leg sign {sign} is not 1 or -1")


def _check_implied(state: np.record, listings: list[Listing]) -> None:
    """Implied trading needs one total order of its books: it stays inside a product group."""
    new = {listing.index: (listing.group, bool(listing.legs)) for listing in listings}
    for listing in listings:
        if listing.implied:
            require(len(listing.legs) > 1, f"{listing.symbol}: implied, but no combination")
            for leg, _ in listing.legs:
                book = state.books[leg]
                group, combination = new.get(leg, (int(book.group), book.leg_count > 1))
                require(group == listing.group, f"{listing.symbol}: leg {leg} is in group {group}, not {listing.group}")
                require(not combination, f"{listing.symbol}: leg {leg} is a combination")


def begin(states: np.ndarray, row: np.record, payload: bytes) -> None:
    """First half of a checked control: what the loop has to do before `run`, which is to see nothing of it."""
    state = states[0]
    state.sequence = row.sequence
    state.time_ns = row.time_ns
    if row.kind == CommandKind.DAY_LIMITS:
        cancel_off_increment(state, msgspec.json.decode(payload, type=DayLimitsPayload))


def run(states: np.ndarray, row: np.record, payload: bytes) -> np.ndarray:
    """Second half of a checked control. Returns its events."""
    state = states[0]
    if row.kind in NO_EFFECT:
        return np.zeros(0, EVENT)
    terms = decode_payload(int(row.kind), payload)
    if isinstance(terms, AccountPayload):
        return _define_account(state, terms)
    if isinstance(terms, LeadMakersPayload):
        set_lead_makers(state, terms)
        return _emit_accounts(state, [account for account, _ in terms.makers])
    if isinstance(terms, DayLimitsPayload):
        rests = set_day_limits(state, terms)
        return np.concatenate([rests, _emit_listed(state, [book.index for book in terms.books])])
    return _list(state, terms)


def _event(state: np.record, kind: EventKind) -> np.ndarray:
    events = np.zeros(1, EVENT)
    events["sequence"] = state.sequence
    events["time_ns"] = state.time_ns
    events["kind"] = kind
    return events


def _define_account(state: np.record, terms: AccountPayload) -> np.ndarray:
    account = state.accounts[terms.account]
    account.firm_killed_by = _firm_killed_by(state, terms)
    account.firm = terms.firm
    killed = AccountFlag.KILLED if account.killed_by or account.firm_killed_by else 0
    account["flags"] = killed | AccountFlag.DEFINED | (AccountFlag.CLOSE_ONLY if terms.close_only else 0)
    account.smp_id = terms.smp_id
    account.order_lots_max = terms.order_lots_max
    account.position_lots_max = terms.position_lots_max
    account.term_lots_max = terms.term_lots_max
    return _emit_accounts(state, [terms.account])


def _emit_accounts(state: np.record, accounts: list[int]) -> np.ndarray:
    events = [np.zeros(0, EVENT)]
    for account in accounts:
        event = _event(state, EventKind.ACCOUNT_DEFINED)
        event["account"] = account
        events.append(event)
    return np.concatenate(events)


def _firm_killed_by(state: np.record, terms: AccountPayload) -> int:
    """A kill of a firm stops its new accounts too; all accounts of a firm say the same (KILL-001)."""
    accounts = state.accounts
    same = np.flatnonzero((accounts["firm"] == terms.firm) & (accounts["flags"] & AccountFlag.DEFINED != 0))
    return int(accounts["firm_killed_by"][same[0]]) if terms.firm and len(same) else 0


def _list(state: np.record, terms: ListPayload) -> np.ndarray:
    state.month = terms.month
    for commodity in terms.commodities:
        _set_commodity(state, commodity)
    for listing in terms.instruments:
        _open_book(state, listing)
    build_routes(state)
    for group in {listing.group for listing in terms.instruments}:
        if state.groups[group].state == MarketState.CLOSED:
            choose_lead(state, group)
    return _emit_listed(state, [listing.index for listing in terms.instruments])


def _emit_listed(state: np.record, books: list[int]) -> np.ndarray:
    """LISTED of each book: it is new, or its terms have changed."""
    events = [np.zeros(0, EVENT)]
    for index in books:
        event = _event(state, EventKind.INSTRUMENT_LISTED)
        event["instrument"] = index
        column(event, "settlement_tick")[:] = state.books[index].mark_tick
        events.append(event)
        state.listed_sequence = state.sequence
    return np.concatenate(events)


def _set_commodity(state: np.record, terms: CommodityTerms) -> None:
    row = state.commodities[terms.index]
    row.group = terms.group
    row.psr_mills = terms.psr_mills
    row.intra_mills = terms.intra_mills
    row.tier_mills = terms.tier_mills
    row.spot_lots_max = terms.spot_lots_max
    row.spot_month = terms.spot_month


NESTED = ("index", "symbol", "months", "legs", "settle_tick", "sharing", "guard", "implied")
DIRECT_FIELDS = [name for name in Listing.__struct_fields__ if name not in NESTED]


def _open_book(state: np.record, listing: Listing) -> None:
    book = state.books[listing.index]
    for name in DIRECT_FIELDS:
        setattr(book, name, getattr(listing, name))
    set_allocation_terms(state, listing.index, listing.sharing)
    if listing.matching == Matching.PRO_RATA:
        book.features = BookFeature.PRO_RATA
    set_guard(state, listing.index, listing.guard)
    book.listed = 1
    book.revision = 1
    book.mark_tick = listing.settle_tick
    book.fee_hours = listing.fee_hours or listing.hours
    book.symbol[:] = np.frombuffer(listing.symbol.encode().ljust(SYMBOL_BYTES, b"\0"), "<u8")
    _cut_ladder(state, book, listing)
    if listing.legs:
        _set_legs(state, book, listing)
    else:
        _set_outright(state, book, listing)
    set_scan_tiers(state, book)
    set_margin_bound(state, book)
    if listing.implied:
        for number in (listing.index, *(leg for leg, _ in listing.legs)):
            state.books[number].features |= BookFeature.IMPLIED
    group = state.groups[listing.group]
    if not group.listed:
        group.listed = 1
        group.state = MarketState.CLOSED
    book.phase = effective_state(group.state, book.own_state)
    refresh_fast_path(book)
    state.books_listed = listing.index


def _cut_ladder(state: np.record, book: np.record, listing: Listing) -> None:
    rows = side_rows(listing.low_tick, listing.high_tick, listing.order_entry)
    book.ladder = state.used_ladder_rows
    book.side_rows = rows
    book.edge_tick[:] = listing.low_tick, listing.high_tick
    state.used_ladder_rows += 2 * rows


def _set_outright(state: np.record, book: np.record, listing: Listing) -> None:
    book.leg_count = 1
    book.legs[0] = (listing.index, 1)
    for month, hours in listing.months:
        book.month_hours[0 if month - state.month <= FRONT_MONTHS else 1] += hours
    book.scan_hours[:] = book.month_hours
    tiers = np.flatnonzero(book.scan_hours)
    # A term counts lots apart (LIMIT-004): it takes the way of combinations.
    if len(tiers) == 1 and not listing.term:
        book.one_tier = 1
    spot = int(state.commodities[listing.commodity].spot_month)
    book.spot_weight = int(spot != 0 and any(month == spot for month, _ in listing.months))


def _set_legs(state: np.record, book: np.record, listing: Listing) -> None:
    book.leg_count = len(listing.legs)
    bought = [0] * SCAN_TIERS
    sold = [0] * SCAN_TIERS
    for place, (leg, sign) in enumerate(listing.legs):
        book.legs[place] = (leg, sign)
        book.spot_weight += sign * state.books[leg].spot_weight
        for tier in range(SCAN_TIERS):
            (bought if sign > 0 else sold)[tier] += int(state.books[leg].month_hours[tier])
    for tier in range(SCAN_TIERS):
        book.scan_hours[tier] = bought[tier] - sold[tier]
        book.crossed_hours[tier] = min(bought[tier], sold[tier])
    set_residual(state, listing.index)
