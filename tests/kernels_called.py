"""Which kernels scenarios, random commands and slow twins call, run as plain Python.

NUMBA_DISABLE_JIT=1 python -m tests.kernels_called    # prints the names of those called, and of those that are not
"""

import importlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import exchange.kernel
from tests.source_tree import kernel_files

# Tests of kernels against a slow twin that is not the reference.
TWINS: tuple[tuple[Any, ...], ...] = (
    ("book.test_index", "test_removal_closes_gaps_in_a_full_table"),
    ("book.test_index", "test_an_order_behind_a_full_bucket_is_found_while_its_bucket_moves"),
    ("engine.test_apply", "test_another_command_ends_an_open_mass_quote_before_it_begins"),
    ("engine.test_batch_check", "ask_before", 1, 250),
    ("engine.control.endings.test_cascade", "test_a_quarter_becomes_its_months_at_its_own_price_and_no_money_moves"),
    ("engine.control.endings.test_expire", "test_a_settled_month_closes_all_lots_for_a_fee_of_both_sides"),
    ("engine.control.house.test_adjust", "test_an_adjustment_of_an_instrument_that_has_ended_names_no_book"),
    ("engine.control.house.test_bust", "test_positions_and_fees_are_as_if_the_trade_had_never_been"),
    ("engine.control.house.test_waiting_months", "test_a_group_does_not_open_before_its_waiting_month_is_halted"),
    ("engine.control.house.test_transfer", "test_a_killed_giver_may_give_but_not_a_hedge_that_it_cannot_be_without"),
    ("engine.calls.test_requirement", "test_v14_pairs_are_credited_in_their_order"),
    ("engine.calls.test_what_if", "ask_with_lots", 5, 60, 5),
    ("engine.calls.test_margin_run", "test_pairs_and_add_on_months_of_the_payload_count"),
    ("engine.calls.test_margin_run", "test_a_deposit_ends_a_call_at_once_if_it_is_enough"),
    ("engine.calls.test_liquidation", "test_lots_and_price_are_those_that_entry_accepts"),
    ("publish.fold.test_fold_rows", "drive", 1, 40),
    *(("publish.encode.test_batch", "drive", 1, encoding, 20) for encoding in (1, 2, 3)),
    ("publish.encode.test_put_lists", "test_one_message_is_framed_as_it_is", 65_536, 1),
    ("publish.encode.test_put", "test_a_number_of_a_record_is_put_with_its_lowest_byte_first", 8),
    ("gateway.inbound.reading", "compare", 1, 25),
    ("gateway.inbound.test_frames", "test_any_stream_is_split_as_a_slow_twin_splits_it", 1),
    ("gateway.margin.test_figures", "test_the_figures_of_many_accounts_are_those_of_each", 3),
    ("properties.test_house_controls", "drive", 1, 60),
    ("engine.test_views", "test_what_is_read_is_what_a_slow_walk_over_all_orders_finds", 3),
)

WHERE_RULES_MEET = ("MMP-", "TIF-003")

called: set[str] = set()
known: set[str] = set()


def counted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A plain kernel that notes that it was called; one that a test has made is left as it is."""
    if not function.__module__.startswith("exchange."):
        return function
    name = f"{function.__module__}.{function.__name__}"
    known.add(name)

    @wraps(function)
    def noted(*arguments: Any) -> Any:
        called.add(name)
        return function(*arguments)

    return noted


def main() -> None:
    assert not exchange.kernel.JIT, "kernels are called as plain Python"
    exchange.kernel.kernel = exchange.kernel.leaf_kernel = counted
    for module in kernel_files():
        importlib.import_module(module)
    play_scenarios()
    play_random_commands()
    compare_with_twins()
    print(json.dumps([sorted(called), sorted(known - called)]))


def play_scenarios() -> None:
    """The first scenario of each rule; all about quotes' protection and dry runs, where rules meet."""
    scenarios = importlib.import_module("tests.scenarios.test_matching")
    proven: set[str] = set()
    for scenario in scenarios.OWN:
        if proven.issuperset(scenario.codes) and not any(code.startswith(WHERE_RULES_MEET) for code in scenario.codes):
            continue
        proven |= set(scenario.codes)
        outcome = scenarios.run(scenario, scenarios.VENUES["engine"])
        assert outcome.passes, scenarios.told(outcome)


def play_random_commands() -> None:
    """Engine and reference side by side: trading, an uncross, a day with new limits; then all again in batches."""
    run = importlib.import_module("tests.properties.driver").Run(42, compare_every=200)
    run.go(300)
    run.auctions(1)
    run.days(1, 60)
    run.replay()


def compare_with_twins() -> None:
    """What commands do not reach: an index that grows, questions to a state, quotes that something cuts short."""
    for module, function, *arguments in TWINS:
        getattr(importlib.import_module(f"tests.{module}"), function)(*arguments)


if __name__ == "__main__":
    main()
