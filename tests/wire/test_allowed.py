"""What a refusal says is allowed."""

import json

import msgspec
import pytest
from msgspec import inspect

from exchange.wire.allowed import allowed_words, with_allowed
from exchange.wire.codec import CODECS, BadMessage
from exchange.wire.messages import OFFERED_CHANNELS, ClientMessages
from exchange.wire.version import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL

NEW = {"t": "new", "id": 9, "i": 2, "side": "b", "px": 250, "q": 3, "coid": "a1"}
AUTH = {"t": "auth", "id": 9, "key": "k", "sig": "x"}
SUB = {"t": "sub", "id": 9, "ch": [{"n": "depth", "i": 2}]}


def first_channel(**changes: object) -> dict:
    return SUB | {"ch": [SUB["ch"][0] | changes]}


def batch(**changes: object) -> dict:
    operation = {key: value for key, value in NEW.items() if key != "id"} | changes
    return {"t": "batch", "id": 9, "ops": [operation]}


@pytest.mark.rule("WIRE-020")
@pytest.mark.parametrize("protocol", [JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL])
@pytest.mark.parametrize(
    ("message", "found", "words"),
    [
        (NEW | {"side": "x"}, "'x' - at `$.side`", {"b", "s"}),
        (NEW | {"typ": "x"}, "'x' - at `$.typ`", {"limit", "market", "mtl", "stop", "stop_limit"}),
        (NEW | {"tif": "x"}, "'x' - at `$.tif`", {"day", "gtc", "gtd", "ioc", "fok"}),
        (NEW | {"po": "x"}, "'x' - at `$.po`", {"reject", "slide"}),
        (NEW | {"smp": "x"}, "'x' - at `$.smp`", {"cr", "ca", "cb", "dc"}),
        (AUTH | {"alg": "x"}, "'x' - at `$.alg`", {"ed25519", "hmac-sha256"}),
        (AUTH | {"cod": {"mode": "x"}}, "'x' - at `$.cod.mode`", {"session", "account", "off"}),
        (first_channel(ms=7), "7 - at `$.ch[0].ms`", {"0", "10", "100", "1000"}),
        (first_channel(lv=7), "7 - at `$.ch[0].lv`", {"0", "1", "10", "50"}),
        ({"t": "kill", "id": 9, "scope": "x"}, "'x' - at `$.scope`", {"session", "account", "firm"}),
        (
            {"t": "query", "id": 9, "what": "x"},
            "'x' - at `$.what`",
            {"order", "open", "fills", "positions", "margin", "statement", "time", "trades", "candles"},
        ),
        (
            {"t": "query", "id": 9, "what": "candles", "iv": "2m"},
            "'2m' - at `$.iv`",
            {"1m", "1h", "1d"},
        ),
        (batch(side="x"), "'x' - at `$.ops[0].side`", {"b", "s"}),
        (batch(t="quote"), "'quote' - at `$.ops[0].t`", {"new", "replace", "cancel"}),
    ],
)
def test_a_refused_word_comes_with_those_allowed(protocol: str, message: dict, found: str, words: set) -> None:
    codec = CODECS[protocol]
    data = json.dumps(message) if codec.text else msgspec.msgpack.encode(message)
    (bad,) = codec.decode_client(data)
    assert isinstance(bad, BadMessage) and bad.request_id == 9
    said, _, allowed = bad.message.partition(", allowed: ")
    assert said.endswith(found) and set(allowed.split(", ")) == words


@pytest.mark.rule("WIRE-020")
def test_the_refusal_of_an_unknown_message_names_those_there_are() -> None:
    (bad,) = CODECS[JSON_SUBPROTOCOL].decode_client('{"t":"nope","id":9}')
    assert isinstance(bad, BadMessage) and bad.fault == "UNKNOWN_OP"
    said, _, allowed = bad.message.partition(", allowed: ")
    assert said == "Invalid value 'nope' - at `$.t`"
    kinds = inspect.type_info(ClientMessages)
    assert isinstance(kinds, inspect.UnionType)
    assert set(allowed.split(", ")) == {kind.tag for kind in kinds.types if isinstance(kind, inspect.StructType)}
    assert {"new", "quote", "auth"} < set(allowed.split(", "))


@pytest.mark.rule("WIRE-020")
def test_a_key_takes_the_same_words_in_every_message() -> None:
    """Otherwise a refusal would be wrong for one of them."""
    seen: dict[str, set[frozenset]] = {}

    def gather(kind: inspect.Type, key: str) -> None:
        if isinstance(kind, inspect.LiteralType) and set(kind.values) != {""}:
            seen.setdefault(key, set()).add(frozenset(str(value) for value in kind.values if value != ""))
        for member in getattr(kind, "types", ()):
            gather(member, key)
        for field in getattr(kind, "fields", ()):
            gather(field.type, field.encode_name)
        if isinstance(kind, inspect.ListType):
            gather(kind.item_type, key)

    gather(inspect.type_info(ClientMessages), "")
    assert seen["n"] and all(set(OFFERED_CHANNELS) <= words for words in seen["n"])
    seen["n"] = {frozenset(OFFERED_CHANNELS)}  # the protocol knows more of them than this venue has
    told = {key: {frozenset(words)} for key, words in allowed_words().items() if words}
    assert {key: words for key, words in told.items() if key not in ("t", "ops.t")} == seen


@pytest.mark.parametrize(
    "text",
    [
        "Expected `int`, got `str` - at `$.px`",
        "Object missing required field `side`",
        "JSON is malformed",
        "",
        "Invalid enum value 3 - at `$.q`",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert with_allowed(text) == text


def test_a_word_that_looks_like_a_path_is_no_path() -> None:
    bad = "Invalid enum value 'x - at `$.nothing`' - at `$.side`"
    assert with_allowed(bad) == bad + ", allowed: b, s"


def said(message: object) -> str:
    (bad,) = CODECS[JSON_SUBPROTOCOL].decode_client(json.dumps(message))
    assert isinstance(bad, BadMessage)
    return bad.message


@pytest.mark.rule("WIRE-020", "WIRE-011")
def test_an_unknown_key_comes_with_those_of_its_message() -> None:
    near = "Object contains unknown field `tiff` (did you mean tif?), allowed: t, id, "
    assert said(NEW | {"tiff": "day"}).startswith(near)
    assert said({"t": "ping", "id": 1, "zzzz": 1}) == "Object contains unknown field `zzzz`, allowed: t, id"
    assert said(batch(zzzz=1)) == "Object contains unknown field `zzzz` - at `$.ops[0]`"


@pytest.mark.rule("WIRE-020")
def test_a_number_with_a_point_comes_with_the_units() -> None:
    assert said(NEW | {"px": 2.81}) == (
        "Expected `int`, got `float` - at `$.px`, allowed: whole numbers: prices in ticks, sizes in lots,"
        " money in mills, times in microseconds"
    )


@pytest.mark.rule("WIRE-020")
def test_a_bad_name_comes_with_its_letters_and_length() -> None:
    assert said(NEW | {"coid": "a b"}).endswith("at `$.coid`, allowed: 1 to 24 characters of [A-Za-z0-9_.:-]")


def test_a_message_whose_type_cannot_be_read_is_refused_as_before() -> None:
    assert said({"id": 1, "t": [1]}).startswith("Expected `str`")
