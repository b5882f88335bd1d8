"""Every request at the edge of what its types allow: each has one reply, and nothing that packs it gives way."""

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from exchange.gateway.auth import SCOPES
from exchange.wire.messages import Auth, Err, Ok, Ping, Request
from tests.gateway.harness import Bench

REQUESTS = sorted((kind for kind in Request.__subclasses__() if kind is not Auth), key=lambda kind: kind.__name__)
Pick = Callable[[list[Any]], Any]


def extremes(kind: Any) -> list[Any]:
    """The smallest and largest value of a field's type, as the wire has them."""
    if isinstance(kind, inspect.UnionType):
        return [value for part in kind.types for value in extremes(part)]
    if isinstance(kind, inspect.IntType):
        return [kind.ge, kind.le]
    if isinstance(kind, inspect.LiteralType):
        return list(kind.values)
    if isinstance(kind, inspect.BoolType):
        return [False, True]
    if isinstance(kind, inspect.StrType):
        return ["a", "a" * 8]
    if isinstance(kind, inspect.TupleType):
        return [[values[place] for values in map(extremes, kind.item_types)] for place in (0, -1)]
    if isinstance(kind, inspect.ListType):
        values = extremes(kind.item_type)
        return [*([value] for value in values), values[-1:] * (kind.max_length or 1)]
    if isinstance(kind, inspect.StructType):
        return [fields(kind, lambda values: values[0]), fields(kind, lambda values: values[-1])]
    return []


def fields(kind: inspect.StructType, pick: Pick, optional: bool = True) -> dict[str, Any]:
    made = {kind.tag_field: kind.tag} if kind.tag_field and kind.tag else {}
    for field in kind.fields:
        values = extremes(field.type)
        if values and (optional or field.required) and field.encode_name != "id":
            made[field.encode_name] = pick(values)
    return made


def corners(kind: type[Request]) -> list[dict[str, Any]]:
    """The least of every field, the most of every field, and each field at each extreme beside what is needed."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    least, most = (fields(described, lambda values, place=place: values[place]) for place in (0, -1))
    needed = fields(described, lambda values: values[0], optional=False)
    singles = [
        {**needed, field.encode_name: value}
        for field in described.fields
        if field.encode_name != "id"
        for value in extremes(field.type)
    ]
    return [least, most, needed, *singles]


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Bench(str(tmp_path_factory.mktemp("venue"))) as made:
        yield (
            made,
            made.opened.make_key("all", 1, scopes=tuple(scope for scope in SCOPES if scope not in ("admin", "dc"))),
        )


@pytest.mark.rule("SEC-050", "SEC-056", "WIRE-014")
@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_request_at_the_edge_of_its_types_is_answered(venue: Any, kind: type[Request]) -> None:
    bench, pair = venue
    places = ({}, {"i": bench.instrument, "acc": 1})
    for message, known in itertools.product(corners(kind), places):
        bench.drop_idle_sessions()
        peer = bench.connect(pair)
        peer.take()
        placed = {key: value for key, value in known.items() if key in message}
        peer.raw(msgspec.json.encode({**message, "id": 2, **placed}))
        told = [reply for reply in peer.take() if isinstance(reply, Ok | Err)]
        assert [reply.reply_to for reply in told] == [2], (message, told)
        if peer.transport.closed is None:
            assert isinstance(peer.ask(Ping(request_id=3))[0], Ok)
        peer.drop()
