"""The client's protocol against the protocol text: logon, requests, resume and resend, heartbeats."""

import pytest

from clients.errors import NotLive
from clients.events import Connected, Disconnected, Filled, Gap, HistoryChanged, OrderChanged, Reconnected, Replied
from clients.logon import ClientPhase
from exchange.wire.messages import Cancel, ChannelSpec, New
from tests.clients.scripted_venue import (
    EXEC_NEW,
    FILL,
    H27,
    HELLO,
    LIVE,
    MARGIN,
    OK_NEW,
    SNAPSHOT,
    WELCOME,
    ScriptedVenue,
)

ORDER = New(
    request_id=1,
    account=7,
    instrument=H27,
    side="b",
    price_tick=2845,
    order_lots=12,
    client_order_id="mm7-000000012345",
)


def kinds(events: list[object]) -> list[str]:
    return [type(event).__name__ for event in events]


@pytest.mark.rule("SESS-001")
def test_the_client_answers_the_challenge_with_the_signature_of_the_protocol_text() -> None:
    venue = ScriptedVenue()
    venue.core.opened(venue.now)
    assert venue.says(HELLO) == []
    (auth,) = venue.heard()
    assert auth["t"] == "auth" and auth["key"] == "k_5f2c9a" and "sid" not in auth
    assert auth["sig"] == "t51XbSHVboG6_Vg08KVf2BO9rf0DyDjD3vjuJo-mGOcTZdvasG7je207WXualVGvDgW_76T3cWtke3CDWlClDg"


@pytest.mark.rule("SESS-006")
def test_a_new_session_is_live_after_its_snapshot() -> None:
    venue = ScriptedVenue()
    events = venue.log_on()
    assert kinds(events) == ["AccountSnapshot", "Connected"]
    assert venue.core.live and venue.core.session_id == "s_91c2d07e" and venue.core.account == 7
    order = venue.core.orders.get(7, "mm7-000000012001")
    assert order is not None and order.working and order.leaves_lots == 20


@pytest.mark.rule("SESS-004")
def test_a_reader_without_a_key_is_live_at_once() -> None:
    venue = ScriptedVenue(key="")
    venue.core.opened(venue.now)
    assert kinds(venue.says(HELLO)) == ["Connected"]
    assert venue.heard() == []


def test_nothing_is_sent_before_the_session_is_live() -> None:
    venue = ScriptedVenue()
    with pytest.raises(NotLive):
        venue.core.place(ORDER)
    venue.core.opened(venue.now)
    venue.says(HELLO)
    with pytest.raises(NotLive):
        venue.core.send(Cancel(request_id=1, client_order_id="x"))


@pytest.mark.rule("SESS-007")
def test_request_ids_rise_over_the_whole_session() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    _, first = venue.core.place(ORDER)
    second = venue.core.send(Cancel(request_id=1, client_order_id="a"))
    venue.core.closed(1006, "")
    venue.core.opened(venue.now)
    venue.says(HELLO)
    ids = [message["id"] for message in venue.heard()]
    assert first < second < ids[-1]


def test_a_refused_logon_is_final_unless_the_venue_is_only_busy() -> None:
    for code, name, final in ((2001, "BAD_AUTH", True), (9001, "BUSY", False)):
        venue = ScriptedVenue()
        venue.core.opened(venue.now)
        venue.says(HELLO)
        (auth,) = venue.heard()
        venue.says({"t": "err", "re": auth["id"], "code": code, "name": name, "msg": "no", "applied": "no"})
        assert name in venue.core.close_wanted
        (event,) = venue.core.closed(4008, "")
        assert event == Disconnected(4008, f"logon refused: {name} no", final)


def placed(venue: ScriptedVenue) -> int:
    """Log on, apply events up to 1057, send the order of the protocol text; the request's id."""
    venue.log_on()
    venue.core.accounts[7].sequence = 1057
    _, request_id = venue.core.place(ORDER)
    return request_id


