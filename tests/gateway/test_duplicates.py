"""A `new` with the client order id of a live order, and one that has expired: what each session gets."""

import itertools
import random
from typing import Any

import msgspec
import pytest

from exchange.engine import query
from exchange.wire.messages import Batch, BatchCancel, BatchNew, BatchReplace, Err, Exec, New, Ok, Ping, Replace
from tests.gateway.harness import Bench, Peer

CONTENT = ("side", "order_type", "price_tick", "trigger_tick", "order_lots")
OTHERS = {"side": "s", "price_tick": 1, "order_lots": 9, "order_type": "mtl", "instrument": 0}


def tell_apart(message: Any, **left_out: Any) -> dict[str, Any]:
    """A message as plain data without what two requests never share."""
    plain = msgspec.to_builtins(message)
    return {key: value for key, value in plain.items() if key not in ("t", "re", "id", "in", "out", "e", "rl")}


def as_batch(order: New, request_id: int, atomic: bool = False) -> Batch:
    fields = {name: getattr(order, name) for name in New.__struct_fields__ if name != "request_id"}
    return Batch(request_id=request_id, operations=[BatchNew(**fields)], atomic=atomic)


def stop(bench: Bench, request_id: int, coid: str, **changes: Any) -> New:
    """A stop-limit that waits."""
    terms = {"order_type": "stop_limit", "trigger_tick": bench.price + 9, "price_tick": bench.price + 10} | changes
    return bench.order(request_id, coid, **terms)


def changed(bench: Bench, order: New) -> list[New]:
    """The order with one thing of its content changed."""
    found = []
    for name, value in (("side", "s"), ("price_tick", order.price_tick - 1), ("order_lots", order.order_lots + 1)):
        found.append(msgspec.structs.replace(order, **{name: value}))
    if order.order_type == "stop_limit":
        found.append(msgspec.structs.replace(order, trigger_tick=order.trigger_tick + 1))
        found.append(msgspec.structs.replace(order, order_type="stop"))
    return found


@pytest.mark.rule("ENTRY-003", "ORDER-005", "BAD-050", "ACCT-001")
@pytest.mark.parametrize("make", [Bench.order, stop], ids=["limit", "stop"])
@pytest.mark.parametrize("way", ["single", "batch"])
def test_same_order_again_is_answered_and_reported_to_no_session(bench: Bench, make: Any, way: str) -> None:
    peer, twin, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    first = peer.ask(make(bench, 10, "a1"))[0]
    other.ask(bench.order(10, "b1", side="s", order_lots=2, price_tick=bench.price))
    twin.take(), peer.take()
    last = query.account_sequence(bench.venue.states, 1)
    live = query.find_order(bench.venue.states, 1, client_order_id="a1")
    assert live is not None
    again = make(bench, 11, "a1", smp_mode="ca", tif="gtc", tag="x", cancel_on_disconnect=False)
    answers = peer.ask(again if way == "single" else as_batch(again, 11))
    (answer,) = answers if way == "single" else answers[0].results
    assert (answer.duplicate, answer.order_id, answer.client_order_id) == (True, first.order_id, "a1")
    assert (answer.state, answer.leaves_lots, answer.filled_lots) == (
        first.state, live.leaves_lots, live.filled_lots,
    )  # fmt: skip
    assert twin.take() == [] and query.account_sequence(bench.venue.states, 1) == last
    assert query.open_orders(bench.venue.states, 1) == [live]
    assert peer.ask(make(bench, 12, "a2"))[1].sequence == last + 1


