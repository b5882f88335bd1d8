"""A row of sessions, which a later session may get: what belongs to the earlier one does not reach it."""

from pathlib import Path

import pytest

from exchange.gateway.throttle import STANDARD
from exchange.wire.messages import Batch, BatchNew, Cancel
from tests.gateway.harness import Bench


@pytest.mark.rule("RECOV-013")
def test_dropped_session_leaves_no_memory(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        for _ in range(8):
            bench.connect(bench.keys[1]).drop()
            bench.drop_idle_sessions()
        assert not bench.venue.consumers.account_streams._sessions


@pytest.mark.rule("RECOV-011", "RECOV-013", "RATE-005")
def test_answer_to_a_dropped_session_is_not_stored_for_the_next_one_in_its_row(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        peer = bench.connect(bench.keys[1])
        first = peer.connection.session
        for _ in range(62):  # all other rows are taken
            bench.connect(bench.keys[2])
        bench.hold = True
        order = BatchNew(
            instrument=bench.instrument, side="b", price_tick=bench.price, order_lots=1, client_order_id="x"
        )
        peer.send(Batch(request_id=500, atomic=True, operations=[order]))
        peer.drop()
        bench.drop_idle_sessions()
        later = bench.open()
        later.log_on(bench.keys[3])
        second = later.connection.session
        assert first is not None and second is not None and second.number == first.number + 64
        bench.hold = False
        bench.settle()
        assert later.connection.live and later.connection.unanswered == 0
        assert second.replies.newest == 0


@pytest.mark.rule("RATE-004")
def test_bucket_that_became_low_before_a_drop_is_named_in_the_first_reply_after_the_resume(tmp_path: Path) -> None:
    with Bench(str(tmp_path), STANDARD) as bench:
        peer = bench.connect(bench.keys[1])
        session = peer.connection.session
        assert session is not None and session.cancel_bucket is not None
        bench.hold = True
        session.cancel_bucket.spend(bench.clock.mono_ns(), 1_800)
        peer.send(Cancel(request_id=10, client_order_id="x"))
        peer.drop()
        bench.hold = False
        bench.settle()
        again = bench.connect(bench.keys[1], sid=session.name)
        reply = again.ask(bench.order(20, "a"))[0]
        assert again.connection.session is session and reply.limit_left[0] == "cancel"
        assert again.ask(bench.order(21, "b"))[0].limit_left is None
