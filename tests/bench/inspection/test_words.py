"""Rows as plain values: only fields of their kind, codes and prices as text."""

import numpy as np

from bench.inspection.words import command_words, event_words
from exchange.codes import CommandKind, EventKind, Side
from exchange.records import COMMAND, EVENT, column, pack_client_order_id


def test_a_command_has_the_fields_of_its_kind() -> None:
    row = np.zeros(1, COMMAND)
    row["sequence"], row["kind"], row["side"], row["instrument"], row["price"] = 4, CommandKind.NEW, Side.SELL, 2, 2_845
    for word, value in enumerate(pack_client_order_id("abc")):
        row[f"client_order_id_{word}"] = value
    words = command_words(row, {2: "H100.G90.H27"})
    assert words["kind"] == "NEW" and words["side"] == "SELL" and words["price"] == "2.845"
    assert words["instrument"] == "H100.G90.H27" and words["client_order_id"] == "abc" and "expiry_ns" not in words
    row["kind"] = CommandKind.CANCEL
    assert "price" not in command_words(row, {})
    row["kind"] = 63
    assert command_words(row, {})["kind"] == "63"


def test_an_event_has_the_aliases_of_its_kind() -> None:
    row = np.zeros(1, EVENT)
    row["kind"] = EventKind.FILL
    column(row, "trade_tick")[:] = -5
    assert event_words(row, {})["trade_tick"] == "-0.005"


def test_bytes_that_are_no_text_are_shown() -> None:
    row = np.zeros(1, COMMAND)
    row["kind"], row["client_order_id_0"], row["tag"] = CommandKind.NEW, 0x80_41, 0x88
    words = command_words(row, {})
    assert (words["client_order_id"], words["tag"]) == ("A\\x80", "\\x88")
