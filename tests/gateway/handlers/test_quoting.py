"""Mass quotes and market-maker protection through the gateway (ENTRY-020 to ENTRY-023)."""

from pathlib import Path

import pytest

from exchange.engine import query
from exchange.wire.messages import (
    CancelAll,
    CancelOnDisconnect,
    CancelTerms,
    Err,
    Exec,
    Fill,
    Ok,
    ProtectionEvent,
    ProtectionReset,
    ProtectionSet,
    Quote,
)
from tests.gateway.harness import Bench, Peer


def maker(bench: Bench, **thresholds: int) -> Peer:
    peer = bench.connect(bench.keys[1])
    reply = peer.ask(ProtectionSet(request_id=10, group=1, window_ms=60_000, **thresholds))[0]
    assert (reply.group, reply.group_state) == (1, "armed")
    return peer


def quote(bench: Bench, request_id: int, *rows: tuple[int, int, int, int, int]) -> Quote:
    return Quote(request_id=request_id, protection_group=1, quotes=list(rows))


@pytest.mark.rule("ENTRY-020", "ENTRY-021")
def test_quote_is_answered_row_by_row(bench: Bench) -> None:
    peer, book, price = maker(bench), bench.instrument, bench.price
    reply = peer.ask(quote(bench, 11, (book, price, 5, price + 2, 5), (book, price, 5, price + 2, 5)))[0]
    first, second = reply.quotes
    assert (first[0], first[1], first[3], first[5]) == (book, 1, 1, 0) and first[2] and first[4]
    assert second == (book, 4, 0, 4, 0, 5305)
    again = peer.ask(quote(bench, 12, (book, price, 3, price + 2, 0)))[0]
    assert again.quotes == [(book, 2, first[2], 3, 0, 0)]
    crossed = peer.ask(quote(bench, 13, (book, price, 3, price, 3)))[0]
    assert crossed.quotes == [(book, 4, 0, 4, 0, 5304)]
    assert peer.ask(quote(bench, 11, (book, price, 5, price + 2, 5)))[0].quotes == [first, second]
    assert [order.leaves_lots for order in query.open_orders(bench.venue.states, 1)] == [3]


@pytest.mark.rule("ENTRY-021")
@pytest.mark.parametrize("unlisted", [99, 34_734_099, 2**31 + 500])
def test_refused_row_names_the_instrument_that_its_client_sent(bench: Bench, unlisted: int) -> None:
    peer, book, price = maker(bench), bench.instrument, bench.price
    rows = ((unlisted, 5, 5, 7, 5), (book, price, 5, price + 2, 5), (unlisted + 1, 5, 5, 7, 5), (unlisted, 5, 5, 7, 5))
    answer = peer.ask(quote(bench, 11, *rows))
    told = [(row[0], row[1], row[5]) for row in answer[0].quotes]
    assert told == [(unlisted, 4, 5001), (book, 1, 0), (unlisted + 1, 4, 5001), (unlisted, 4, 5305)]
    rejected = [message.instrument for message in answer if isinstance(message, Exec) and message.event == "rejected"]
    assert rejected == [unlisted, unlisted + 1, unlisted]
    assert peer.ask(quote(bench, 11, *rows))[0].quotes == answer[0].quotes, "a resend gets the same"


@pytest.mark.rule("ENTRY-022")
def test_quotes_need_protection_and_cancel_on_disconnect(bench: Bench) -> None:
    row = (bench.instrument, bench.price, 5, bench.price + 2, 5)
    bare = bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="off"))
    refusal = bare.ask(Quote(request_id=5, quotes=[row]))[0]
    assert isinstance(refusal, Err) and refusal.name == "QUOTE_NEEDS_MMP"
    bare.ask(ProtectionSet(request_id=6, group=1, window_ms=1_000))
    refusal = bare.ask(quote(bench, 7, row))[0]
    assert isinstance(refusal, Err) and refusal.name == "QUOTE_NEEDS_COD"


@pytest.mark.rule("ENTRY-023")
@pytest.mark.rule("ENTRY-012")
def test_tripped_group_says_so_and_quotes_again_after_its_reset(bench: Bench) -> None:
    peer, taker = maker(bench, traded_lots=2), bench.connect(bench.keys[2])
    row = (bench.instrument, bench.price, 5, bench.price + 2, 5)
    peer.ask(quote(bench, 11, row))
    peer.take()
    taker.ask(bench.order(10, "t", side="s", price_tick=bench.price, order_lots=3))
    bench.settle()
    told = peer.take()
    assert [message.lots for message in told if isinstance(message, Fill)] == [3]
    trip = next(message for message in told if isinstance(message, ProtectionEvent))
    assert (trip.group, trip.group_state, trip.reason, trip.count) == (1, "tripped", "lots", 2)
    assert peer.ask(quote(bench, 12, row))[0].quotes == [(bench.instrument, 4, 0, 4, 0, 5302)]
    assert peer.ask(ProtectionReset(request_id=13, group=1))[0].group_state == "armed"
    assert peer.ask(quote(bench, 14, row))[0].quotes[0][1] == 1
    peer.ask(bench.order(15, "plain", price_tick=bench.price - 1))
    assert peer.ask(CancelAll(request_id=16, protection_group=1))[0].count == 2


