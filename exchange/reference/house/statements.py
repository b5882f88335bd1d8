"""Statements of the close: what moved a member's cash since the close before, and what it holds (SETTLE-007)."""

from exchange.reference.house.margin import initial_mills
from exchange.reference.house.state import HouseState

CAUSES = {
    "vm": ("variation", "remainder"),
    "fees": ("fee",),
    "delivery": (),
    "moved": ("deposit", "withdrawal"),
    "adjusted": ("adjustment", "shortfall"),
}


def state_day(state: HouseState) -> None:
    """Write every member's statement of the day that ends."""
    for member in state.members.values():
        entries = {part: state.ledger.received(member.name, causes, member.stated) for part, causes in CAUSES.items()}
        closing = {"closing": state.ledger.balance(member.name), "im": initial_mills(state, member)}
        state.statements[member.name] = entries | closing
        member.stated = state.ledger.count(member.name)
