"""Integer codes of the clearing house, as `exchange.codes` has those of commands, events and orders.

A number is never used again for something else.
"""

from enum import IntEnum


class HouseAccount(IntEnum):
    """Accounts of the house: the other side of every posting to a customer's account (INV-018)."""

    DEPOSITS = 0  # below zero: all that customers have paid in
    WITHDRAWALS = 1  # all that they were paid out
    FEES = 2
    VARIATION = 3  # what settlements collect and pay (SETTLE-007), 0 after every command
    ROUNDING = 4  # what whole ticks of a strip's legs leave over (CASCADE-006), 0 after every command
    DEFAULT = 5  # below zero: what the house has covered for customers in default
