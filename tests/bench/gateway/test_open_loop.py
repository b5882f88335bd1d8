"""The schedule does not wait for the venue, and latency is counted from it."""

import numpy as np
import pytest

from bench.gateway.encodings import ENCODINGS
from bench.gateway.open_loop import Client, _found, _spread, due_ns, percentiles_us


def test_a_schedule_rises_and_has_its_rate() -> None:
    due = due_ns(50_000, 100_000, 7)
    assert due.dtype == np.int64 and (np.diff(due) >= 0).all()
    assert due[-1] / 1e9 == pytest.approx(2.0, rel=0.02)
    assert np.array_equal(due, due_ns(50_000, 100_000, 7)) and not np.array_equal(due, due_ns(50_000, 100_000, 8))


def test_arrivals_are_independent() -> None:
    """Gaps of a random schedule spread as much as their mean; those of an even one not at all."""
    gaps = np.diff(due_ns(1_000, 50_000, 3))
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)


def test_a_stall_is_counted_for_every_request_that_was_due_in_it() -> None:
    """1,000 requests a second for a second; the venue stands still for 100 ms, then answers all that wait at once."""
    due = np.arange(1_000) * 1_000_000
    done = np.where((due >= 500_000_000) & (due < 600_000_000), 600_000_000, due + 50_000)
    p50, p99, p999 = percentiles_us(due, done)
    assert p50 == 50.0 and p99 > 89_000 and p999 > 98_000
    sent = np.where((due >= 500_000_000) & (due < 600_000_000), 600_000_000, due)
    assert percentiles_us(sent, np.maximum(done, sent + 50_000))[1] == 50.0, "what a closed loop would see"


class Socket:
    """Takes so many bytes at once, and answers nothing."""

    def __init__(self, room: int) -> None:
        self.room, self.taken = room, b""

    def send(self, data: bytes) -> int:
        if not self.room:
            raise BlockingIOError
        size = min(self.room, len(data))
        self.taken += data[:size]
        self.room -= size
        return size


class Peer:
    """A connection of the load without a venue."""

    def __init__(self, room: int) -> None:
        self.socket, self.encoding = Socket(room), ENCODINGS["json"]


def test_requests_are_sent_when_they_are_due_and_not_before() -> None:
    client = Client(Peer(100), [b"a", b"b", b"c"], np.array([10, 20, 30]))  # type: ignore[arg-type]
    sent = []
    for now_ns in (9, 10, 25, 40):
        client.send(now_ns)
        sent.append(client.peer.socket.taken)  # type: ignore[attr-defined]
    assert sent == [b"", b"a", b"ab", b"abc"]
    assert _spread(client.sent_ns).tolist() == [10, 25, 40]


def test_a_full_socket_makes_requests_wait_but_not_the_schedule() -> None:
    client = Client(Peer(1), [b"a", b"b", b"c"], np.array([10, 20, 30]))  # type: ignore[arg-type]
    for now_ns in (20, 30):
        client.send(now_ns)
    assert client.unsent == b"bc" and client.sent == 3
    client.peer.socket.room = 9  # type: ignore[attr-defined]
    client.send(50)
    assert client.peer.socket.taken == b"abc" and not client.unsent  # type: ignore[attr-defined]


def test_latency_counts_from_when_a_request_was_due_and_not_from_when_it_was_sent() -> None:
    clients = [Client(Peer(9), [b"a", b"b"], np.array(due)) for due in ([0, 10_000], [5_000, 15_000])]  # type: ignore[arg-type]
    for client in clients:
        client.send(40_000)
        client.answered_ns.append((2, 100_000))
    found = _found(clients)
    assert found["latency_us"] == [95.0, 100.0, 100.0] and found["late_us"] == [35.0, 40.0, 40.0]
    assert found["answers"] == 4 and found["seconds"] == 0.000_1
