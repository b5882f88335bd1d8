"""Answers and account events: who gets which, in what order, and what happens when space runs out (ENTRY-001)."""

import random
from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.codes import EventFlag, EventKind, OrderState
from exchange.engine.event_rows import SEQUENCE, Row
from exchange.publish.account_streams import AccountStreams
from exchange.publish.encode import put
from exchange.records import EVENT
from exchange.seams import RealClock
from exchange.wire.messages import Live
from exchange.wire.table import Answerer
from tests.publish.encode.streamed import NOW_US, Peer, PlainStreams, batch_of, commands_of, new_streams, unframed
from tests.publish.encode.test_batch import released
from tests.publish.helpers import H27, LISTED, event, table

NOBODY, SESSION, TICKET = (int(answerer) for answerer in Answerer)


def accepted(sequence: int, account: int, number: int) -> Row:
    return event(
        EventKind.ORDER_ACCEPTED, sequence, account=account, account_sequence=number, instrument=1,
        state=OrderState.OPEN, order_id=sequence,
    )  # fmt: skip


def events_of(*rows: Row) -> np.ndarray:
    return np.array(list(rows), EVENT)


def what(peer: Peer) -> list[tuple[Any, ...]]:
    """Its messages in short."""
    shown = []
    for payload in peer.payloads():
        decoded = msgspec.json.decode(payload)
        for message in decoded if isinstance(decoded, list) else [decoded]:
            shown.append((message["t"], message.get("re") or (message.get("acc"), message.get("s"))))
    return shown


@pytest.mark.rule("ENTRY-001")
def test_an_account_gets_each_event_behind_the_answer_of_its_command() -> None:
    streams = new_streams()
    peer = Peer(streams, 1)
    streams.listen(7, peer)
    rows = events_of(accepted(20, 7, 1), accepted(21, 7, 2), accepted(21, 8, 1), accepted(22, 7, 3))
    asked: list[Any] = []

    def answer(request_id: int, received_us: int, events: list[Row]) -> None:
        asked.append((request_id, received_us, [row[SEQUENCE] for row in events]))
        peer.send(Live(9, 3))

    streams.take(batch_of(rows, commands_of(20, 3), [SESSION, NOBODY, TICKET], {2: (answer, 3, 102)}))
    assert what(peer) == [
        ("ok", 1_000_020), ("exec", (7, 1)), ("exec", (7, 2)), ("live", (9, 3)), ("exec", (7, 3)),
    ]  # fmt: skip
    assert asked == [(3, 102, [22])] and len(peer.framed) == 1, "one write"
    assert (streams.released(7), streams.released(8), streams.released(9)) == (3, 1, 0)
    assert peer.stored == [(1_000_020, 20, NOW_US - 500, 0, NOW_US)]


@pytest.mark.rule("MARGIN-017", "ACCT-002")
@pytest.mark.parametrize("kind", [EventKind.POSITION_CHANGED, EventKind.CASH_MOVED])
def test_what_the_last_margin_of_a_stream_said_is_known(kind: EventKind) -> None:
    streams, money = new_streams(), "equity_mills" if kind == EventKind.POSITION_CHANGED else "equity_after_mills"
    peer = Peer(streams, 1)
    streams.listen(7, peer)

    def paid(sequence: int, account: int, flags: int, equity: int) -> Row:
        values = {money: equity, "margin_held_mills": 300 + sequence, "unpaid_gain_mills": 40, "required_mills": 50}
        return event(kind, sequence, account=account, account_sequence=sequence, instrument=1, flags=flags, **values)

    shown = int(EventFlag.MARGIN)
    rows = events_of(paid(20, 7, shown, 900), paid(21, 7, shown, 1_000), paid(22, 7, 0, 5), paid(23, 8, shown, 5))
    streams.take(batch_of(rows, commands_of(20, 4), [NOBODY] * 4))
    said = [one for payload in peer.payloads() for one in msgspec.json.decode(payload) if one["t"] == "margin"]
    sequences, figures = streams.margins(np.array([8, 7]))
    assert sequences.tolist() == [0, said[-1]["e"]] == [0, 21]
    assert figures[1].tolist() == [said[-1][key] for key in ("eq", "req", "hold", "free")] == [1_000, 50, 321, 639]


