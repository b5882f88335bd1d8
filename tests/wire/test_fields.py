"""The table of wire names, the bounds of fields, and the base classes of messages."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from exchange.wire import account_messages, fields, market_messages, requests, responses
from exchange.wire.fields import (
    INT53,
    KEYS,
    ClientMessage,
    ClientOrderId,
    Lots,
    Part,
    Price,
    Request,
    ServerMessage,
    Tag,
)


def structs() -> Iterator[type[msgspec.Struct]]:
    for module in (fields, account_messages, market_messages, requests, responses):
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind is not msgspec.Struct:
                yield kind


@pytest.mark.rule("WIRE-013")
def test_every_row_of_the_table_is_used() -> None:
    used = {name for kind in structs() for name in kind.__struct_fields__}
    assert KEYS.keys() <= used


@pytest.mark.rule("WIRE-013")
def test_no_message_has_two_attributes_with_one_key() -> None:
    for kind in structs():
        keys = kind.__struct_encode_fields__
        assert len(set(keys)) == len(keys), kind
        assert keys == tuple(KEYS.get(name, name) for name in kind.__struct_fields__), kind


@pytest.mark.rule("WIRE-011")
def test_client_messages_refuse_unknown_keys_and_server_messages_ignore_them() -> None:
    class Asked(Request, tag="asked", kw_only=True):
        pass

    class Said(ServerMessage, tag="said"):
        reply_to: int

    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"t":"asked","id":1,"x":2}', type=Asked)
    assert msgspec.json.decode(b'{"t":"said","re":1,"x":2}', type=Said) == Said(1)
    assert not issubclass(Part, ServerMessage) and issubclass(Asked, ClientMessage)


@pytest.mark.rule("WIRE-012", "SEC-052")
@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Price, [-(2**31) + 1, 0, 2**31 - 1], [-(2**31), 2**31]),
        (Lots, [0, 2**31 - 1], [-1, 2**31]),
        (fields.RequestId, [1, INT53], [0, INT53 + 1]),
        (ClientOrderId, ["a", "A.b:c_d-9", "x" * 24], ["", "x" * 25, "a b", "a\n", "ä"]),
        (Tag, ["a", "x" * 8], ["", "x" * 9]),
    ],
)
def test_fields_have_bounds(kind: Any, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert msgspec.convert(value, kind) == value
    for value in bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, kind)