@pytest.mark.rule("ENTRY-003", "ORDER-005", "BAD-051")
@pytest.mark.parametrize("make", [Bench.order, stop], ids=["limit", "stop"])
@pytest.mark.parametrize("way", ["single", "batch"])
def test_other_content_is_refused_and_the_event_names_no_order(bench: Bench, make: Any, way: str) -> None:
    peer, twin = bench.connect(bench.keys[1]), bench.connect(bench.keys[1])
    first = peer.ask(make(bench, 10, "a1"))[0]
    live = query.open_orders(bench.venue.states, 1)
    for number, order in enumerate(changed(bench, make(bench, 10, "a1")), 11):
        twin.take()
        request = msgspec.structs.replace(order, request_id=number)
        answers = peer.ask(request if way == "single" else as_batch(request, number))
        answer = answers[0] if way == "single" else answers[0].results[0]
        assert (answer.name, answer.order_id, answer.order.order_id) == ("DUP_COID", None, first.order_id)
        (event,) = twin.take()
        assert isinstance(event, Exec) and (event.event, event.client_order_id) == ("rejected", "a1")
        assert "oid" not in msgspec.to_builtins(event)
        assert query.open_orders(bench.venue.states, 1) == live


@pytest.mark.rule("ENTRY-003", "REPL-001")
def test_content_is_that_of_the_live_order_as_it_is_now(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"), Replace(request_id=11, client_order_id="a1", price_tick=bench.price - 1))
    assert peer.ask(bench.order(12, "a1"))[0].name == "DUP_COID"
    assert peer.ask(bench.order(13, "a1", price_tick=bench.price - 1))[0].duplicate


@pytest.mark.rule("ENTRY-013", "ENTRY-014")
def test_twice_in_one_batch_is_one_order(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    for number, atomic in ((10, False), (11, True)):
        one = as_batch(bench.order(number, f"a{number}"), number).operations
        reply = answer_of(peer, Batch(request_id=number, operations=one * 2, atomic=atomic))
        first, second = reply.results
        assert (first.order_id, first.state) == (second.order_id, second.state) and second.duplicate
        assert not first.duplicate
    assert len(query.open_orders(bench.venue.states, 1)) == 2


@pytest.mark.rule("RECOV-011")
def test_reply_to_the_same_order_again_is_made_of_its_event_whenever_it_is_asked_for(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    peer.ask(bench.order(10, "a1"))
    told = [peer.ask(bench.order(11 + number, "a1"))[0] for number in range(100)]
    other.ask(bench.order(10, "b1", side="s"))
    peer.take()
    for number in (0, 50, 99):
        assert peer.ask(bench.order(11 + number, "a1"))[0] == told[number]


@pytest.mark.rule("TIF-009", "ENTRY-001")
@pytest.mark.parametrize("way", ["single", "batch", "atomic"])
@pytest.mark.parametrize("make", [Bench.order, stop], ids=["limit", "stop"])
@pytest.mark.parametrize("ago_us", [0, 1, 10**12])
def test_order_whose_time_has_come_is_expired_and_never_open(bench: Bench, make: Any, way: str, ago_us: int) -> None:
    peer, twin, seller = bench.connect(bench.keys[1]), bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    seller.ask(bench.order(10, "s1", side="s"))
    order = make(bench, 10, "a1", tif="gtd", expiry_us=bench.clock.wall_us() - ago_us)
    answers = peer.ask(order if way == "single" else as_batch(order, 10, way == "atomic"))
    answer = answers[0] if way == "single" else answers[0].results[0]
    assert (answer.state, answer.leaves_lots, answer.filled_lots, answer.reason) == ("expired", 0, 0, "expired")
    events = twin.take()
    assert [(event.event, event.state, event.leaves_lots) for event in events] == [
        ("new", "expired", 0), ("cancelled", "expired", 0),
    ]  # fmt: skip
    bench.pass_ms(50)
    assert peer.take() == answers[1:0] and twin.take() == [] and seller.take() == []
    assert query.open_orders(bench.venue.states, 1) == []


@pytest.mark.rule("TIF-009", "REPL-001")
@pytest.mark.parametrize("way", ["single", "batch"])
@pytest.mark.parametrize("make", [Bench.order, stop], ids=["limit", "stop"])
def test_replace_to_a_time_that_has_come_ends_the_order(bench: Bench, make: Any, way: str) -> None:
    peer, twin, seller = bench.connect(bench.keys[1]), bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    first = peer.ask(make(bench, 10, "a1"))[0]
    seller.ask(bench.order(10, "s1", side="s", price_tick=bench.price + 5))
    twin.take()
    # It would trade at once if it worked.
    terms = {"price_tick": bench.price + 12, "tif": "gtd", "expiry_us": bench.clock.wall_us(), "client_order_id": "a1"}
    one = Replace(request_id=11, **terms)
    answers = peer.ask(one if way == "single" else Batch(request_id=11, operations=[BatchReplace(**terms)]))
    answer = answers[0] if way == "single" else answers[0].results[0]
    assert (answer.order_id, answer.state, answer.leaves_lots, answer.reason, answer.priority) == (
        first.order_id, "expired", 0, "expired", "",
    )  # fmt: skip
    assert [(event.event, event.state, event.leaves_lots) for event in twin.take()] == [
        ("replaced", "expired", 0), ("cancelled", "expired", 0),
    ]  # fmt: skip
    assert query.open_orders(bench.venue.states, 1) == []


def random_operation(bench: Bench, rng: random.Random, coids: list[str]) -> Any:
    """A request about one of few names: good, repeated, refused for many reasons."""
    coid = rng.choice(coids)
    if rng.random() < 0.2:
        return BatchCancel(client_order_id=coid)
    price = bench.price + rng.choice([-3, -1, 0, 0, 0, 2, 5_000])
    lots = rng.choice([1, 5, 5, 5, 9, 10_000])
    if rng.random() < 0.25:
        return BatchReplace(client_order_id=coid, price_tick=price, order_lots=lots)
    terms = {"instrument": bench.instrument, "client_order_id": coid, "order_lots": lots, "price_tick": price}
    terms |= {"side": rng.choice("bs"), "post_only": rng.choice(["", "", "reject"])}
    if rng.random() < 0.2:
        terms |= {"tif": "gtd", "expiry_us": bench.clock.wall_us() + rng.choice([-5, 10**9])}
    return BatchNew(**terms)


def single(operation: Any, request_id: int) -> Any:
    kind = {BatchNew: New, BatchReplace: Replace}.get(type(operation))
    kind = kind or type(operation).__mro__[1]
    fields = {name: getattr(operation, name) for name in operation.__struct_fields__ if name != "request_id"}
    return kind(request_id=request_id, **fields)


def answer_of(peer: Peer, message: Any) -> Any:
    return next(answer for answer in peer.ask(message) if isinstance(answer, Ok | Err))


@pytest.mark.rule("ENTRY-013", "ENTRY-002", "WIRE-020")
@pytest.mark.parametrize("seed", range(4))
def test_operation_of_a_batch_gets_what_the_request_alone_gets(tmp_path: Any, seed: int) -> None:
    """Two venues with one history: requests one by one in the first, each as a batch in the second."""
    rng, coids = random.Random(seed), [f"c{number}" for number in range(6)]
    with Bench(str(tmp_path / "alone")) as alone, Bench(str(tmp_path / "batched")) as batched:
        peers = [bench.connect(bench.keys[1]) for bench in (alone, batched)]
        others = [bench.connect(bench.keys[2]) for bench in (alone, batched)]
        seen: set[str] = set()
        for number, pair in zip(range(10, 160), itertools.cycle([peers, peers, others]), strict=False):
            operation = random_operation(alone, rng, coids)
            told = answer_of(pair[0], single(operation, number))
            (result,) = answer_of(pair[1], Batch(request_id=number, operations=[operation])).results
            expected, found = tell_apart(told), tell_apart(result)
            if isinstance(told, Err) and told.engine_sequence is None:
                found.pop("coid", None)  # refused before the engine has seen it
                expected.pop("coid", None)
            assert found == expected, operation
            seen.add(told.name if isinstance(told, Err) else f"{told.state} {told.duplicate}")
        assert {"open False", "open True", "DUP_COID", "UNKNOWN_ORDER", "expired False"} <= seen
        assert peers[0].ask(Ping(request_id=1)) and peers[1].ask(Ping(request_id=1))
