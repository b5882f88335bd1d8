"""Encodes and decodes messages in JSON, MessagePack and binary records, and names the faults of bad messages.

    codec = CODECS[JSON_SUBPROTOCOL]             # or MSGPACK_SUBPROTOCOL; codec.text: whether frames are text
    for message in codec.decode_client(data):    # a frame has one message or an array of them (WIRE-004)
        if type(message) is BadMessage: ...      # answer message.reply(); serve the other messages of the array
    codec.encode(message) -> bytes               # one message, or a list of messages as one array
    codec.decode_server(data) -> list            # for clients; messages with an unknown `t` are skipped (WIRE-011)

All data are decoded into typed messages (SEC-053). After `TooManyMessages` close the connection with 1009 (WIRE-003).
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec

from exchange.wire.errors import ErrorCode, error
from exchange.wire.fields import INT53, MESSAGES_MAX
from exchange.wire.messages import ClientMessages, Err, Request, ServerMessage, ServerMessages
from exchange.wire.version import BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL

FAULTS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
NO_DATA = (msgspec.MsgspecError, ValueError, RecursionError, IndexError)  # errors of the scans for duplicate keys


class TooManyMessages(Exception):
    """A frame has an array of more than 64 messages; the connection must be closed with 1009."""


class BadMessage(msgspec.Struct, gc=False):
    """A message that cannot be served. `fault`: a name of SEC-059; `request_id`: 0 if it could not be read."""

    fault: str
    message: str
    request_id: int

    def reply(self) -> Err:
        """The `err` that answers it; its `msg` begins with the fault."""
        code = ErrorCode.UNKNOWN_TYPE if self.fault == "UNKNOWN_OP" else ErrorCode.BAD_MESSAGE
        return error(self.request_id, code, f"{self.fault}: {self.message}")


class _Envelope(msgspec.Struct, rename={"request_id": "id"}):
    """The number of a bad message, which is read alone."""

    request_id: int = 0


class _Kind(msgspec.Struct):
    """The type of a bad message."""

    t: str = ""


# Patterns of msgspec's error texts, and the fault that each means (SEC-059). The first match counts.
_FAULT_TEXTS = (
    (re.compile(r"\AObject missing required field"), "MISSING_FIELD"),
    (re.compile(r"\AObject contains unknown field"), "UNKNOWN_FIELD"),
    (re.compile(r"\AExpected `(object|array|object \| array)`(, got `\w+`)?\Z"), "MALFORMED"),
    (re.compile(r"\AInteger value out of range|\AExpected `int` [<>]=|\AExpected `array` of length"), "OUT_OF_RANGE"),
    (re.compile(r"matching regex|of length"), "BAD_ID"),
    (re.compile(r"\AInvalid value .* - at `\$(\[\d+\]|\[\.\.\.\]|\.\w+)*\.t`"), "UNKNOWN_OP"),
    (re.compile(r"\AInvalid enum value|\AExpected `.*got `|\AExpected `\w+`"), "BAD_TYPE"),
)


def fault_name(failure: Exception) -> str:
    """The fault that an error of a decoder means; MALFORMED if its text is not known (SEC-059)."""
    if not isinstance(failure, msgspec.ValidationError):
        return "MALFORMED"
    text = str(failure)
    return next((name for pattern, name in _FAULT_TEXTS if pattern.search(text)), "MALFORMED")


_MEMBERS_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _has_a_colon_for_each_key(data: str | bytes) -> bool:
    """Whether a JSON text is an object with as many keys as the text has colons: then no key stands twice anywhere.

    Each member of any object has a colon, while the decoded object has each key only once.
    """
    try:
        return len(_MEMBERS_DECODER.decode(data)) == (data.count(":") if isinstance(data, str) else data.count(b":"))
    except FAULTS:
        return False


def json_has_duplicates(data: str | bytes) -> bool:
    """Whether any object in a JSON text has a duplicate key (SEC-051). ValueError, RecursionError: it is not JSON."""
    if _has_a_colon_for_each_key(data):
        return False
    found = False

    def members(pairs: list[tuple[str, object]]) -> None:
        nonlocal found
        found = found or len({key for key, _ in pairs}) != len(pairs)

    # Numbers stay text: they are not needed, and the conversion of a number with thousands of digits would fail.
    json.loads(data, object_pairs_hook=members, parse_int=str, parse_float=str)
    return found


_MAP_DECODER = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_ARRAY_DECODER = msgspec.msgpack.Decoder(list[msgspec.Raw])


def _msgpack_has_duplicates(data: bytes) -> bool:
    """As `json_has_duplicates`, for MessagePack. MsgspecError, RecursionError: it is not, or a key is not text.

    The header of a map counts all pairs, while the decoded map has each key only once.
    """
    first = data[0]
    if 0x80 <= first <= 0x8F or first in (0xDE, 0xDF):
        pairs = first & 0x0F if first <= 0x8F else int.from_bytes(data[1 : 3 if first == 0xDE else 5], "big")
        members = _MAP_DECODER.decode(data)
        return len(members) != pairs or any(_msgpack_has_duplicates(bytes(part)) for part in members.values())
    if 0x90 <= first <= 0x9F or first in (0xDC, 0xDD):
        return any(_msgpack_has_duplicates(bytes(part)) for part in _ARRAY_DECODER.decode(data))
    return False


class Codec:
    """One encoding: an encoder, and a decoder for each direction."""

    def __init__(self, package: Any, text: bool, has_duplicates: Callable[[Any], bool]) -> None:
        """Build the decoders and the encoder.

        package          msgspec.json or msgspec.msgpack
        text             whether frames are text
        has_duplicates   whether encoded data have a duplicate key
        """
        self.text = text
        self.encode: Callable[[Any], bytes] = package.Encoder().encode
        self._client = package.Decoder(ClientMessages)
        self._frame = package.Decoder(ClientMessages | list[ClientMessages])
        self._server = package.Decoder(ServerMessages)
        self._server_frame = package.Decoder(ServerMessages | list[ServerMessages])
        self._parts = package.Decoder(list[msgspec.Raw])
        self._envelope, self._kind = package.Decoder(_Envelope), package.Decoder(_Kind)
        self._has_duplicates = has_duplicates
        self._joins_text = package is msgspec.json

    def is_text(self, data: bytes) -> bool:
        """Whether encoded data go into a text frame."""
        return self.text

    def join(self, messages: Sequence[bytes]) -> bytes:
        """Encoded messages of one kind as one frame: the message itself, or an array of them (WIRE-004)."""
        if len(messages) == 1:
            return messages[0]
        if self._joins_text:
            return b"[" + b",".join(messages) + b"]"
        count = len(messages)
        head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
        return head + b"".join(messages)

    def decode_client(self, data: str | bytes) -> list[Request | BadMessage]:
        """Decode one frame of a client into requests and BadMessages, in order. Raises TooManyMessages."""
        try:
            decoded = self._frame.decode(data)
        except FAULTS as failure:
            return self._decode_singly(data, failure)
        if type(decoded) is not list:
            return [self._checked(data, decoded)]
        if not decoded:
            return [BadMessage("MALFORMED", "an array of no messages", 0)]
        if len(decoded) > MESSAGES_MAX:
            raise TooManyMessages
        return [self._decode_one(bytes(part)) for part in self._parts.decode(data)]

    def decode_server(self, data: str | bytes) -> list[ServerMessage]:
        """Decode one frame of the server. Messages with an unknown `t` are left out (WIRE-011)."""
        try:
            decoded = self._server_frame.decode(data)
        except msgspec.ValidationError as failure:
            if fault_name(failure) != "UNKNOWN_OP":
                raise
            return self._decode_known(data)
        return decoded if type(decoded) is list else [decoded]

    def _decode_known(self, data: str | bytes) -> list[ServerMessage]:
        try:
            parts: list[Any] = self._parts.decode(data)
        except msgspec.ValidationError:
            return []
        known = []
        for part in parts:
            try:
                known.append(self._server.decode(part))
            except msgspec.ValidationError as failure:
                if fault_name(failure) != "UNKNOWN_OP":
                    raise
        return known

    def _decode_singly(self, data: str | bytes, failure: Exception) -> list[Request | BadMessage]:
        """Decode each message of a frame that failed as a whole, so that the good ones are served (WIRE-004)."""
        try:
            parts = self._parts.decode(data)
        except msgspec.ValidationError:
            return [self._bad(data, failure)]
        except FAULTS as malformed:
            return [self._bad(data, failure if data[:1] in ("{", b"{") else malformed)]
        if len(parts) > MESSAGES_MAX:
            raise TooManyMessages
        return [self._decode_one(bytes(part)) for part in parts]

    def _decode_one(self, data: Any) -> Request | BadMessage:
        try:
            return self._checked(data, self._client.decode(data))
        except FAULTS as failure:
            return self._bad(data, failure)

    def _checked(self, data: Any, message: Request) -> Request | BadMessage:
        """The message, or a BadMessage if its data have a duplicate key (SEC-051)."""
        return self._double_key(message.request_id) if self._has_duplicates(data) else message

    def _surely_has_duplicates(self, data: Any) -> bool:
        """Whether data have a duplicate key; False if they are too broken to tell."""
        try:
            return self._has_duplicates(data)
        except NO_DATA:
            return False

    def _double_key(self, request_id: int) -> BadMessage:
        return BadMessage("DUPLICATE_FIELD", "duplicate key", request_id if 0 < request_id <= INT53 else 0)

    def _bad(self, data: Any, failure: Exception) -> BadMessage:
        try:
            request_id = self._envelope.decode(data).request_id
        except FAULTS:
            request_id = 0
        if isinstance(failure, msgspec.ValidationError) and self._surely_has_duplicates(data):
            # A duplicate key is the fault in any case: another fault may depend on which of the two values is read.
            return self._double_key(request_id)
        try:
            kind = self._kind.decode(data).t
        except FAULTS:
            kind = ""
        from exchange.wire.allowed import with_allowed  # it takes long to import, and a client refuses nothing at start

        text = with_allowed(str(failure), kind) if isinstance(failure, msgspec.MsgspecError) else type(failure).__name__
        return BadMessage(fault_name(failure), text, request_id if 0 < request_id <= INT53 else 0)


class _Records(NamedTuple):
    """The functions of `wire.binary`."""

    encode_request: Callable[[Any], bytes | None]
    requests_of: Callable[[bytes], tuple[list[dict[str, Any]], str]]
    decode_reports: Callable[[bytes], list[ServerMessage]]


@cache
def _records() -> _Records:
    """They are imported when a record is read or written, because a client's start takes a tenth less without."""
    from exchange.wire.binary import decode_reports, encode_request, requests_of

    return _Records(encode_request, requests_of, decode_reports)


