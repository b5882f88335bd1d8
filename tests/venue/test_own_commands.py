"""Commands of the venue itself: sequenced among those of clients, or at once before it serves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.codes import CommandKind, EventKind, MarketState
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.engine.control.registry import AccountPayload, encode_payload
from exchange.engine.event_rows import ACCOUNT, KIND, SEQUENCE, Row
from exchange.wire.messages import Ok
from tests.gateway.harness import Bench

ACCOUNT_8 = encode_payload(AccountPayload(8, 0, smp_id=8))
DEPOSIT = {"kind": CommandKind.DEPOSIT, "account": 1, "amount_mills": 5}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


def test_a_row_is_sequenced_behind_what_clients_sent_before(bench: Bench) -> None:
    peer, events = bench.connect(bench.keys[1]), list[Row]()
    peer.send(bench.order(10, "a1"))
    bench.venue.own.submit(DEPOSIT, events.extend)
    peer.send(bench.order(11, "a2"))
    answers = [message for message in peer.take() if isinstance(message, Ok)]
    (moved,) = [row for row in events if row[KIND] == EventKind.CASH_MOVED]
    assert moved[ACCOUNT] == 1
    assert [answers[0].engine_sequence + 1, answers[1].engine_sequence - 1] == [moved[SEQUENCE]] * 2


def test_a_control_runs_in_a_commit_of_its_own(bench: Bench) -> None:
    done, refused = list[Row](), list[str]()
    before = bench.venue.counters.batches
    bench.venue.own.submit(DEPOSIT, lambda _: None)
    bench.venue.own.submit_control(CommandKind.DEFINE_ACCOUNT, ACCOUNT_8, done.extend, refused.append)
    bench.venue.own.submit(DEPOSIT, lambda _: None)
    bench.settle()
    assert bench.venue.counters.batches == before + 3
    assert 8 in query.accounts(bench.venue.states) and refused == []


def test_a_control_that_cannot_be_carried_out_is_refused_and_not_journalled(bench: Bench) -> None:
    done, refused = list[Row](), list[str]()
    before = bench.venue.sequence
    bench.venue.own.submit_control(CommandKind.DEFINE_ACCOUNT, b"no payload", done.extend, refused.append)
    bench.settle()
    assert done == [] and len(refused) == 1 and bench.venue.sequence == before == bench.venue.journal.sequence


@pytest.mark.rule("DUR-024")
def test_a_halt_stops_every_group_that_trades(bench: Bench) -> None:
    bench.venue.own.halt()
    bench.settle()
    assert set(query.group_states(bench.venue.states).values()) == {MarketState.HALT}
    before = bench.venue.sequence
    bench.venue.own.halt()
    bench.settle()
    assert bench.venue.sequence == before, "what is halted stays so"


def test_before_it_serves_a_command_is_durable_and_applied_when_the_call_returns(bench: Bench) -> None:
    events = bench.venue.own.run_now(DEPOSIT)
    assert [row[KIND] for row in events] == [EventKind.CASH_MOVED]
    bench.venue.own.control_now(CommandKind.DEFINE_ACCOUNT, ACCOUNT_8)
    assert 8 in query.accounts(bench.venue.states)
    venue, journal = bench.venue, bench.opened.journal
    assert venue.sequence == journal.durable_sequence == venue.history.shown.sequence == venue.market.sequence
    with pytest.raises(ControlError):
        venue.own.control_now(CommandKind.DEFINE_ACCOUNT, b"no payload")
    assert venue.sequence == journal.sequence and not venue.failed


@pytest.mark.rule("DUR-083")
def test_an_error_of_the_engine_stops_the_venue_before_it_serves_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise KeyError("apply")

    with monkeypatch.context() as patch:
        patch.setattr(bench.venue.engine, "apply", broken)
        with pytest.raises(KeyError):
            bench.venue.own.run_now(DEPOSIT)
    assert isinstance(bench.venue.failure.error, KeyError)
