"""Kernels that write the messages of a released batch: replies and account events, as bytes, from EVENT rows.

`encode_batch` walks over the commands of a batch. It answers a usual request, then writes the account messages that the
command has caused (ENTRY-001), each once for every encoding, and adds them to the lists of their connections. It stops
and says why where it does not know a reply and where there is no space; then it is called again.
"""

import numpy as np

from exchange.engine.event_rows import EQUITY_AFTER_MILLS, EQUITY_MILLS, MARGIN_HELD_MILLS, REQUIRED_MILLS
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    EVENT_CASH_MOVED,
    EVENT_FILL,
    EVENT_FLAG_MARGIN,
    EVENT_LEG_FILLED,
    EVENT_ORDER_CANCELLED,
    EVENT_POSITION_CHANGED,
)
from exchange.publish.encode import row_values
from exchange.publish.encode.put import (
    BINARY,
    JSON,
    add_message,
)
from exchange.publish.encode.reply_forms import (
    REPLY_QUOTED,
    REPLY_REPLACED,
    REPLY_UNKNOWN,
    end_of_command,
    last_of_order,
    reply_of,
)
from exchange.publish.encode.row_lists import count_legs, put_fill_of_legs, put_quote_reply
from exchange.publish.encode.row_message import (
    derive_code,
    derive_others,
    priority_of,
    put_message,
    read_values,
)
from exchange.wire.table import Answerer

NOBODY, SESSION = int(Answerer.NOBODY), int(Answerer.SESSION)
DONE, ASK_PYTHON, NO_SPACE = 0, 1, 2
MESSAGE_BYTES = 8_192  # more than the longest message, a reply to a quote of 32 entries
REQUEST_ID, RECEIVED_US, SENT_US = row_values.REQUEST_ID, row_values.RECEIVED_US, row_values.SENT_US
REPLACED_TICK, REPLACED_LOTS = row_values.REPLACED_TICK, row_values.REPLACED_LOTS
PRIORITY, WHY = row_values.PRIORITY, row_values.WHY
FREE_MILLS = row_values.FREE_MILLS


# What a reply says.


@kernel
def derive_reply(tables, events, cells, begin, stop, form):
    """Write the values of a reply."""
    values, head = tables.values, events[begin]
    if form > REPLY_REPLACED:
        read_values(tables, cells, begin)
        derive_code(tables, head.reason, head.book_state)
        return
    last = last_of_order(events, begin, stop)
    read_values(tables, cells, last)
    is_ended = last != begin and events[last].kind == EVENT_ORDER_CANCELLED
    values[WHY] = np.int64(events[last].cancel_reason) if is_ended else 0
    values[REPLACED_TICK] = head.price
    values[REPLACED_LOTS] = head.order_lots
    values[PRIORITY] = priority_of(head["flags"])


@kernel
def note_reply(streams, slot, request_id, sequence, received_us, operations):
    """Note which command answered a request, for the session's stored replies."""
    if streams.answers[slot] == 0:
        streams.answered_slots[streams.answered_count] = slot
        streams.answered_count += 1
    streams.answers[slot] += 1
    number = streams.reply_count
    streams.reply_slot[number] = slot
    streams.reply_id[number] = request_id
    streams.reply_sequence[number] = sequence
    streams.reply_received_us[number] = received_us
    streams.reply_operations[number] = operations
    streams.reply_count = number + 1


@kernel
def put_reply(tables, chains, streams, command, received_us, events, cells, begin, stop, slot, now_us):
    """Answer a usual request; returns whether events alone determine the reply."""
    form = reply_of(events, begin, stop)
    if form == REPLY_UNKNOWN or streams.session[slot] != command.session or streams.asks_python[slot]:
        return False
    note_reply(streams, slot, command.request_id, events[begin].sequence, received_us, 0)
    encoding = np.int64(chains.encoding[slot])
    if encoding == 0 or not streams.is_live[slot]:
        return True
    derive_reply(tables, events, cells, begin, stop, form)
    tables.values[REQUEST_ID], tables.values[RECEIVED_US] = command.request_id, received_us
    tables.values[SENT_US] = now_us
    at = chains.used
    if form == REPLY_QUOTED:
        chains.used = put_quote_reply(tables, events, begin, stop, encoding, chains.text, at)
    else:
        chains.used = put_message(tables, form, encoding, chains.text, at)
    add_message(chains, slot, at, chains.used, encoding)
    return True


# Account messages.


@leaf_kernel
def shows_margin(event):
    """Whether the message of a row is followed by the account's margin, which has the next number (ACCT-002)."""
    shows_money = event.kind == EVENT_POSITION_CHANGED or event.kind == EVENT_CASH_MOVED
    return shows_money and event["flags"] & EVENT_FLAG_MARGIN != 0


@leaf_kernel
def last_number(event):
    """The last number of the account's stream that the messages of a row take."""
    return event.account_sequence + (1 if shows_margin(event) else 0)


