"""Whose orders are whose: two of one owner do not trade with each other in OPEN (SMP-001, SMP-008)."""

from exchange.kernel import kernel, leaf_kernel
from exchange.records import QUOTE_OWNER


@leaf_kernel
def is_of_owner(smp_id, account, maker):
    """Whether an aggressor of this self-match id and account may not trade with a resting order.

    A quote is its account's (SMP-008): it meets no order of that account, and none that has self-match prevention on
    meets it.
    """
    if smp_id == 0:
        return False
    if smp_id >= QUOTE_OWNER or maker.smp_id >= QUOTE_OWNER:
        return account == maker.account
    return smp_id == maker.smp_id


@kernel
def have_one_owner(order, other):
    """Whether two resting orders would trade with each other as the makers of one fill, and may not (SMP-010)."""
    return is_of_owner(order.smp_id, order.account, other) or is_of_owner(other.smp_id, other.account, order)
