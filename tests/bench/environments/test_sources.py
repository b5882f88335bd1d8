"""Sources play the same messages for the same seed, and refuse tapes that own orders would change."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.environments.quote_vector import QuoteVectorEnv
from bench.environments.sources import (
    FlowSource,
    NoiseSource,
    TapeSource,
    add_accounts,
    check_flow,
    next_row,
    source_of,
)
from bench.flows.flow import FLOWS, make_flow
from bench.flows.registry import MODELS, model_tape
from bench.tapes.market import PlainMarket, engine_at, flow_market, market_tape
from bench.tapes.tape import Tape, write_tape
from exchange.codes import CommandFlag, CommandKind, TimeInForce
from exchange.engine import query


def small_tape(accounts: int = 4) -> Tape:
    flow = make_flow(replace(FLOWS["mixed"], commands=500, warm_orders=100, accounts=accounts))
    return market_tape(flow_market(flow), [flow.warm, flow.commands], limits="medium")


def test_an_episode_of_a_tape_ends_with_the_tape_and_can_begin_again() -> None:
    source = TapeSource(small_tape())
    hashes = []
    for seed in (3, 4):
        engine = source.open(seed)
        assert [source.advance(engine, 200) for _ in range(4)] == [200, 200, 100, 0]
        hashes.append(engine.state_hash())
    assert hashes[0] == hashes[1]


def test_the_seed_chooses_where_in_a_tape_an_episode_begins() -> None:
    source = TapeSource(small_tape(), episode_rows=200)
    sequences = [source.open(seed).sequence for seed in range(4)]
    assert np.diff(sequences).tolist() == [200, -200, 200]


def test_a_flow_depends_on_its_seed_alone() -> None:
    source = FlowSource("mixed", 300)
    hashes = []
    for seed in (1, 2, 1):
        engine = source.open(seed)
        assert source.advance(engine, 301) == 300
        hashes.append(engine.state_hash())
    assert hashes[0] == hashes[2] != hashes[1]


def test_noise_depends_on_its_seed_and_on_what_agents_do() -> None:
    source = NoiseSource(warm=200)
    hashes = []
    for seed in (1, 1, 2):
        engine = source.open(seed)
        assert source.accounts(engine, 1) == [1]
        assert source.advance(engine, 50) == 50
        hashes.append(engine.state_hash())
    assert hashes[0] == hashes[1] != hashes[2]
    assert source.accounts(engine, 3) == [1, 17, 18]


def test_a_bad_parameter_of_the_flow_is_named() -> None:
    with pytest.raises(ValueError, match="flow parameter 'depth': not one of add_weight"):
        NoiseSource(depth=3)
    for value in (0, 1.5, True, 10**10):
        with pytest.raises(ValueError, match=r"flow parameter lots_max .*: not an integer in 1.."):
            check_flow({"lots_max": value})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        ({"first_account": 1}, r"first_account 1: not an integer in 2\.\.16"),
        ({"instrument": 99}, r"instrument 99: not an integer in 1\.\.1"),
        ({"accounts": 20}, "first_account 2 and accounts 20: the last one would be 21, allowed: up to 16"),
        ({"first_account": 3}, "first_account 3 and accounts 15: the last one would be 17"),
        ({"take_weight": -1}, r"take_weight -1: not an integer in 0\.\."),
        ({"cancel_weight": 10**9}, r"\+ 511 \* cancel_weight below 4294967296"),
    ],
)
def test_a_flow_stays_in_its_market_and_off_the_accounts_of_agents(flow: dict[str, int], message: str) -> None:
    for make in (NoiseSource, lambda **flow: QuoteVectorEnv(1, flow=flow)):
        with pytest.raises(ValueError, match=message):
            make(**flow)  # type: ignore[operator]


def test_a_flow_may_have_no_orders_that_trade_at_once_and_few_accounts() -> None:
    engine = NoiseSource(take_weight=0, first_account=9, accounts=2, warm=100).open(1)
    orders = engine.states["orders"][0]
    assert set(orders["account"][orders["state"] != 0].tolist()) == {9, 10}


def test_own_accounts_follow_those_of_the_market_and_are_funded() -> None:
    engine = TapeSource(small_tape()).open(0)
    assert add_accounts(engine, 2) == [5, 6]
    assert query.margin(engine.states, 6).cash_mills > 0
    with pytest.raises(ValueError, match="59 own accounts after 6: state size 'medium' has 64"):
        add_accounts(engine, 59)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_order_flow_is_a_source_in_which_cancels_find_their_orders(name: str) -> None:
    source, tape = FlowSource(name, 400), model_tape(name, 1, 400)
    engine, plain = source.open(1), engine_at(tape, len(tape.commands))
    own = next_row(engine, CommandKind.NEW)  # far from the market; it takes an order id
    own["account"], own["instrument"], own["tif"] = source.accounts(engine, 1)[0], 1, TimeInForce.DAY
    own["sequence"], own["lots"], own["price"] = engine.sequence + 1, 1, engine.states["books"]["low_tick"][0, 1]
    engine.run_silently(own)
    assert query.depth(engine.states, 1)[0][-1] == (own["price"][0], 1)
    assert source.advance(engine, 1_000) == 400
    bids, asks = query.depth(engine.states, 1)
    assert (bids[:-1], asks) == query.depth(plain.states, 1)


def test_an_order_without_a_client_order_id_that_is_named_by_its_id_is_refused() -> None:
    tape = model_tape("zero-intelligence", 1, 300)
    for word in range(3):
        tape.commands[f"client_order_id_{word}"] = 0
    with pytest.raises(ValueError, match=r"names an order by its order id.*allowed: orders with client order ids"):
        TapeSource(tape)


def test_a_mass_quote_of_a_tape_is_never_split() -> None:
    tape = small_tape()
    rows = tape.commands[tape.resting_rows :]
    rows["kind"][:3], rows["flags"][:2] = CommandKind.QUOTE, CommandFlag.MORE
    source = TapeSource(tape)
    engine = source.open(1)
    assert [source.advance(engine, 1), source.advance(engine, 1)] == [3, 1]


def test_episodes_do_not_change_each_other() -> None:
    source = TapeSource(small_tape())
    first = source.open(1)
    opened = first.state_hash()
    second = source.open(1)
    source.advance(second, 200)
    assert first.state_hash() == opened == source.open(2).state_hash()


def test_a_tape_with_a_late_control_is_refused() -> None:
    tape = small_tape()
    late = replace(tape.controls[-1], row=tape.controls[-1].row.copy())
    late.row["sequence"] = tape.commands["sequence"][-1] + 1
    with pytest.raises(ValueError, match="controls must come before all rows"):
        TapeSource(replace(tape, controls=[*tape.controls[:-1], late]))


@pytest.mark.parametrize("source", [7, "mixd", None])
def test_what_is_no_source_is_refused(source: object) -> None:
    with pytest.raises(ValueError, match=r"mixed.*hawkes.*noise|noise, mixed.*hawkes"):
        source_of(source)


def test_the_path_of_a_tape_is_a_source(tmp_path: Path) -> None:
    tape, path = small_tape(), tmp_path / "x.parquet"
    write_tape(tape, path)
    for source in (path, str(path)):
        opened = source_of(source)
        assert opened.open(1).state_hash() == TapeSource(tape).open(1).state_hash()


def test_tapes_and_sources_are_taken_as_they_are() -> None:
    market = PlainMarket(1, 200, 100)
    empty = market_tape(market, [np.zeros(0, small_tape().commands.dtype)], limits="medium")
    assert isinstance(source_of(empty), TapeSource)
    flow = FlowSource()
    assert source_of(flow) is flow and source_of("hawkes") == FlowSource("hawkes")
