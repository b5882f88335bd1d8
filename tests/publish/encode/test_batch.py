"""Messages that compiled code writes against those of the publishers in Python: bytes for bytes."""

import random
from typing import Any

import numpy as np
import pytest

from exchange.codes import (
    CancelReason,
    EventFlag,
    EventKind,
    KillParty,
    Liquidity,
    MarketState,
    OrderState,
    OrderType,
    ProtectionState,
    RejectReason,
    Scope,
    Side,
    Threshold,
    TimeInForce,
)
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.encode import put
from exchange.records import EVENT, EVENT_KINDS, QUOTE_KEY, field_of
from exchange.wire.table import ACCOUNT_FORMS, Answerer
from tests.publish.encode.streamed import NOW_US, Peer, PlainStreams, batch_of, commands_of, new_streams

ENCODINGS = (put.JSON, put.MSGPACK, put.BINARY)
INT32, INT53, INT64 = 2**31 - 1, 2**53 - 1, 2**63 - 1
NUMBERS = {
    "i4": (
        0,
        1,
        -1,
        7,
        127,
        128,
        255,
        256,
        65_535,
        65_536,
        99_999_999,
        100_000_000,
        INT32,
        -INT32,
        -128,
        -129,
        -32_769,
    ),
    "i8": (0, 1, -1, 31, -32, -33, 10**8 - 1, 10**8, 10**15, 10**16 - 1, 10**16, 2**32, INT53, -INT53, INT64, -INT64),
    "u4": (0, 1, 2, 9, 255, 65_535, 2**32 - 1),
    "u8": (0, 1, 10**9, INT53),
}
CODES: dict[str, tuple[int, ...]] = {
    "side": tuple(Side),
    "order_type": tuple(OrderType),
    "tif": tuple(TimeInForce),
    "cancel_reason": tuple(CancelReason),
    "kill_party": tuple(KillParty),
    "scope": tuple(Scope),
    "threshold": tuple(Threshold),
    "protection_state": tuple(ProtectionState),
    "liquidity": tuple(Liquidity),
    "book_state": tuple(MarketState),
    "state": tuple(OrderState),
    "reason": tuple(reason for reason in RejectReason if reason != RejectReason.NONE),
}
TEXTS = ("", "a", "abcdefgh", "abcdefghi", "A-1_2.3:4", "abcdefghijklmnop", "abcdefghijklmnopq", "x" * 24)
FLAGS = (0, int(EventFlag.KEPT), int(EventFlag.LOST), int(EventFlag.MARGIN), int(EventFlag.SAME))
MONEY_KINDS = (EventKind.POSITION_CHANGED, EventKind.CASH_MOVED)
SMALL = ("lots", "price", "value_tick_lots", "amount_mills", "reference", "order_id")  # their products fit in 64 bits


def event_of(rng: random.Random, kind: EventKind, sequence: int) -> np.ndarray:
    """An EVENT row of a kind with any values in the fields that it carries; all codes have words."""
    row = np.zeros(1, EVENT)
    row["sequence"], row["kind"], row["time_ns"] = sequence, kind, NOW_US * 1_000 + rng.randrange(10**6)
    for name in EVENT_KINDS[kind].split():
        field = field_of(EVENT, name)
        if name.startswith("client_order_id") or field in ("account", "instrument"):
            continue
        if name in CODES:
            row[field] = rng.choice(CODES[name])
        elif field == "flags":
            row[field] = rng.choice(FLAGS)
        elif EVENT.fields[field][0].itemsize > 1:
            row[field] = rng.choice(NUMBERS[EVENT.fields[field][0].str[1:]])
            if kind in MONEY_KINDS and field in SMALL:
                row[field] = rng.randrange(-(10**6), 10**6)
    text = rng.choice(TEXTS).encode().ljust(24, b"\0")
    for number in range(3 if kind != EventKind.QUOTE_ACCEPTED else 0):
        row[f"client_order_id_{number}"] = int.from_bytes(text[8 * number : 8 * number + 8], "little")
    if rng.random() < 0.1 and kind != EventKind.QUOTE_ACCEPTED:
        row["client_order_id_0"] = QUOTE_KEY | 1
    if kind in MONEY_KINDS:
        row[field_of(EVENT, "required_mills")] = rng.choice(NUMBERS["u8"])
    row["instrument"] = rng.choice((1, 2))
    row["account"] = 7
    row["account_sequence"] = rng.choice((1, 200, 70_000, INT53)) if kind in ACCOUNT_FORMS else 0
    return row


def released(rng: random.Random, kinds: list[EventKind], first: int, session: int) -> Any:
    """A batch of a command for each kind, with some more rows of its order behind the first."""
    events = []
    for place, kind in enumerate(kinds):
        rows = [event_of(rng, kind, first + place)]
        for _ in range(rng.choice((0, 0, 1, 2))):
            rows.append(event_of(rng, rng.choice(list(ACCOUNT_FORMS)), first + place))
            if rng.random() < 0.5 and rows[-1]["kind"] not in MONEY_KINDS:
                rows[-1]["order_id"] = rows[0]["order_id"]
        for fill in [row for row in rows if row["kind"] == EventKind.FILL]:
            legs = [event_of(rng, EventKind.LEG_FILLED, first + place) for _ in range(rng.choice((0, 2, 12)))]
            for leg in legs:
                leg["account_sequence"] = fill["account_sequence"]
            at = next(number for number, row in enumerate(rows) if row is fill)
            rows[at + 1 : at + 1] = legs
        events += rows
    answerers = [rng.choice((int(Answerer.NOBODY), int(Answerer.SESSION))) for _ in kinds]
    return batch_of(np.concatenate(events), commands_of(first, len(kinds), session), answerers)


def drive(seed: int, encoding: int, batches: int) -> Peer:
    """Release random batches to two connections, the first of which sends the requests, and compare what they get."""
    rng = random.Random(f"{seed} {encoding}")
    streams, plain = new_streams(), PlainStreams({7: [1, 2]})
    peers = [Peer(streams, 1, encoding), Peer(streams, 2, rng.choice(ENCODINGS))]
    for peer in peers:
        streams.listen(7, peer)
    first = 1
    for _ in range(batches):
        kinds = [rng.choice(list(EventKind)) for _ in range(rng.randint(1, 12))]
        batch = released(rng, kinds, first, session=1)
        first += len(kinds)
        plain.sent = {}
        plain.take(batch)
        for peer in peers:
            peer.framed = []
        streams.take(batch)
        for peer in peers:
            assert peer.payloads() == peer.encoded(plain.sent.get(peer.number, []))
        assert {account: streams.released(account) for account in plain.released} == plain.released
    streams.take(ReleasedBatch(batch.events, 0, 0, 1))  # as before the venue serves
    return peers[0]


@pytest.mark.rule("ENTRY-001", "ACCT-003", "WIRE-004")
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("seed", range(4))
def test_every_kind_of_row_is_written_as_the_plain_encoder_writes_it(seed: int, encoding: int) -> None:
    sender = drive(seed, encoding, 60)
    answered = [stored[0] for stored in sender.stored]
    assert answered == sorted(set(answered)) and len(answered) > 100
    assert len(sender.asked) and len(answered) - len(sender.asked) > 15, "either made many replies"
