"""Running a scenario: the commands that a venue gets, and how the market reaches the state it begins with."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState
from exchange.conformance.market import BOOKS, scenario_listing
from exchange.conformance.notation import PARAMETERS, read_scenarios
from exchange.conformance.runner import CannotRun, run_scenario
from exchange.conformance.venues import ConformanceVenue, EngineVenue, ReferenceVenue
from exchange.reference.rows import Event
from exchange.units import NS_PER_S


class Recorder:
    """A venue that keeps its commands and changes every state as asked."""

    def __init__(self) -> None:
        self.controls: list[tuple[CommandKind, dict[str, Any]]] = []
        self.commands: list[Any] = []

    def control(self, kind: CommandKind, payload: dict[str, Any]) -> list[Any]:
        self.controls.append((kind, payload))
        return []

    def apply(self, command: Any) -> list[Any]:
        self.commands.append(command)
        granted = Event(kind=EventKind.STATE_CHANGED, market_state=command.order_type)
        return [granted] if command.kind == CommandKind.SET_STATE else []

    def position(self, account: int, index: int) -> tuple[int, int]:
        return 0, 0

    def cash_mills(self, account: int) -> int:
        return 0


def commands_of(line: str) -> Recorder:
    venue = Recorder()
    run_scenario(read_scenarios(line, "t")[0], venue)
    return venue


def events_of(line: str, venue: type[ConformanceVenue] = EngineVenue) -> list[str]:
    return run_scenario(read_scenarios(line, "t")[0], venue()).events


BOTH = pytest.mark.parametrize("venue", [EngineVenue, ReferenceVenue])


@pytest.mark.rule("ORDER-003")
def test_an_order_that_rests_has_an_ack_and_an_rst() -> None:
    assert events_of("S | - | - | - | N t B5@100; N u S2@100 | -") == [
        *("ACK t", "RST t 5@100"), *("ACK u", "TRD t u 2@100")
    ]  # fmt: skip


def test_the_clock_of_a_scenario_is_the_time_of_its_commands() -> None:
    sent = commands_of("S | - | - | a B1@1 gtd=5 | T 5; X a | -").commands[-3:]
    assert [command.kind for command in sent] == [CommandKind.NEW, CommandKind.CLOCK, CommandKind.CANCEL]
    assert [command.time_ns // NS_PER_S for command in sent] == [0, 5, 5]
    assert sent[0].time_ns < sent[0].expiry_ns <= sent[1].time_ns


@pytest.mark.parametrize("terms", ["lot=5", "tick=2 band=5", "tick=5 band=7 ref=103", "lot=3 tick=4 band=9"])
def test_a_last_price_is_made_on_the_increments_of_its_books(terms: str) -> None:
    """It elects as any other: lots and steps of the helpers are those that the parameters allow."""
    line = f"S | - | {terms} ltp=120 | - | N s S15@120 stop=120; N t B30@120 ioc | -"
    assert events_of(line) == ["ACK s", "TRG s", "RST s 15@120", "ACK t", "TRD s t 15@120", "CXL t 15 IOC"]


def test_names_are_numbered_and_owners_remembered() -> None:
    sent = commands_of("S | - | - | a B1@1 acct=P sess=x; b B1@1 acct=Q | X a; X b; X z; D x; MR Q | -").commands
    sent = [command for command in sent if command.kind not in (CommandKind.SET_STATE, CommandKind.DEPOSIT)]
    assert [command.account for command in sent] == [1, 2, 1, 2, 3, 1, 2, 2]
    assert [command.session for command in sent] == [1, 0, 0, 0, 0, 1, 0, 0]


@BOTH
@pytest.mark.rule("ORDER-005")
def test_an_id_taken_again_is_the_order_of_its_new_account(venue: type[ConformanceVenue]) -> None:
    start = "S | - | - | a B1@99 acct=P | X a;"
    again = f"{start} N a B1@98 acct=Q; R a 2@97; X a | -"
    assert events_of(again, venue) == [
        *("CXL a 1 USER", "ACK a", "RST a 1@98", "RPL a lose", "RST a 2@97", "CXL a 2 USER")
    ]  # fmt: skip
    far = f"{start} N a M2 B1@98 acct=Q; R a 1@9000 | -"
    assert events_of(far, venue)[-2:] == ["RPL a lose", "RST a 1@9000"]


@BOTH
@pytest.mark.rule("ORDER-006")
def test_an_id_stays_with_its_order_while_another_account_is_refused_it(venue: type[ConformanceVenue]) -> None:
    line = "S | - | - | a B1@99 acct=P | N a B0@98 acct=Q; X a | -"
    assert events_of(line, venue) == ["REJ a BAD_QTY", "CXL a 1 USER"]


@BOTH
@pytest.mark.rule("QUOTE-001")
def test_an_id_names_the_quote_or_order_that_was_acknowledged_last(venue: type[ConformanceVenue]) -> None:
    line = "S | - | - | MQ mm M1:5@99/0@0; mm.M1b B1@98 | X mm.M1b; MQ mm M1:0@0/0@0 M2:3@9/0@0; X mm.M2b | -"
    assert events_of(line, venue) == [
        *("CXL mm.M1b 1 USER", "CXL mm.M1b 5 USER", "ACK mm.M2b", "RST mm.M2b 3@9", "CXL mm.M2b 3 USER")
    ]  # fmt: skip


@pytest.mark.rule("MMP-003")
def test_a_protection_that_the_venue_cannot_have_is_an_obstacle() -> None:
    with pytest.raises(CannotRun, match="no protection for account 1: REFUSED BAD_QTY"):
        events_of("S | - | mmpfills=257 | - | MR mm | -")
    accounts = "; ".join(f"MR a{number}" for number in range(16))
    with pytest.raises(CannotRun, match="no protection for account 16: REFUSED FULL"):
        events_of(f"S | - | - | - | {accounts} | -")


def test_a_state_is_set_without_asking() -> None:
    venue = commands_of("S | - | - | - | ST preopen; U; ST reserved; ST closed | -")
    S = MarketState
    opening = [S.PREOPEN, S.NOCANCEL, S.OPEN]
    steps = [command.order_type for command in venue.commands]
    assert steps == [*opening, S.PREOPEN, S.OPEN, S.RESERVED, S.CLOSED]
    assert [command.flags for command in venue.commands] == [0] * 3 + [CommandFlag.FORCE] * 4
    assert events_of("S | - | - | - | ST nocancel; ST preopen; ST closed; U | -")[-1] == "STA open"


def test_the_last_price_is_reached_through_a_band_and_past_an_accounts_limits() -> None:
    line = "S | - | ref=50 ltp=100 band=7 maxpos=1 closeonly=1 | - | N a B1@108; N b S1@107 | -"
    assert events_of(line) == ["REJ a BAND", "REJ b CLOSE_ONLY"]


def test_prices_of_a_scenario_lie_inside_the_daily_limits() -> None:
    line = "S | - | - | f S1@9500; b M2 B1@9450; s SP S1@-1500 | N t B1@9500; R b 1@9460; N u B1@100001 | -"
    assert events_of(line) == ["ACK t", "TRD f t 1@9500", "RPL b lose", "RST b 1@9460", "REJ u BAND"]


@BOTH
@pytest.mark.rule("SPEC-004")
@pytest.mark.parametrize(
    ("line", "rests"),
    [
        ("S | - | - | - | N a B1@20000 | -", "RST a 1@20000"),
        ("S | - | - | - | N a SP S5@-20000 | -", "RST a 5@-20000"),
        ("S | - | ltp=20000 band=500 | - | N a B1@20500 | -", "RST a 1@20500"),
        ("S | - | ref=20000 | - | N a B1@100 | -", "RST a 1@100"),
        ("S | - | ref=100000 | - | N a B1@100000 | -", "RST a 1@100000"),
        ("S | - | ref=-100000 | - | N a S1@-100000 | -", "RST a 1@-100000"),
        ("S | - | pp=5000 | s S1@9000 | N a B2@mkt | -", "RST a 1@14000"),
    ],
)
def test_without_a_limit_no_price_of_a_scenario_is_refused(
    venue: type[ConformanceVenue], line: str, rests: str
) -> None:
    assert events_of(line, venue)[-1] == rests


def test_windows_that_do_not_fit_are_reported_with_their_books() -> None:
    room = "price windows need [0-9]+ rows, there are 65536; asked for: "
    with pytest.raises(CannotRun, match=f"^{room}M1 -900..100000$"):
        events_of("S | - | - | - | N a B1@100000 | -")
    with pytest.raises(CannotRun, match=f"^{room}M1 -59900..60100, M2 "):
        events_of("S | - | limit=60000 | - | - | -")
    with pytest.raises(CannotRun, match="SP: settle_tick 200000 not in "):
        events_of("S | - | ref=100000 ref.M2=-100000 | - | - | -")


def test_a_last_price_too_many_bands_away_is_an_obstacle() -> None:
    with pytest.raises(CannotRun, match="no last price 10102: it needs more than 10000 steps within the band"):
        events_of("S | - | band=1 ltp=10102 | - | - | -")


def test_daily_limits_are_the_usual_ones_where_prices_are_near_or_limits_are_given() -> None:
    near = scenario_listing({}, {1: [100, 1000]})["instruments"][0]
    given = scenario_listing({"limit": 10}, {1: [5000]})["instruments"][0]
    assert (near["low_tick"], near["high_tick"]) == (-900, 1_100)
    assert (given["low_tick"], given["high_tick"]) == (90, 110)


EDGES = st.sampled_from([0, 1, 3, 95, 100, 101, 10**4, 10**6, 2**31 - 1])
PRICES = EDGES | EDGES.map(lambda price: -price) | st.sampled_from([10**12, -(10**12)])
NAMES = st.sampled_from(["a", "b", "c"])
SETTINGS = st.lists(
    st.sampled_from(sorted(PARAMETERS)).flatmap(
        lambda name: st.sampled_from([*PARAMETERS[name], PARAMETERS[name][0] + 1]).map(lambda value: f"{name}={value}")
    ),
    max_size=3,
    unique_by=lambda setting: setting.split("=")[0],
)
FLAGS = st.sampled_from(
    ["", "ioc", "fok", "gtc", "po", "slide", "gtd=3", "disp=1", "min=2", "stop=100", "smp=Z", "acct=P", "sess=1"]
)
ORDERS = st.builds(
    "N {} {} {}{}@{} {}".format, NAMES, st.sampled_from(sorted(BOOKS)), st.sampled_from("BS"), EDGES, PRICES, FLAGS
)
CHANGES = st.builds("R {} {}@{}".format, NAMES, EDGES, PRICES)
STATES = st.builds(
    "{} {}".format, st.sampled_from(["ST", "SS"]), st.sampled_from(["preopen", "halt", "open", "closed"])
)
CASH = st.builds("{} a {}".format, st.sampled_from(["D+", "D-"]), PRICES)
OTHERS = st.sampled_from(["X a", "XA a", "XA P M2 B", "K a", "UK a", "U", "IOP", "SS halt M2", "T 4", "D 1", "MR a"])
RUNNABLE = st.lists(ORDERS | ORDERS | CHANGES | STATES | CASH | OTHERS, min_size=1, max_size=8).map("; ".join)


@settings(max_examples=60)
@given(SETTINGS.map(" ".join), RUNNABLE)
@BOTH
def test_what_can_be_read_can_be_run_or_is_refused_in_words(
    venue: type[ConformanceVenue], chosen: str, messages: str
) -> None:
    scenario = read_scenarios(f"S | - | {chosen or '-'} | - | {messages} | - | a M1 0@0; a cash 0", "t")[0]
    with contextlib.suppress(CannotRun):
        assert len(run_scenario(scenario, venue()).end) == 2
