"""Kernels that choose the reply to a command from its events, as `publish.replies` does in Python."""

from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    EVENT_CANCEL_REJECTED,
    EVENT_COMMAND_REFUSED,
    EVENT_FILL,
    EVENT_FLAG_SAME,
    EVENT_IMPLIED_PRICE,
    EVENT_ORDER_ACCEPTED,
    EVENT_ORDER_CANCELLED,
    EVENT_ORDER_REJECTED,
    EVENT_ORDER_REPLACED,
    EVENT_ORDER_RESTED,
    EVENT_QUOTE_ACCEPTED,
    EVENT_REPLACE_REJECTED,
    EVENT_SELF_MATCH_DECREMENTED,
    EVENT_STOP_TRIGGERED,
    ORDER_QUOTE,
    REJECT_BAND,
    REJECT_DUP_ID,
    REJECT_INSUFFICIENT_MARGIN,
    REJECT_UNKNOWN,
)
from exchange.wire.table import Reply

REPLY_ORDER, REPLY_REPLACED, REPLY_QUOTED = int(Reply.ORDER), int(Reply.REPLACED), int(Reply.QUOTED)
REPLY_SAME, REPLY_REFUSED = int(Reply.SAME), int(Reply.REFUSED)
REPLY_REFUSED_BAND, REPLY_REFUSED_MARGIN = int(Reply.REFUSED_BAND), int(Reply.REFUSED_MARGIN)
REPLY_UNKNOWN = len(Reply)  # Python makes it


@leaf_kernel
def end_of_command(events, begin, sequence):
    """Place after the last event of a command whose events begin at `begin`."""
    for place in range(begin, events.shape[0]):
        if events[place].sequence != sequence:
            return place
    return max(begin, events.shape[0])


@leaf_kernel
def is_entry_of_quote(event):
    """Whether an event says what became of an entry of a mass quote."""
    if event.kind == EVENT_ORDER_REJECTED:
        return event.order_type == ORDER_QUOTE
    return event.kind == EVENT_QUOTE_ACCEPTED


@leaf_kernel
def count_entries(events, begin, stop):
    """How many events of a command say what became of an entry of a mass quote."""
    count = 0
    for place in range(begin, stop):
        if is_entry_of_quote(events[place]):
            count += 1
    return count


@leaf_kernel
def answers_a_quote(events, begin, stop):
    """Whether a command was a mass quote."""
    if events[begin].kind != EVENT_QUOTE_ACCEPTED and events[begin].order_type != ORDER_QUOTE:
        return False
    for place in range(begin, stop):
        if is_entry_of_quote(events[place]):
            return True
    return False


@leaf_kernel
def only_cancels(events, begin, stop):
    """Whether a command cancelled orders and did nothing else."""
    for place in range(begin, stop):
        if events[place].kind != EVENT_ORDER_CANCELLED and events[place].kind != EVENT_IMPLIED_PRICE:
            return False
    return True


@leaf_kernel
def refusal_of(event):
    """The reply to a refused command."""
    if event.reason == REJECT_DUP_ID:
        return REPLY_SAME if event["flags"] & EVENT_FLAG_SAME else REPLY_UNKNOWN
    if event.reason == REJECT_UNKNOWN:
        return REPLY_UNKNOWN
    if event.reason == REJECT_BAND:
        return REPLY_REFUSED_BAND
    if event.reason == REJECT_INSUFFICIENT_MARGIN and event.kind != EVENT_COMMAND_REFUSED:
        return REPLY_REFUSED_MARGIN
    return REPLY_REFUSED


@kernel
def reply_of(events, begin, stop):
    """The form of the reply to a command, REPLY_UNKNOWN if events alone do not determine it."""
    if begin == stop:
        return REPLY_UNKNOWN
    kind = events[begin].kind
    if answers_a_quote(events, begin, stop):
        return REPLY_QUOTED
    if kind == EVENT_ORDER_ACCEPTED:
        return REPLY_ORDER
    if kind == EVENT_ORDER_CANCELLED:
        return REPLY_ORDER if only_cancels(events, begin, stop) else REPLY_UNKNOWN
    if kind == EVENT_ORDER_REPLACED:
        return REPLY_REPLACED
    if kind == EVENT_ORDER_REJECTED or kind == EVENT_REPLACE_REJECTED:
        return refusal_of(events[begin])
    if kind == EVENT_CANCEL_REJECTED or kind == EVENT_COMMAND_REFUSED:
        return refusal_of(events[begin])
    return REPLY_UNKNOWN


@leaf_kernel
def shows_order(kind):
    """Whether a kind of row shows the state of its order."""
    if kind == EVENT_ORDER_ACCEPTED or kind == EVENT_ORDER_RESTED or kind == EVENT_FILL:
        return True
    if kind == EVENT_ORDER_CANCELLED or kind == EVENT_ORDER_REPLACED:
        return True
    return kind == EVENT_SELF_MATCH_DECREMENTED or kind == EVENT_STOP_TRIGGERED


@leaf_kernel
def last_of_order(events, begin, stop):
    """The last row of a command that shows the order of its first row."""
    order = events[begin].order_id
    for back in range(stop - begin):
        place = stop - 1 - back
        if events[place].order_id == order and shows_order(events[place].kind):
            return place
    return begin
