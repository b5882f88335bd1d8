"""A field of a row has one meaning: what else some kinds keep at its place they name by an alias, everywhere."""

import ast
from pathlib import Path

import pytest

from exchange.book import layout as book
from exchange.engine import state
from exchange.records import aliases_of
from tests.raw_fields import Module, Search, Use
from tests.source_tree import modules_of_tests, sources, tree

# Packages that know rows; all tests are judged, too.
JUDGED = (
    *(f"exchange.{name}." for name in ("engine", "reference", "publish", "conformance", "operator", "venue")),
    *("exchange.gateway.", "exchange.journal.", "clients.", "bench."),
)
# (module, function, field) -> why a field is used as such for kinds that have another name for it.
ALLOWED = {
    ("bench.inspection.checks", "checks_of", "reason"): "of an event that refuses a command, of whatever kind",
    (
        "bench.inspection.checks",
        "_figure_of_refusal",
        "order_type",
    ): "of a refusal of whatever kind: a quote has no figures",
    ("bench.inspection.explain", "_apply", "reason"): "of an event that refuses a command, of whatever kind",
    ("bench.inspection.quote_figures", "enters", "price"): "of a resting order, which is no row of a command",
    ("bench.many.play", "add_events", "lots"): "of a FILL, among rows of any kind",
    **dict.fromkeys(
        [("tests.bench.facts.test_collector", "slow_messages", name) for name in ("lots", "price", "hidden_lots")],
        "reads rows of several kinds, one after the other",
    ),
    **dict.fromkeys(
        [
            ("exchange.engine.emit", "order_event", name)
            for name in ("lots", "level_lots", "hidden_lots", "amount_mills")
        ],
        "writes the same fields for all kinds of event about an order",
    ),
    **dict.fromkeys(
        [("exchange.engine.emit", "answer_event", name) for name in ("reason", "reference", "request_id")],
        "writes the same fields for all kinds of answer",
    ),
    ("exchange.engine.emit", "refuse", "order_type"): "repeats what the command has there, of whatever kind",
    ("exchange.engine.emit", "refuse", "price"): "only a NEW is refused as an order",
    ("exchange.engine.emit", "refuse", "lots"): "only a NEW is refused as an order",
    ("exchange.publish.replies", "_order_done", "state"): "of the event that has ended the order",
    ("exchange.publish.orders.order_queues", "take", "price"): "of the events that put an order into its queue",
    ("tests.publish.encode.test_reply_forms", "", "reason"): "rows of any kind",
    **dict.fromkeys(
        [
            ("tests.publish.encode.test_reply_forms", "random_rows", name)
            for name in ("order_id", "order_type", "reason", "state")
        ],
        "rows of any kind",
    ),
    (
        "tests.publish.encode.test_reply_forms",
        "test_each_refusal_is_made_from_events_alone_unless_something_else_is_to_be_known",
        "reason",
    ): "rows of any kind",
}
# Alias of a table of the state -> modules where the field itself would be the wrong name.
STATE_ALIASES = {
    (book.ORDER, "minimum_lots"): [],  # beside it stands the field: a stop shows nothing while it waits
    (book.ORDER, "protection"): ["engine.quotes.protection", "engine.quote_counts", "engine.quotes.mass_quotes"],
    (book.LINK, "next_free"): ["book.slots"],
    (book.NODE, "next_quote"): ["engine.quote_counts"],
    (book.NODE, "previous_quote"): ["engine.quote_counts"],
    (book.GUARD, "left_ns"): [],  # beside it stands the field: one becomes the other
    (state.GROUP, "left_ns"): [],
    (state.PROTECTION, "first_dry_run"): [],
    (state.CURSOR, "next_slot"): ["engine.cancels.mass_cancel"],
    (state.CURSOR, "due_root"): ["engine.cancels.clock"],
    (state.CURSOR, "elected_root"): ["engine.phases.auction_stops"],
    (state.CURSOR, "aggressor_book"): [],
    (state.CURSOR, "last_account"): ["engine.cancels.disconnect"],
    (state.CURSOR, "accounts_done"): ["engine.cancels.kill"],
    (state.CURSOR, "level_tick"): ["engine.matching.level_pass"],
    (state.CURSOR, "kill_party"): ["engine.cancels.kill"],
    (state.CURSOR, "killed_session"): ["engine.cancels.kill"],
    (state.CURSOR, "killed_firm"): ["engine.cancels.kill"],
}
TABLES = [book.ORDER, book.LINK, book.NODE, book.GUARD, state.GROUP, state.PROTECTION, state.CURSOR]


@pytest.fixture(scope="module")
def modules() -> dict[str, Module]:
    return {name: Module(name, tree(path)) for name, path in judged().items()}


def judged() -> dict[str, Path]:
    return {name: path for name, path in sources().items() if name.startswith(JUDGED)} | modules_of_tests()


def unexplained(uses: list[Use]) -> list[Use]:
    """Uses of a field that has another name there, without those that are allowed."""
    return [use for use in uses if (use.module, use.function, use.field) not in ALLOWED]


