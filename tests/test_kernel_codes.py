"""What kernels compile in of the codes: constants by prefix, signs, sides of legs, ranks of reasons."""

import ast
from collections.abc import Iterator

import pytest

from exchange import clearing_codes, codes, kernel_codes
from exchange.codes import RejectReason, Side
from exchange.kernel_codes import leg_side, sign_of
from tests.source_tree import sources, tree
from tests.test_kernel_rules import STRICT, assigned_names, compiled, globals_of, place

# Enum of exchange.codes and exchange.clearing_codes -> prefix of its constants. Those that no kernel reads have none.
PREFIXES = {
    "Life": "LIFE",
    "Side": "SIDE",
    "OrderType": "ORDER",
    "TimeInForce": "TIF",
    "PostOnly": "POST_ONLY",
    "SmpMode": "SMP",
    "CommandKind": "KIND",
    "CommandFlag": "FLAG",
    "EventKind": "EVENT",
    "EventFlag": "EVENT_FLAG",
    "Liquidity": "LIQUIDITY",
    "OrderState": "ORDER_STATE",
    "CancelReason": "CANCEL",
    "CashReason": "CASH",
    "HouseAccount": "HOUSE",
    "RejectReason": "REJECT",
    "MarketState": "MARKET",
    "StateReason": "STATE_REASON",
    "ComboKind": "COMBO",
    "OrderEntry": "ENTRY",
    "Matching": "MATCHING",
    "BookFeature": "FEATURE",
    "Scope": "SCOPE",
    "KillParty": "KILL_PARTY",
    "QuoteState": "QUOTE",
    "ProtectionState": "PROTECTION",
    "Threshold": "THRESHOLD",
    "OrderFlag": "ORDER_FLAG",
    "AccountFlag": "ACCOUNT_FLAG",
    "Standing": "STANDING",
}
NOT_IN_KERNELS = {
    "Family": "what is delivered; no kernel asks",
    "PeriodKind": "controls read it",
    "SettleMethod": "controls write it",
    "IndexHow": "controls write it",
}


@pytest.mark.parametrize("side", Side)
def test_a_sign_is_that_of_the_side(side: Side) -> None:
    assert sign_of(int(side)) == side.sign == (1 if side == Side.BUY else -1)


@pytest.mark.rule("SPEC-041")
@pytest.mark.parametrize("side", Side)
def test_a_leg_trades_on_its_combination_s_side_if_its_sign_says_so(side: Side) -> None:
    assert leg_side(int(side), 1) == side
    assert leg_side(int(side), -1) == 1 - side


@pytest.mark.rule("ORDER-004")
def test_ranks_put_reasons_in_their_order_of_precedence_and_none_last() -> None:
    ranks = kernel_codes.REJECT_RANKS
    ordered = sorted(RejectReason, key=lambda reason: ranks[reason])
    assert ordered == [*codes.REJECT_PRECEDENCE, RejectReason.NONE]
    assert len(set(ranks)) == len(RejectReason)


def test_every_code_that_kernels_read_is_a_constant_of_one_module() -> None:
    enums = {
        name: enum
        for module in (codes, clearing_codes)
        for name, enum in vars(module).items()
        if isinstance(enum, type) and enum.__module__ == module.__name__
    }
    assert set(enums) == set(PREFIXES) | set(NOT_IN_KERNELS)
    constants = {name: value for name, value in vars(kernel_codes).items() if type(value).__name__ == "int64"}
    wanted = {
        f"{prefix}_{member}": int(value)
        for name, prefix in PREFIXES.items()
        for member, value in enums[name].__members__.items()  # type: ignore[attr-defined]
    }
    assert {name: constants.get(name) for name in wanted} == wanted


def codes_in(module: ast.Module, read: set[str]) -> Iterator[tuple[ast.stmt, str]]:
    """Constants of a module that are made of codes and that kernels read, but for words of several codes."""
    enums = set(PREFIXES) | set(NOT_IN_KERNELS)
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "code_word":
                continue
            named = {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
            yield from ((node, name) for name in assigned_names(node) if enums & named and name in read)


def test_no_other_module_of_kernels_makes_a_constant_of_a_code() -> None:
    read = {name.id for _, _, function in compiled() for name in globals_of(function)}
    wrong = [
        f"{place(path, node)}: {name}"
        for module, path in sources().items()
        if module.startswith(STRICT)
        for node, name in codes_in(tree(path), read)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    ["OWN = np.int64(Side.BUY)", "OWN = int(Side.BUY)", "OWN: int = Side.BUY.value", "OWN = (np.int64(Side.BUY), 3)"],
)
def test_a_constant_of_a_code_is_seen(text: str) -> None:
    assert list(codes_in(ast.parse(text), {"OWN"}))
    assert not list(codes_in(ast.parse(text), {"OTHER"}))