@pytest.mark.rule("ENTRY-022")
def test_group_whose_setting_is_refused_is_no_group(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    setting = [ProtectionSet(request_id=10 + number, group=number, window_ms=1_000) for number in range(1, 17)]
    *taken, refused = [peer.ask(message)[0] for message in setting]
    assert [answer.group_state for answer in taken] == ["armed"] * 15
    assert isinstance(refused, Err) and refused.name == "TOO_MANY_OPEN", "the table of groups is full"
    row = (bench.instrument, bench.price, 5, bench.price + 2, 5)
    answer = peer.ask(Quote(request_id=30, protection_group=16, quotes=[row]))[0]
    assert isinstance(answer, Err) and answer.name == "QUOTE_NEEDS_MMP"
    answer = peer.ask(ProtectionReset(request_id=31, group=16))[0]
    assert isinstance(answer, Err) and answer.name == "QUOTE_NEEDS_MMP"
    assert peer.ask(Quote(request_id=32, protection_group=15, quotes=[row]))[0].quotes[0][1] == 1


@pytest.mark.rule("ENTRY-022")
def test_quote_may_follow_its_setting_before_that_is_answered(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    row = (bench.instrument, bench.price, 5, bench.price + 2, 5)
    answers = peer.ask(ProtectionSet(request_id=10, group=1, window_ms=1_000), quote(bench, 11, row))
    assert answers[0].group_state == "armed" and answers[1].quotes[0][1] == 1


@pytest.mark.rule("ENTRY-022", "SESS-020")
def test_session_with_quotes_keeps_its_cover(bench: Bench) -> None:
    """Live ones, those on their way, and on a resume too; terms for a logout alone are no cover."""
    peer = maker(bench)
    row = (bench.instrument, bench.price, 5, bench.price + 2, 5)
    answers = peer.ask(quote(bench, 11, row), CancelOnDisconnect(request_id=12, mode="off"))
    assert {answer.reply_to: getattr(answer, "name", "ok") for answer in answers if isinstance(answer, Ok | Err)} == {
        11: "ok", 12: "QUOTE_NEEDS_COD",
    }  # fmt: skip
    for terms in (CancelTerms(mode="off"), CancelTerms(mode="account", on="logout")):
        asked = CancelOnDisconnect(request_id=13, mode=terms.mode, on=terms.on)
        refusal = peer.ask(asked)[0]
        assert isinstance(refusal, Err) and refusal.name == "QUOTE_NEEDS_COD"
        again = bench.open()
        name = peer.connection.session.name  # type: ignore[union-attr]
        refusal = again.log_on(bench.keys[1], sid=name, take=True, cancel_terms=terms)[0]
        assert isinstance(refusal, Err) and refusal.name == "QUOTE_NEEDS_COD" and again.transport.closed
    assert peer.transport.closed is None, "a resume that was refused takes nothing over"
    assert peer.ask(CancelOnDisconnect(request_id=14, mode="account", grace_ms=0))[0].cancel_terms.mode == "account"
    peer.drop()
    bench.pass_ms(100)
    assert query.open_orders(bench.venue.states, 1) == []


@pytest.mark.rule("ENTRY-022", "SESS-020")
def test_session_without_quotes_may_have_no_cover_and_then_may_not_quote(bench: Bench) -> None:
    peer = maker(bench)
    row = (bench.instrument, bench.price, 5, bench.price + 2, 5)
    peer.ask(quote(bench, 11, row))
    late = Quote(request_id=12, protection_group=1, quotes=[row], expires_us=1)
    assert [message.name for message in peer.ask(late) if isinstance(message, Err)] == ["EXPIRED_REQUEST"]
    peer.ask(CancelAll(request_id=13))
    peer.ask(Quote(request_id=14, protection_group=1, quotes=[row], expires_us=1))
    for number, on in enumerate(("logout", "drop")):
        terms = CancelOnDisconnect(request_id=15 + 2 * number, mode="account" if on == "logout" else "off", on=on)
        assert isinstance(peer.ask(terms)[0], Ok)
        refusal = peer.ask(quote(bench, 16 + 2 * number, row))[0]
        assert isinstance(refusal, Err) and refusal.name == "QUOTE_NEEDS_COD"


@pytest.mark.rule("WIRE-030", "QUOTE-001")
def test_record_whose_length_begins_like_a_space_is_no_json(tmp_path: Path) -> None:
    for plain in (True, False):
        with Bench(str(tmp_path / str(plain))) as bench:
            peer = bench.connect(bench.keys[1], plain=plain, binary=True)
            peer.ask(ProtectionSet(request_id=10, group=1, window_ms=1_000, traded_lots=10_000))
            rows = [(bench.instrument, bench.price - 1, 1, bench.price + 1, 1), *[(7, 1, 1, 2, 1)] * 31]
            for request_id, count in ((11, 32), (12, 10)):  # 32 rows of a request, 10 of a reply: 1,312 and 288 bytes
                reply = peer.ask(Quote(request_id=request_id, protection_group=1, quotes=rows[:count]))[0]
                assert isinstance(reply, Ok) and len(reply.quotes or ()) == count
