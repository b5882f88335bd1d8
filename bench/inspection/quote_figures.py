"""What the checks of an entry of a mass quote find and allow, as text. Both sides are checked together (QUOTE-002)."""

from collections.abc import Callable

from bench.inspection.figures import FOUND, CommandFacts, increment, live_order, lots_allowed, prices_allowed
from exchange.codes import RejectReason, Side
from exchange.limits import QUOTE_ENTRIES_MAX
from exchange.records import QUOTE_KEY
from exchange.units import ORDER_LOTS_MAX, price_text

R = RejectReason
SIDES = {Side.BUY: "bid", Side.SELL: "ask"}


def has_both_sides(facts: CommandFacts) -> bool:
    """Whether an entry gives a bid and an ask."""
    return facts.value("bid_lots") != 0 and facts.value("ask_lots") != 0


def enters(facts: CommandFacts) -> bool:
    """Whether a side of an entry is new or loses its priority (QUOTE-004)."""
    for side, name in SIDES.items():
        lots, tick = facts.value(f"{name}_lots"), facts.value(f"{name}_tick")
        order = live_order(facts.states, facts.account, 0, (QUOTE_KEY | side, facts.index, 0))
        if lots and (order is None or int(order["price"]) != tick or lots > int(order["leaves_lots"])):
            return True
    return False


def _prices(facts: CommandFacts) -> str:
    given = [name for name in SIDES.values() if facts.value(f"{name}_lots")]
    return ", ".join(f"{name} {price_text(facts.value(f'{name}_tick'))}" for name in given) or "no side"


def _lots(facts: CommandFacts) -> str:
    return ", ".join(f"{name} {facts.value(f'{name}_lots'):,} lots" for name in SIDES.values())


def _quoted_before(facts: CommandFacts) -> list[int]:
    """Instruments of the entries before this one."""
    cursor = facts.states[0]["cursor"]
    instruments: list[int] = cursor["quoted_instruments"][: int(cursor["entries"])].tolist()
    return instruments


def _place(facts: CommandFacts) -> str:
    return f"entry {len(_quoted_before(facts)) + 1}; at most {QUOTE_ENTRIES_MAX}"


def _instrument(facts: CommandFacts) -> str:
    before = _quoted_before(facts)
    is_there = facts.value("instrument") in before
    return f"entry {before.index(facts.value('instrument')) + 1} is for it" if is_there else f"{len(before)} before it"


def _protection(facts: CommandFacts) -> str:
    number, state = facts.value("protection_number"), facts.states[0]
    row = int(facts.account_row["first_protection"])
    while row and int(state["protections"][row]["number"]) != number:
        row = int(state["protections"][row]["next_group"])
    if not row:
        return f"the account has no protection group {number}"
    group = state["protections"][row]
    covers = f"covers product group {int(group['group'])}" if int(group["group"]) else "covers all product groups"
    tripped = "has tripped" if int(group["tripped"]) else "has not tripped"
    return f"protection group {number} {tripped} and {covers}; the book is in {int(facts.book['group'])}"


def _entry(facts: CommandFacts) -> str:
    return "the book takes IOC and FOK only" if facts.book["order_entry"] else "the book takes all"


FOUND_OF_QUOTE: dict[RejectReason, Callable[[CommandFacts], str]] = FOUND | {
    R.BAD_QTY: lambda facts: f"{_lots(facts)}; allowed 0 to {ORDER_LOTS_MAX:,}",
    R.BAD_COMBO: _place,
    R.DUP_INST: _instrument,
    R.CROSSED_QUOTE: _prices,
    R.IOC_ONLY: _entry,
    R.OFF_TICK: lambda facts: f"{_prices(facts)}; {increment(facts)}",
    R.BAD_LOT: lambda facts: f"{_lots(facts)}; {lots_allowed(facts)}",
    R.DUP_ID: lambda facts: "",
    R.MMP: _protection,
    R.BAND: lambda facts: f"{_prices(facts)}; {prices_allowed(facts)}",
}
