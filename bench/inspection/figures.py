"""What the checks of a NEW, REPLACE or CANCEL find and allow, as text.

The figures are read from the state before the command, in plain Python. They say why; the engine alone decides.
"""

from collections.abc import Callable

import numpy as np

from bench.inspection.words import WORDS, client_order_id_of, code_name
from exchange.book.layout import ORDER
from exchange.clearing_codes import RESTRICTED_FLAGS, AccountFlag
from exchange.codes import CommandFlag, CommandKind, MarketState, OrderType, PostOnly, RejectReason, Side, TimeInForce
from exchange.engine import query
from exchange.engine.views import views
from exchange.records import column
from exchange.units import ORDER_LOTS_MAX, money_text, price_text

R = RejectReason


class CommandFacts:
    """What the checks of a command look at. Order fields are those of the order that it names, if it names one."""

    def __init__(self, row: np.ndarray, states: np.ndarray) -> None:
        self.row, self.states, state = row, states, states[0]
        self.kind, self.account = CommandKind(int(row["kind"][0])), int(row["account"][0])
        self.is_known = 0 < self.account < len(state["accounts"])
        self.account_row = state["accounts"][self.account if self.is_known else 0]
        self.client_order_id = client_order_id_of(row)
        self.order = order_of(row, states) if self.kind != CommandKind.QUOTE else None
        replaced = self.order if self.kind != CommandKind.NEW else None
        index = int(row["instrument"][0] if replaced is None else replaced["book"])
        self.index = index if 0 < index <= int(state["books_listed"]) else 0
        self.book = state["books"][self.index]
        self.side = Side(int(row["side"][0]) & 1 if replaced is None else int(replaced["side"]))

    def flag(self, flag: CommandFlag) -> bool:
        return bool(int(self.row["flags"][0]) & flag)

    def value(self, name: str) -> int:
        return int(column(self.row, name)[0])

    def _wanted(self, name: str, stays: bool) -> int:
        """A number of the command or, if it is a REPLACE in which this number stays, that of the order."""
        if self.kind != CommandKind.REPLACE or not stays or self.order is None:
            return self.value(name)
        return int(self.order["order_lots" if name == "lots" else name])

    @property
    def price(self) -> int:
        """The price that the order has afterwards."""
        return self._wanted("price", self.flag(CommandFlag.KEEP_PRICE))

    @property
    def lots(self) -> int:
        """The total lots that the order has afterwards."""
        return self._wanted("lots", self.flag(CommandFlag.KEEP_LOTS))

    @property
    def display_lots(self) -> int:
        """The lots that the order shows at a time afterwards, 0: it is no iceberg."""
        return self._wanted("display_lots", not self.flag(CommandFlag.SET_DISPLAY))

    @property
    def best_opposite(self) -> tuple[int, int] | None:
        """Best level of the other side, real ones alone: (price, shown lots)."""
        sides = query.depth(self.states, self.index, 1) if self.index else ([], [])
        other = sides[1 - self.side]
        return other[0] if other else None


def order_of(row: np.ndarray, states: np.ndarray) -> np.void | None:
    """The live order of the account that a command names, an ORDER row; None: there is none. A NEW names one by its
    client order id alone."""
    order_id = 0 if row["kind"][0] == CommandKind.NEW else int(row["order_id"][0])
    words = (0, 0, 0) if order_id else tuple(int(row[word][0]) for word in WORDS)
    return live_order(states, int(row["account"][0]), order_id, words) if order_id or words[0] else None


def live_order(states: np.ndarray, account: int, order_id: int, words: tuple[int, ...]) -> np.void | None:
    """ORDER row of a live order of an account by its id or, if that is 0, by the words of its client order id."""
    found = np.zeros(1, ORDER)
    known = 0 < account < len(states[0]["accounts"])
    copies = known and views(states.dtype).copy_order(states, account, order_id, *map(np.uint64, words), found)
    return found[0] if copies else None


def _account(facts: CommandFacts) -> str:
    defined = int(facts.account_row["flags"]) & AccountFlag.DEFINED
    return f"account {facts.account} is {'defined' if defined else 'not defined'}"


def _quantity(facts: CommandFacts) -> str:
    numbers = {"lots": facts.lots, "display_lots": facts.display_lots}
    if facts.kind == CommandKind.NEW:
        numbers["minimum_lots"] = facts.value("minimum_lots")
    given = ", ".join(f"{name} {number:,}" for name, number in numbers.items() if name == "lots" or number)
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
    return f"{name}: {facts.order['leaves_lots']:,} lots at {price_text(int(facts.order['price']))} left"