@pytest.mark.rule("ENTRY-001")
def test_the_reply_tells_the_state_and_the_event_adds_nothing() -> None:
    venue = ScriptedVenue()
    request_id = placed(venue)
    events = venue.says(OK_NEW | {"re": request_id})
    assert kinds(events) == ["Replied", "OrderChanged"]
    order = venue.core.orders.get(7, "mm7-000000012345")
    assert order is not None and order.working and order.order_id == 90071 and order.leaves_lots == 12
    venue.says(EXEC_NEW)
    assert order.leaves_lots == 12
    (filled,) = venue.says(FILL)
    assert isinstance(filled, Filled) and filled.order is order
    assert (order.leaves_lots, order.filled_lots, order.value_tick_lots) == (8, 4, 11380)


@pytest.mark.rule("ENTRY-001")
def test_an_order_filled_by_its_own_command_does_not_look_open_in_between() -> None:
    venue = ScriptedVenue()
    request_id = placed(venue)
    venue.says(OK_NEW | {"re": request_id, "st": "filled", "lv": 0, "cum": 12})
    order = venue.core.orders.get(7, "mm7-000000012345")
    assert order is not None and order.done
    venue.says(EXEC_NEW)
    assert order.state == "filled" and order.done
    venue.says(FILL | {"e": 9000412, "q": 12, "lv": 0, "cum": 12, "val": 34140, "st": "filled"})
    assert (order.state, order.filled_lots, order.value_tick_lots) == ("filled", 12, 34140)


@pytest.mark.rule("ENTRY-002")
def test_a_refused_order_is_rejected_with_its_reason() -> None:
    venue = ScriptedVenue()
    request_id = placed(venue)
    events = venue.says(
        {"t": "err", "re": request_id, "code": 5003, "name": "PRICE_BAND", "msg": "", "applied": "no", "e": 9000412}
    )
    order = venue.core.orders.get(7, "mm7-000000012345")
    assert order is not None and order.state == "rejected" and order.error is not None
    assert order.error.name == "PRICE_BAND" and isinstance(events[-1], OrderChanged)


@pytest.mark.rule("RECOV-010")
@pytest.mark.rule("RECOV-011")
def test_a_lost_connection_is_resumed_as_in_the_protocol_text() -> None:
    venue = ScriptedVenue()
    request_id = placed(venue)
    sent = venue.heard()
    assert venue.core.closed(1006, "") == [Disconnected(1006, "connection closed (1006)")]
    with pytest.raises(NotLive):
        venue.core.send(Cancel(request_id=1, client_order_id="a"))
    venue.core.opened(venue.now)
    venue.says(HELLO)
    (auth,) = venue.heard()
    assert auth["sid"] == "s_91c2d07e" and auth["take"] is True and auth["last"] == [[7, 1057]]
    assert auth["sig"] == "oz4Dvznr8cRWwOQpvyyYocjMfQ9gy2LlCeDV3NV8r31-CM88WQxSwcbQK47R3svWntRRoZfqCtNkL_T4mhO2CQ"
    assert venue.says(WELCOME | {"re": auth["id"], "resumed": True, "last_id": request_id, "s": [[7, 1059]]}) == []
    missed = venue.says(EXEC_NEW | {"rp": True}, FILL | {"rp": True})
    assert kinds(missed) == ["OrderChanged", "Filled"]
    assert venue.heard() == []  # requests are served from `live` on
    assert venue.says(LIVE | {"s": 1059}) == [Reconnected(True)]
    assert venue.heard() == sent[-1:]  # the same bytes again
    (answered,) = venue.says(OK_NEW | {"re": request_id, "dup": True})
    assert isinstance(answered, Replied)
    order = venue.core.orders.get(7, "mm7-000000012345")
    assert order is not None and (order.leaves_lots, order.filled_lots) == (8, 4)  # not as it was at 9000412


@pytest.mark.rule("RECOV-011")
def test_unanswered_requests_are_resent_in_order_and_before_new_ones() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    for name in ("a", "b", "c"):
        venue.core.send(Cancel(request_id=1, client_order_id=name))
    before = venue.heard()
    venue.core.closed(1006, "")
    venue.core.opened(venue.now)
    venue.says(HELLO)
    (auth,) = venue.heard()
    venue.says(WELCOME | {"re": auth["id"], "resumed": True}, LIVE)
    venue.core.send(Cancel(request_id=1, client_order_id="d"))
    after = venue.heard()
    assert after[:3] == before and after[3]["coid"] == "d" and after[3]["id"] > auth["id"]


