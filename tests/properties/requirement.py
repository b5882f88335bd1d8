"""What an account's positions alone require, straight from MARGIN-002 to MARGIN-006: no hold may be below it."""

from collections import defaultdict

from exchange.reference.clearing import FRONT_MONTHS, Account, Clearing


def required_mills(clearing: Clearing, account: Account) -> int:
    """Scan, intra and tier charge of the positions held, month by month."""
    # (commodity, front?) -> month -> [hours bought, hours sold] over quality tiers
    months: dict[tuple[int, bool], dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for index, position in account.positions.items():
        instrument = clearing.instruments[index]
        for month, hours in instrument.months:
            front = month - clearing.month <= FRONT_MONTHS
            side = months[instrument.commodity, front][month]
            side[0] += max(position.lots, 0) * hours
            side[1] += max(-position.lots, 0) * hours
    total = 0
    for (commodity_index, _), by_month in months.items():
        terms = clearing.commodities[commodity_index]
        nets = [bought - sold for bought, sold in by_month.values()]
        matched_months = min(sum(max(net, 0) for net in nets), sum(max(-net, 0) for net in nets))
        matched_tiers = sum(min(bought, sold) for bought, sold in by_month.values())
        total += abs(sum(nets)) * terms.psr_mills
        total += matched_months * terms.intra_mills + matched_tiers * terms.tier_mills
    return total
