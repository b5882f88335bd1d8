"""What an account's positions alone require, straight from MARGIN-001 to MARGIN-006 and MARGIN-009: no hold may be
below it."""

from collections import defaultdict

from exchange.reference.clearing import Account, Clearing
from exchange.units import share_ceil


def required_mills(clearing: Clearing, account: Account) -> int:
    """Scan, intra and tier charge of the positions held, month by month, and the delivery add-on."""
    # commodity -> month -> quality tier -> net GPU-hours
    months: dict[int, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for index, position in account.positions.items():
        instrument = clearing.instruments[index]
        for month, hours in instrument.months:
            months[instrument.commodity][month][instrument.floor_bp] += position.lots * hours
    total = 0
    for commodity_index, by_month in months.items():
        terms = clearing.commodities[commodity_index]
        nets = [sum(tiers.values()) for tiers in by_month.values()]
        matched_months = min(sum(max(net, 0) for net in nets), sum(max(-net, 0) for net in nets))
        matched_tiers = 0
        for tiers in by_month.values():
            longs = sum(max(hours, 0) for hours in tiers.values())
            matched_tiers += min(longs, longs - sum(tiers.values()))
        total += abs(sum(nets)) * terms.psr_mills
        near = by_month.get(clearing.addon_months.get(commodity_index, 0), {})
        shorts = sum(max(-hours, 0) for hours in near.values())
        total += share_ceil(shorts * terms.psr_mills, clearing.addon_bp)
        total += matched_months * terms.intra_mills + matched_tiers * terms.tier_mills
    return total
