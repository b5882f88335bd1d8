"""The scenario notation: everything it can say is read, every mistake has its line and column."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.codes import (
    CommandFlag,
    CommandKind,
    KillParty,
    MarketState,
    Matching,
    OrderType,
    PostOnly,
    Scope,
    SmpMode,
    TimeInForce,
)
from exchange.conformance import not_built
from exchange.conformance.message import Message
from exchange.conformance.messages import MESSAGES
from exchange.conformance.not_built import NOT_BUILT, missing
from exchange.conformance.notation import PARAMETERS, Scenario, read_scenarios
from exchange.conformance.told import SHAPES
from exchange.conformance.words import NotationError
from exchange.units import NS_PER_S

OWN = (Path(__file__).parents[1] / "scenarios" / "matching.txt").read_text()
EVENTS = (
    "ACK t; REJ t BAND; REJ mm#0 MMP; RST t 2@-4; RST t 2@100 hid=4; TRD a t 2@100; TRD a t 2@100 M2; RFR b vis=1; "
    "RPL a keep; RPL a lose; RPL a; RREJ a STATE; CREJ a UNKNOWN; CREJ STATE; CXL a 5 KILL; DEC a t 4; TRG s; "
    "UNX 300@98 imb=-3; IOP 20@95 imb=-30; IOP none; STA reserved; KIL P; DSC 1; DSC 1 queued; MMP mm; MMPR mm; "
    "REFUSED RISK"
)


def read(before: str = "-", messages: str = "-", parameters: str = "-", expected: str = "-") -> Scenario:
    return read_scenarios(f"S | A-001 | {parameters} | {before} | {messages} | {expected}", "t")[0]


def order(text: str) -> Message:
    return read(before=text).before[0]


def message(text: str) -> Message:
    return read(messages=text).messages[0]


def said(text: str) -> dict[str, Any]:
    """Fields of an order beyond those of `t B5@100`."""
    plain = order("t B5@100").fields
    return {name: value for name, value in order(f"t {text}").fields.items() if plain.get(name) != value}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("B5@100", {}),
        ("M2 S3@90", {"instrument": 2, "side": 1, "lots": 3, "price": 90}),
        ("SP B1@-4", {"instrument": 3, "lots": 1, "price": -4}),
        ("B5@100 ioc", {"tif": TimeInForce.IOC}),
        ("B5@100 fok", {"tif": TimeInForce.FOK}),
        ("B5@100 gtc", {"tif": TimeInForce.GTC}),
        ("B5@100 gtd=7", {"tif": TimeInForce.GTD, "expiry_ns": 7 * NS_PER_S}),
        ("B5@100 po", {"post_only": PostOnly.REJECT}),
        ("B5@100 slide", {"post_only": PostOnly.SLIDE}),
        ("B5@100 slide po", {"post_only": PostOnly.SLIDE}),
        ("B5@100 disp=2 min=3 lmm=20", {"display_lots": 2, "minimum_lots": 3}),
        ("B5@108 stop=104", {"price": 108, "trigger": 104, "order_type": OrderType.STOP_LIMIT}),
        ("B5@100 tag=x", {"tag": ord("x")}),
    ],
)
def test_elements_of_an_order_become_fields_of_its_command(text: str, fields: dict[str, int]) -> None:
    assert said(text) == fields


@pytest.mark.parametrize(
    ("text", "order_type"),
    [
        ("B1@mkt", OrderType.MARKET),
        ("B1@mlm", OrderType.MARKET_TO_LIMIT),
        ("B1 stop=-4", OrderType.STOP),
        ("B1@mkt stop=-4", OrderType.STOP),
    ],
)
def test_orders_without_a_limit_name_their_type(text: str, order_type: OrderType) -> None:
    found = order(f"t {text}").fields
    assert found["order_type"] == order_type
    assert "price" not in found


def test_equal_self_match_keys_are_equal_numbers() -> None:
    first, again, other = (order(f"t B1@1 smp={key}").fields for key in ("Z", "Z:DC", "Y:CA"))
    assert first["smp_id"] == again["smp_id"] != other["smp_id"]
    assert 0 not in (first["smp_id"], other["smp_id"])
    assert [found["smp_mode"] for found in (first, again, other)] == [
        SmpMode.CANCEL_RESTING,
        SmpMode.DECREMENT,
        SmpMode.CANCEL_AGGRESSOR,
    ]


def test_accounts_and_sessions_keep_their_names() -> None:
    found = order("t B1@1 acct=P sess=1")
    assert (found.target, found.account, found.session) == ("t", "P", "1")
    assert message("N t B1@1").account == "a"


@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    [
        ("X a", CommandKind.CANCEL, {}),
        ("R a 2@100", CommandKind.REPLACE, {"lots": 2, "price": 100, "flags": 0}),
        (
            "R a 2@- stop=7",
            CommandKind.REPLACE,
            {"lots": 2, "flags": CommandFlag.KEEP_PRICE | CommandFlag.SET_TRIGGER, "trigger": 7},
        ),
        (
            "R a 2@-3 disp=1",
            CommandKind.REPLACE,
            {"lots": 2, "price": -3, "display_lots": 1, "flags": CommandFlag.SET_DISPLAY},
        ),
        ("U", CommandKind.SET_STATE, {"order_type": MarketState.OPEN, "group": 1, "flags": CommandFlag.FORCE}),
        ("IOP", CommandKind.INDICATIVE, {"instrument": 1}),
        (
            "ST nocancel",
            CommandKind.SET_STATE,
            {"order_type": MarketState.NOCANCEL, "group": 1, "flags": CommandFlag.FORCE},
        ),
        ("SS halt M2", CommandKind.SET_STATE, {"order_type": MarketState.HALT, "group": 0, "instrument": 2}),
        ("K P", CommandKind.KILL, {}),
        ("UK P", CommandKind.UNKILL, {}),
        ("D 1", CommandKind.DISCONNECT, {"flags": CommandFlag.DAY_ONLY}),
        ("D 1 all acct=P", CommandKind.DISCONNECT, {"flags": CommandFlag.WHOLE_ACCOUNT}),
        ("K firm=7 risk", CommandKind.KILL, {"order_type": Scope.FIRM, "group": 7, "reason": KillParty.RISK}),
        ("UK sess=1", CommandKind.UNKILL, {"order_type": Scope.SESSION}),
        ("TM P 5", CommandKind.TIMER, {"lots": 5_000}),
        ("T 5", CommandKind.CLOCK, {}),
        ("MR mm", CommandKind.MMP_RESET, {"smp_id": 1}),
        ("MQ mm M1:5@99/5@101 M2:0@0/1@-1", CommandKind.QUOTE, {}),
        ("D+ a 5", CommandKind.DEPOSIT, {"price": 5}),
        ("D- a -5", CommandKind.WITHDRAW, {"price": -5}),
        ("XA a SP S tag=x", CommandKind.CANCEL_ALL, {"instrument": 3, "side": 1, "tag": ord("x"), "flags": 3}),
    ],
)
def test_messages_become_commands(text: str, kind: CommandKind, fields: dict[str, int]) -> None:
    found = message(text)
    assert (found.kind, found.fields) == (kind, fields)


def test_an_order_before_may_be_called_like_a_message() -> None:
    found = read(before="K B1@90; T SP B1@1; X B1 stop=4; K B5; N n B1@1; x S5@101").before
    assert [(entry.word, entry.target or entry.account) for entry in found] == [
        ("N", "K"),
        ("N", "T"),
        ("N", "X"),
        ("K", "B5"),
        ("N", "n"),
        ("N", "x"),
    ]


def test_every_event_of_the_vocabulary_is_read() -> None:
    assert read(expected=EVENTS).expected == EVENTS.split("; ")
    assert {event.split()[0] for event in EVENTS.split("; ")} == set(SHAPES)
    assert read(expected="ACK   t").expected == ["ACK t"]
    assert read(expected="ACK t;; ACK u;").expected == ["ACK t", "ACK u"]


def test_every_parameter_is_read() -> None:
    given = {name: high for name, (_, high) in PARAMETERS.items()}
    found = read(parameters=" ".join(f"{name}={value}" for name, value in given.items()) + " algo=prorata")
    assert found.parameters == {**given, "algo": Matching.PRO_RATA}
    assert missing(found) == sorted(NOT_BUILT - {"MQ", "MR", "D", "T", "lmm"})


def test_what_is_not_built_is_found_wherever_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_built, "NOT_BUILT", frozenset({"vel", "MQ"}))
    assert missing(read(parameters="vel=3", messages="T 5; D 1; MR a; MQ a M1:1@1/1@2")) == ["MQ", "vel"]
    assert missing(read(parameters="algo=fifo imp=0 band=3", before="a S1@1 disp=1", messages="K a; U")) == []


@pytest.mark.parametrize(
    ("line", "column", "found", "allowed"),
    [
        ("S | - | - | - | -", 17, "'5 fields'", "id | rule codes"),
        ("S", 1, "'1 field'", "id | rule codes"),
        ("S | - | - | - | - | - | - | -", 29, "'8 fields'", "id | rule codes"),
        (" | - | - | - | - | -", 2, "nothing more", "a scenario's id"),
        ("S | - | bend=1 | - | - | -", 9, "'bend=1'", "parameters as name=number"),
        ("S | - | band | - | - | -", 9, "'band'", "parameters as name=number"),
        ("S | - | band=1 band=2 | - | - | -", 16, "'band=2'", "each once"),
        ("S | - | band=x | - | - | -", 14, "'x'", "band, a whole number 0..100000"),
        ("S | - | algo=lifo | - | - | -", 14, "'lifo'", "fifo prorata"),
        ("S | - | - | a B5@100; b | - | -", 24, "nothing more", "side, lots and price"),
        ("S | - | - | a B5 | - | -", 17, "nothing more", "side, lots and price"),
        ("S | - | - | a M9 B5@1 | - | -", 15, "'M9'", "M1 M2 SP ST M3 TS"),
        ("S | - | - | a B5@1 B6@2 | - | -", 20, "'B6@2'", "side once"),
        ("S | - | - | a B5@1 ioc gtd=4 | - | -", 24, "'gtd=4'", "tif once"),
        ("S | - | - | a B5@1 smp=Z:XX | - | -", 26, "'XX'", "CR CA CB DC"),
        ("S | - | - | a B5@1 disp=-1 | - | -", 25, "'-1'", "lots, a whole number 0.."),
        ("S | - | - | a B99999999999@1 | - | -", 16, "'99999999999'", "lots, a whole number 0.."),
        ("S | - | - | a B1@mlm stop=4 | - | -", 13, "'a B1@mlm stop=4'", "stop= with a price"),
        ("S | - | - | a B1@1 tag=123456789 | - | -", 24, "'123456789'", "a tag, 1 to 8"),
        ("S | - | - | abcdefghijklmnopqrstuvwxyz B1@1 | - | -", 13, "'abc", "an order id, 1 to 24"),
        ("S | - | - | - | B5@100 | -", 17, "'B5@100'", "a message: N X R"),
        ("S | - | - | - | ST shut | -", 20, "'shut'", "closed preopen"),
        ("S | - | - | - | SS open M7 | -", 25, "'M7'", "M1 M2"),
        ("S | - | - | - | X a b | -", 21, "'b'", "the end of this entry"),
        ("S | - | - | - | X | -", 18, "nothing more", "an order id"),
        ("S | - | - | - | R a 5 | -", 21, "'5'", "new total and price"),
        ("S | - | - | - | R a 5@x | -", 23, "'x'", "a price, or -"),
        ("S | - | - | - | R a 5@1 ioc | -", 25, "'ioc'", "disp=n stop=p"),
        ("S | - | - | - | T soon | -", 19, "'soon'", "the clock, a whole number"),
        ("S | - | - | - | MQ mm | -", 22, "nothing more", "book:lots@bid/lots@ask"),
        ("S | - | - | - | MQ mm M1:5@99 | -", 23, "'M1:5@99'", "book:lots@bid/lots@ask"),
        ("S | - | - | - | XA a left | -", 22, "'left'", "B or S"),
        ("S | - | - | - | - | ACK t; AKC t", 28, "'AKC'", "an event: ACK REJ"),
        ("S | - | - | - | - | RST t 5", 21, "'RST t 5'", "RST id lots@price or RST id lots@price hid=n"),
        ("S | - | - | - | - | ACK t; CXL a 5 NOSUCH", 36, "'NOSUCH'", "USER IOC FOK"),
        ("S | - | - | - | - | CXL a 5 STATE", 29, "'STATE'", "USER IOC FOK"),
        ("S | - | - | - | - | REJ a NOSUCH", 27, "'NOSUCH'", "BAD_QTY BAD_COMBO"),
        ("S | - | - | - | - | RREJ a USER", 28, "'USER'", "BAD_QTY BAD_COMBO"),
        ("S | - | - | - | - | CREJ nosuch", 26, "'nosuch'", "BAD_QTY BAD_COMBO"),
        ("S | - | - | - | - | REFUSED NONE", 29, "'NONE'", "BAD_QTY BAD_COMBO"),
        ("S | - | - | - | - | STA nosuch", 25, "'nosuch'", "closed preopen"),
        ("S | - | - | - | - | STA none", 25, "'none'", "closed preopen"),
        ("S | - | - | - | - | TRD a t 2@100 M9", 35, "'M9'", "M1 M2 SP"),
        ("S | MATCH-001 NOTACODE | - | - | - | -", 15, "'NOTACODE'", "rule codes like MATCH-001"),
        ("S | - MATCH-001 | - | - | - | -", 5, "'-'", "rule codes like MATCH-001"),
        ("S | | - | - | - | -", 5, "nothing more", "- where a field is empty"),
        ("S | - |  | - | - | -", 10, "nothing more", "- where a field is empty"),
        ("S | - | - | | - | -", 13, "nothing more", "- where a field is empty"),
        ("S | - | - | - | | -", 17, "nothing more", "- where a field is empty"),
        ("S | - | - | - | - | ", 21, "nothing more", "- where a field is empty"),
        ("S | - | - | - | - | - |", 24, "nothing more", "- where a field is empty"),
        ("S | - | - - | - | - | -", 9, "'-'", "parameters as name=number"),
        ("S | - | - | - ; a B5@99 | - | -", 13, "'-'", "or - alone where a field is empty"),
        ("S | - | - | - | X a; - | -", 22, "'-'", "or - alone where a field is empty"),
        ("S | - | - | - | - | ; ;", 21, "'; ;'", "- where a field is empty"),
        ("S | - | - | - | - | - | a M1 5", 25, "'a M1 5'", "account book lots@price-sum"),
    ],
)
def test_a_mistake_is_told_with_its_place(line: str, column: int, found: str, allowed: str) -> None:
    with pytest.raises(NotationError) as error:
        read_scenarios(f"# comment\n\n{line}\n", "file.txt")
    start, text = str(error.value).split(": found ", 1)
    assert start == f"file.txt:3:{column}"
    assert text.startswith(found)
    assert allowed in text.split(", allowed: ", 1)[1]


PIECES = [*MESSAGES, *SHAPES, *"|;@=:/#-\n", " | ", "; ", "a", "B5@100", "S3@mkt", "stop=4", "smp=Z:CR", "M1", "SP"]
WORDS = st.sampled_from(PIECES) | st.text(max_size=4)
LINES = st.lists(WORDS, max_size=30).map(" ".join)
FIELDS = st.lists(st.lists(WORDS, max_size=5).map(" ".join), min_size=6, max_size=7).map(" | ".join)


@given(st.text() | LINES | FIELDS)
def test_random_text_is_read_or_refused_in_words(text: str) -> None:
    read_or_refuse(text)


@given(st.integers(0, len(OWN) - 1), st.text(max_size=3), st.integers(0, 3))
def test_a_damaged_table_is_read_or_refused_in_words(place: int, inserted: str, removed: int) -> None:
    start = OWN.rfind("\n", 0, place) + 1
    stop = OWN.find("\n", place)
    read_or_refuse(OWN[start:place] + inserted + OWN[place + removed : stop])


def read_or_refuse(text: str) -> None:
    told = ""
    try:
        read_scenarios(text, "file.txt")
    except NotationError as error:
        told = str(error)
    assert not told or (told.startswith("file.txt:") and ", allowed: " in told)