@pytest.mark.rule("SESS-007")
def test_ids_go_on_above_the_last_one_the_venue_processed() -> None:
    venue = ScriptedVenue()
    venue.core.opened(venue.now)
    venue.says(HELLO)
    venue.says(WELCOME | {"re": venue.heard()[0]["id"], "last_id": 500}, SNAPSHOT, LIVE)
    assert venue.core.send(Cancel(request_id=1, client_order_id="a")) == 501


@pytest.mark.rule("RECOV-003")
def test_a_replayed_event_that_was_applied_before_changes_nothing() -> None:
    venue = ScriptedVenue()
    placed(venue)
    venue.says(EXEC_NEW, FILL)
    assert venue.says(FILL | {"rp": True}) == []


@pytest.mark.rule("RECOV-003")
def test_a_hole_in_the_account_stream_is_told_and_forces_a_resume() -> None:
    venue = ScriptedVenue()
    placed(venue)
    (gap,) = venue.says(FILL)
    assert gap == Gap("account 7", 1058, 1059)
    assert "1058 is missing" in venue.core.close_wanted
    venue.core.closed(1000, "")
    venue.core.opened(venue.now)
    venue.says(HELLO)
    assert venue.heard()[0]["last"] == [[7, 1057]]


@pytest.mark.rule("RECOV-013")
def test_without_a_resume_the_snapshot_rules_and_orders_it_lacks_are_asked_for() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.core.closed(1006, "")
    venue.core.opened(venue.now)
    venue.says(HELLO)
    (auth,) = venue.heard()
    events = venue.says(WELCOME | {"re": auth["id"]}, SNAPSHOT | {"orders": [], "s": 2000}, LIVE | {"s": 2000})
    assert events[-1] == Reconnected(False)
    (query,) = venue.heard()
    assert query["t"] == "query" and query["coid"] == "mm7-000000012001"
    view = SNAPSHOT["orders"][0] | {"st": "filled", "lv": 0, "cum": 20, "val": 56800}
    venue.says({"t": "ok", "re": query["id"], "order": view, "e": 9000500})
    order = venue.core.orders.get(7, "mm7-000000012001")
    assert order is not None and order.state == "filled" and order.value_tick_lots == 56800


def test_requests_of_a_session_the_venue_forgot_become_unknown_and_are_asked_for() -> None:
    venue = ScriptedVenue()
    request_id = placed(venue)
    venue.heard()
    venue.core.closed(1006, "")
    venue.core.opened(venue.now)
    venue.says(HELLO)
    (auth,) = venue.heard()
    events = venue.says(WELCOME | {"re": auth["id"], "sid": "s_other"})
    assert isinstance(events[0], Replied) and events[0].reply.applied == "unknown"
    assert events[0].reply.reply_to == request_id
    venue.says(SNAPSHOT | {"orders": []}, LIVE)
    queries = [message["coid"] for message in venue.heard()]
    assert queries == ["mm7-000000012345", "mm7-000000012001"]


@pytest.mark.rule("RECOV-001")
def test_another_history_drops_everything_known() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    order = venue.core.orders.get(7, "mm7-000000012001")
    venue.core.closed(4012, "")
    venue.core.opened(venue.now)
    assert venue.says(HELLO | {"history": "h_new"}) == [HistoryChanged("h_new")]
    assert order is not None and order.state == "unknown"
    (auth,) = venue.heard()
    assert "sid" not in auth and "last" not in auth and len(venue.core.orders) == 0


@pytest.mark.rule("SESS-010")
def test_a_heartbeat_ahead_of_the_account_stream_twice_is_a_gap() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    beat = {"t": "hb", "ts": 1, "acc": [[7, 1042]], "ch": []}
    assert venue.says(beat) == [] and not venue.core.close_wanted
    assert kinds(venue.says(beat)) == ["Gap"]
    assert venue.core.close_wanted