@kernel
def send_message(tables, chains, streams, account, form, events, place, legs):
    """Put the message of a form once for each encoding, and add it to the lists of all connections of an account.

    events, place, legs  rows, place of the message's row, number of legs of a combination's fill; such a fill has no
                         record and goes as JSON to binary connections (WIRE-031)
    """
    begins, stops = chains.shared_begin, chains.shared_stop  # by encoding; nothing begins at 0
    for encoding in range(JSON, BINARY + 1):
        begins[encoding] = 0
    node = np.int64(streams.listener[account])
    for _ in range(streams.listeners[account]):
        slot = np.int64(streams.node_slot[node])
        node = np.int64(streams.node_next[node])
        encoding = np.int64(chains.encoding[slot])
        if encoding == 0:
            continue
        if legs != 0 and encoding == BINARY:
            encoding = np.int64(JSON)
        if begins[encoding] == 0:
            at = begins[encoding] = chains.used
            if legs != 0:
                chains.used = put_fill_of_legs(tables, form, events, place, legs, encoding, chains.text, at)
            else:
                chains.used = put_message(tables, form, encoding, chains.text, at)
            stops[encoding] = chains.used
        add_message(chains, slot, begins[encoding], stops[encoding], encoding)


@leaf_kernel
def note_margin(tables, streams, account, event):
    """Note what the `margin` behind a row says, so that its figures are not sent once more (MARGIN-017)."""
    values = tables.values
    streams.margin_sequence[account] = event.sequence
    is_position = event.kind == EVENT_POSITION_CHANGED
    streams.margin_equity[account] = values[EQUITY_MILLS] if is_position else values[EQUITY_AFTER_MILLS]
    streams.margin_required[account] = values[REQUIRED_MILLS]
    streams.margin_held[account] = values[MARGIN_HELD_MILLS]
    streams.margin_free[account] = values[FREE_MILLS]


@leaf_kernel
def has_space(chains, messages):
    """Whether so many messages, each in every encoding, fit behind what waits."""
    return (
        chains.used + 4 * MESSAGE_BYTES <= chains.bytes_max
        and chains.messages + 2 * messages + 1 <= chains.messages_max
    )


@kernel
def send_account_messages(tables, chains, streams, events, cells, place):
    """Write the messages of a row that is in an account's stream, and note the last number of the stream. Rows about
    legs belong to the fill before them."""
    event = events[place]
    account, form = np.int64(event.account), np.int64(tables.forms[event.kind])
    streams.released[account] = last_number(event)
    if streams.listeners[account] == 0:
        return
    read_values(tables, cells, place)
    derive_others(tables, event)
    margin_form, legs = form + 1, 0
    if event.kind == EVENT_POSITION_CHANGED:
        margin_form = form + 2
        if event.position_lots == 0:
            form += 1
    elif event.kind == EVENT_FILL:
        legs = count_legs(events, place, streams.stop)
        if legs != 0:
            form += 1
    send_message(tables, chains, streams, account, form, events, place, legs)
    if shows_margin(event):
        send_message(tables, chains, streams, account, margin_form, events, place, 0)
        note_margin(tables, streams, account, event)


@kernel
def encode_batch(tables, chains, streams, commands, received_us, answerers, events, cells, now_us, slot_mask):
    """Write the messages of the commands from `streams.row` on, and of their events from `streams.event` on.

    commands      COMMAND rows of the batch, shape (n,)
    received_us   when each was read
    answerers     who answers each: `wire.table.Answerer`
    events        EVENT rows of these commands, shape (m,); `cells`: the same as int64 words, shape (16 m,)
    now_us        time at which the replies are sent
    returns       DONE; ASK_PYTHON: command `streams.row` needs a reply, then `is_answered` is to be set; NO_SPACE:
                  frame what waits, then call again
    """
    for number in range(streams.row, commands.shape[0]):
        streams.row = number
        command = commands[number]
        if not streams.is_answered:
            streams.stop = end_of_command(events, streams.event, command.sequence)
            if not has_space(chains, 1):
                return NO_SPACE
            if answerers[number] != NOBODY:
                slot = np.int64(command.session) & slot_mask
                if answerers[number] != SESSION or not put_reply(
                    tables,
                    chains,
                    streams,
                    command,
                    received_us[number],
                    events,
                    cells,
                    streams.event,
                    streams.stop,
                    slot,
                    now_us,
                ):
                    return ASK_PYTHON
            streams.is_answered = 1
        for place in range(streams.event, streams.stop):
            streams.event = place
            if events[place].account_sequence and events[place].kind != EVENT_LEG_FILLED:
                if not has_space(chains, streams.listeners[np.int64(events[place].account)]):
                    return NO_SPACE
                send_account_messages(tables, chains, streams, events, cells, place)
        streams.event = streams.stop
        streams.is_answered = 0
    streams.row = commands.shape[0]
    return DONE


@kernel
def note_released(streams, events):
    """Note the last numbers of the account streams of events that nobody hears."""
    for place in range(events.shape[0]):
        event = events[place]
        if event.account_sequence:
            streams.released[np.int64(event.account)] = last_number(event)


@kernel
def collect_replies(streams, request_ids, sequences, received_us, operations, ends):
    """Sort the noted replies by slot into columns; `ends` says where those of each answered slot end.

    The counts by slot are 0 afterwards. Those of the columns are changed in place.
    """
    end = 0
    for number in range(streams.answered_count):
        slot = streams.answered_slots[number]
        ends[number] = end
        end += streams.answers[slot]
        streams.answers[slot] = number
    for reply in range(streams.reply_count):
        number = streams.answers[streams.reply_slot[reply]]
        place = ends[number]
        request_ids[place] = streams.reply_id[reply]
        sequences[place] = streams.reply_sequence[reply]
        received_us[place] = streams.reply_received_us[reply]
        operations[place] = streams.reply_operations[reply]
        ends[number] = place + 1
    for number in range(streams.answered_count):
        streams.answers[streams.answered_slots[number]] = 0
    streams.reply_count = 0