def test_a_command_without_events_is_answered_too() -> None:
    streams = new_streams()
    peer = Peer(streams, 1)
    streams.take(batch_of(events_of(), commands_of(20, 2), [SESSION, NOBODY]))
    assert peer.asked == [1_000_020] and peer.framed == [] and peer.stored == []


def test_a_connection_that_no_longer_listens_gets_nothing() -> None:
    streams = new_streams()
    stays, leaves, ends = Peer(streams, 1), Peer(streams, 2), Peer(streams, 3)
    for peer in (stays, leaves, ends):
        streams.listen(7, peer)
    streams.unlisten(7, leaves)
    streams.unlisten(9, leaves)
    streams.disconnect(ends)
    streams.take(batch_of(events_of(accepted(20, 7, 1)), commands_of(20, 1), [NOBODY]))
    assert what(stays) == [("exec", (7, 1))] and leaves.framed == ends.framed == []


def test_a_connection_that_begins_to_listen_in_an_answer_gets_the_events_behind_it() -> None:
    streams = new_streams()
    peer = Peer(streams, 1)
    batch = batch_of(
        events_of(accepted(20, 7, 1), accepted(21, 7, 2)), commands_of(20, 2), [NOBODY, TICKET],
        {1: (lambda *_: streams.listen(7, peer), 1, 0)},
    )  # fmt: skip
    streams.take(batch)
    assert what(peer) == [("exec", (7, 2))]


@pytest.mark.rule("RECOV-010")
def test_a_session_without_a_connection_stores_its_answers_and_its_new_connection_gets_later_ones() -> None:
    streams = new_streams()
    first = Peer(streams, 1)
    streams.take(batch_of(events_of(accepted(20, 7, 1)), commands_of(20, 1), [SESSION]))
    streams.disconnect(first)
    streams.take(batch_of(events_of(accepted(21, 7, 2)), commands_of(21, 1), [SESSION]))
    assert what(first) == [("ok", 1_000_020)]
    assert [stored[0] for stored in first.stored] == [1_000_020, 1_000_021]
    second = Peer(streams, 1, put.MSGPACK)
    streams.take(batch_of(events_of(accepted(22, 7, 3)), commands_of(22, 1), [SESSION]))
    assert len(first.framed) == 1 and len(second.framed) == 1
    assert [stored[0] for stored in second.stored] == [1_000_022]


@pytest.mark.rule("RECOV-010")
def test_a_connection_gets_replies_from_the_end_of_its_logon_on_and_others_are_stored() -> None:
    streams = new_streams()
    peer = Peer(streams, 1)
    streams.connect(peer, peer, put.JSON)  # its logon is not complete
    streams.take(batch_of(events_of(accepted(20, 7, 1)), commands_of(20, 1), [SESSION]))
    streams.go_live(peer)
    streams.take(batch_of(events_of(accepted(21, 7, 2)), commands_of(21, 1), [SESSION]))
    assert what(peer) == [("ok", 1_000_021)]
    assert [stored[0] for stored in peer.stored] == [1_000_020, 1_000_021]


def test_a_connection_that_ends_in_the_middle_of_a_batch_gets_what_was_sent_until_then() -> None:
    streams = new_streams()
    old = Peer(streams, 1)
    streams.listen(7, old)
    new: list[Peer] = []

    def take_over(*_: Any) -> None:
        streams.disconnect(old)
        new.append(Peer(streams, 1))
        streams.listen(7, new[0])

    rows = events_of(accepted(20, 7, 1), accepted(21, 7, 2), accepted(22, 7, 3))
    streams.take(batch_of(rows, commands_of(20, 3), [SESSION, TICKET, SESSION], {1: (take_over, 0, 0)}))
    assert what(old) == [("ok", 1_000_020), ("exec", (7, 1))]
    assert what(new[0]) == [("exec", (7, 2)), ("ok", 1_000_022), ("exec", (7, 3))]


