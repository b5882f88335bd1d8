"""The table of requests that become COMMAND rows: for each key, where its value goes.

    REQUESTS        `new`, `replace`, `cancel` and `quote` with all of their keys but `id`, which is the sender's

Order, default and bounds of keys come from the classes of messages. From the table are made: the kernels' tables in
JSON and MessagePack (`gateway.inbound`), the records of `gpux.v1+bin` (`wire.binary`) and their reference, and the
rows that Python packs (`gateway.translate`). Kernels and records take the keys and words that most clients send; a
request with another one is packed by Python.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct

from exchange.codes import CommandFlag, CommandKind, PostOnly, SmpMode
from exchange.wire.requests import Cancel, New, Quote, Replace
from exchange.wire.table import Value
from exchange.wire.words import ORDER_TYPES, SIDES, TIFS

# Fields of the row of each entry of a mass quote, in the order of its values.
ENTRY_FIELDS = ("instrument", "bid_tick", "bid_lots", "ask_tick", "ask_lots")

NO_WORDS: Mapping[str, int] = MappingProxyType({})


class RequestKey(NamedTuple):
    """One key of a request.

    name        attribute of the class of messages
    field       of the COMMAND row; empty: the value stands in no field
    codes       words that kernels and records take, with their codes
    toggles     flags that change if the value is not the default
    is_needed   whether a usual request has it in any case
    others      words that only Python takes, with their codes
    is_usual    whether the tables of kernels and records have the key
    """

    name: str
    field: str
    value: Value = Value.NUMBER
    codes: dict[str, int] | None = None
    toggles: int = 0
    is_needed: bool = False
    others: Mapping[str, int] = NO_WORDS
    is_usual: bool = True


class RequestForm(NamedTuple):
    """A request: its keys, and what its row has without any of them."""

    message: type[Struct]
    kind: CommandKind
    keys: tuple[RequestKey, ...]
    flags: int = 0

    @property
    def usual_keys(self) -> tuple[RequestKey, ...]:
        """The keys in the tables of kernels and records."""
        return tuple(key for key in self.keys if key.is_usual)


def _word(name: str, words: tuple[str, ...], *others: str, is_needed: bool = False) -> RequestKey:
    """A key whose field has its name. `others`: words that only Python takes."""
    codes = {word: code for code, word in enumerate(words)}
    usual = {word: code for word, code in codes.items() if word not in others}
    return RequestKey(name, name, Value.WORD, usual, 0, is_needed, {word: codes[word] for word in others})


def _more(
    name: str, field: str = "", value: Value = Value.NUMBER, flag: int = 0, others: Mapping[str, int] = NO_WORDS
) -> RequestKey:
    """A key that only Python takes, or that kernels and records read with code of their own: `quotes`."""
    return RequestKey(name, field, value, None, int(flag), others=others, is_usual=False)


_SMP_WORDS = {
    "cr": int(SmpMode.CANCEL_RESTING),
    "ca": int(SmpMode.CANCEL_AGGRESSOR),
    "cb": int(SmpMode.CANCEL_BOTH),
    "dc": int(SmpMode.DECREMENT),
}
_TIF_CODES = {word: code for code, word in enumerate(TIFS)}
_KEEP_PRICE, _KEEP_LOTS = int(CommandFlag.KEEP_PRICE), int(CommandFlag.KEEP_LOTS)
_EXPIRES = _more("expires_us")  # after which the request does not become a command
_ACCOUNT = RequestKey("account", "account")
_NAMED = (
    _ACCOUNT,
    RequestKey("order_id", "order_id"),
    RequestKey("client_order_id", "client_order_id_0", Value.CLIENT_ORDER_ID),
)
REQUESTS: tuple[RequestForm, ...] = (
    RequestForm(
        New,
        CommandKind.NEW,
        (
            _ACCOUNT,
            RequestKey("instrument", "instrument", is_needed=True),
            _word("side", SIDES, is_needed=True),
            _word("order_type", ORDER_TYPES[:-1], "market", "mtl", "stop", "stop_limit"),  # no client sends a `quote`
            _more("trigger_tick", "trigger"),
            RequestKey("price_tick", "price", is_needed=True),
            RequestKey("order_lots", "lots", is_needed=True),
            _word("tif", TIFS, "gtd"),
            _more("expiry_us", "expiry_ns", Value.TIME),
            RequestKey("post_only", "post_only", Value.WORD,
                       {"": int(PostOnly.NONE), "reject": int(PostOnly.REJECT), "slide": int(PostOnly.SLIDE)}),
            RequestKey("display_lots", "display_lots"),
            RequestKey("minimum_lots", "minimum_lots"),
            RequestKey("client_order_id", "client_order_id_0", Value.CLIENT_ORDER_ID, is_needed=True),
            RequestKey("smp_mode", "smp_mode", Value.WORD, _SMP_WORDS),
            _more("cancel_on_disconnect", "", Value.FLAG, CommandFlag.NO_COD),
            _more("reject_if_elected", "", Value.FLAG, CommandFlag.REJECT_IF_ELECTED),
            RequestKey("tag", "tag", Value.TAG),
            _more("revision"),  # compared with that of the instrument
            _EXPIRES,
        ),
    ),
    RequestForm(
        Replace,
        CommandKind.REPLACE,
        (
            *_NAMED,
            RequestKey("price_tick", "price", toggles=_KEEP_PRICE),
            RequestKey("order_lots", "lots", toggles=_KEEP_LOTS),
            _more("trigger_tick", "trigger", flag=CommandFlag.SET_TRIGGER),
            _more("display_lots", "display_lots", flag=CommandFlag.SET_DISPLAY),
            _more("tif", "tif", Value.WORD, CommandFlag.SET_TIF, _TIF_CODES),
            _more("expiry_us", "expiry_ns", Value.TIME),
            _more("tag", "tag", Value.TAG, CommandFlag.SET_TAG),
            _EXPIRES,
        ),
        _KEEP_PRICE | _KEEP_LOTS,
    ),
    RequestForm(Cancel, CommandKind.CANCEL, (*_NAMED, _EXPIRES)),
    RequestForm(
        Quote,
        CommandKind.QUOTE,
        (
            _ACCOUNT,
            RequestKey("protection_group", "smp_id"),
            _more("quotes", "", Value.QUOTE_ROWS),  # each entry has a row: ENTRY_FIELDS
            _EXPIRES,
        ),
    ),
)  # fmt: skip


def request_form(message: type[Struct]) -> RequestForm:
    """The form of a class of requests."""
    return next(form for form in REQUESTS if form.message is message)
