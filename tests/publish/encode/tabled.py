"""The table of messages with the instruments of `helpers.table`, and one message of it at a time."""

from typing import Any

import msgspec
import numpy as np

from exchange.publish.encode import put
from exchange.publish.encode.row_message import put_message
from exchange.publish.encode.row_values import index_of
from exchange.publish.encode.tables import account_forms, encode_tables
from exchange.records import pack_client_order_id
from exchange.wire.binary import decode_reports
from exchange.wire.table import REPLY_FORMS, Form, FormKey, Reply, Value
from exchange.wire.words import session_id
from tests.publish.helpers import table

COID = "A-1_2.3:4-and-22-letters"
# All that have no rows; `row_lists` writes those that have.
FORMS: dict[int, Form] = {
    **{int(reply): form for reply, form in REPLY_FORMS.items() if reply != Reply.QUOTED},
    **{number: form for _, number, form in account_forms() if form.keys[-1].value != Value.LEG_ROWS},
}
DECODE = {put.JSON: msgspec.json.decode, put.MSGPACK: msgspec.msgpack.decode}


def loaded() -> Any:
    """The record, with the listed instruments."""
    tables, listed = encode_tables()[0], table()
    tables["instrument_id"][: len(listed.ids)], tables["hours"][: len(listed.ids)] = listed.ids, listed.hours
    tables["books"] = len(listed.ids)
    return tables


def fill(tables: Any, key: FormKey, value: int) -> Any:
    """Set the value of a key, and return what the message says then."""
    place = index_of(key.source)
    if key.value == Value.CLIENT_ORDER_ID:
        words = pack_client_order_id(COID[: value % (len(COID) + 1)])
        tables["values"][place : place + 3] = np.array(words, np.uint64).view(np.int64)
        return COID[: value % (len(COID) + 1)]
    tables["values"][place] = value
    if key.value == Value.WORD:
        return key.words[value] if value < len(key.words) else ""
    if key.value == Value.FLAG:
        return value != 0
    return session_id(value) if key.value == Value.SESSION_ID else value


def message_of(tables: Any, number: int, encoding: int) -> bytes:
    """The message of a form with the present values."""
    out = np.zeros(4_096, np.uint8)
    return out[: int(put_message(tables, number, encoding, out, 0))].tobytes()


def encoded(message: Any, encoding: int) -> bytes:
    return (msgspec.msgpack if encoding == put.MSGPACK else msgspec.json).encode(message)


def shown(data: bytes, encoding: int) -> bytes:
    """A message as the plain encoder writes it; of a record the message that its decoder makes, in JSON."""
    if encoding != put.BINARY:
        return data
    (message,) = decode_reports(data)
    return msgspec.json.encode(message)
