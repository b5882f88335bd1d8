"""Default waterfall: the order in which a loss is borne, pro-rata shares, the guaranty fund (FALL-001, FALL-002)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from contracts_spec.errors import need_range
from exchange.units import share_floor

ASSESSMENT_CAP_BP = 27_500  # of a member's fund share over overlapping defaults; 100 % in one (FALL-001)
SCAN_FACTOR = 3  # a stress of three scan ranges (FALL-002); default, configurable
LARGEST_LOSSES = 2


class WaterfallResult(NamedTuple):
    """Mills that each layer pays, by account where members pay; `tearup`: what is left uncovered (FALL-001)."""

    margin: int
    fund: int
    sitg: int
    survivors: Mapping[str, int]
    assessed: Mapping[str, int]
    tearup: int


def share_out(amount: int, weights: Mapping[str, int], most: Mapping[str, int] | None = None) -> dict[str, int]:
    """Shares of an amount pro rata to weights, each rounded down (FALL-001).

    The remainder goes to the largest weight, equal ones to the account named first, as the lowest id is.

    weights      by account, in the order of account ids
    most         largest share by account; what does not fit goes to the next largest weight
    OutOfRange   an amount to share and nobody to bear it
    """
    need_range("amount", amount, 0)
    total = sum(need_range(f"weight of {account}", weight, 0) for account, weight in weights.items())
    if not amount:
        return dict.fromkeys(weights, 0)
    need_range("sum of weights", total, 1)
    shares = {account: amount * weight // total for account, weight in weights.items()}
    rest = amount - sum(shares.values())
    for account in sorted(weights, key=lambda name: -weights[name]):
        more = rest if most is None else min(rest, most[account] - shares[account])
        shares[account] += more
        rest -= more
    assert not rest, "what may be paid is at least the amount"
    return shares


def run_waterfall(
    loss: int, margin: int, fund: int, sitg: int, shares: Mapping[str, int], assessed: Mapping[str, int]
) -> WaterfallResult:
    """Cover a defaulter's loss: its margin, its fund share, the exchange's capital, the survivors' fund pro rata,
    assessments pro rata to what each may still pay. The rest is uncovered (FALL-001).

    All amounts are mills.

    shares       fund share of each survivor, in the order of account ids
    assessed     what overlapping defaults have assessed before, by account; without an entry nothing
    OutOfRange   an amount below zero
    """
    left = need_range("loss", loss, 0)
    own: list[int] = []
    for name, layer in (("margin", margin), ("fund", fund), ("sitg", sitg)):
        own.append(min(left, need_range(name, layer, 0)))
        left -= own[-1]
    for account, paid in assessed.items():
        need_range(f"assessed of {account}", paid, 0)
    survivors = _take(left, shares)
    left -= sum(survivors.values())
    may_pay = {
        account: max(0, min(share, share_floor(share, ASSESSMENT_CAP_BP) - assessed.get(account, 0)))
        for account, share in shares.items()
    }
    assessments = _take(left, may_pay)
    return WaterfallResult(own[0], own[1], own[2], survivors, assessments, left - sum(assessments.values()))


def fund_size(members: Iterable[tuple[int, int]]) -> int:
    """Size of the guaranty fund in mills: the two largest losses of members at three scan ranges, beyond their margin
    (FALL-002). `members`: (scan, initial margin) in mills."""
    losses = sorted((max(0, SCAN_FACTOR * scan - initial) for scan, initial in members), reverse=True)
    return sum(losses[:LARGEST_LOSSES])


def _take(amount: int, may_pay: Mapping[str, int]) -> dict[str, int]:
    """Take up to an amount from members, pro rata to what each may pay; nobody pays more than that."""
    return share_out(min(amount, sum(may_pay.values())), may_pay, may_pay)
