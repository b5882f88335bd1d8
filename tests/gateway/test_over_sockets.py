"""Whole scenarios over real loopback sockets, checked by what each client receives. The test moves the time."""

import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from exchange.gateway.auth import KeyPair
from exchange.venue.bootstrap import OpenVenue
from tests.gateway.harness import StillClock
from tests.gateway.sockets import Talker, Venue, run, until

SPREAD = "H100.G90.H27-J27"
OTHER_FIRM = 6


async def pass_ms(venue: Venue, milliseconds: int, *talkers: Talker) -> None:
    """Time passes in steps of at most a second, in which every client that is named says that it is there."""
    clock, server = venue.server.settings.clock, venue.server
    assert isinstance(clock, StillClock)
    while milliseconds > 0:
        step = min(1_000, milliseconds)
        milliseconds -= step
        clock.now += step * 1_000_000
        server.gateway.wheel.turn(clock.mono_ns())
        server.upkeep.turn()
        for talker in talkers:
            await talker.ask("ping")


async def left_alone(venue: Venue) -> None:
    """The venue has noticed that one client alone is left: a client sees its own connection end sooner."""
    await until(lambda: len(venue.server.gateway.connections) == 1)


def limit(venue: Venue, coid: str, **fields: object) -> dict[str, object]:
    return {"i": venue.instrument, "side": "b", "px": venue.price, "q": 5, "coid": coid} | fields


