"""Self-match prevention: orders of one owner do not trade with each other in OPEN (SMP-001, SMP-008)."""

from exchange.kernel import kernel, leaf_kernel
from exchange.records import QUOTE_OWNER


@leaf_kernel
def is_of_owner(smp_id, account, maker):
    """Whether an aggressor of this self-match id and account may not trade with a resting order.

    smp_id   the aggressor's, 0: no prevention; QUOTE_OWNER and above: it is a quote
    The owner of a quote is its account (SMP-008): it trades with no order of that account, and no order of that
    account that has self-match prevention on trades with it.
    """
    if smp_id == 0:
        return False
    if smp_id >= QUOTE_OWNER or maker.smp_id >= QUOTE_OWNER:
        return account == maker.account
    return smp_id == maker.smp_id


@kernel
def have_one_owner(order, other):
    """Whether two resting orders may not be makers of one implied fill (SMP-010)."""
    return is_of_owner(order.smp_id, order.account, other) or is_of_owner(other.smp_id, other.account, order)
