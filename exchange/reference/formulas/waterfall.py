"""Default waterfall layer by layer, in exact shares (FALL-001, FALL-002)."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from contracts_spec.errors import OutOfRange
from contracts_spec.schema import Spec

Amounts = Sequence[tuple[str, int]]  # by account, in the order of account ids


def shared(spec: Spec, amount: int, weights: Amounts, capped: bool = False) -> list[tuple[str, int]]:
    """Pro-rata shares, rounded down; the remainder goes mill by mill to the largest, which when `capped` pays no more
    than its weight; equal ones to the first (FALL-001)."""
    total = sum(weight for _, weight in weights)
    if amount < 0 or any(weight < 0 for _, weight in weights) or (amount and not total):
        raise OutOfRange("amount or weights")
    if not amount:
        return [(account, 0) for account, _ in weights]
    shares = [floor(Fraction(amount * weight, total)) for _, weight in weights]
    while sum(shares) < amount:
        able = [place for place in range(len(weights)) if not capped or shares[place] < weights[place][1]]
        largest = max(weights[place][1] for place in able)
        shares[next(place for place in able if weights[place][1] == largest)] += 1
    return [(account, share) for (account, _), share in zip(weights, shares, strict=True)]


def waterfall(
    spec: Spec, loss: int, margin: int, fund: int, sitg: int, members: Amounts, assessed: Amounts
) -> tuple[int, int, int, list[tuple[str, int]], list[tuple[str, int]], int]:
    """(margin, fund, sitg, survivors, assessed, uncovered) of a loss (FALL-001).

    members    fund share of each survivor; assessed: what overlapping defaults have taken from each
    """
    if min([loss, margin, fund, sitg, *(amount for _, amount in (*members, *assessed))]) < 0:
        raise OutOfRange("an amount below zero")
    left, layers = loss, []
    for layer in (margin, fund, sitg):
        layers.append(min(left, layer))
        left -= min(left, layer)
    survivors = shared(spec, min(left, sum(share for _, share in members)), members, capped=True)
    left -= sum(share for _, share in survivors)
    before = dict(assessed)
    able = []
    for account, share in members:
        ever = floor(Fraction(share * 275, 100))
        able.append((account, max(0, min(share, ever - before.get(account, 0)))))
    taken = shared(spec, min(left, sum(share for _, share in able)), able, capped=True)
    left -= sum(share for _, share in taken)
    return layers[0], layers[1], layers[2], survivors, taken, left


def fund_needed(spec: Spec, members: Sequence[tuple[str, int, int]]) -> int:
    """The two largest losses at three scan ranges beyond the margin (FALL-002). `members`: (account, scan, margin)."""
    losses = sorted(max(0, 3 * scan - margin) for _, scan, margin in members)
    return sum(losses[-2:])
