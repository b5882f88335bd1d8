"""Orders never pile up, plain ones never trade, and a mix is what it says."""

from collections import Counter

from bench.gateway.requests import (
    MIX,
    MIX_KINDS,
    RESENT_AGE,
    asked_mix,
    book_changes,
    maker_orders,
    mixed_orders,
    plain_orders,
)


def test_orders_alternate_with_cancels_of_earlier_ones() -> None:
    sent = plain_orders([[7, 2_845], [8, 2_850]], "c3", 100)
    assert [one["id"] for one in sent] == list(range(10, 110))
    live: set[str] = set()
    for one in sent:
        assert (one["t"] == "new") == (one["coid"] not in live)
        (live.add if one["t"] == "new" else live.remove)(one["coid"])
        assert len(live) <= 17
    assert {one["i"] for one in sent if one["t"] == "new"} == {7, 8}
    assert all(one["coid"].startswith("c3-") for one in sent)


def test_no_plain_order_crosses_another_or_the_maker() -> None:
    sent = plain_orders([[7, 2_845]], "c", 200) + maker_orders([[7, 2_845]], "m", 10)
    bids = [one["px"] for one in sent if one.get("side") == "b"]
    asks = [one["px"] for one in sent if one.get("side") == "s"]
    assert max(bids) == 2_844 and min(asks) == 2_846


def test_a_round_of_the_mix_fills_a_fifth_and_refuses_a_tenth_of_the_orders() -> None:
    asked = asked_mix(1, 2) - asked_mix(1, 1)
    orders = asked["rests"] + asked["fills"] + asked["refused"]
    assert (asked["fills"] * 5, asked["refused"] * 10) == (orders, orders)
    assert asked["cancelled"] == asked["rests"] and asked["replaced"] > 0 and asked["resent"] == 1
    assert asked.total() == len(MIX) == sum(MIX.count(kind) for kind in MIX_KINDS)


def test_the_mix_ends_every_order_that_it_rests() -> None:
    sent = mixed_orders([[7, 2_845], [8, 2_850]], "c", 3)
    done = Counter(one["t"] for one in sent)
    assert len(sent) == 3 * len(MIX) and done["replace"] == 3 * MIX.count("P")
    assert len({one["coid"] for one in sent if one["t"] == "cancel"}) == done["cancel"] == 3 * MIX.count("C")


def test_a_resent_request_is_the_same_and_old_enough_to_have_its_reply() -> None:
    sent = mixed_orders([[7, 2_845]], "c", 3)
    first = {one["id"]: number for number, one in reversed(list(enumerate(sent)))}
    ages = [number - first[one["id"]] for number, one in enumerate(sent) if first[one["id"]] != number]
    assert len(ages) == 2 and min(ages) > RESENT_AGE
    assert all(one is sent[first[one["id"]]] for one in sent)


def test_maker_has_the_lots_that_are_asked_for_at_the_best_prices() -> None:
    orders = maker_orders([[7, 100], [8, 200]], "m", 25_000)
    lots: Counter[tuple[int, str, int]] = Counter()
    for one in orders:
        lots[one["i"], one["side"], one["px"]] += one["q"]
    assert lots.keys() == {(7, "b", 99), (7, "s", 101), (8, "b", 199), (8, "s", 201)}
    assert min(lots.values()) >= 25_000 and max(one["q"] for one in orders) <= 10_000


def test_book_changes_are_orders_and_then_their_cancels() -> None:
    even, odd, *_ = book_changes([[7, 100], [8, 200]], 4, 3)
    assert [one["t"] for one in even + odd] == ["new"] * 6 + ["cancel"] * 6
    assert [one["coid"] for one in even] == [one["coid"] for one in odd] and len(
        {one["id"] for one in even + odd}
    ) == 12
