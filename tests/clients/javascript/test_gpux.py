"""The JavaScript client by itself: its protocol core, books, orders, limits and pauses, in node's test runner."""

import re

import pytest

from exchange.wire.errors import CloseCode, ErrorCode
from exchange.wire.version import RELEASE
from tests.clients.javascript.node import CLIENT, needs_node, passes

TEXT = CLIENT.read_text()


@needs_node
@pytest.mark.rule("SESS-006", "SESS-007", "SESS-010", "SESS-011", "RECOV-001", "RECOV-011", "ENTRY-003", "ENTRY-011")
def test_the_core_keeps_the_rules_of_sessions_and_orders() -> None:
    passes("core.test.mjs")


@needs_node
@pytest.mark.rule("MDATA-010", "MDATA-011", "MDATA-015", "MDATA-016", "MDATA-023", "RATE-001", "RATE-003", "WIRE-012")
def test_books_queues_and_limits_agree_with_slow_twins() -> None:
    passes("books.test.mjs")


def test_the_codes_are_those_of_the_venue() -> None:
    for table in (ErrorCode, CloseCode):
        (body,) = re.findall(rf"export const {table.__name__} = Object.freeze\(\{{(.*?)\}}\);", TEXT, re.DOTALL)
        assert {name: int(code) for name, code in re.findall(r"(\w+): (\d+)", body)} == dict(table.__members__)
    assert f'RELEASE = "{RELEASE}"' in TEXT
