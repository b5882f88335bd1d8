"""The checks of a NEW, REPLACE, CANCEL or entry of a QUOTE in the engine's order (ORDER-004), each with what it found
and what it allows.

The engine alone decides: a check before the reason of its refusal was passed, that check refused, and those after it
were not made. Nor are those that do not apply to the command (`left_out`).
"""

from dataclasses import dataclass

import numpy as np

from bench.inspection.figures import FOUND, CommandFacts
from bench.inspection.left_out import left_out
from bench.inspection.quote_figures import FOUND_OF_QUOTE
from exchange.codes import REJECT_PRECEDENCE, CommandKind, OrderType, RejectReason
from exchange.records import column
from exchange.units import money_text, price_text

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
    K.QUOTE: (
        R.UNKNOWN_ACCOUNT, R.BAD_QTY, R.BAD_COMBO, R.DUP_INST, R.CROSSED_QUOTE, R.KILLED, R.UNKNOWN_INST, R.STATE,
        R.IOC_ONLY, R.OFF_TICK, R.BAD_LOT, R.DUP_ID, R.MMP, R.BAND, R.CLOSE_ONLY, R.POSITION, R.INSUFFICIENT_MARGIN,
        R.FULL,
    ),
}  # fmt: skip
ASKS = {
    R.UNKNOWN_ACCOUNT: "the account is defined",
    R.BAD_QTY: "every number of lots is one that an order may have",
    R.BAD_COMBO: "the fields go together",
    R.DUP_INST: "no entry before it is for the same instrument",
    R.CROSSED_QUOTE: "the bid is below the ask",
    R.UNKNOWN: "the order works, and is the account's",
    R.KILLED: "neither account, firm nor session is killed",
    R.UNKNOWN_INST: "the instrument is listed",
    R.STATE: "the market state accepts it",
    R.IOC_ONLY: "the book takes orders that rest",
    R.OFF_TICK: "prices are on the increment",
    R.BAD_LOT: "lots are on the increment and not above the largest order",
    R.SHOW: "an iceberg shows enough",
    R.DUP_ID: "no other working order of the account has its id",
    R.MMP: "its protection group may quote here",
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


def figures_of(row: np.ndarray, states: np.ndarray) -> dict[RejectReason, str | None]:
    """What each check of a command finds, as text. Empty: there is nothing to show. None: it is not made.

    row      COMMAND, shape (1,): one of OF_KIND
    states   STATE before it
    """
    facts = CommandFacts(row, states)
    found = FOUND_OF_QUOTE if facts.kind == K.QUOTE else FOUND
    asked = [reason for reason in OF_KIND[facts.kind] if facts.is_known or reason == R.UNKNOWN_ACCOUNT]
    skipped = left_out(facts) if facts.is_known else set()
    texts = {reason: found[reason](facts) for reason in asked if reason in found and reason not in skipped}
    return {reason: None if reason in skipped else texts.get(reason, "") for reason in OF_KIND[facts.kind]}


def checks_of(figures: dict[RejectReason, str | None], refusal: np.ndarray | None) -> list[EntryCheck]:
    """All checks of a command, in order.

    figures   of the command
    refusal   EVENT of its refusal, shape (1,); None: it was accepted
    """
    reason = R.NONE if refusal is None else R(int(refusal["reason"][0]))
    ranked = [one for one in REJECT_PRECEDENCE if one in figures]
    place = ranked.index(reason) if reason in ranked else len(ranked)
    made = []
    for number, one in enumerate(ranked):
        found = figures[one]
        if refusal is not None and number == place:
            verdict, found = REFUSED, _figure_of_refusal(one, refusal) or found
        else:
            verdict = NOT_MADE if number > place or found is None else PASSED
        made.append(EntryCheck(one.abbreviation, ASKS[one], verdict, "" if verdict == NOT_MADE else found or ""))
    return made


def _figure_of_refusal(reason: RejectReason, refusal: np.ndarray) -> str:
    """The exact figures that the event of a refusal has, of BAND and RISK; empty: it has none, as that of a quote."""
    if refusal["order_type"][0] == OrderType.QUOTE:
        return ""

    def value(name: str) -> int:
        return int(column(refusal, name)[0])

    if reason == R.BAND:
        low, high = price_text(value("lowest_tick")), price_text(value("highest_tick"))
        return f"price {price_text(value('price'))}; this side may have {low} to {high}"
    if reason == R.INSUFFICIENT_MARGIN:
        return f"needs {money_text(value('needed_mills'))} $; {money_text(value('free_margin_mills'))} $ are free"
    return ""
