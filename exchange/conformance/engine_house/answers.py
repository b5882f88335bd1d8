"""Answers to what a scenario expects, from the state of the engine, by the labels of the line."""

from collections.abc import Callable

from contracts_spec.periods import day_number
from exchange.clearing_codes import HouseAccount, Life
from exchange.codes import MarketState, SettleMethod
from exchange.conformance.clearing.kinds import MARGIN_PARTS
from exchange.conformance.clearing.shapes import Values
from exchange.conformance.engine_house.acts import number_of
from exchange.conformance.engine_house.running import OPENING_MILLS, RunningVenue
from exchange.engine import query
from exchange.engine.calls.requirement import FullMargin, margin_parts
from exchange.engine.calls.standing import open_call, standing
from exchange.engine.index_values import value_of
from exchange.engine.query import InstrumentRow, MarginRow, PositionRow
from exchange.units import NS_PER_DAY, NS_PER_S


def _row(venue: RunningVenue, values: Values) -> InstrumentRow | None:
    return venue.instruments.get(values["symbol"])


def _settle(venue: RunningVenue, values: Values) -> Values:
    row = _row(venue, values)
    if row is None or row.combo:
        return {}
    book = venue.states["books"][0][row.index]
    flag = "flagged" if book["settle_flagged"] else "unflagged"
    return {"price": row.settle_tick, "settled": SettleMethod(int(book["settle_method"])).name, "flag": flag}


def _mark(venue: RunningVenue, values: Values) -> Values:
    row = _row(venue, values)
    return {} if row is None else {"price": int(venue.states["books"][0][row.index]["mark_tick"])}


def _limits(venue: RunningVenue, values: Values) -> Values:
    row = _row(venue, values)
    return {} if row is None else {"low_high": (row.low_tick, row.high_tick)}


def _state(venue: RunningVenue, values: Values) -> Values:
    """A combination is known only while all its legs are listed."""
    row = _row(venue, values)
    return {"life": "NONE" if row is None or row.life == Life.DELISTED else row.life.name}


def _phase(venue: RunningVenue, values: Values) -> Values:
    row = _row(venue, values)
    return {} if row is None else {"phase": MarketState(row.state).name}


def _money(venue: RunningVenue, values: Values) -> MarginRow:
    """Money of an account; one that was never named has nothing but its opening cash."""
    number = venue.accounts.get(values["account"])
    if number is None:
        return MarginRow(OPENING_MILLS, OPENING_MILLS, 0, 0, OPENING_MILLS)
    return query.margin(venue.states, number)


def _cash(venue: RunningVenue, values: Values) -> Values:
    opening = venue.opening.get(values["account"], OPENING_MILLS)
    return {"mills": _money(venue, values).cash_mills - opening}


def _position(venue: RunningVenue, values: Values) -> Values:
    number, row = venue.accounts.get(values["account"]), _row(venue, values)
    held = PositionRow(0, 0, 0, 0, 0)
    if number is not None and row is not None:
        held = query.position(venue.states, number, row.index)
    return {"lots": held.lots, "sum": held.open_value_tick_lots}


def _open(venue: RunningVenue, values: Values) -> Values:
    row = _row(venue, values)
    return {"lots": query.statistics(venue.states, row.index).open_interest if row else 0}


def _order(venue: RunningVenue, values: Values) -> Values:
    fate = venue.fates.get(values["order"])
    return {} if fate is None else {"orderstate": fate.status, "why": fate.why, "left": fate.left}


def _account(venue: RunningVenue, values: Values) -> Values:
    return {"standing": standing(venue.states, venue.accounts.get(values["account"], 0)).name}


def _call(venue: RunningVenue, values: Values) -> Values:
    call = open_call(venue.states, venue.accounts.get(values["account"], 0))
    return {} if call is None else {"mills": call.mills, "due": call.due_ns % NS_PER_DAY // NS_PER_S}


def _margin(venue: RunningVenue, values: Values) -> Values:
    """Parts that need certificates or deliveries are 0."""
    parts = _parts(venue, values, [])
    return {"marginpart_mills": {**dict.fromkeys(MARGIN_PARTS, 0), **parts._asdict(), "total": parts.total}}


def _whatif(venue: RunningVenue, values: Values) -> Values:
    more = [(venue.index(symbol), lots) for lots, symbol in values["lots_symbol"]]
    try:
        return {"total": _parts(venue, values, more).total}
    except OverflowError:  # more lots than a position can have
        return {"total": "OUT_OF_RANGE"}


def _parts(venue: RunningVenue, values: Values, more: list[tuple[int, int]]) -> FullMargin:
    return margin_parts(venue.states[0], venue.accounts.get(values["account"], 0), more)


def _spotlimit(venue: RunningVenue, values: Values) -> Values:
    chip = venue.spec.chip(values["chipmonth"][0])
    commodities = venue.states["commodities"][0]
    found = commodities["spot_lots_max"][commodities["group"] == chip.code]
    return {"lots": int(found[0])} if len(found) else {}


def _index(venue: RunningVenue, values: Values) -> Values:
    value = value_of(venue.states[0], number_of(venue, values["index"]), day_number(values["date"]))
    return {} if value is None else {"taken": "none" if value.tick is None else value.tick, "how": value.how.name}


def _flag(venue: RunningVenue, values: Values) -> Values:
    flagged = (venue.accounts.get(values["account"], 0), values["limit"]) in venue.flags
    return {"yesno": "yes" if flagged else "no"}


ANSWERS: dict[str, Callable[[RunningVenue, Values], Values]] = {
    "settle": _settle,
    "mark": _mark,
    "limits": _limits,
    "state": _state,
    "phase": _phase,
    "cash": _cash,
    "balance": lambda venue, values: {"mills": _money(venue, values).cash_mills},
    "equity": lambda venue, values: {"mills": _money(venue, values).equity_mills},
    "position": _position,
    "open": _open,
    "order": _order,
    "account": _account,
    "call": _call,
    "margin": _margin,
    "whatif": _whatif,
    "index": _index,
    "statement": lambda venue, values: {
        "entry_mills": venue.statements.stated.get(venue.accounts.get(values["account"], 0), {})
    },
    "flag": _flag,
    "spotlimit": _spotlimit,
    "fees": lambda venue, values: {"mills": query.totals(venue.states).house_mills[HouseAccount.FEES]},
}
