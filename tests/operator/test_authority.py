"""Who may act as the operator, what needs two people, and what the journal tells of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.codes import CommandKind
from exchange.engine import query
from exchange.gateway.auth import KeyPair, encode_bytes, verify
from exchange.journal.dump import dump
from exchange.operator import authority
from exchange.operator.desk import OperatorDesk
from exchange.operator.requests import Answer
from exchange.operator.signing import sign, signed_text
from exchange.units import NS_PER_S
from tests.gateway.harness import SYMBOL, Bench
from tests.operator.asking import coming_day

CHIP = "H100"
WHY = "a feed of prices is wrong"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


class Office:
    """A desk with operators."""

    def __init__(self, bench: Bench, operators: int = 2) -> None:
        self.bench = bench
        self.desk = OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock)
        self.operators = [self.operator(number) for number in range(operators)]

    def operator(self, number: int) -> KeyPair:
        return self.bench.opened.make_key(f"op{number}", 1, scopes=("admin",), seed=bytes([100 + number]) * 32)

    def take(self, line: bytes) -> Answer:
        answers: list[Answer] = []
        self.desk.take(line, answers.append)
        self.bench.settle()
        (answer,) = answers
        return answer

    def ask(self, what: str, pair: KeyPair | None = None, **fields: Any) -> Answer:
        line = json.dumps({"do": what, **fields})
        if pair is None:
            return self.take(line.encode())
        nonce, history = self.take(b'{"do":"nonce"}').lines
        return self.take(msgspec.json.encode(sign(pair, history, nonce, line)))

    def refused(self, what: str, pair: KeyPair | None = None, **fields: Any) -> str:
        """Why; nothing is sequenced."""
        before = self.bench.venue.sequence
        answer = self.ask(what, pair, **fields)
        assert not answer.ok and self.bench.venue.sequence == before, answer
        return answer.why

    def journalled(self) -> list[dict[str, Any]]:
        """Records of the journal, as `gpux journal dump` prints them."""
        return [line for line in map(json.loads, dump(self.bench.folder)) if "kind" in line]


def price_beyond(bench: Bench) -> dict[str, int]:
    return {SYMBOL: bench.venue.table.row(1).high_tick + 7}


@pytest.mark.rule("SEC-063")
def test_an_act_is_journalled_with_who_and_why_in_front_of_what_it_became(bench: Bench) -> None:
    office = Office(bench, operators=1)
    (operator,) = office.operators
    assert office.ask("state", operator, target=CHIP, to="paused", reason=WHY).ok
    assert office.ask("account", operator, account=1, order_lots_max=9, reason="asked for by its firm").ok
    assert office.ask("stop", operator, in_s=60, reason="a new build").ok
    bench.settle()
    *_, act, row, second, control, stop = office.journalled()
    assert [line["kind"] for line in (act, row)] == ["ACT", "SET_STATE"]
    assert [line["kind"] for line in (second, control)] == ["ACT", "DEFINE_ACCOUNT"]
    assert row["sequence"] == act["sequence"] + 1 and control["sequence"] == second["sequence"] + 1
    assert act["asked"] == {"do": "state", "target": CHIP, "to": "paused", "reason": WHY}
    assert stop["kind"] == "ACT" and stop["asked"]["reason"] == "a new build", "what becomes no command is told too"
    (signature,) = act["payload"]["signatures"]
    assert signature["key"] == "k_op0"
    text = signed_text(bench.opened.history_name, signature["nonce"], signature["public"], act["payload"]["line"])
    assert verify(operator.public(), text, signature["signature"]), "who has the journal can check it"


@pytest.mark.rule("SEC-063")
def test_without_operator_keys_the_owner_of_the_folder_acts_and_the_journal_says_so(bench: Bench) -> None:
    office = Office(bench, operators=0)
    assert office.ask("state", target=CHIP, to="paused").ok
    act = office.journalled()[-2]
    assert act["kind"] == "ACT" and act["payload"]["signatures"] == []


@pytest.mark.rule("SEC-066")
def test_once_there_is_an_operator_nobody_acts_unsigned_or_without_a_reason(bench: Bench) -> None:
    office = Office(bench, operators=1)
    (operator,) = office.operators
    assert "must be signed" in office.refused("state", target=CHIP, to="paused")
    assert "needs a reason" in office.refused("state", operator, target=CHIP, to="paused")
    assert office.ask("status").ok and office.ask("proposals").ok, "who looks need not sign"
    assert office.ask("state", operator, target="X", to="paused", reason=WHY).why.startswith("'X' is neither")
    assert office.journalled()[-1]["kind"] != "ACT", "what is refused at once leaves nothing"


@pytest.mark.rule("BAD-063", "SEC-066")
def test_a_nonce_works_once_and_not_for_long_and_only_for_what_was_signed(bench: Bench) -> None:
    office = Office(bench, operators=1)
    (operator,) = office.operators
    line = json.dumps({"do": "state", "target": CHIP, "to": "paused", "reason": WHY})
    nonce, history = office.ask("nonce").lines
    good = sign(operator, history, nonce, line)
    trader = sign(bench.keys[1], history, office.ask("nonce").lines[0], line)
    other = msgspec.structs.replace(sign(operator, history, office.ask("nonce").lines[0], line), line=line + " ")
    elsewhere = sign(operator, "h_other", office.ask("nonce").lines[0], line)
    made_up = sign(operator, history, encode_bytes(bytes(32)), line)
    for bad in (trader, other, elsewhere, made_up):
        assert office.take(msgspec.json.encode(bad)).why.startswith("BAD_AUTH")
    assert office.take(msgspec.json.encode(good)).ok
    assert office.take(msgspec.json.encode(good)).why.startswith("BAD_AUTH"), "used"
    late = sign(operator, history, office.ask("nonce").lines[0], line)
    bench.clock.now += 11 * 10**9
    assert office.take(msgspec.json.encode(late)).why.startswith("BAD_AUTH"), "old"
    first = office.ask("nonce").lines[0]
    for _ in range(authority.NONCES_MAX):
        office.ask("nonce")
    assert office.take(msgspec.json.encode(sign(operator, history, first, line))).why.startswith("BAD_AUTH")
    nested = msgspec.json.encode(sign(operator, history, office.ask("nonce").lines[0], "{}")).decode()
    twice = sign(operator, history, office.ask("nonce").lines[0], nested)
    assert "not signed again" in office.take(msgspec.json.encode(twice)).why


@pytest.mark.rule("SEC-061", "SEC-063", "BAD-063", "BAD-065")
def test_a_settlement_outside_the_limits_is_proposed_by_one_and_confirmed_by_another(bench: Bench) -> None:
    office = Office(bench)
    one, two = office.operators
    price = price_beyond(bench)
    assert office.ask("state", one, target=CHIP, to="closed", reason="the day ends").ok
    before = bench.venue.engine.state_hash()
    answer = office.ask("settle", one, prices=price, reason=WHY)
    assert answer.ok and "NEEDS_TWO" in answer.lines[0] and "k_op0" in answer.lines[0], answer
    (shown,) = office.ask("proposals").lines
    assert shown == answer.lines[0] and WHY in shown
    assert bench.venue.engine.state_hash() == before, "a proposal changes nothing"
    name = shown.split()[0]
    assert office.refused("confirm", one, proposal=name, reason="me again").startswith("NEEDS_TWO: k_op0")
    assert office.refused("confirm", proposal=name, reason="anybody").startswith("NEEDS_TWO")
    assert "no proposal 123" in office.refused("confirm", two, proposal="123", reason="a wrong name")
    done = office.ask("confirm", two, proposal=name, reason="I saw it too")
    assert done.ok and "settled" in done.lines[0], done
    assert bench.venue.table.row(1).settle_tick == price[SYMBOL]
    assert office.ask("proposals").lines == []
    assert "no proposal" in office.refused("confirm", two, proposal=name, reason="once more")
    act, control = office.journalled()[-2:]
    assert (act["kind"], control["kind"]) == ("ACT", "DAY_LIMITS") and act["asked"]["reason"] == WHY
    first, second = act["payload"]["signatures"]
    assert (first["key"], second["key"]) == ("k_op0", "k_op1")
    assert json.loads(second["line"]) == {"do": "confirm", "proposal": name, "reason": "I saw it too"}
    text = signed_text(bench.opened.history_name, second["nonce"], second["public"], second["line"])
    assert verify(two.public(), text, second["signature"])


@pytest.mark.rule("SEC-061")
@pytest.mark.parametrize("minutes", [4, 6])
def test_a_settlement_is_confirmed_for_the_day_and_groups_that_were_proposed(bench: Bench, minutes: int) -> None:
    """Proposed 5 minutes before a close; behind that close the coming day is another, so it is proposed again."""
    office = Office(bench)
    one, two = office.operators
    day_ns, close_ns = 86_400 * NS_PER_S, 75_600 * NS_PER_S  # 21:00 UTC
    bench.clock.now += (close_ns - 300 * NS_PER_S - bench.clock.now) % day_ns
    day = coming_day(bench)
    assert office.ask("state", one, target=CHIP, to="closed", reason="the day ends").ok
    (shown, _) = office.ask("settle", one, prices=price_beyond(bench), reason=WHY).lines
    assert f" of {CHIP} for {day} " in shown
    bench.clock.now += minutes * 60 * NS_PER_S
    if minutes < 5:
        (done,) = office.ask("confirm", two, proposal=shown.split()[0], reason="I saw it too").lines
        assert f"limits for {day} set" in done
    else:
        why = office.refused("confirm", two, proposal=shown.split()[0], reason="too late")
        assert why.startswith(f"proposed for {day}, the trading day that ends next is {coming_day(bench)}")
        assert office.ask("proposals").lines == []


@pytest.mark.rule("SEC-061", "BAD-065")
def test_what_could_not_be_done_is_no_proposal(bench: Bench) -> None:
    office = Office(bench)
    one, _ = office.operators
    beyond = price_beyond(bench)
    assert "is not CLOSED" in office.refused("settle", one, prices=beyond, chips=[CHIP], reason=WHY), "a dry run"
    assert office.ask("state", one, target=CHIP, to="closed", reason="the day ends").ok
    assert "more than 7 days" in office.refused("settle", one, prices=beyond, day="1999-01-01", reason=WHY)
    for price in (0, -1):
        why = office.refused("settle", one, prices={SYMBOL: price}, reason=WHY)
        assert f"{SYMBOL}: settlement" in why, (price, why)
    assert "must be signed" in office.refused("settle", prices=beyond), "nobody's"
    assert office.ask("proposals").lines == []


@pytest.mark.rule("SEC-061")
def test_a_proposal_expires_and_goes_with_the_key_that_made_it(bench: Bench) -> None:
    office = Office(bench, operators=3)
    one, two, three = office.operators
    assert office.ask("state", one, target=CHIP, to="closed", reason="the day ends").ok
    name = office.ask("settle", one, prices=price_beyond(bench), reason=WHY).lines[0].split()[0]
    bench.clock.now += authority.PROPOSAL_LIFE_US * 1_000
    assert "no proposal" in office.refused("confirm", two, proposal=name, reason="late")
    name = office.ask("settle", one, prices=price_beyond(bench), reason=WHY).lines[0].split()[0]
    ended = office.ask("revoke", two, key="k_op0", reason="left the firm").lines[0].split()[0]
    assert office.ask("confirm", three, proposal=ended, reason="so it is").ok
    assert "k_op0 is no operator any more" in office.refused("confirm", two, proposal=name, reason="go on")


@pytest.mark.rule("SEC-061", "SEC-001")
def test_an_operator_can_make_a_second_one_but_no_third_alone(bench: Bench) -> None:
    office = Office(bench, operators=1)
    (one,) = office.operators
    pairs = [KeyPair(f"k_new{number}", 2, bytes([50 + number]) * 32) for number in range(2)]
    fields = [
        {"key": pair.key, "public": encode_bytes(pair.public()), "account": 2, "scopes": ["admin"]} for pair in pairs
    ]
    assert office.ask("key", one, **fields[0], reason="a colleague").ok
    answer = office.ask("key", one, **fields[1], reason="another me")
    assert "NEEDS_TWO" in answer.lines[0] and pairs[1].key not in bench.gateway.keys.keys
    ended = office.ask("revoke", one, key="k_new0", reason="alone again").lines[0]
    assert ended.endswith("(NEEDS_TWO: the end of operator key k_new0)")
    assert office.ask("confirm", pairs[0], proposal=answer.lines[0].split()[0], reason="I know her").ok
    assert pairs[1].key in bench.gateway.keys.keys
    trader = {"key": "k_t", "public": encode_bytes(bytes([9]) * 32), "account": 3, "scopes": ["trade"]}
    assert office.ask("key", one, **trader, reason="a member").ok, "other keys take one"


@pytest.mark.rule("SEC-063")
def test_a_restart_replays_acts_and_forgets_proposals(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        office = Office(bench)
        one, _ = office.operators
        office.ask("state", one, target=CHIP, to="closed", reason="the day ends")
        office.ask("settle", one, prices=price_beyond(bench), reason=WHY)
        before = bench.venue.engine.state_hash()
    with Bench(str(tmp_path)) as after:
        assert after.venue.engine.state_hash() == before
        assert query.market_state(after.venue.states, 1).name == "CLOSED"
        desk = OperatorDesk(after.venue, after.gateway, after.opened.spec, after.clock)
        told: list[Answer] = []
        desk.take(b'{"do":"proposals"}', told.append)
        assert told == [Answer(True, [])]


@pytest.mark.rule("SEC-063")
def test_an_act_of_a_journal_from_elsewhere_is_shown_whatever_it_says(bench: Bench) -> None:
    strange = [b"", b"\xff\x00", b"[]", b"{}", b'{"line":5}', b'{"line":"no json"}', b"[" * 9_000]
    for payload in strange:
        bench.opened.control(CommandKind.ACT, payload)
    shown = Office(bench, operators=0).journalled()[-len(strange) :]
    assert [line["kind"] for line in shown] == ["ACT"] * len(strange)
    assert shown[1]["payload"] == r"b'\xff\x00'" and shown[-2]["asked"] == "'no json'"


def test_a_request_that_its_record_has_no_room_for_is_refused(bench: Bench) -> None:
    office = Office(bench, operators=0)
    prices = {f"H100.G90.X{number}": 5 for number in range(4_000)}
    assert "at most 65536 bytes fit into its record" in office.refused("settle", prices=prices)


@pytest.mark.rule("SEC-051", "SEC-061")
def test_an_act_that_could_be_read_in_two_ways_is_refused(bench: Bench) -> None:
    office = Office(bench)
    one, _ = office.operators
    twice = [
        '{"do":"stop","in_s":5,"in_s":6,"reason":"a day off"}',
        f'{{"do":"settle","prices":{{"{SYMBOL}":1,"{SYMBOL}":2}},"reason":"a day off"}}',
    ]
    for line in twice:
        nonce, history = office.ask("nonce").lines
        assert "appears twice" in office.take(msgspec.json.encode(sign(one, history, nonce, line))).why
        assert "appears twice" in office.take(line.encode()).why


@pytest.mark.rule("SEC-061", "SEC-011")
def test_a_proposal_is_shown_as_it_is_whatever_a_terminal_makes_of_its_characters(bench: Bench) -> None:
    office = Office(bench)
    one, _ = office.operators
    assert office.ask("state", one, target=CHIP, to="closed", reason="the day ends").ok
    price = price_beyond(bench)[SYMBOL]
    line = f'{{"do":"settle",\r\n"prices":{{"{SYMBOL}":{price}}},"reason":"\u202eno\u009b2J"}}'
    nonce, history = office.ask("nonce").lines
    assert office.take(msgspec.json.encode(sign(one, history, nonce, line))).ok
    (shown,) = office.ask("proposals").lines
    assert shown.isascii() and shown.isprintable() and r"\u202eno\u009b2J" in shown
    assert f'"{SYMBOL}": {price}' in shown


@pytest.mark.rule("BAD-063", "SEC-001", "SEC-061")
def test_a_clock_that_is_set_back_revives_no_nonce_proposal_or_key(bench: Bench) -> None:
    office = Office(bench, operators=3)
    one, two, three = office.operators
    assert office.ask("state", one, target=CHIP, to="closed", reason="the day ends").ok
    line = json.dumps({"do": "state", "target": CHIP, "to": "halt", "reason": WHY})
    late = sign(two, bench.opened.history_name, office.ask("nonce").lines[0], line)
    name = office.ask("settle", one, prices=price_beyond(bench), reason=WHY).lines[0].split()[0]
    ended = office.ask("revoke", two, key="k_op0", reason="left the firm").lines[0].split()[0]
    assert office.ask("confirm", three, proposal=ended, reason="so it is").ok
    hour = 3_600 * 10**9
    bench.clock.now += hour
    bench.clock.wall_us = lambda: (bench.clock.now - 2 * hour) // 1_000  # type: ignore[method-assign]
    assert office.take(msgspec.json.encode(late)).why.startswith("BAD_AUTH")
    assert "no proposal" in office.refused("confirm", two, proposal=name, reason="late")
    assert office.refused("stop", one, reason="I am back").startswith("BAD_AUTH")
    assert office.ask("account", two, account=1, order_lots_max=9, reason="others go on").ok


@pytest.mark.rule("SEC-061", "BAD-065")
def test_one_operator_walks_no_price_beyond_the_limits_by_settling_again_and_again(bench: Bench) -> None:
    office = Office(bench)
    one = office.operators[0]
    limit = bench.venue.table.row(1).high_tick
    assert office.ask("state", one, target=CHIP, to="closed", reason="the day ends").ok
    assert "settled" in office.ask("settle", one, prices={SYMBOL: limit}, reason="a wild day").lines[0]
    further = bench.venue.table.row(1).high_tick
    assert further > limit
    answer = office.ask("settle", one, chips=[CHIP], prices={SYMBOL: further}, reason="wilder")
    assert not answer.ok and "is published and never changes (SETTLE-011)" in answer.why, answer
    assert bench.venue.table.row(1).settle_tick == limit
    assert "settled" in office.ask("settle", one, chips=[CHIP], increments={SYMBOL: 2}, reason="coarser").lines[0]
    assert bench.venue.table.row(1).settle_tick == limit
