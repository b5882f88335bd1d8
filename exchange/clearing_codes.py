"""Integer codes of the clearing house, as `exchange.codes` has those of commands, events and orders.

A number is never used again for something else.
"""

from enum import IntEnum, IntFlag


class HouseAccount(IntEnum):
    """Accounts of the house: the other side of every posting to a customer's account (INV-018)."""

    DEPOSITS = 0  # below zero: all that customers have paid in
    WITHDRAWALS = 1  # all that they were paid out
    FEES = 2
    VARIATION = 3  # what settlements collect and pay (SETTLE-007), 0 after every command
    ROUNDING = 4  # what whole ticks of a strip's legs leave over (CASCADE-006), 0 after every command
    DEFAULT = 5  # below zero: what the house has covered for customers in default


PASSING = (HouseAccount.VARIATION, HouseAccount.ROUNDING)  # empty after every command


class CashReason(IntEnum):
    """Why money of an account has moved."""

    TRANSFER = 0  # a deposit or a withdrawal
    VARIATION = 1  # variation margin (SETTLE-007)
    FEE = 2  # a fee that no fill has, such as that of a cash settlement (FEE-001)
    ADJUSTMENT = 3  # it corrects a published settlement (SETTLE-011)
    SHORTFALL = 4  # what the house pays for a customer that cannot (FALL-003)
    BUST = 5  # fees and remainders of a trade that is taken back


class Life(IntEnum):
    """Life of an instrument (SESSION-002). Only one that is LISTED trades."""

    NONE = 0  # the book has no instrument yet
    LISTED = 1
    EXPIRED = 2  # its last trading day is over; it waits for its final settlement
    CASCADED = 3  # its positions have become positions in its children
    IN_DELIVERY = 4
    SETTLED = 5  # its positions were closed at its final settlement
    DELISTED = 6  # a combination, one of whose legs has ended


# Lives in which a book cannot be given to another instrument.
TAKEN_LIVES = (Life.LISTED, Life.EXPIRED, Life.IN_DELIVERY)


class IndexHow(IntEnum):
    """How a day of an index got its value (INDEX-003)."""

    MISSING = 0  # it has none: the month that holds the day is halted
    PRINT = 1  # of the index's own source
    CARRIED = 2  # the last value used
    CDP = 3  # certified delivered price of an index with another source
    FRONT = 4  # settlement of the front month
    COMMITTEE = 5
    LAST = 6  # the last value used, because the month has to be settled


class AccountFlag(IntFlag):
    """What an account is, and what it may do. The last three say how a margin call stands (MARGIN-012)."""

    DEFINED = 1
    KILLED = 2
    CLOSE_ONLY = 4  # by its terms
    CALLED = 8  # a margin call waits for its money
    LIQUIDATING = 16  # its call was not met: the venue closes its positions
    DEFAULTED = 32  # the house has paid what it could not


STANDING_FLAGS = AccountFlag.CALLED | AccountFlag.LIQUIDATING | AccountFlag.DEFAULTED
RESTRICTED_FLAGS = AccountFlag.CLOSE_ONLY | STANDING_FLAGS  # any of these: orders may only close (MARGIN-016)


class Standing(IntEnum):
    """How an account stands with its margin, as MARGIN_CALLED reports it."""

    OPEN = 0
    CLOSE_ONLY = 1
    LIQUIDATING = 2
    DEFAULTED = 3
