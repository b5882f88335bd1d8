"""The AsyncAPI document fits AsyncAPI's own schema, and says of each path what the gateway does.

`asyncapi/3.0.0.json` is the official schema, unchanged, from the package @asyncapi/specs 6.11.1 (Apache License 2.0,
beside it).
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from exchange.gateway.drop_copy.firm_requests import SERVED as AT_DROP_COPY
from exchange.gateway.handlers.dispatch import PRIVATE, PUBLIC
from exchange.gateway.server import PATHS as SERVED
from exchange.wire.asyncapi import PATHS, SCHEMA_FILE, asyncapi
from exchange.wire.messages import Ping
from exchange.wire.reference import described_messages
from exchange.wire.schema import json_schema

OFFICIAL = Path(__file__).parent / "asyncapi" / "3.0.0.json"
DOCUMENT = asyncapi()
CHECKER = jsonschema.Draft7Validator(json.loads(OFFICIAL.read_text()))


def references(part: Any) -> list[str]:
    """Every `$ref` in a part of the document."""
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for member in part.values() for found in references(member)]
    return [found for member in part for found in references(member)] if isinstance(part, list) else []


def looked_up(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


def operations(path: str) -> dict[str, Any]:
    return {name.partition("_")[2]: one for name, one in DOCUMENT["operations"].items() if name.startswith(f"{path}_")}


def test_the_official_schema_is_unchanged() -> None:
    assert sha256(OFFICIAL.read_bytes()).hexdigest() == (
        "abe96881dbfaad495ccbb6bd8d3fb43ca18a13b9d7564849ccb66f39d5e5b20f"
    )


@pytest.mark.rule("WIRE-041")
def test_the_document_fits_the_official_schema() -> None:
    assert [error.message for error in CHECKER.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize("broken", [{"asyncapi": "2.6.0"}, {"channels": {"x": {"messages": 1}}}, {"paths": {}}])
def test_a_broken_document_is_found(broken: dict[str, Any]) -> None:
    assert list(CHECKER.iter_errors(DOCUMENT | broken))


@pytest.mark.rule("WIRE-041")
def test_every_reference_leads_somewhere() -> None:
    schema = json_schema()
    found = references(DOCUMENT)
    outside = [reference for reference in found if not reference.startswith("#")]
    assert len(found) > len(outside) > 40
    for reference in found:
        if reference in outside:
            file, place = reference.split("#")
            assert file == SCHEMA_FILE
            assert looked_up(schema, place.removeprefix("/"))
        else:
            assert looked_up(DOCUMENT, reference)


def test_an_operation_uses_only_messages_of_its_channel() -> None:
    for name, operation in DOCUMENT["operations"].items():
        for part in (operation, operation.get("reply", operation)):
            place = part["channel"]["$ref"]
            assert all(one["$ref"].startswith(f"{place}/messages/") for one in part["messages"]), name


@pytest.mark.rule("SESS-004", "WIRE-041")
def test_each_path_takes_what_the_gateway_serves_there() -> None:
    """With and without a logon; the paths that are served are among those described."""
    private = {described_messages(kind | Ping)[0].name for kind in {*PRIVATE, *PUBLIC}}
    before = {"auth", "ping"}
    public = before | {described_messages(kind | Ping)[0].name for kind in PUBLIC}
    for path, free in (("orderEntry", before), ("marketData", public)):
        asked = {name: one for name, one in operations(path).items() if one["action"] == "receive"}
        assert asked.keys() == private | before
        assert {name for name, one in asked.items() if "security" not in one} == free
    drop_copy = operations("dropCopy")
    of_desk = {described_messages(kind | Ping)[0].name for kind in AT_DROP_COPY}
    assert drop_copy.keys() == of_desk | before | {"stream"}
    assert {name for name, one in drop_copy.items() if "security" not in one} == before | {"stream"}
    assert {*SERVED} <= {path.address for path in PATHS}
    assert {path.address for path in PATHS} == {one["address"] for one in DOCUMENT["channels"].values()}


def test_a_request_is_answered_by_ok_or_err_and_a_logon_by_welcome() -> None:
    for name, operation in DOCUMENT["operations"].items():
        if operation["action"] == "receive":
            replies = {one["$ref"].rsplit("/", 1)[1] for one in operation["reply"]["messages"]}
            assert replies == ({"Welcome", "Err"} if name.endswith("_auth") else {"Ok", "Err"}), name
