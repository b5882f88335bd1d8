"""What must always be true, and a hash of what a refusal must not change."""

import hashlib
from collections.abc import Iterator

from exchange.reference.house.ledger import HOUSE_ACCOUNTS, PASSING
from exchange.reference.house.state import CascadeRecord, HouseState


def broken(state: HouseState) -> list[str]:
    """What should be true and is not, in words."""
    return [*_broken_ledger(state), *_broken_positions(state), *_broken_cascades(state.cascades)]


def _broken_ledger(state: HouseState) -> Iterator[str]:
    if total := state.ledger.total():
        yield f"the ledger sums to {total}"
    for account in PASSING:
        if balance := state.ledger.balance(account):
            yield f"the {account} account has {balance}"
    strangers = set(state.ledger.entries) - set(HOUSE_ACCOUNTS) - set(state.members)
    if strangers:
        yield f"the ledger has accounts of nobody: {' '.join(sorted(strangers))}"


def _broken_positions(state: HouseState) -> Iterator[str]:
    for symbol in state.settled:
        held = [member.holdings[symbol] for member in state.members.values() if symbol in member.holdings]
        lots, mark_num = sum(one.lots for one in held), sum(one.mark_num for one in held)
        if lots or mark_num:
            yield f"{symbol}: lots sum to {lots}, mark_num to {mark_num}"
        if state.life[symbol] in ("CASCADED", "SETTLED") and any(one.lots or one.mark_num for one in held):
            yield f"{symbol} has ended and is held"


def _broken_cascades(cascades: list[CascadeRecord]) -> Iterator[str]:
    """CASCADE-004: the children are worth what the parent was, for each member."""
    for one in cascades:
        if one.hours[0] != one.hours[1]:
            yield f"cascade of {one.parent}: {one.hours[0]} hours became {one.hours[1]}"
        if one.given != one.received:
            yield f"cascade of {one.parent}: money moved"


def state_hash(state: HouseState) -> bytes:
    """Hash of everything but accounts that were only named."""
    members = [
        (member.standing, member.call, sorted(member.holdings.items(), key=lambda item: item[0]), member.name)
        for member in state.members.values()
        if state.ledger.count(member.name) > 1 or member.holdings or state.working(member.name)
    ]
    entries = {
        owner: [entry for entry in entries if entry.cause != "opening"]
        for owner, entries in sorted(state.ledger.entries.items())
    }
    parts = [
        members,
        {owner: own for owner, own in entries.items() if own},
        *(state.orders, state.past, state.life, state.settled, state.marks, state.figures, sorted(state.paused)),
        *(state.rows, state.ahead, state.rentals, state.taken, state.statements, state.mark_due_ns),
    ]
    return hashlib.sha256(repr(parts).encode()).digest()
