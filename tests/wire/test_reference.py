"""What a person reads of a message is what its type says."""

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta, inspect

from exchange.wire.messages import ClientMessages, ServerMessages
from exchange.wire.reference import Described, MessageKey, described_messages, described_objects, has_numbers, kind_text


def keys_of(described: list[Described], name: str) -> dict[str, MessageKey]:
    (found,) = (one for one in described if one.name == name)
    return {key.key: key for key in found.keys}


CLIENT, SERVER = described_messages(ClientMessages), described_messages(ServerMessages)


@pytest.mark.rule("WIRE-041")
def test_every_message_is_described_once_with_all_its_keys() -> None:
    for union, described in ((ClientMessages, CLIENT), (ServerMessages, SERVER)):
        kinds = inspect.type_info(union)
        assert isinstance(kinds, inspect.UnionType)
        structs = {kind.tag: kind.cls for kind in kinds.types if isinstance(kind, inspect.StructType)}
        assert [one.name for one in described] == list(structs)
        for one in described:
            assert tuple(key.key for key in one.keys) == structs[one.name].__struct_encode_fields__


def test_a_key_has_its_bounds_unit_default_and_words() -> None:
    new = keys_of(CLIENT, "new")
    assert new["px"][2:6] == ("integer -(2^31-1)..2^31-1", "tick", False, "")
    assert new["coid"].kind == "text of 1..24" and new["coid"].needed
    assert new["tif"].default == '"day"' and set(new["tif"].words) == {"day", "gtc", "gtd", "ioc", "fok"}
    assert new["cod"].default == "true" and new["exp"].default == ""
    assert keys_of(SERVER, "exec")["why"].words[0] == "user"


def test_a_sentence_names_keys_and_no_rules() -> None:
    described = [*CLIENT, *SERVER, *described_objects(ClientMessages), *described_objects(ServerMessages)]
    assert "`sid`" in described[0].meaning
    assert not [one.name for one in described if not one.meaning.endswith(".") or "(MDATA" in one.meaning]


def test_objects_are_found_wherever_they_are() -> None:
    objects = described_objects(ClientMessages)
    assert [one.name for one in objects] == [
        "CancelTerms",
        "BatchNew",
        "BatchReplace",
        "BatchCancel",
        "WhatIfOrder",
        "ChannelSpec",
    ]
    assert "id" not in keys_of(objects, "BatchCancel")
    assert not keys_of(objects, "CancelTerms")["mode"].needed, "a client may leave it out"
    server = described_objects(ServerMessages)
    assert keys_of(server, "FullCancelTerms")["mode"].needed, "the venue never leaves it out"
    assert {"OrderView", "InstrumentDefinition"} < {one.name for one in server} and "fill" not in server


@pytest.mark.parametrize(
    ("hint", "text", "numbers"),
    [
        (bool, "boolean", False),
        (str | None, "text", False),
        (list[tuple[Annotated[int, Meta(ge=0, le=7)], str]], "list of [integer 0..7, text]", True),
        (Annotated[list[str], Meta(min_length=1, max_length=3)], "list of 1..3 text", False),
        (Annotated[str, Meta(min_length=1, max_length=9)] | msgspec.UnsetType, "text of 1..9", False),
    ],
)
def test_a_type_has_a_text(hint: object, text: str, numbers: bool) -> None:
    kind = inspect.type_info(hint)
    assert (kind_text(kind), has_numbers(kind)) == (text, numbers)