@pytest.mark.rule("SESS-011")
def test_an_idle_client_pings_and_a_silent_venue_is_left() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.core.tick(1.0)
    assert venue.heard() == []
    venue.core.tick(2.0)
    assert [message["t"] for message in venue.heard()] == ["ping"]
    venue.core.tick(3.0)
    assert venue.heard() == [] and not venue.core.close_wanted
    venue.core.tick(5.1)
    assert "silent" in venue.core.close_wanted


@pytest.mark.rule("SESS-011")
def test_a_venue_that_was_away_for_long_is_not_called_silent_when_it_is_back() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.core.closed(1006, "")
    venue.now = 100.0
    venue.core.opened(venue.now)
    venue.core.tick(100.1)
    assert not venue.core.close_wanted


def test_a_peer_that_never_says_hello_is_left() -> None:
    venue = ScriptedVenue()
    venue.core.opened(venue.now)
    venue.core.tick(4.9)
    assert not venue.core.close_wanted
    venue.core.tick(5.1)
    assert "silent" in venue.core.close_wanted


@pytest.mark.rule("WIRE-003")
def test_many_requests_share_frames_within_the_limits() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    for number in range(200):
        venue.core.send(Cancel(request_id=1, client_order_id=f"order-{number}"))
    frames = venue.core.frames()
    assert 1 < len(frames) < 10 and all(len(frame) <= 4096 for frame in frames)
    assert sum(frame.count(b'"cancel"') for frame in frames) == 200
    assert all(frame.count(b'"cancel"') <= 64 for frame in frames)


@pytest.mark.rule("WIRE-011")
def test_what_the_client_does_not_know_is_ignored() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    assert venue.says({"t": "fortune", "text": "sell"}) == []
    (margin,) = venue.says({"t": "margin", "acc": 7, "s": 1042, "e": 1, "ts": 1, "colour": "red", **MARGIN})
    assert margin.equity_mills == 25000000


@pytest.mark.rule("RATE-006")
def test_a_slow_reader_is_told_that_it_lags() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    (lag,) = venue.says({"t": "lag", "lvl": 1, "bytes": 262144, "ms": 80, "act": "conflate"})
    assert kinds([lag]) == ["Lag"] and lag.level == 1


def test_an_announced_stop_tells_when_to_come_back() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.says({"t": "shutdown", "at": 1, "why": "deploy", "reconnect_ms": [500, 5000]})
    assert venue.core.retry_ms == (500, 5000)


def test_a_venue_of_another_version_is_not_talked_to() -> None:
    venue = ScriptedVenue()
    venue.core.opened(venue.now)
    venue.says(HELLO | {"v": "2.0"})
    assert venue.core.final and "version 2.0" in venue.core.close_wanted


@pytest.mark.rule("RATE-002")
def test_a_throttled_subscription_is_asked_for_again() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    (feed,) = venue.core.subscribe([ChannelSpec(name_of_channel="trades", instrument=H27)])
    (sub,) = venue.heard()
    venue.says(
        {"t": "err", "re": sub["id"], "code": 3001, "name": "THROTTLED", "msg": "", "applied": "no", "retry_us": 500000}
    )
    venue.core.tick(0.4)
    assert venue.heard() == []
    venue.core.tick(0.6)
    (again,) = venue.heard()
    assert again["ch"] == sub["ch"] and again["id"] > sub["id"]
    venue.says({"t": "ok", "re": again["id"], "ch": [[4022, 0]]})
    assert feed.channel == 4022


def test_positions_follow_the_stream() -> None:
    venue = ScriptedVenue()
    placed(venue)
    position = {"acc": 7, "e": 9000460, "ts": 1, "i": H27, "q": 4, "val": 11380, "mark": 2846, "upl": 2976, "rpl": 0}
    venue.says(EXEC_NEW, FILL, {"t": "pos", "s": 1060, **position})
    assert venue.core.accounts[7].position_lots(H27) == 4
    venue.says({"t": "pos", "s": 1061, **position, "q": 0})
    assert venue.core.accounts[7].position_lots(H27) == 0


def test_the_phase_tells_how_far_the_connection_is() -> None:
    venue = ScriptedVenue()
    assert venue.core.phase == ClientPhase.CLOSED
    assert isinstance(venue.log_on()[-1], Connected)
    venue.core.closed(1006, "")
    assert venue.core.phase == ClientPhase.CLOSED
