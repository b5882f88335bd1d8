"""Asks the operator's desk of a venue on the bench."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from exchange.operator.desk import OperatorDesk
from exchange.operator.requests import Answer
from exchange.units import NS_PER_S
from tests.gateway.harness import Bench


def answer_to(bench: Bench, line: bytes) -> Answer:
    answers: list[Answer] = []
    OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock).take(line, answers.append)
    bench.settle()
    (answer,) = answers
    return answer


def do(bench: Bench, what: str, **fields: Any) -> list[str]:
    """A request that is granted."""
    answer = answer_to(bench, msgspec.json.encode({"do": what, **fields}))
    assert answer.ok, answer
    return answer.lines


def refused(bench: Bench, what: str, **fields: Any) -> str:
    """Why a request is refused; nothing but sequence and time has changed."""
    before = bench.venue.states["books"].tobytes(), bench.venue.states["accounts"].tobytes()
    answer = answer_to(bench, msgspec.json.encode({"do": what, **fields}))
    assert not answer.ok and answer.why and not answer.lines, answer
    assert before == (bench.venue.states["books"].tobytes(), bench.venue.states["accounts"].tobytes())
    return answer.why


def coming_day(bench: Bench) -> date:
    """The first day whose close, at 21:00, is still to come."""
    now = datetime.fromtimestamp(bench.clock.now // NS_PER_S, UTC)
    return now.date() + timedelta(days=now.hour >= 21)
