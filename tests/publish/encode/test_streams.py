"""What the kernels know of accounts and sessions holds the largest batch, and all connections of a venue."""

from exchange.engine import query
from exchange.engine.state import new_state
from exchange.gateway.throttle import PROFILES
from exchange.limits import VENUE
from exchange.publish.encode import put, streams


def test_nobody_listens_and_nothing_waits_at_first() -> None:
    assert not streams.new_streams().view("u1").any()


def test_the_largest_batch_has_space_for_its_replies() -> None:
    assert max(profile.batch_rows for profile in PROFILES.values()) <= streams.REPLIES


def test_every_account_and_every_session_has_a_row() -> None:
    state = new_state(VENUE)
    assert len(state["accounts"][0]) <= streams.ACCOUNTS
    assert query.session_rows(state) <= put.SLOTS == len(streams.new_streams()[0]["session"])
