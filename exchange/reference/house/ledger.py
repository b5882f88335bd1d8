"""The ledger: double entry, one function that posts, balances as sums of all entries.

Members go by their names, which begin with a capital. The house has accounts of its own, in small letters: `variation`
passes gains from losers to winners, `fees` collects, `rounding` passes remainders of strips, `default` bears what a
defaulter cannot pay, and `bank` is the outside world.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

HOUSE_ACCOUNTS = ("variation", "fees", "rounding", "default", "bank")
PASSING = ("variation", "rounding")  # empty after every step


@dataclass(frozen=True)
class LedgerEntry:
    """One side of a posting. `mills`: what the owner receives, below 0 pays; `cause`: why, in a word."""

    time_ns: int
    mills: int
    cause: str


@dataclass
class Ledger:
    """All entries, by owner, in the order in which they were posted."""

    entries: dict[str, list[LedgerEntry]] = field(default_factory=dict)

    def post(self, time_ns: int, cause: str, payer: str, payee: str, mills: int) -> None:
        """Move money from one owner to another; below 0 it moves the other way. Nothing is posted for 0."""
        if mills:
            self.entries.setdefault(payer, []).append(LedgerEntry(time_ns, -mills, cause))
            self.entries.setdefault(payee, []).append(LedgerEntry(time_ns, mills, cause))

    def balance(self, owner: str) -> int:
        return sum(entry.mills for entry in self.entries.get(owner, []))

    def received(self, owner: str, causes: Collection[str], first: int = 0) -> int:
        """What an owner received for some causes, from its entry number `first` on."""
        return sum(entry.mills for entry in self.entries.get(owner, [])[first:] if entry.cause in causes)

    def count(self, owner: str) -> int:
        """How many entries an owner has."""
        return len(self.entries.get(owner, []))

    def total(self) -> int:
        """The sum of all balances, which is 0."""
        return sum(self.balance(owner) for owner in self.entries)
