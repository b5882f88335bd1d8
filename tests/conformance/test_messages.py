"""Messages of the notation: each becomes a command with its fields."""

import pytest

from exchange.codes import CommandFlag, CommandKind, KillParty, MarketState, Scope
from tests.conformance.reading import message, read


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
        ("U", CommandKind.SET_STATE, {"market_state": MarketState.OPEN, "group": 1, "flags": CommandFlag.FORCE}),
        ("IOP", CommandKind.INDICATIVE, {"instrument": 1}),
        (
            "ST nocancel",
            CommandKind.SET_STATE,
            {"market_state": MarketState.NOCANCEL, "group": 1, "flags": CommandFlag.FORCE},
        ),
        ("SS halt M2", CommandKind.SET_STATE, {"market_state": MarketState.HALT, "group": 0, "instrument": 2}),
        ("K P", CommandKind.KILL, {}),
        ("UK P", CommandKind.UNKILL, {}),
        ("D 1", CommandKind.DISCONNECT, {"flags": CommandFlag.DAY_ONLY}),
        ("D 1 all acct=P", CommandKind.DISCONNECT, {"flags": CommandFlag.WHOLE_ACCOUNT}),
        ("K firm=7 risk", CommandKind.KILL, {"scope": Scope.FIRM, "killed_firm": 7, "kill_party": KillParty.RISK}),
        ("UK sess=1", CommandKind.UNKILL, {"scope": Scope.SESSION}),
        ("TM P 5", CommandKind.TIMER, {"delay_ms": 5_000}),
        ("T 5", CommandKind.CLOCK, {}),
        ("MR mm", CommandKind.MMP_RESET, {"protection_number": 1}),
        ("MQ mm M1:5@99/5@101 M2:0@0/1@-1", CommandKind.QUOTE, {}),
        ("D+ a 5", CommandKind.DEPOSIT, {"amount_mills": 5}),
        ("D- a -5", CommandKind.WITHDRAW, {"amount_mills": -5}),
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
