"""Numbers and texts beyond their bounds are told in the words of the command line, before any venue is asked."""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest

from exchange.operator import requests

REQUIRED = {"to": "open", "scope": "firm"}  # of a few words; other texts may be any, numbers are 1


def bounded() -> Iterator[tuple[type[msgspec.Struct], str, Any]]:
    """(request, field, type) of every number and text with bounds."""
    for request in get_args(requests.Acting):
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
        found = requests.misfit(request)
        assert (found is None) == fits
        if found is None:
            assert requests.decode_request(msgspec.json.encode(request)) == request
            continue
        assert found[0] == field and (isinstance(value, str) or found[1].startswith(f"{value} not in "))
        with pytest.raises(ValueError, match="Expected"):
            requests.decode_request(msgspec.json.encode(request))
