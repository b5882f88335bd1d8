"""Which reply a command gets, and from which row, against the replies of plain Python on rows of any kind."""

import random
from typing import Any

import numpy as np
import pytest

from exchange.codes import EventFlag, EventKind, OrderState, OrderType, RejectReason
from exchange.engine.event_rows import ORDER_ID, SEQUENCE, Row
from exchange.publish.encode.reply_forms import REPLY_UNKNOWN, end_of_command, last_of_order, reply_of
from exchange.publish.replies import Replies
from exchange.wire.messages import Err, Ok
from exchange.wire.table import REPLY_FORMS, Reply
from tests.publish.helpers import event, event_array, table

REFUSALS = (
    EventKind.ORDER_REJECTED, EventKind.REPLACE_REJECTED, EventKind.CANCEL_REJECTED, EventKind.COMMAND_REFUSED,
)  # fmt: skip
DUP, BAND, MARGIN = RejectReason.DUP_ID, RejectReason.BAND, RejectReason.INSUFFICIENT_MARGIN
QUOTE = {"order_type": OrderType.QUOTE}
CANCEL, IMPLIED = event(EventKind.ORDER_CANCELLED, order_id=5), event(EventKind.IMPLIED_PRICE)
Rows = list[Row]


def form_of(rows: Rows) -> Reply | None:
    """The form of the reply, None: Python makes it."""
    form = int(reply_of(event_array(rows), 0, len(rows)))
    return None if form == REPLY_UNKNOWN else Reply(form)


CASES: list[tuple[Reply | None, Rows]] = [
    (None, []),
    (Reply.ORDER, [event(EventKind.ORDER_ACCEPTED)]),
    (Reply.ORDER, [event(EventKind.ORDER_ACCEPTED), event(EventKind.FILL), CANCEL]),
    (Reply.ORDER, [CANCEL]),
    (Reply.ORDER, [CANCEL, IMPLIED, CANCEL, IMPLIED]),
    (None, [CANCEL, event(EventKind.MASS_CANCELLED)]),
    (None, [event(EventKind.MASS_CANCELLED)]),
    (None, [IMPLIED, CANCEL]),
    (Reply.REPLACED, [event(EventKind.ORDER_REPLACED), event(EventKind.FILL)]),
    (Reply.SAME, [event(EventKind.ORDER_REJECTED, reason=DUP, flags=EventFlag.SAME)]),
    (None, [event(EventKind.ORDER_REJECTED, reason=DUP)]),
    (None, [event(EventKind.CANCEL_REJECTED, reason=RejectReason.UNKNOWN)]),
    *((Reply.REFUSED_BAND, [event(kind, reason=BAND)]) for kind in REFUSALS),
    *((Reply.REFUSED_MARGIN, [event(kind, reason=MARGIN)]) for kind in REFUSALS[:3]),
    (Reply.REFUSED, [event(EventKind.COMMAND_REFUSED, reason=MARGIN)]),
    *((Reply.REFUSED, [event(kind, reason=RejectReason.STATE, book_state=1)]) for kind in REFUSALS),
    (Reply.QUOTED, [event(EventKind.QUOTE_ACCEPTED)]),
    (Reply.QUOTED, [event(EventKind.ORDER_REJECTED, reason=BAND, **QUOTE)]),
    (Reply.QUOTED, [event(EventKind.ORDER_CANCELLED, **QUOTE), event(EventKind.QUOTE_ACCEPTED)]),
    (Reply.ORDER, [event(EventKind.ORDER_CANCELLED, **QUOTE), IMPLIED]),
    (Reply.ORDER, [CANCEL, IMPLIED, event(EventKind.ORDER_CANCELLED, **QUOTE)]),
    *((None, [event(kind)]) for kind in (EventKind.TIMER_SET, EventKind.PROTECTION_RESET, EventKind.KILLED)),
]  # fmt: skip