class BinaryCodec(Codec):
    """Fixed records for usual requests and reports; everything else is JSON in text frames (WIRE-030).

    Their beginning tells them apart: that of a record is its length, a multiple of eight below 2**24, so its fourth
    byte is zero, which is in no JSON text. The first byte may be a space in both.
    """

    def __init__(self) -> None:
        super().__init__(msgspec.json, False, json_has_duplicates)
        self._encode_json = self.encode
        self.encode = self._encode_request

    def is_text(self, data: bytes) -> bool:
        return data[:1] in JSON_BEGINS and data[3:4] != b"\0"

    def _encode_request(self, message: Any) -> bytes:
        return _records().encode_request(message) or self._encode_json(message)

    def decode_client(self, data: str | bytes) -> list[Request | BadMessage]:
        if isinstance(data, str) or self.is_text(data):
            return super().decode_client(data)
        requests, fault = _records().requests_of(data)
        if len(requests) + bool(fault) > MESSAGES_MAX:
            raise TooManyMessages
        found = [message for request in requests for message in super(BinaryCodec, self).decode_client(_json(request))]
        if fault or not found:
            found.append(BadMessage("MALFORMED", fault or "a frame of no records", 0))
        return found

    def decode_server(self, data: str | bytes) -> list[ServerMessage]:
        if isinstance(data, str) or self.is_text(data):
            return super().decode_server(data)
        return _records().decode_reports(data)

    def join(self, messages: Sequence[bytes]) -> bytes:
        return super().join(messages) if self.is_text(messages[0]) else b"".join(messages)


JSON_BEGINS = (b"{", b"[", b" ", b"\t", b"\n", b"\r")
_json = msgspec.json.Encoder().encode
CODECS = {
    JSON_SUBPROTOCOL: Codec(msgspec.json, True, json_has_duplicates),
    MSGPACK_SUBPROTOCOL: Codec(msgspec.msgpack, False, _msgpack_has_duplicates),
    BINARY_SUBPROTOCOL: BinaryCodec(),
}
