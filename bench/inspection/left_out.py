"""Checks that the engine does not make, because they do not apply to a command."""

import numpy as np

from bench.inspection.figures import CommandFacts
from bench.inspection.quote_figures import enters, has_both_sides
from exchange.codes import CommandFlag, CommandKind, MarketState, OrderState, OrderType, PostOnly, RejectReason

R = RejectReason
OF_RISK = {R.CLOSE_ONLY, R.POSITION, R.INSUFFICIENT_MARGIN}
OF_MOVE = {R.BAND, *OF_RISK, R.FULL, R.PO_CROSS}  # of a replace that loses its priority
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)


def left_out(facts: CommandFacts) -> set[RejectReason]:
    """Reasons whose check the engine does not make of this command, whatever the others find."""
    if facts.kind == CommandKind.NEW:
        return _of_new(facts)
    if facts.kind == CommandKind.QUOTE:
        return _of_quote(facts)
    if facts.kind == CommandKind.REPLACE and facts.order is not None:
        waits = int(facts.order["state"]) == OrderState.PENDING
        return (_of_stop if waits else _of_replace)(facts, facts.order) | _of_display(facts)
    return set()


def _named(**applies: bool) -> set[RejectReason]:
    return {RejectReason[name] for name, does in applies.items() if not does}


def _is_open(facts: CommandFacts) -> bool:
    return int(facts.book["market_state"]) == MarketState.OPEN


def _of_display(facts: CommandFacts) -> set[RejectReason]:
    return _named(SHOW=facts.display_lots != 0)


def _of_new(facts: CommandFacts) -> set[RejectReason]:
    order_type = facts.value("order_type")
    market = order_type in (OrderType.MARKET, OrderType.MARKET_TO_LIMIT)
    return _of_display(facts) | _named(
        KILLED=not facts.flag(CommandFlag.LIQUIDATION),
        DUP_ID=bool(facts.client_order_id),
        NO_OPP=market,
        BAND=not market or facts.flag(CommandFlag.TIGHTEN),
        PO_CROSS=facts.value("post_only") == PostOnly.REJECT and _is_open(facts),
        ELECTED=order_type in STOPS and facts.flag(CommandFlag.REJECT_IF_ELECTED),
    )


def _of_replace(facts: CommandFacts, order: np.void) -> set[RejectReason]:
    """Of a working order. If it keeps its place, or has no lots left, few checks are made (REPL-001, BAND-003)."""
    left = facts.lots - int(order["filled_lots"])
    same_price = facts.price == int(order["price"])
    same_display = facts.display_lots == int(order["display_lots"])
    elected = _named(ELECTED=facts.flag(CommandFlag.SET_TRIGGER))
    if same_price and same_display and left <= int(order["leaves_lots"]):
        return elected | OF_MOVE
    if left <= 0:
        return elected | OF_MOVE - _named(BAND=same_price)
    return elected | _named(PO_CROSS=int(order["post_only"]) != PostOnly.NONE and _is_open(facts))


def _of_stop(facts: CommandFacts, order: np.void) -> set[RejectReason]:
    """Of a waiting stop. The limit price of a plain stop moves with its trigger."""
    more = facts.lots > int(order["leaves_lots"]) or facts.price != int(order["price"])
    moved = facts.flag(CommandFlag.SET_TRIGGER) and facts.value("trigger") != int(order["trigger"])
    risk = more or (moved and int(order["order_type"]) == OrderType.STOP)
    return {R.PO_CROSS} | _named(BAND=more or moved) | (set() if risk else {*OF_RISK, R.FULL})


def _of_quote(facts: CommandFacts) -> set[RejectReason]:
    found = _named(CROSSED_QUOTE=has_both_sides(facts), MMP=facts.value("protection_number") != 0)
    return found if enters(facts) else found | {R.BAND, *OF_RISK}