def test_no_code_about_a_kind_uses_a_field_that_the_kind_has_another_name_for(modules: dict[str, Module]) -> None:
    uses = Search(list(modules.values())).raw_uses()
    assert not unexplained(uses)
    assert {(use.module, use.function, use.field) for use in uses} == ALLOWED.keys(), "an exception that nothing needs"


PLANTS = [
    (
        "exchange.engine.quotes.quote_checks",
        "command.bid_tick >= command.ask_tick",
        "command.price >= command.ask_tick",
    ),
    ("exchange.engine.quotes.protection", "= command.window_ns", "= command.expiry_ns"),
    ("exchange.engine.cancels.kill", "command.scope > SCOPE_FIRM", "command.order_type > SCOPE_FIRM"),
    ("exchange.engine.cancels.kill", "row.order_count = lots", "row.lots = lots"),
    ("exchange.engine.cash", "np.int64(command.amount_mills)", "np.int64(command.price)"),
    ("exchange.engine.phases.state_changes", "command.market_state", "command.order_type"),
    ("exchange.engine.phases.market_state", "row.reopen_ns =", "row.value_tick_lots ="),
    ("exchange.engine.entry.replace", "row.old_tick =", "row.hidden_lots ="),
    ("exchange.engine.matching.trades", "row.trade_id =", "row.reference ="),
    ("exchange.engine.position_reports", "row.unpaid_gain_mills =", "row.order_id ="),
    ("exchange.reference.cancels", "command.delay_ms < 0", "command.lots < 0"),
    ("exchange.reference.quotes", "bid_state=states[0]", "state=states[0]"),
    ("exchange.publish.fold.fold_rows", "row.old_tick", "row.hidden_lots"),
    ("exchange.publish.replies", "first[FIRES_NS]", "first[VALUE_TICK_LOTS]"),
    ("exchange.publish.phases", "row[VOLUME_LOTS]", "row[LOTS]"),
    ("exchange.publish.execution_reports", "row[POSITION_LOTS]", "row[LOTS]"),
    ("exchange.conformance.event_text", "event.entry_place", "event.lots"),
    ("exchange.conformance.messages", '"delay_ms": wait', '"lots": wait'),
    ("exchange.operator.member_requests", '"scope": scope', '"order_type": scope'),
    ("exchange.venue.timekeeper", '"market_state": step', '"order_type": step'),
    ("exchange.venue.reserve", "row.kill_party", 'row["reason"]'),
    ("bench.tapes.market", 'column(rows, "amount_mills")', 'rows["price"]'),
    ("bench.bench_quotes", 'column(rows, "ask_lots")', 'rows["minimum_lots"]'),
    ("bench.bench_quotes", 'column(arm, "window_ns")', 'arm["expiry_ns"]'),
    ("bench.bench_implied", 'column(rows, "market_state")', 'rows["order_type"]'),
    ("bench.bench_uncross", 'column(events, "volume_lots")', 'events["lots"]'),
    ("bench.plot", 'column(trades, "trade_tick")', 'trades["price"]'),
    ("tests.properties.features", "event.imbalance_lots > 0", "event.leaves_lots > 0"),
    ("tests.properties.test_capacity_of_a_side", "bid_lots=3", "lots=3"),
    ("tests.publish.test_execution_reports", '"cancel_reason": CancelReason.SMP', '"reason": CancelReason.SMP'),
    ("tests.strategies", '"window_ns": draw', '"expiry_ns": draw'),
]


@pytest.fixture(scope="module")
def planted(modules: dict[str, Module]) -> list[Use]:
    """What the search finds with all faults of PLANTS in their places at once."""
    sources = {module: judged()[module].read_text() for module, _, _ in PLANTS}
    for module, right, raw in PLANTS:
        assert right in sources[module], f"{module} does not say {right}"
        sources[module] = sources[module].replace(right, raw, 1)
    changed = {name: Module(name, ast.parse(source)) for name, source in sources.items()}
    return unexplained(Search([*(modules | changed).values()]).raw_uses())


@pytest.mark.parametrize(("module", "right", "raw"), PLANTS)
def test_a_raw_use_is_found(planted: list[Use], module: str, right: str, raw: str) -> None:
    source = judged()[module].read_text()
    line = source[: source.index(right)].count("\n") + 1
    assert len([use for use in planted if (use.module, use.line) == (module, line)]) == 1, planted


def test_nothing_else_is_found_beside_the_plants(planted: list[Use]) -> None:
    assert len(planted) == len(PLANTS)


def test_the_state_names_what_a_place_holds_in_each_use() -> None:
    assert {(id(table), name) for table, name in STATE_ALIASES} == {
        (id(table), name) for table in TABLES for name in aliases_of(table)
    }
    for (table, alias), modules in STATE_ALIASES.items():
        field = aliases_of(table)[alias].field
        for module in modules:
            lines = [
                node.lineno
                for node in ast.walk(tree(sources()[f"exchange.{module}"]))
                if isinstance(node, ast.Attribute) and node.attr == field and _is_of_state(node.value)
            ]
            assert not lines, f"{module}:{lines} {field} is {alias} there"


def _is_of_state(node: ast.expr) -> bool:
    """Whether an attribute is one of a row of the state, as these modules name them."""
    text = ast.unparse(node)
    return text.endswith("cursor") or text.startswith("state.") or text in ("order", "node", "link", "maker")
