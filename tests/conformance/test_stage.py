"""Playing a scenario: what a venue is sent, and how the market is led to where a scenario begins."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState
from exchange.conformance.market import BOOKS, scenario_listing
from exchange.conformance.notation import PARAMETERS, read_scenarios
from exchange.conformance.rows import Event
from exchange.conformance.stage import CannotStage, play
from exchange.conformance.venues import EngineVenue, Venue
from exchange.units import NS_PER_S
from tests.venues import ReferenceVenue


class Recorder:
    """A venue that keeps what it is sent and grants every state."""

    def __init__(self) -> None:
        self.controls: list[tuple[CommandKind, dict[str, Any]]] = []
        self.commands: list[Any] = []

    def control(self, kind: CommandKind, payload: dict[str, Any]) -> list[Any]:
        self.controls.append((kind, payload))
        return []

    def apply(self, command: Any) -> list[Any]:
        self.commands.append(command)
        granted = Event(kind=EventKind.STA, state=command.order_type)
        return [granted] if command.kind == CommandKind.SET_STATE else []

    def position(self, account: int, index: int) -> tuple[int, int]:
        return 0, 0

    def cash_mills(self, account: int) -> int:
        return 0


def played(line: str) -> Recorder:
    venue = Recorder()
    play(read_scenarios(line, "t")[0], venue)
    return venue


def told(line: str) -> list[str]:
    return play(read_scenarios(line, "t")[0], EngineVenue()).told


@pytest.mark.rule("ORDER-003")
def test_an_order_that_rests_is_told_as_ack_and_rst() -> None:
    assert told("S | - | - | - | N t B5@100; N u S2@100 | -") == [
        *("ACK t", "RST t 5@100"), *("ACK u", "TRD t u 2@100")
    ]  # fmt: skip


def test_the_clock_of_a_scenario_is_the_time_of_its_commands() -> None:
    sent = played("S | - | - | a B1@1 gtd=5 | T 5; X a | -").commands[-3:]
    assert [command.kind for command in sent] == [CommandKind.NEW, CommandKind.CLOCK, CommandKind.CANCEL]
    assert [command.time_ns // NS_PER_S for command in sent] == [0, 5, 5]
    assert sent[0].time_ns < sent[0].expiry_ns <= sent[1].time_ns


@pytest.mark.parametrize("terms", ["lot=5", "tick=2 band=5", "tick=5 band=7 ref=103", "lot=3 tick=4 band=9"])
def test_a_last_price_is_made_on_the_increments_of_its_books(terms: str) -> None:
    """It elects as any other: lots and steps of the helpers are those that the parameters allow."""
    line = f"S | - | {terms} ltp=120 | - | N s S15@120 stop=120; N t B30@120 ioc | -"
    assert told(line) == ["ACK s", "TRG s", "RST s 15@120", "ACK t", "TRD s t 15@120", "CXL t 15 IOC"]


def test_names_are_numbered_and_owners_remembered() -> None:
    sent = played("S | - | - | a B1@1 acct=P sess=x; b B1@1 acct=Q | X a; X b; X z; D x; MR Q | -").commands
    sent = [command for command in sent if command.kind not in (CommandKind.SET_STATE, CommandKind.DEPOSIT)]
    assert [command.account for command in sent] == [1, 2, 1, 2, 3, 1, 2]
    assert [command.session for command in sent] == [1, 0, 0, 0, 0, 1, 0]


def test_a_state_is_set_without_asking() -> None:
    venue = played("S | - | - | - | ST preopen; U; ST reserved; ST closed | -")
    S = MarketState
    opening = [S.PREOPEN, S.NOCANCEL, S.OPEN]
    steps = [command.order_type for command in venue.commands]
    assert steps == [*opening, S.PREOPEN, S.OPEN, S.RESERVED, S.CLOSED]
    assert [command.flags for command in venue.commands] == [0] * 3 + [CommandFlag.FORCE] * 4
    assert told("S | - | - | - | ST nocancel; ST preopen; ST closed; U | -")[-1] == "STA open"


def test_the_last_price_is_reached_through_a_band_and_past_an_accounts_limits() -> None:
    line = "S | - | ref=50 ltp=100 band=7 maxpos=1 closeonly=1 | - | N a B1@108; N b S1@107 | -"
    assert told(line) == ["REJ a BAND", "REJ b CLOSE_ONLY"]


def test_prices_of_a_scenario_lie_inside_the_daily_limits() -> None:
    line = "S | - | - | f S1@9500; b M2 B1@9450; s SP S1@-1500 | N t B1@9500; R b 1@9460; N u B1@20000 | -"
    assert told(line) == ["ACK t", "TRD f t 1@9500", "RPL b lose", "RST b 1@9460", "REJ u BAND"]
    with pytest.raises(CannotStage, match="price windows"):
        told("S | - | limit=60000 | - | - | -")


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
PLAYABLE = st.lists(ORDERS | ORDERS | CHANGES | STATES | CASH | OTHERS, min_size=1, max_size=8).map("; ".join)


@settings(max_examples=60)
@given(SETTINGS.map(" ".join), PLAYABLE)
@pytest.mark.parametrize("venue", [EngineVenue, ReferenceVenue])
def test_what_can_be_read_can_be_played_or_is_refused_in_words(venue: type[Venue], chosen: str, messages: str) -> None:
    scenario = read_scenarios(f"S | - | {chosen or '-'} | - | {messages} | - | a M1 0@0; a cash 0", "t")[0]
    with contextlib.suppress(CannotStage):
        assert len(play(scenario, venue()).end) == 2
