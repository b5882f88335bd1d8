"""Life of contracts: listing after the close, expiry of months, cascade of parents, final index settlement.

Until deliveries are built, all lots of a physical month are settled in cash at its last settlement.
"""

from datetime import date, timedelta

from contracts_spec.periods import STEP_MONTHS, Period, first_day
from contracts_spec.symbols import OutrightName, symbol_text
from exchange.codes import Family, PeriodKind
from exchange.reference.formulas.calendar import packed_id
from exchange.reference.formulas.settlement import mean_price, plain_mean
from exchange.reference.house.holdings import add_lots, close_lots, pay_variation
from exchange.reference.house.index import last_used, values_of
from exchange.reference.house.orders import end
from exchange.reference.house.settlement import cover_of
from exchange.reference.house.state import CascadeRecord, HouseState, Settled, TakenValue
from exchange.reference.house.terms import Contract, child_names, combinations, index_name, listed_names, outright

LAST_WAIT_DAY = 3  # of the month after: a day without a value takes the last one (INDEX-003)
CASCADE_ORDER = (PeriodKind.TERM5, PeriodKind.TERM3, PeriodKind.YEAR, PeriodKind.QUARTER)
DAY = timedelta(days=1)


# --- listing (SPEC-050 to SPEC-053)


def list_day(state: HouseState, day: date) -> None:
    """List what trades on a day and is not listed yet; combinations whose legs have ended leave."""
    for name in listed_names(state.spec, day):
        if symbol_text(name) not in state.life:
            list_outright(state, name)
    outrights = [one for one in state.listed() if one.ltd >= day]
    wanted = {one.symbol: one for one in combinations(state.spec, outrights)}
    for symbol in [one for one in state.life if not state.contracts[one].is_outright and one not in wanted]:
        end_orders(state, symbol, "EXPIRED")
        del state.life[symbol]
    for symbol, contract in wanted.items():
        state.contracts[symbol] = contract
        state.life[symbol] = "LISTED"


def list_outright(state: HouseState, name: OutrightName) -> None:
    """List one outright at its first reference price."""
    contract = outright(state.spec, name)
    price = _seed_price(state, contract)
    state.contracts[contract.symbol] = contract
    state.life[contract.symbol] = "LISTED"
    state.settled[contract.symbol] = [Settled(state.day - DAY, price, "SEED")]
    state.marks[contract.symbol] = price


def _seed_price(state: HouseState, contract: Contract) -> int:
    """Strip of the listed children, else the settlement of the period before, else the chip's seed price (SPEC-052)."""
    family = Family.PHY if contract.family is Family.TOP else contract.family
    cover = cover_of(state, contract.chip, family, contract.floor_bp, contract.period)
    if cover:
        pairs = [(state.prior(child.symbol).price, child.hours) for child in cover]
        return mean_price(state.spec, None, pairs)
    start = contract.period.start_month - STEP_MONTHS[contract.period.kind]
    if start >= 0:
        period = Period(contract.period.kind, start)
        before = symbol_text(OutrightName(contract.chip, contract.family, contract.floor_bp, period))
        if before in state.settled:
            return state.prior(before).price
    return first_price(state, contract)


def first_price(state: HouseState, contract: Contract) -> int:
    """The chip's seed price, scaled by tier."""
    seed = state.spec.chip(contract.chip).seed_mills
    assert seed is not None, "a listed chip has a seed price"
    return max(1, seed * contract.floor_bp // 9_000)


def end_orders(state: HouseState, symbol: str, why: str) -> None:
    """Take all working orders out of a book."""
    for order in state.orders:
        if order.symbol == symbol and order.status == "WORKING":
            end(order, why)


# --- last trading days


def end_contracts(state: HouseState, day: date) -> None:
    """After the variation of a last trading day: months expire, then parents cascade (CASCADE-003)."""
    ending = [one for one in state.listed() if one.ltd == day]
    for contract in ending:
        if contract.kind is PeriodKind.MONTH:
            _expire(state, contract)
    for kind in CASCADE_ORDER:
        parents = [one for one in ending if one.kind is kind]
        for contract in sorted(parents, key=lambda one: packed_id(state.spec, one.symbol)):
            cascade(state, contract)


def _expire(state: HouseState, contract: Contract) -> None:
    """A month ends: an index month waits for its last day, a physical one is settled at its settlement of today."""
    end_orders(state, contract.symbol, "EXPIRED")
    if contract.is_index:
        state.life[contract.symbol] = "EXPIRED"
    else:
        close_lots(state, contract.symbol)
        state.life[contract.symbol] = "SETTLED"


def cascade(state: HouseState, parent: Contract) -> None:
    """Close a parent and open its children at its final price: same side, same lots, no money (CASCADE-002)."""
    end_orders(state, parent.symbol, "CASCADED")
    price = state.prior(parent.symbol).price
    for name in child_names(parent):
        if symbol_text(name) not in state.life:
            list_outright(state, name)
    children = [state.contracts[symbol_text(name)] for name in child_names(parent)]
    given, received = {}, {}
    for member in state.members.values():
        lots = member.lots(parent.symbol)
        if lots:
            given[member.name] = member.holdings[parent.symbol].mark_num * parent.hours
            before = _value(state, member.name, children)
            for child in children:
                add_lots(state, member.name, child.symbol, lots, child_price(price, child))
            received[member.name] = _value(state, member.name, children) - before
            add_lots(state, member.name, parent.symbol, -lots, price)
    hours = parent.hours, sum(child.hours for child in children)
    state.cascades.append(CascadeRecord(parent.symbol, hours, given, received))
    state.life[parent.symbol] = "CASCADED"


def child_price(parent_price: int, child: Contract) -> int:
    """Children open at the parent's own price, whatever their settlement is (CASCADE-002)."""
    return parent_price


def _value(state: HouseState, member: str, contracts: list[Contract]) -> int:
    """What a member's lots of some contracts were opened for, in mills."""
    holdings = state.members[member].holdings
    return sum(holdings[one.symbol].mark_num * one.hours for one in contracts if one.symbol in holdings)


# --- final settlement of index months (SETTLE-009)


def settle_index_months(state: HouseState, today: date) -> None:
    """12:00: settle ended index months whose days all have a value; from day 3 on a missing day takes the last one."""
    for symbol in [symbol for symbol, life in state.life.items() if life == "EXPIRED"]:
        contract = state.contracts[symbol]
        if today >= first_day(contract.period.end_month) + (LAST_WAIT_DAY - 1) * DAY:
            _fill_days(state, contract)
        values = [taken.value for taken in values_of(state, contract) if taken is not None]
        known = [(value, 1) for value in values if value is not None]
        if len(known) * 24 == contract.hours:
            _settle_finally(state, contract, plain_mean(state.spec, known))


def _fill_days(state: HouseState, contract: Contract) -> None:
    name, day = index_name(contract), first_day(contract.period.start_month)
    while day < first_day(contract.period.end_month):
        if (name, day) in state.taken and state.taken[name, day].value is None:
            state.taken[name, day] = TakenValue(last_used(state, name, day), "LAST")
        day += DAY


def _settle_finally(state: HouseState, contract: Contract, price: int) -> None:
    state.settled[contract.symbol].append(Settled(state.day, price, "FINAL"))
    state.marks[contract.symbol] = price
    pay_variation(state, [contract.symbol], state.marks)
    close_lots(state, contract.symbol)
    state.life[contract.symbol] = "SETTLED"
