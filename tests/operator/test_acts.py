"""Acts in the journal: who asked stands in front of what it became, and a dry run leaves nothing (SEC-063)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import PAYLOAD_BYTES_MAX, encode_payload
from exchange.engine.event_rows import Row
from exchange.errors import UserError
from exchange.journal.frames import FrameKind
from exchange.journal.replay import read_frames
from exchange.operator.acts import Act, Acts, NeedsTwo, Signature
from tests.gateway.harness import Bench

DEPOSIT = {"kind": CommandKind.DEPOSIT, "account": 1, "amount_mills": 5}
ACCOUNT_8 = encode_payload(AccountPayload(8, 0, smp_id=8))
ONE, TWO = (Signature(f"k_{name}", "public", f"nonce {name}", "signature") for name in ("one", "two"))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


def kinds_behind(bench: Bench, sequence: int) -> list[CommandKind]:
    """Commands journalled behind a sequence."""
    bench.settle()
    frames = [frame for frame in read_frames(bench.folder) if frame.kind in (FrameKind.DATA, FrameKind.CONTROL)]
    rows = [row for frame in frames for row in frame.rows if row["sequence"] > sequence]
    return [CommandKind(int(row["kind"])) for row in rows]


@pytest.mark.rule("SEC-063")
def test_an_act_stands_once_in_front_of_all_that_it_became(bench: Bench) -> None:
    acts, before, refusals = Acts(bench.venue), bench.venue.sequence, list[str]()
    with acts.recorded(Act('{"do":"money"}')):
        acts.submit(DEPOSIT, lambda _: None)
        acts.submit_control(CommandKind.DEFINE_ACCOUNT, ACCOUNT_8, lambda _: None, refusals.append)
    expected = [CommandKind.ACT, CommandKind.DEPOSIT, CommandKind.DEFINE_ACCOUNT]
    assert kinds_behind(bench, before) == expected and refusals == []


@pytest.mark.rule("SEC-063")
def test_an_act_that_becomes_no_command_is_journalled_and_one_that_is_refused_is_not(bench: Bench) -> None:
    acts, before = Acts(bench.venue), bench.venue.sequence

    def refuse() -> None:
        with acts.recorded(Act('{"do":"money"}')):
            raise UserError("mills must not be 0")

    with pytest.raises(UserError, match="must not be 0"):
        refuse()
    assert kinds_behind(bench, before) == []
    with acts.recorded(Act('{"do":"stop"}')):
        pass
    assert kinds_behind(bench, before) == [CommandKind.ACT]


def test_a_request_that_its_record_cannot_hold_is_refused(bench: Bench) -> None:
    with (
        pytest.raises(UserError, match="bytes fit into its record"),
        Acts(bench.venue).recorded(Act("x" * PAYLOAD_BYTES_MAX)),
    ):
        pytest.fail("it was carried out")


def test_a_dry_run_checks_controls_and_submits_nothing(bench: Bench) -> None:
    acts, before, events = Acts(bench.venue), bench.venue.sequence, list[Row]()

    def try_both(payload: bytes) -> None:
        with acts.dry_run(Act("{}", [ONE, ONE])):
            assert acts.by_two and acts.signers == ["k_one", "k_one"]
            acts.submit(DEPOSIT, events.extend)
            acts.submit_control(CommandKind.DEFINE_ACCOUNT, payload, events.extend, lambda _: None)

    try_both(ACCOUNT_8)
    with pytest.raises(UserError):
        try_both(b"no payload")
    assert kinds_behind(bench, before) == [] and events == [] and 8 not in query.accounts(bench.venue.states)
    assert not acts.by_two and acts.signers == []


@pytest.mark.rule("SEC-061")
def test_the_id_of_an_act_follows_from_all_that_was_signed() -> None:
    act = Act('{"do":"settle"}', [ONE])
    assert act.act_id == Act('{"do":"settle"}', [ONE]).act_id and not act.by_two
    assert (
        len({act.act_id, Act('{"do":"settle" }', [ONE]).act_id, Act(act.line, [TWO]).act_id, Act(act.line).act_id}) == 4
    )
    assert Act(act.line, [ONE, TWO]).by_two
    assert str(NeedsTwo("a price")) == "NEEDS_TWO: a price"
