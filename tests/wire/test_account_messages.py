"""Messages of an account's stream: what all of them have in common."""

from typing import get_args

import pytest

from exchange.wire.account_messages import AccountMessage, Exec
from exchange.wire.codec import CODECS
from exchange.wire.messages import ServerMessages
from exchange.wire.version import JSON_SUBPROTOCOL

KINDS = [kind for kind in get_args(ServerMessages) if issubclass(kind, AccountMessage)]


@pytest.mark.rule("ACCT-002", "WIRE-041")
@pytest.mark.parametrize("kind", KINDS)
def test_every_account_message_begins_with_account_number_command_and_time(kind: type[AccountMessage]) -> None:
    assert kind.__struct_encode_fields__[:4] == ("acc", "s", "e", "ts")
    assert {"replay", "drop_sequence"} <= set(kind.__struct_fields__), "it may be replayed and copied"


@pytest.mark.rule("WIRE-010")
def test_a_rejected_order_has_no_id_on_the_wire() -> None:
    report = Exec(7, 1, 2, 3, "rejected", 9, "a", "rejected", "b", "limit", "day", 5, 4, 0, 0, 0, reason="BAND")
    encoded = CODECS[JSON_SUBPROTOCOL].encode(report)
    assert b'"oid"' not in encoded and b'"rp"' not in encoded and b'"why":"BAND"' in encoded
    assert CODECS[JSON_SUBPROTOCOL].decode_server(encoded) == [report]
