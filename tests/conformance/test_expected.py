"""Expected events: every shape is read, and runs of cancels are compared by id."""

import pytest

from exchange.conformance.event_text import TEXTS
from exchange.conformance.expected import SHAPES, sorted_runs
from tests.conformance.reading import read

EVENTS = (
    "ACK t; REJ t BAND; REJ mm#0 MMP; RST t 2@-4; RST t 2@100 hid=4; TRD a t 2@100; TRD a t 2@100 M2; "
    "TRD a b 2@100 M2 int; RFR b vis=1; RPL a keep; RPL a lose; RPL a; RREJ a STATE; CREJ a UNKNOWN; CREJ STATE; "
    "CXL a 5 KILL; DEC a t 4; TRG s; UNX 300@98 imb=-3; IOP 20@95 imb=-30; IOP none; STA reserved; KIL P; DSC 1; "
    "DSC 1 queued; MMP mm; MMPR mm; REFUSED RISK"
)


def test_every_event_of_the_vocabulary_is_read() -> None:
    assert read(expected=EVENTS).expected == EVENTS.split("; ")
    assert {event.split()[0] for event in EVENTS.split("; ")} == set(SHAPES)
    assert read(expected="ACK   t").expected == ["ACK t"]
    assert read(expected="ACK t;; ACK u;").expected == ["ACK t", "ACK u"]


def test_every_event_that_has_a_text_can_be_expected() -> None:
    assert {kind.abbreviation for kind in TEXTS} | {"TRD", "DEC"} == set(SHAPES)


@pytest.mark.rule("ORDER-014")
def test_runs_of_cancels_for_one_reason_are_sorted_by_id() -> None:
    assert sorted_runs(["CXL b 1 KILL", "CXL a 1 KILL", "CXL a 1 USER", "CXL d 1 COD", "CXL c 1 MMP"]) == [
        *("CXL a 1 KILL", "CXL b 1 KILL", "CXL a 1 USER", "CXL d 1 COD", "CXL c 1 MMP")
    ]
