"""Self-match prevention: which orders have one owner, so that they may not trade with each other (SMP-001, SMP-008)."""

from exchange.kernel import kernel, leaf_kernel
from exchange.records import QUOTE_OWNER


@leaf_kernel
def is_of_owner(smp_id, account, maker):
    """Whether an aggressor and the resting order `maker` have one owner, so that they may not trade.

    smp_id   the aggressor's self-match id, 0: no prevention; from QUOTE_OWNER on the aggressor is a quote
    account  the aggressor's

    Orders with the same self-match id have one owner. A quote is owned by its account (SMP-008): it trades with no
    order of that account, but for an aggressor without prevention.
    """
    if smp_id == 0:
        return False
    if smp_id >= QUOTE_OWNER or maker.smp_id >= QUOTE_OWNER:
        return account == maker.account
    return smp_id == maker.smp_id


@kernel
def have_one_owner(order, other):
    """Whether two resting orders have one owner, so that a trade between them is an internal leg (SMP-010)."""
    return is_of_owner(order.smp_id, order.account, other) or is_of_owner(other.smp_id, other.account, order)
