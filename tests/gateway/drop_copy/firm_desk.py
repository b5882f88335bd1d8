"""Firms, their desks, and what a desk should get: a slow, obvious twin that reads every event of the venue in order."""

from typing import Any

import msgspec
import numpy as np

from exchange.codes import CommandKind
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.event_rows import ACCOUNT, read_rows
from exchange.gateway.auth import KeyPair
from exchange.wire.messages import AccountMessage, Live, New, Welcome
from tests.gateway.harness import Bench, Peer

PATH = "/v1/dc"
DESK_ACCOUNT = 20  # and the next ones: of the keys of desks


def join(bench: Bench, account: int, firm: int) -> None:
    """Let an account be of a firm from now on, as an operator of a venue that serves does it."""
    payload, done = encode_payload(AccountPayload(account, firm, smp_id=account)), list[Any]()
    bench.venue.own.submit_control(CommandKind.DEFINE_ACCOUNT, payload, done.append, done.append)
    bench.settle()
    assert len(done) == 1 and not isinstance(done[0], str), done


def desk_key(bench: Bench, firm: int, scopes: tuple[str, ...] = ("dc",)) -> KeyPair:
    """The key of a firm's desk, with an account that never trades. It is the same after a restart."""
    name, seed = f"desk{firm}{''.join(scopes)}", bytes([100 + firm]) * 32
    if f"k_{name}" in bench.opened.keys.keys:
        return KeyPair(f"k_{name}", DESK_ACCOUNT + firm, seed)
    return bench.opened.make_key(name, DESK_ACCOUNT + firm, scopes=scopes, firm=firm, seed=seed)


def open_desk(bench: Bench, pair: KeyPair, sid: str = "", **options: Any) -> tuple[Peer, list[Any]]:
    """A live connection of a firm's desk, and what it got until it was live."""
    formats = {name: options.pop(name, False) for name in ("msgpack", "binary")}
    peer = bench.open(PATH, **formats)
    heard = peer.log_on(pair, sid, **options)
    while isinstance(heard[0], Welcome) and heard[0].resumed and not isinstance(heard[-1], Live):
        bench.pass_ms(10)  # a slice in each step
        heard += peer.take()
    assert isinstance(heard[0], Welcome) and isinstance(heard[-1], Live), heard
    return peer, heard


def copied(messages: list[Any]) -> list[AccountMessage]:
    """The messages of the drop copy among others."""
    return [message for message in messages if isinstance(message, AccountMessage)]


def numbers(messages: list[Any]) -> list[int]:
    return [message.drop_sequence for message in copied(messages)]  # type: ignore[attr-defined]


def shown(messages: list[Any]) -> list[dict[str, Any]]:
    """Account messages without the mark of a replay."""
    plain = [msgspec.to_builtins(message) for message in copied(messages)]
    return [{key: value for key, value in message.items() if key != "rp"} for message in plain]


class FirmTwin:
    """Knows which account was of which firm from which command on, because the test says so."""

    def __init__(self) -> None:
        self.joined: list[tuple[int, int, int]] = []  # (sequence, account, firm)

    def join(self, bench: Bench, account: int, firm: int) -> None:
        join(bench, account, firm)
        self.joined.append((bench.venue.sequence, account, firm))

    def messages(self, bench: Bench, firm: int) -> list[AccountMessage]:
        """All messages of a firm, from the kept events, which must be all of the venue."""
        rows = read_rows(np.concatenate([rows.copy() for rows in bench.venue.history.newest_first()][::-1]))
        firms: dict[int, int] = {}
        joined, mine, found = list(self.joined), [], []
        for row in rows:
            while joined and joined[0][0] <= row[0]:
                _, account, into = joined.pop(0)
                firms[account] = into
            if firms.get(row[ACCOUNT]) == firm:
                mine.append(row)
        for number, (_, _, message) in enumerate(bench.venue.consumers.reports.messages(mine), 1):
            message.drop_sequence = number  # type: ignore[attr-defined]
            found.append(message)
        return found


def trade(bench: Bench, rng: Any, peers: list[Peer], request_id: int) -> None:
    """One order of a random member."""
    fields: dict[str, Any] = {
        "side": rng.choice("bs"), "price_tick": bench.price + rng.randint(-2, 2), "order_lots": rng.randint(1, 9),
    }  # fmt: skip
    order: New = bench.order(request_id, f"o{request_id}", **fields)
    rng.choice(peers).ask(order)