def test_a_request_of_another_session_with_the_same_slot_is_not_answered_by_it() -> None:
    streams = new_streams()
    peer = Peer(streams, 17)
    assert streams.slot_of(17) == streams.slot_of(1)
    streams.take(batch_of(events_of(accepted(20, 7, 1)), commands_of(20, 1, session=1), [SESSION]))
    assert peer.framed == [] and peer.stored == [] and peer.asked == []


@pytest.mark.rule("RATE-004")
def test_a_session_that_has_more_to_say_makes_its_reply_itself() -> None:
    streams = new_streams()
    peer = Peer(streams, 1)
    streams.ask_python(peer, True)
    streams.take(batch_of(events_of(accepted(20, 7, 1)), commands_of(20, 1), [SESSION]))
    streams.ask_python(peer, False)
    streams.take(batch_of(events_of(accepted(21, 7, 2)), commands_of(21, 1), [SESSION]))
    assert peer.asked == [1_000_020] and [stored[0] for stored in peer.stored] == [1_000_020, 1_000_021]


@pytest.mark.rule("RECOV-011")
def test_replies_are_stored_in_the_order_of_their_commands_whoever_made_them() -> None:
    streams = new_streams()
    peers = [Peer(streams, 1), Peer(streams, 2)]
    rng = random.Random(5)
    commands = commands_of(20, 40)
    commands["session"] = [rng.choice((1, 2)) for _ in range(40)]
    kinds = (EventKind.ORDER_ACCEPTED, EventKind.TIMER_SET)  # the reply to a timer is Python's
    rows = [event(rng.choice(kinds), 20 + place, instrument=1, state=OrderState.OPEN) for place in range(40)]
    streams.take(batch_of(events_of(*rows), commands, [SESSION] * 40))
    for peer in peers:
        wanted = [int(row["request_id"]) for row in commands if row["session"] == peer.number]
        assert [stored[0] for stored in peer.stored] == wanted and 0 < len(peer.asked) < len(wanted)


@pytest.mark.rule("WIRE-004")
@pytest.mark.parametrize("encoding", [put.JSON, put.MSGPACK])
@pytest.mark.parametrize("spare", [0, 1, 7])
def test_messages_are_the_same_when_the_buffers_fill_up(encoding: int, spare: int) -> None:
    """Space for one message at a time, frames of a few messages: more frames, and the same messages in them."""
    rng = random.Random(spare)
    wide, narrow = new_streams(), new_streams()
    narrow._chains["bytes_max"] = 8 + 4 * 8_192 + spare
    narrow._chains["messages_max"] = 7
    narrow.payload_max = 700
    peers = [Peer(wide, 1, encoding), Peer(narrow, 1, encoding)]
    for streams, peer in zip((wide, narrow), peers, strict=True):
        streams.listen(7, peer)
    plain = PlainStreams({7: [1]})
    first = 1
    for _ in range(10):
        kinds = [rng.choice(list(EventKind)) for _ in range(20)]
        batch = released(rng, kinds, first, session=1)
        first += len(kinds)
        plain.take(batch)
        for streams in (wide, narrow):
            streams.take(batch)
    package = msgspec.json if encoding == put.JSON else msgspec.msgpack
    heard = [[message for payload in peer.payloads() for message in as_list(package.decode(payload))] for peer in peers]
    wanted = [package.decode(package.encode(message)) for message in plain.sent[1]]
    assert heard[0] == wanted and heard[1] == wanted
    sizes = [len(payload) for _, payload in unframed(b"".join(peers[1].framed))]
    assert len(sizes) > 50 and max(sizes) < 1_200


def as_list(decoded: Any) -> list[Any]:
    return decoded if isinstance(decoded, list) else [decoded]


def test_a_book_with_another_instrument_is_told_by_the_new_id_and_hours() -> None:
    listed = list(LISTED)
    instruments = table(listed)
    streams = AccountStreams(instruments, 64, RealClock())
    streams._load_instruments()
    listed[0] = listed[0]._replace(instrument_id=H27 + 4, hours=720)
    instruments.refresh()
    streams._load_instruments()
    known = [streams._tables[name][0][1] for name in ("instrument_id", "hours")]
    assert known == [H27 + 4, 720]
