"""The checks of a NEW, REPLACE or CANCEL in the engine's order (ORDER-004), each with what it found and what it allows.

The engine alone decides: a check before the reason of its refusal was passed, that check refused, and those after it
were not made. The figures here say why. They are read from the state before the command, in plain Python.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.inspection.words import client_order_id_of, code_name
from exchange.clearing_codes import RESTRICTED_FLAGS, AccountFlag
from exchange.codes import (
    REJECT_PRECEDENCE,
    CommandFlag,
    CommandKind,
    MarketState,
    OrderType,
    PostOnly,
    RejectReason,
    Side,
    TimeInForce,
)
from exchange.engine import query
from exchange.records import column
from exchange.units import ORDER_LOTS_MAX, money_text, price_text

R, K = RejectReason, CommandKind
PASSED, REFUSED, NOT_MADE = "passed", "refused", "not made"
OF_KIND = {
    K.NEW: (
        R.UNKNOWN_ACCOUNT, R.BAD_QTY, R.BAD_COMBO, R.KILLED, R.UNKNOWN_INST, R.STATE, R.IOC_ONLY, R.OFF_TICK, R.BAD_LOT,
        R.SHOW, R.DUP_ID, R.NO_OPP, R.BAND, R.CLOSE_ONLY, R.POSITION, R.INSUFFICIENT_MARGIN, R.FULL, R.PO_CROSS,
        R.ELECTED,
    ),
    K.REPLACE: (
        R.UNKNOWN_ACCOUNT, R.BAD_QTY, R.BAD_COMBO, R.UNKNOWN, R.KILLED, R.STATE, R.OFF_TICK, R.BAD_LOT, R.SHOW, R.BAND,
        R.CLOSE_ONLY, R.POSITION, R.INSUFFICIENT_MARGIN, R.FULL, R.PO_CROSS, R.ELECTED,
    ),
    K.CANCEL: (R.UNKNOWN_ACCOUNT, R.UNKNOWN, R.STATE),
}  # fmt: skip
ASKS = {
    R.UNKNOWN_ACCOUNT: "the account is defined",
    R.BAD_QTY: "every number of lots is one that an order may have",
    R.BAD_COMBO: "the fields go together",
    R.UNKNOWN: "the order works, and is the account's",
    R.KILLED: "neither account, firm nor session is killed",
    R.UNKNOWN_INST: "the instrument is listed",
    R.STATE: "the market state accepts it",
    R.IOC_ONLY: "the book takes orders that rest",
    R.OFF_TICK: "prices are on the increment",
    R.BAD_LOT: "lots are on the increment and not above the largest order",
    R.SHOW: "an iceberg shows enough",
    R.DUP_ID: "no working order of the account has this client order id",
    R.NO_OPP: "a market order finds an opposite price",
    R.BAND: "the price is inside daily limits and band",
    R.CLOSE_ONLY: "an account that may only close does so",
    R.POSITION: "no position limit is exceeded",
    R.INSUFFICIENT_MARGIN: "free margin covers it",
    R.FULL: "the engine's tables have space",
    R.PO_CROSS: "a post-only order would not trade",
    R.ELECTED: "the stop's trigger is not true already",
}


@dataclass(frozen=True)
class EntryCheck:
    """One check. `found` empty: there is no figure to show."""

    reason: str
    asks: str
    verdict: str
    found: str = ""


def figures_of(row: np.ndarray, states: np.ndarray) -> dict[RejectReason, str]:
    """What each check of a command finds, as text; empty: there is nothing to show.

    row      COMMAND, shape (1,): NEW, REPLACE or CANCEL
    states   STATE before it
    """
    facts = CommandFacts(row, states)
    return {reason: FOUND[reason](facts) if reason in FOUND else "" for reason in OF_KIND[facts.kind]}


def checks_of(figures: dict[RejectReason, str], refusal: np.ndarray | None) -> list[EntryCheck]:
    """All checks of a command, in order.

    figures   of the command
    refusal   EVENT of its refusal, shape (1,); None: it was accepted
    """
    reason = R.NONE if refusal is None else R(int(refusal["reason"][0]))
    ranked = [one for one in REJECT_PRECEDENCE if one in figures]
    place = ranked.index(reason) if reason in ranked else len(ranked)
    made = []
    for number, one in enumerate(ranked):
        verdict = PASSED if number < place else REFUSED if number == place else NOT_MADE
        found = "" if verdict == NOT_MADE else figures[one]
        if verdict == REFUSED and refusal is not None:
            found = _figure_of_refusal(one, refusal) or found
        made.append(EntryCheck(one.abbreviation, ASKS[one], verdict, found))
    return made


def _figure_of_refusal(reason: RejectReason, refusal: np.ndarray) -> str:
    """The exact figures that the event of a refusal has, of BAND and RISK; empty: it has none."""

    def value(name: str) -> int:
        return int(column(refusal, name)[0])

    if reason == R.BAND:
        low, high = price_text(value("lowest_tick")), price_text(value("highest_tick"))
        return f"price {price_text(value('price'))}; this side may have {low} to {high}"
    if reason == R.INSUFFICIENT_MARGIN:
        return f"needs {money_text(value('needed_mills'))} $; {money_text(value('free_margin_mills'))} $ are free"
    return ""


class CommandFacts:
    """What the checks of a command look at. Order fields are those of the order that it names, if it names one."""

    def __init__(self, row: np.ndarray, states: np.ndarray) -> None:
        self.row, self.states, state = row, states, states[0]
        self.kind, self.account = CommandKind(int(row["kind"][0])), int(row["account"][0])
        known = 0 < self.account < len(state["accounts"])
        self.account_row = state["accounts"][self.account if known else 0]
        self.client_order_id = client_order_id_of(row)
        order_id = int(row["order_id"][0]) if self.kind != CommandKind.NEW else 0
        named = known and (order_id or self.client_order_id)
        self.order = query.find_order(states, self.account, order_id, self.client_order_id) if named else None
        replaced = self.order if self.kind != CommandKind.NEW else None
        index = replaced.instrument if replaced else int(row["instrument"][0])
        self.index = index if 0 < index <= int(state["books_listed"]) else 0
        self.book = state["books"][self.index]
        self.side = Side(replaced.side if replaced else int(row["side"][0]) & 1)

    def flag(self, flag: CommandFlag) -> bool:
        return bool(int(self.row["flags"][0]) & flag)

    def value(self, name: str) -> int:
        return int(column(self.row, name)[0])

    @property
    def best_opposite(self) -> tuple[int, int] | None:
        """Best level of the other side, real ones alone: (price, shown lots)."""
        sides = query.depth(self.states, self.index, 1) if self.index else ([], [])
        other = sides[1 - self.side]
        return other[0] if other else None


def _account(facts: CommandFacts) -> str:
    defined = int(facts.account_row["flags"]) & AccountFlag.DEFINED
    return f"account {facts.account} is {'defined' if defined else 'not defined'}"


def _quantity(facts: CommandFacts) -> str:
    names = ("lots", "display_lots", "minimum_lots") if facts.kind == CommandKind.NEW else ("lots", "display_lots")
    given = ", ".join(f"{name} {facts.value(name):,}" for name in names if name == "lots" or facts.value(name))
    return f"{given}; allowed 1 to {ORDER_LOTS_MAX:,}"


def _together(facts: CommandFacts) -> str:
    names = {"order_type": OrderType, "tif": TimeInForce, "post_only": PostOnly}
    given = [code_name(codes, facts.value(name)) for name, codes in names.items()]
    shown = facts.value("display_lots") if facts.kind == CommandKind.NEW else 0
    return " ".join([*given, *([f"display {shown:,}"] if shown else []), *_expiry(facts)])


def _expiry(facts: CommandFacts) -> list[str]:
    return ["with expiry"] if facts.value("expiry_ns") else []


def _order(facts: CommandFacts) -> str:
    name = facts.client_order_id or f"order id {facts.value('order_id')}"
    if facts.order is None:
        return f"{name}: no working order of account {facts.account}"
    return f"{name}: {facts.order.leaves_lots:,} lots at {price_text(facts.order.price)} left"


def _killed(facts: CommandFacts) -> str:
    killed = int(facts.account_row["flags"]) & AccountFlag.KILLED
    return f"the account is {'killed' if killed else 'not killed'}; session {facts.value('session')}"


def _listed(facts: CommandFacts) -> str:
    return f"instrument {facts.value('instrument')}; listed 1 to {int(facts.states['books_listed'][0]):,}"


def _state(facts: CommandFacts) -> str:
    return f"the book is {MarketState(int(facts.book['market_state'])).name}"


def _rests(facts: CommandFacts) -> str:
    takes = "IOC and FOK" if facts.book["order_entry"] else "all"
    return f"{TimeInForce(facts.value('tif')).name}; the book takes {takes}"


def _on_tick(facts: CommandFacts) -> str:
    return f"price {price_text(facts.value('price'))}; increment {price_text(int(facts.book['min_inc']))}"


def _on_lot(facts: CommandFacts) -> str:
    book, account = int(facts.book["order_lots_max"]), int(facts.account_row["order_lots_max"])
    step = int(facts.book["lot_inc"])
    return f"{facts.value('lots'):,} lots; increment {step}, largest {book:,} in the book, {account:,} for the account"


def _shows(facts: CommandFacts) -> str:
    shown, ratio = facts.value("display_lots"), int(facts.book["show_ratio"])
    if not shown or not ratio:
        return ""
    return f"shows {shown:,} of {facts.value('lots'):,} lots; at least one in {ratio}"


def _new_id(facts: CommandFacts) -> str:
    if not facts.client_order_id:
        return "no client order id"
    taken = f"order {facts.order.order_id} has it" if facts.order else "free"
    return f"{facts.client_order_id}: {taken}"


def _opposite(facts: CommandFacts) -> str:
    best = facts.best_opposite
    return f"best opposite {price_text(best[0])}" if best else "no order on the other side"


def _band(facts: CommandFacts) -> str:
    book = facts.book
    low, high = price_text(int(book["low_tick"])), price_text(int(book["high_tick"]))
    return f"price {price_text(facts.value('price'))}; daily limits {low} to {high}"


def _closes(facts: CommandFacts) -> str:
    limited = int(facts.account_row["flags"]) & RESTRICTED_FLAGS
    return "the account may only close positions" if limited else "the account may open positions"


def _position(facts: CommandFacts) -> str:
    held = query.position(facts.states, facts.account, facts.index).lots if facts.index else 0
    return f"holds {held:+,} lots; at most {int(facts.account_row['position_lots_max']):,} a side with working orders"


def _margin(facts: CommandFacts) -> str:
    return f"{money_text(query.margin(facts.states, facts.account).free_margin_mills)} $ are free"


def _post_only(facts: CommandFacts) -> str:
    given = facts.order.post_only if facts.order and facts.kind != CommandKind.NEW else facts.value("post_only")
    return _opposite(facts) if given else ""


def _elected(facts: CommandFacts) -> str:
    if not facts.value("trigger"):
        return ""
    last = price_text(int(facts.book["last_tick"])) if facts.book["has_last"] else "none"
    return f"trigger {price_text(facts.value('trigger'))}; last price {last}"


FOUND: dict[RejectReason, Callable[[CommandFacts], str]] = {
    R.UNKNOWN_ACCOUNT: _account, R.BAD_QTY: _quantity, R.BAD_COMBO: _together, R.UNKNOWN: _order, R.KILLED: _killed,
    R.UNKNOWN_INST: _listed, R.STATE: _state, R.IOC_ONLY: _rests, R.OFF_TICK: _on_tick, R.BAD_LOT: _on_lot,
    R.SHOW: _shows, R.DUP_ID: _new_id, R.NO_OPP: _opposite, R.BAND: _band, R.CLOSE_ONLY: _closes,
    R.POSITION: _position, R.INSUFFICIENT_MARGIN: _margin, R.PO_CROSS: _post_only, R.ELECTED: _elected,
}  # fmt: skip
