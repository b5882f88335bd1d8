"""Numbers and texts beyond their bounds are told in the words of the command line, before any venue is asked."""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest

from exchange.operator import requests

REQUIRED = {"to": "open", "scope": "firm"}  # of a few words; other texts may be any, numbers are 1


def bounded() -> Iterator[tuple[type[msgspec.Struct], str, Any]]:
    """(request, field, type) of every number and text with bounds."""
    for request in get_args(requests.ActRequest):
        info = msgspec.inspect.type_info(request)
        assert isinstance(info, msgspec.inspect.StructType)
        for field in info.fields:
            for kind in getattr(field.type, "types", (field.type,)):
                if getattr(kind, "le", None) is not None or getattr(kind, "max_length", None) is not None:
                    yield request, field.name, kind


def made(request: type[msgspec.Struct], field: str, value: Any) -> Any:
    """A request that is in order but for this field."""
    info = msgspec.inspect.type_info(request)
    assert isinstance(info, msgspec.inspect.StructType)
    empty = {msgspec.inspect.IntType: 1, msgspec.inspect.StrType: "x", msgspec.inspect.ListType: []}
    needed = {one.name: REQUIRED.get(one.name, empty.get(type(one.type))) for one in info.fields if one.required}
    return request(**{**needed, field: value})


def edges(kind: Any) -> list[tuple[Any, bool]]:
    if isinstance(kind, msgspec.inspect.IntType):
        low, high = kind.ge or 0, kind.le or 0
        return [(low - 1, False), (low, True), (high, True), (high + 1, False)]
    low, high = kind.min_length or 0, kind.max_length
    return [("a" * count, low <= count <= high) for count in (0, low, high, high + 1)]


@pytest.mark.parametrize(("request_type", "field", "kind"), list(bounded()), ids=str)
def test_what_is_told_to_the_person_is_what_the_venue_would_refuse(
    request_type: type[msgspec.Struct], field: str, kind: Any
) -> None:
    for value, fits in edges(kind):
        request = made(request_type, field, value)
        found = requests.first_out_of_bounds(request)
        assert (found is None) == fits
        if found is None:
            assert requests.decode_request(msgspec.json.encode(request)) == request
            continue
        assert found[0] == field and (isinstance(value, str) or found[1].startswith(f"{value} not in "))
        with pytest.raises(ValueError, match="Expected"):
            requests.decode_request(msgspec.json.encode(request))


@pytest.mark.rule("SEC-051")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"do":"dance"}', "Invalid value 'dance'"),
        (b'{"do":"money","account":1,"mills":1,"cents":1}', "unknown field `cents`"),
        (b'{"do":"money","account":1,"mills":1,"mills":2}', "a key appears twice"),
        (b'{"do":"stop","why":"\xff"}', "utf-8"),
        (b'{"do":' * 100_000, "recursion"),
    ],
)
def test_what_is_no_request_is_refused_with_what_is_wrong(line: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=f"(?i){said}"):
        requests.decode_request(line)


@pytest.mark.rule("SEC-060")
def test_requests_and_answers_look_the_same_on_the_socket_whatever_they_are_called_here() -> None:
    assert msgspec.json.encode(requests.ShowStatus()) == b'{"do":"status"}'
    assert msgspec.json.encode(requests.ShowLedger()) == b'{"do":"ledger"}'
    kill = requests.KillSwitch(scope="firm", number="7", on=False, reason="over")
    assert msgspec.json.encode(kill) == b'{"do":"kill","scope":"firm","number":"7","on":false,"reason":"over"}'
    assert msgspec.json.encode(requests.Answer(True, ["done"])) == b'{"ok":true,"lines":["done"]}'
    assert msgspec.json.encode(requests.Answer(False, why="no")) == b'{"ok":false,"why":"no"}'
    assert msgspec.json.decode(b'{"ok":true,"lines":["done"]}', type=requests.Answer).lines == ["done"]


@pytest.mark.rule("SEC-061")
def test_a_request_concerns_operators_if_it_makes_or_ends_one() -> None:
    key = {"key": "k_new", "public": "p", "account": 1}
    assert requests.is_of_operators(requests.DefineKey(**key, scopes=["admin"]), ())
    assert not requests.is_of_operators(requests.DefineKey(**key, scopes=["read"]), ("k_new",))
    assert requests.is_of_operators(requests.Revoke(key="k_op"), ("k_op",))
    assert not requests.is_of_operators(requests.Revoke(key="k_mm"), ("k_op",))
    assert not requests.is_of_operators(requests.Stop(), ("k_op",))
