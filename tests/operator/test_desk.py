"""The desk: one request after another, answered when it is durable, in order with the commands of clients."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from exchange.operator.desk import OperatorDesk
from exchange.operator.requests import Answer
from exchange.wire.messages import (
    Err,
    Ok,
    Shutdown,
)
from tests.gateway.harness import Bench
from tests.operator.asking import answer_to


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


@pytest.mark.rule("DUR-083")
def test_nothing_is_told_before_it_is_durable(bench: Bench) -> None:
    desk = OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock)
    answers: list[Answer] = []
    bench.hold = True
    for line in (b'{"do":"state","target":"H100","to":"paused"}', b'{"do":"money","account":1,"mills":5}'):
        desk.take(line, answers.append)
        bench.settle()
    assert answers == []
    bench.hold = False
    bench.settle()
    assert [answer.ok for answer in answers] == [True, True]
    bench.venue.small_commit_rows = 4
    journal, written = bench.venue.journal, []
    for name in ("append", "append_control"):
        real = getattr(journal, name)
        watched = partial(lambda real, *body: (written.append(len(answers)), real(*body)), real)
        setattr(journal, name, watched)
    desk.take(b'{"do":"state","target":"H100","to":"open"}', answers.append)
    bench.settle()
    assert written == [2, 2] and len(answers) == 3, "the act and its row are on disk before the answer leaves"


def test_a_planned_stop_is_told_to_everybody_before_it_comes(bench: Bench) -> None:
    stopped: list[bool] = []
    desk = OperatorDesk(
        bench.venue, bench.gateway, bench.opened.spec, bench.clock, on_stop=lambda: stopped.append(True)
    )  # fmt: skip
    answers: list[Answer] = []
    early = bench.connect(bench.keys[1])
    early.take()
    for line in (b'{"do":"stop","in_s":600}', b'{"do":"stop","in_s":3,"why":"deploy"}'):
        desk.take(line, answers.append)
    told = [message for message in early.take() if isinstance(message, Shutdown)]
    assert [(message.reason, message.retry_ms) for message in told] == [
        ("maintenance", (500, 5_000)), ("deploy", (500, 5_000)),
    ]  # fmt: skip
    assert told[1].at_us == bench.clock.wall_us() + 3_000_000
    late = bench.open()
    assert any(isinstance(message, Shutdown) for message in late.told_first), "right behind the greeting"
    bench.pass_ms(2_900)
    assert not stopped
    bench.pass_ms(200)
    assert stopped == [True] and [answer.ok for answer in answers] == [True, True]


def test_commands_of_clients_and_controls_keep_their_order(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    bench.hold = True
    peer.send(bench.order(10, "a1"))
    desk = OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock)
    answers: list[Answer] = []
    desk.take(b'{"do":"account","account":1,"order_lots_max":4}', answers.append)
    peer.send(bench.order(11, "a2"))
    assert answers == []
    bench.hold = False
    first, second = [message for message in peer.take() if isinstance(message, Ok | Err)]
    assert isinstance(first, Ok) and isinstance(second, Err) and second.name == "LOTS_RANGE"
    assert second.engine_sequence == first.engine_sequence + 3 and answers[0].ok, "the act, and what it became"


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b'{"do":"fly"}', b'{"do":"status","x":1}', b'{"do":"state"}', b"\xff", b"[" * 5_000]
)
def test_a_line_that_is_no_request_says_what_is_wrong(bench: Bench, line: bytes) -> None:
    answer = answer_to(bench, line)
    assert not answer.ok and answer.why