@pytest.mark.rule("IMP-002", "MDATA-010", "MDATA-012", "ACCT-002")
def test_order_in_a_spread_trades_with_the_orders_of_its_legs(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        rows = {row.symbol: row for row in venue.server.venue.table.rows if row is not None}
        near, far, spread = (rows[symbol] for symbol in ("H100.G90.H27", "H100.G90.J27", SPREAD))
        ids = [row.instrument_id for row in (near, far, spread)]
        price = near.settle_tick - far.settle_tick
        async with venue.talker(0) as seller, venue.talker(1) as buyer, venue.talker(2) as taker:
            channels = [{"n": name, "i": ids[2], "ms": 0} for name in ("depth", "top")]
            channels += [{"n": "trades", "i": number} for number in ids]
            depth, top, *tapes = [row[0] for row in (await taker.ask("sub", ch=channels))["ch"]]
            await seller.ask("new", i=ids[0], side="s", px=near.settle_tick, q=5, coid="a1")
            await buyer.ask("new", i=ids[1], side="b", px=far.settle_tick, q=4, coid="b1")
            shown = await taker.wait_for(c=depth, ia=[price, 4])
            assert (shown["b"], shown["a"]) == ([], []), "an implied price is in no direct level"
            best = await taker.wait_for(c=top, ap=price)
            assert (best["aq"], best["ai"]) == (4, 4)
            taken = await taker.ask("new", i=ids[2], side="b", px=price, q=6, coid="c1")
            assert (taken["st"], taken["cum"], taken["lv"]) == ("open", 4, 2)
            assert (await taker.wait_for(c=depth, ia=[price, 0]))["b"] == [[price, 2]]
            prints = [(await taker.wait_for(t="trades", c=tape))["x"][0][1:] for tape in tapes]
            assert prints == [[near.settle_tick, 4, "n"], [far.settle_tick, 4, "n"], [price, 4, "b"]]
            fill = await taker.wait_for(t="fill")
            assert (fill["i"], fill["px"], fill["q"], fill["liq"]) == (ids[2], price, 4, "taker")
            held = [(await taker.wait_for(t="pos")) for _ in range(2)]
            assert [(row["i"], row["q"]) for row in held] == [(ids[0], 4), (ids[1], -4)], "none in the spread itself"
            for maker, number, row, sign in ((seller, ids[0], near, -1), (buyer, ids[1], far, 1)):
                fill = await maker.wait_for(t="fill", e=taken["e"])
                assert (fill["i"], fill["px"], fill["q"], fill["liq"]) == (number, row.settle_tick, 4, "maker")
                assert (await maker.wait_for(t="pos"))["q"] == 4 * sign

    run(tmp_path, test, symbols=(SPREAD,))


def firms(opened: OpenVenue, keys: list[KeyPair]) -> None:
    """Key 3 trades for account 4 of firm 5, whose risk desk has key 4; key 5 is of another firm's."""
    keys.append(opened.make_key("trader", 4, 10**12, firm=5))
    keys.append(opened.make_key("desk", 4, scopes=("read", "risk"), firm=5))
    keys.append(opened.make_key("others", 5, scopes=("read", "risk"), firm=OTHER_FIRM))


@pytest.mark.rule("ACCT-011", "KILL-001", "KILL-004")
@pytest.mark.parametrize("scope", ["session", "account", "firm"])
def test_risk_desk_stops_what_is_of_its_firm_and_lifts_it(tmp_path: object, scope: str) -> None:
    async def test(venue: Venue) -> None:
        async with (
            venue.talker(3) as trader,
            venue.talker(3) as twin,
            venue.talker(4) as desk,
            venue.talker(5) as other,
        ):
            name = (await trader.wait_for(t="welcome"))["sid"]
            named = {"session": {"sid": name}, "account": {"acc": 4}, "firm": {}}[scope]
            await trader.ask("new", **limit(venue, "a1"))
            await trader.ask("new", **limit(venue, "a2", tif="gtc", px=venue.price - 1))
            await twin.ask("new", **limit(venue, "t1"))
            if scope != "firm":  # there its own firm is meant
                assert (await other.ask("kill", scope=scope, **named))["name"] == "SCOPE"
            reply = await desk.ask("kill", scope=scope, **named)
            gone = 2 if scope == "session" else 3
            assert (reply["t"], reply["n"]) == ("ok", gone)
            told = await trader.wait_for(t="kill")
            assert (told["on"], told["by"], told["scope"], told["n"]) == (True, "risk", scope, gone)
            reasons = [(await trader.wait_for(t="exec", ev="cancelled"))["why"] for _ in range(gone)]
            assert reasons == ["kill"] * gone
            assert (await trader.ask("new", **limit(venue, "a3")))["name"] == "KILLED"
            assert (await trader.ask("cancel", coid="a1"))["name"] == "ORDER_DONE", "cancels stay allowed"
            stopped = await twin.ask("new", **limit(venue, "t2"))
            assert stopped.get("name") == (None if scope == "session" else "KILLED")
            assert (await desk.ask("unkill", scope=scope, **named))["t"] == "ok"
            assert (await trader.wait_for(t="kill"))["on"] is False
            assert (await trader.ask("new", **limit(venue, "a4")))["st"] == "open"
            left = [order["coid"] for order in (await trader.ask("query", what="open"))["orders"]]
            assert left == (["t1", "t2", "a4"] if scope == "session" else ["a4"]), "lifting brings no order back"

    run(tmp_path, test, prepare=firms)


@pytest.mark.rule("BAND-004", "MDATA-010")
def test_order_outside_the_days_limits_waits_unseen(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        row = venue.server.venue.table.rows[1]
        assert row is not None
        low, high = row.low_tick, row.high_tick
        highest = min(high, row.settle_tick + int(venue.server.venue.states["books"]["band_ticks"][0, 1]))
        async with venue.talker(0) as trader:
            ((channel, _),) = (await trader.ask("sub", ch=[{"n": "depth", "i": venue.instrument, "ms": 0}]))["ch"]
            parked = await trader.ask("new", **limit(venue, "p", tif="gtc", px=low - 1))
            assert (parked["st"], parked["lv"]) == ("open", 5)
            assert (await trader.ask("query", what="margin"))["margin"]["im"] > 0, "it holds its margin"
            for fields in ({"tif": "day", "px": low - 1}, {"tif": "gtc", "px": high + 1}):
                refused = await trader.ask("new", **limit(venue, "x", **fields))
                assert (refused["name"], refused["lo"], refused["hi"]) == ("PRICE_BAND", low, highest)
            await trader.ask("new", **limit(venue, "shown", px=low))
            assert (await trader.wait_for(c=channel, p=1))["b"] == [[low, 5]], "the first change after the snapshot"
            moved = await trader.ask("replace", coid="p", px=low + 1)
            assert (moved["st"], moved["prio"]) == ("open", "lost")
            assert (await trader.wait_for(c=channel, p=2))["b"] == [[low + 1, 5]]
            assert (await trader.ask("replace", coid="p", px=low - 2))["st"] == "open"
            assert (await trader.wait_for(c=channel, p=3))["b"] == [[low + 1, 0]]
            assert (await trader.ask("cancel", coid="p"))["st"] == "cancelled"

    run(tmp_path, test)


@pytest.mark.rule("TIF-009")
def test_order_ends_at_the_time_that_it_names(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        async with venue.talker(0) as trader:
            till = venue.server.settings.clock.wall_us() + 60_000_000
            await trader.ask("new", **limit(venue, "a1", tif="gtd", till=till))
            await pass_ms(venue, 59_000, trader)
            later = await trader.ask("replace", coid="a1", tif="gtd", till=till + 2_000_000)
            assert later["prio"] == "kept"
            await pass_ms(venue, 2_000, trader)
            assert trader.take("exec")[-1]["ev"] == "replaced"
            await pass_ms(venue, 1_100, trader)
            ended = await trader.wait_for(t="exec", ev="cancelled")
            assert (ended["why"], ended["st"], ended["ts"] >= till + 2_000_000) == ("expired", "expired", True)

    run(tmp_path, test, clock=StillClock())


@pytest.mark.rule("ENTRY-020", "ENTRY-022", "ENTRY-023")
def test_protection_pulls_the_quotes_until_it_is_reset(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        price, book = venue.price, venue.instrument
        row = [book, price - 1, 5, price + 1, 5]
        async with venue.talker(0) as maker, venue.talker(1) as taker:
            assert (await maker.ask("quote", mmp=1, qs=[row]))["name"] == "QUOTE_NEEDS_MMP"
            armed = await maker.ask("mmp_set", grp=1, chip="H100", win_ms=1_000, fills=2)
            assert (armed["grp"], armed["mmp_st"]) == (1, "armed")
            (place,) = (await maker.ask("quote", mmp=1, qs=[row]))["qs"]
            assert (place[0], place[1], place[3], place[5]) == (book, 1, 1, 0)
            await taker.ask("new", **limit(venue, "t1", side="s", px=price - 1, q=1))
            await pass_ms(venue, 1_100, maker, taker)
            await taker.ask("new", **limit(venue, "t2", side="s", px=price - 1, q=1))
            await maker.ask("ping")
            assert maker.take("mmp") == [], "the first fill has left the window"
            await taker.ask("new", **limit(venue, "t3", px=price + 1, q=1))
            trip = await maker.wait_for(t="mmp")
            assert (trip["grp"], trip["mmp_st"], trip["why"], trip["n"]) == (1, "tripped", "fills", 2)
            gone = [(await maker.wait_for(t="exec", ev="cancelled")) for _ in range(2)]
            assert {(order["side"], order["why"]) for order in gone} == {("b", "mmp"), ("s", "mmp")}
            assert (await maker.ask("quote", mmp=1, qs=[row]))["qs"] == [[book, 4, 0, 4, 0, 5302]]
            assert (await maker.ask("mmp_reset", grp=1))["mmp_st"] == "armed"
            assert (await maker.ask("quote", mmp=1, qs=[row]))["qs"][0][1] == 1
            assert (await maker.ask("cancel_all", mmp=1))["n"] == 2

    run(tmp_path, test, clock=StillClock())


@pytest.mark.rule("SESS-022", "COD-005")
def test_timer_that_is_not_set_again_takes_all_orders_of_the_account(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        async with venue.talker(0) as trader, venue.talker(0) as twin:
            await trader.ask("new", **limit(venue, "a1", tif="gtc", cod=False))
            await twin.ask("new", **limit(venue, "t1"))
            first = await trader.ask("timer", ms=2_000)
            await pass_ms(venue, 1_500, trader, twin)
            again = await trader.ask("timer", ms=2_000)
            assert again["until"] == first["until"] + 1_500_000
            await pass_ms(venue, 1_900, trader, twin)
            assert trader.take("cod_fired") == []
            await pass_ms(venue, 200, trader, twin)
            fired = await trader.wait_for(t="cod_fired")
            assert (fired["why"], fired["n"], "sid" in fired) == ("dead", 2, False)
            gone = [(await trader.wait_for(t="exec", ev="cancelled")) for _ in range(2)]
            assert [(order["coid"], order["why"]) for order in gone] == [("a1", "timer"), ("t1", "timer")]
            await trader.ask("new", **limit(venue, "a2"))
            await trader.ask("timer", ms=1_000)
            assert "until" not in await trader.ask("timer", ms=0)
            await pass_ms(venue, 3_000, trader, twin)
            assert trader.take("cod_fired") == []

    run(tmp_path, test, clock=StillClock())


@pytest.mark.rule("SESS-020", "SESS-021", "COD-001", "COD-003")
def test_orders_outlive_a_lost_connection_by_the_grace_and_a_resume_keeps_them(tmp_path: object) -> None:
    async def test(venue: Venue) -> None:
        terms = {"mode": "session", "orders": "all", "on": "drop", "grace_ms": 2_000}
        async with venue.talker(0) as watch:
            async with venue.talker(0, cod=terms) as trader:
                welcome = await trader.wait_for(t="welcome")
                assert welcome["cod"] == terms
                name, account_sequence = welcome["sid"], welcome["s"][0][1]
                await trader.ask("new", **limit(venue, "a1"))
                await trader.ask("new", **limit(venue, "stays", cod=False))
            await left_alone(venue)
            await pass_ms(venue, 1_900, watch)
            async with venue.talker(0, cod=terms, sid=name, last=[[1, account_sequence]]) as trader:
                assert (await trader.wait_for(t="welcome"))["resumed"] is True
                assert [message["coid"] for message in trader.take("exec")] == ["a1", "stays"]
                await pass_ms(venue, 3_000, watch, trader)
            await left_alone(venue)
            assert watch.take("cod_fired") == []
            await pass_ms(venue, 1_900, watch)
            assert watch.take("cod_fired") == []
            await pass_ms(venue, 200, watch)
            fired = await watch.wait_for(t="cod_fired")
            assert (fired["why"], fired["n"], fired["sid"]) == ("cod", 1, name)
            gone = await watch.wait_for(t="exec", ev="cancelled")
            assert (gone["coid"], gone["why"]) == ("a1", "cod")
            assert [order["coid"] for order in (await watch.ask("query", what="open"))["orders"]] == ["stays"]

    run(tmp_path, test, clock=StillClock())


@pytest.mark.rule("WIRE-014", "WIRE-015")
def test_logout_behind_requests_ends_in_an_orderly_close(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.gateway.server.CLOSE_TIMEOUT_S", 3_600)  # nobody is cut off

    async def test(venue: Venue) -> None:
        order = {"t": "new", "id": 10, "i": venue.instrument, "side": "b", "px": venue.price, "q": 1, "coid": "a1"}
        async with venue.live() as connection:
            await connection.send(json.dumps([order, {"t": "logout", "id": 11}]))
            told = [message for frame in await _until_closed(connection) for message in frame]
            assert [message["re"] for message in told if "re" in message] == [10, 11]
            assert (connection.close_code, connection.close_reason) == (1000, "logout")

    run(tmp_path, test)


async def _until_closed(connection: ClientConnection) -> list[list[dict[str, Any]]]:
    """Frames of messages until the venue closes."""
    frames = []
    async for data in connection:
        message = json.loads(data)
        frames.append(message if isinstance(message, list) else [message])
    return frames