@pytest.mark.rule("ENTRY-001", "ENTRY-002")
@pytest.mark.parametrize(("form", "rows"), CASES)
def test_the_first_rows_of_a_command_choose_its_reply(form: Reply | None, rows: Rows) -> None:
    assert form_of(rows) == form


@pytest.mark.parametrize("reason", [reason for reason in RejectReason if reason != RejectReason.NONE])
@pytest.mark.parametrize("kind", REFUSALS)
def test_each_refusal_is_made_from_events_alone_unless_something_else_is_to_be_known(
    kind: EventKind, reason: RejectReason
) -> None:
    form = form_of([event(kind, reason=reason, flags=0)])
    assert (form is None) == (reason in (RejectReason.UNKNOWN, RejectReason.DUP_ID))


def random_rows(rng: random.Random) -> Rows:
    """Rows of one command: its kinds are drawn so that each form is met."""
    kinds = rng.choice((list(EventKind), [*REFUSALS, EventKind.QUOTE_ACCEPTED], [EventKind.ORDER_CANCELLED]))
    rows = []
    for _ in range(rng.randint(1, 5)):
        kind = rng.choice(kinds)
        rows.append(
            event(
                kind, 9, order_id=rng.choice((5, 6)), order_type=rng.choice((OrderType.LIMIT, OrderType.QUOTE)),
                reason=rng.choice([one for one in RejectReason if one != 0]) if kind in REFUSALS else 1,
                flags=rng.choice((0, EventFlag.SAME)), state=rng.choice(list(OrderState)[:4]), instrument=1,
                leaves_lots=rng.randint(0, 99),
            )
        )  # fmt: skip
    return rows


def wanted_form(reply: Ok | Err) -> set[Reply]:
    """The forms of the table that say what a reply of plain Python says."""
    has: dict[Reply, Any] = {
        Reply.QUOTED: isinstance(reply, Ok) and reply.quotes is not None,
        Reply.SAME: isinstance(reply, Ok) and reply.duplicate,
        Reply.REPLACED: isinstance(reply, Ok) and reply.order_lots is not None,
        Reply.REFUSED_BAND: isinstance(reply, Err) and reply.low_tick is not None,
        Reply.REFUSED_MARGIN: isinstance(reply, Err) and reply.need_mills is not None,
    }
    special = {form for form, holds in has.items() if holds}
    return special or {Reply.REFUSED if isinstance(reply, Err) else Reply.ORDER}


@pytest.mark.rule("ENTRY-001", "ENTRY-020")
def test_the_form_is_that_of_the_reply_in_plain_python() -> None:
    """And the row that it shows is the last that says how the order of the first row is."""
    rng, replies = random.Random(11), Replies(table(), lambda _account, _text: None)
    met: set[Reply | None] = set()
    for _ in range(4_000):
        rows = random_rows(rng)
        form = form_of(rows)
        met.add(form)
        if form is None:
            continue
        reply = replies.reply(1, rows)
        assert wanted_form(reply) == {form}, rows
        assert isinstance(reply, REPLY_FORMS[form].message)
        if form in (Reply.ORDER, Reply.REPLACED):
            last = rows[int(last_of_order(event_array(rows), 0, len(rows)))]
            assert last[ORDER_ID] == rows[0][ORDER_ID] and isinstance(reply, Ok)
            assert reply.leaves_lots == event_array([last])["leaves_lots"][0]
    assert met == {None, *Reply}


def test_a_command_ends_where_the_next_one_begins() -> None:
    rng = random.Random(2)
    sequences = sorted(rng.choice(range(20)) for _ in range(30))
    events = event_array(event(EventKind.FILL, sequence) for sequence in sequences)
    begin = 0
    for sequence in range(21):
        end = int(end_of_command(events, begin, sequence))
        assert events["sequence"][begin:end].tolist() == [one for one in sequences if one == sequence]
        begin = end
    assert begin == len(events) == end_of_command(events, begin, 99)
    assert end_of_command(np.zeros(0, events.dtype), 0, 1) == 0 and SEQUENCE == 0
