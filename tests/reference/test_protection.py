"""Market-maker protection."""

import pytest

from exchange.codes import CommandKind, EventKind, ProtectionState, RejectReason, Threshold
from exchange.conformance.market import GROUP
from exchange.reference.engine import ReferenceEngine
from exchange.reference.market import Capacities, Protection
from exchange.reference.protection import FILLS_MAX, allows_quotes, count_fill
from exchange.reference.rows import Command
from tests.reference.scenario import events, order, run

QUOTED = "MQ mm M1:5@99/5@101"


@pytest.mark.rule("MMP-001", "MMP-002")
@pytest.mark.parametrize(
    ("parameters", "trips"), [("mmp=3", True), ("mmp=4", False), ("mmpfills=1", True), ("mmpdelta=3", True)]
)
def test_a_fill_that_reaches_a_threshold_pulls_the_quotes(parameters: str, trips: bool) -> None:
    pulled = ["MMP mm", "CXL mm.M1b 5 MMP", "CXL mm.M1a 2 MMP"] if trips else []
    assert events("N t B3@101", before=QUOTED, parameters=parameters) == ["ACK t", "TRD mm.M1a t 3@101", *pulled]


@pytest.mark.rule("MMP-001")
def test_only_fills_of_the_window_count_and_at_most_256() -> None:
    market, _ = run(parameters="hours=2")
    quote = order(1, 0, 99, 9)
    quote.protection = 3
    protection = market.protections[1, 3] = Protection(1, 3, window_ns=10, limits=dict.fromkeys(Threshold, 0))
    for now, lots in ((100, 5), (105, 4), (110, 3)):
        market.command = Command(time_ns=now)
        count_fill(market, quote, lots)
    assert protection.fills == [(105, 4, 8), (110, 3, 6)]
    for _ in range(300):
        count_fill(market, quote, 1)
    assert len(protection.fills) == FILLS_MAX
    assert not protection.tripped


@pytest.mark.rule("MMP-003")
def test_a_tripped_group_takes_no_quote_until_its_owner_resets_it() -> None:
    found = events("N t B3@101; MQ mm M1:1@99/0@0; MR mm; MQ mm M1:1@99/0@0", before=QUOTED, parameters="mmp=3")
    assert found[-4:] == ["REJ mm#0 MMP", "MMPR mm", "ACK mm.M1b", "RST mm.M1b 1@99"]


@pytest.mark.rule("MMP-003")
def test_a_group_takes_quotes_of_its_product_group_or_of_all() -> None:
    market, _ = run()
    market.command = Command(account=1, protection_number=3)
    assert not allows_quotes(market, GROUP)
    market.protections[1, 3] = Protection(1, 3, group=GROUP)
    assert [allows_quotes(market, group) for group in (GROUP, GROUP + 1)] == [True, False]
    market.protections[1, 3].group = 0
    assert allows_quotes(market, GROUP + 1)
    market.command = Command(account=1)
    assert allows_quotes(market, GROUP), "number 0 is no protection"


def test_a_definition_is_answered_or_refused() -> None:
    engine = ReferenceEngine(Capacities(protections=1))
    terms = {"order_lots_max": 1, "position_lots_max": 1, "term_lots_max": 1, "close_only": False}
    engine.control(Command(kind=CommandKind.DEFINE_ACCOUNT), {"account": 1, **terms})

    def define(**fields: int) -> tuple[int, int, int]:
        command = {"kind": CommandKind.MMP_SET, "account": 1, "protection_number": 3, "window_ns": 5, **fields}
        (event,) = engine.apply(Command(**command))
        return event.kind, event.reason, event.state

    refused = EventKind.COMMAND_REFUSED
    assert define(account=2) == (refused, RejectReason.UNKNOWN_ACCOUNT, 0)
    assert define(window_ns=0) == define(fills_max=257) == define(lots_max=-1) == (refused, RejectReason.BAD_QTY, 0)
    assert define(group=5) == (refused, RejectReason.UNKNOWN_INST, 0)
    assert define() == define() == (EventKind.PROTECTION_DEFINED, 0, ProtectionState.ARMED)
    assert engine.market.protections[1, 3].limits[Threshold.FILLS] == FILLS_MAX
    assert define(protection_number=4) == (refused, RejectReason.FULL, 0)
