"""What kernels compile in of the codes: constants by prefix, signs, sides of legs, ranks of reasons."""

import pytest

from exchange import codes, kernel_codes
from exchange.codes import RejectReason, Side
from exchange.kernel_codes import leg_side, sign_of


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


def test_a_constant_has_the_number_of_its_code() -> None:
    assert kernel_codes.KIND_NEW == codes.CommandKind.NEW
    assert kernel_codes.MARKET_OPEN == codes.MarketState.OPEN
    assert kernel_codes.REJECT_BAND == codes.RejectReason.BAND