def _killed(facts: CommandFacts) -> str:
    number, sessions = facts.value("session"), facts.states[0]["sessions"]
    row = sessions[number & (len(sessions) - 1)]
    account = int(facts.account_row["flags"]) & AccountFlag.KILLED
    session = int(row["number"]) == number and int(row["killed_by"])
    return f"the account is {_killed_or_not(account)}, session {number} is {_killed_or_not(session)}"


def _killed_or_not(killed: int) -> str:
    return "killed" if killed else "not killed"


def _listed(facts: CommandFacts) -> str:
    return f"instrument {facts.value('instrument')}; listed 1 to {int(facts.states['books_listed'][0]):,}"


def _state(facts: CommandFacts) -> str:
    return f"the book is {MarketState(int(facts.book['market_state'])).name}"


def _rests(facts: CommandFacts) -> str:
    takes = "IOC and FOK" if facts.book["order_entry"] else "all"
    return f"{code_name(TimeInForce, facts.value('tif'))}; the book takes {takes}"


def _on_tick(facts: CommandFacts) -> str:
    return f"price {price_text(facts.price)}; {increment(facts)}"


def increment(facts: CommandFacts) -> str:
    return f"increment {price_text(int(facts.book['min_inc']))}"


def _on_lot(facts: CommandFacts) -> str:
    return f"{facts.lots:,} lots; {lots_allowed(facts)}"


def lots_allowed(facts: CommandFacts) -> str:
    book, account = int(facts.book["order_lots_max"]), int(facts.account_row["order_lots_max"])
    step = int(facts.book["lot_inc"])
    return f"increment {step}, largest {book:,} in the book, {account:,} for the account"


def _shows(facts: CommandFacts) -> str:
    ratio = int(facts.book["show_ratio"])
    return f"shows {facts.display_lots:,} of {facts.lots:,} lots; at least one in {ratio}" if ratio else ""


def _new_id(facts: CommandFacts) -> str:
    taken = "free" if facts.order is None else f"order {facts.order['order_id']} has it"
    return f"{facts.client_order_id}: {taken}"


def _opposite(facts: CommandFacts) -> str:
    best = facts.best_opposite
    return f"best opposite {price_text(best[0])}" if best else "no order on the other side"


def _band(facts: CommandFacts) -> str:
    return f"price {price_text(facts.price)}; {prices_allowed(facts)}"


def prices_allowed(facts: CommandFacts) -> str:
    """The daily limits, and the reject band around its reference (BAND-001, BAND-002)."""
    book = facts.book
    limits = f"daily limits {price_text(int(book['low_tick']))} to {price_text(int(book['high_tick']))}"
    known = [name for name in ("last", "indicative") if int(book[f"has_{name}"])]
    middle = price_text(int(book[f"{known[0]}_tick" if known else "settle_tick"]))
    width = int(book["band_ticks"])
    return f"{limits}, band {price_text(width)} around {middle}" if width else limits


def _closes(facts: CommandFacts) -> str:
    limited = int(facts.account_row["flags"]) & RESTRICTED_FLAGS
    return "the account may only close positions" if limited else "the account may open positions"


def _position(facts: CommandFacts) -> str:
    held = query.position(facts.states, facts.account, facts.index).lots if facts.index else 0
    return f"holds {held:+,} lots; at most {int(facts.account_row['position_lots_max']):,} a side with working orders"


def _margin(facts: CommandFacts) -> str:
    return f"{money_text(query.margin(facts.states, facts.account).free_margin_mills)} $ are free"


def _elected(facts: CommandFacts) -> str:
    if not facts.value("trigger"):
        return ""
    last = price_text(int(facts.book["last_tick"])) if facts.book["has_last"] else "none"
    return f"trigger {price_text(facts.value('trigger'))}; last price {last}"


FOUND: dict[RejectReason, Callable[[CommandFacts], str]] = {
    R.UNKNOWN_ACCOUNT: _account, R.BAD_QTY: _quantity, R.BAD_COMBO: _together, R.UNKNOWN: _order, R.KILLED: _killed,
    R.UNKNOWN_INST: _listed, R.STATE: _state, R.IOC_ONLY: _rests, R.OFF_TICK: _on_tick, R.BAD_LOT: _on_lot,
    R.SHOW: _shows, R.DUP_ID: _new_id, R.NO_OPP: _opposite, R.BAND: _band, R.CLOSE_ONLY: _closes,
    R.POSITION: _position, R.INSUFFICIENT_MARGIN: _margin, R.PO_CROSS: _opposite, R.ELECTED: _elected,
}  # fmt: skip
