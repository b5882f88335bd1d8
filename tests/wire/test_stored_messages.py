"""Messages and rows as version 0.3 made them, before they were made by the table of messages (tests/oracle).
Keys that were added since are left out (WIRE-040).

The files were written once, by code without the table. New lines may be appended; old ones stay.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.gateway import translate
from exchange.gateway.command_batch import CommandBatch
from exchange.publish.execution_reports import ExecutionReports
from exchange.publish.replies import Replies
from exchange.records import COMMAND_STRUCT
from exchange.wire.messages import Cancel, ClientMessages, New, Quote, Replace
from exchange.wire.table import ACCOUNT_FORMS, REPLY_FORMS, FormKey, Value, wire_key
from tests.publish.helpers import table

STORED = Path(__file__).parents[1] / "oracle"
Rows = list[tuple[int, ...]]
ADDED = {"margin": {"hold", "req"}}  # keys that a message has got since, by its type
BOOK, ACCOUNT, SESSION = 5, 7, 3


class StoredReport(msgspec.Struct):
    """An EVENT row and the account messages that it gives."""

    row: tuple[int, ...]
    messages: list[msgspec.Raw]


class StoredReply(msgspec.Struct):
    """All EVENT rows of a command and its reply, if no order has ended before and none is live."""

    request_id: int
    rows: Rows
    reply: msgspec.Raw


class StoredRequest(msgspec.Struct):
    """A request and its COMMAND rows, sent by SESSION for ACCOUNT; each instrument has BOOK."""

    request: msgspec.Raw
    rows: Rows


def stored(name: str, kind: Any) -> Any:
    decode = msgspec.json.Decoder(kind).decode
    return [decode(line) for line in (STORED / f"{name}.jsonl").read_bytes().splitlines()]


REPORTS: list[StoredReport] = stored("account_messages", StoredReport)
REPLIES: list[StoredReply] = stored("replies", StoredReply)
REQUESTS: list[StoredRequest] = stored("requests", StoredRequest)


def as_stored(message: Any, stored: bytes) -> bytes:
    """The JSON of a message, without keys that were added since it was stored."""
    keys, kept = msgspec.json.decode(msgspec.json.encode(message)), msgspec.json.decode(stored)
    added = ADDED.get(keys["t"], set()) - kept.keys()
    return msgspec.json.encode({key: value for key, value in keys.items() if key not in added})


@pytest.mark.rule("ACCT-003", "WIRE-040")
def test_account_messages_are_those_that_were_stored() -> None:
    reports = ExecutionReports(table())
    for one in REPORTS:
        stored = list(map(bytes, one.messages))
        made = [message for _, _, message in reports.messages([one.row])]
        assert [as_stored(*pair) for pair in zip(made, stored, strict=True)] == stored, one.row


@pytest.mark.rule("ENTRY-001", "ENTRY-020")
def test_replies_are_those_that_were_stored() -> None:
    replies = Replies(table(), lambda _account, _text: None)
    for one in REPLIES:
        assert msgspec.json.encode(replies.reply(one.request_id, one.rows)) == bytes(one.reply), one.rows


@pytest.mark.rule("ORDER-004")
def test_rows_of_requests_are_those_that_were_stored() -> None:
    for one in REQUESTS:
        message = msgspec.json.decode(one.request, type=ClientMessages)
        assert packed(message) == one.rows, bytes(one.request)


def packed(message: Any) -> Rows:
    batch, sender = CommandBatch(8), (ACCOUNT, SESSION, message.request_id)
    if isinstance(message, New):
        translate.pack_new(batch, message, BOOK, *sender)
    elif isinstance(message, Replace):
        translate.pack_replace(batch, message, *sender)
    elif isinstance(message, Cancel):
        translate.pack_cancel(batch, message, *sender)
    else:
        assert isinstance(message, Quote)
        for place, entry in enumerate(message.quotes):
            more = place + 1 < len(message.quotes)
            translate.pack_quote_entry(batch, entry, BOOK, message.protection_group, more, *sender)
            if more:
                batch.add_unanswered()
    batch.add_unanswered()
    return list(COMMAND_STRUCT.iter_unpack(batch.rows[: batch.count].tobytes()))


def shown(lines: list[Any]) -> set[tuple[str, str, Any]]:
    """(message, key, value) of all lines; of a value that is no word or flag only that the key is there."""
    parts = [msgspec.json.decode(raw) for raw in lines]
    return {(part["t"], key, value) for part in parts for key, value in part.items() if type(value) in (str, bool)} | {
        (part["t"], key, None) for part in parts for key in part
    }


def wanted(tag: str, message: Any, key: FormKey) -> set[tuple[str, str, Any]]:
    """What a key of a form may show."""
    name = wire_key(message, key.name)
    if key.value == Value.CONSTANT and type(key.constant) in (str, bool):
        return {(tag, name, key.constant)} if key.constant else set()
    if key.value != Value.WORD or key.source == "code_index":
        return {(tag, name, None)}
    return {(tag, name, word) for word in key.words if word}


def test_every_kind_key_and_word_is_stored() -> None:
    reports = shown([raw for one in REPORTS for raw in one.messages])
    for forms in ACCOUNT_FORMS.values():
        for form in forms:
            for key in (key for key in form.keys if key.value != Value.LEG_ROWS):  # those are made from several rows
                assert wanted(str(form.message.__struct_config__.tag), form.message, key) <= reports, key
    replies = shown([one.reply for one in REPLIES])
    for form in REPLY_FORMS.values():
        for key in form.keys:
            if key.source not in ("received_us", "sent_us"):
                assert wanted(str(form.message.__struct_config__.tag), form.message, key) <= replies, key
    assert {one.row[2] for one in REPORTS} == set(ACCOUNT_FORMS)


def test_every_key_of_a_request_is_stored() -> None:
    requests = shown([one.request for one in REQUESTS])
    for message in (New, Replace, Cancel, Quote):
        tag = str(message.__struct_config__.tag)
        for field in msgspec.structs.fields(message):
            assert (tag, field.encode_name, None) in requests
