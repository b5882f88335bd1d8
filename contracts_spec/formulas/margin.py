"""Initial margin of one account by the full rule: positions and terms in, parts out (MARGIN-001 to MARGIN-012).

A *commodity* is a chip's physical contracts, PHY with TOP, or its index contracts. Every position becomes GPU-hours of
its delivery months. All amounts are mills, hours GPU-hours; charges are rounded up, credits down.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from contracts_spec.errors import OutOfRange, need_range
from contracts_spec.periods import month_hours
from contracts_spec.position_limits import PHYSICAL
from contracts_spec.schema import MarginFile, Pair
from contracts_spec.symbols import OutrightName
from exchange.codes import Family
from exchange.units import BP, ceil_div, share_ceil, share_floor

Commodity = str  # a chip, or its index contracts as `CHIP/I`: the leg names of `margin.toml`
ChipMonth = tuple[str, int]  # chip, month index


class DeliveryHold(NamedTuple):
    """Lots of one account after the last settlement of their month, until all days are paid (MARGIN-011).

    lots        signed: long > 0 is the buyer
    days_left   days that are not paid yet
    settle_tick, factor_bp   final settlement price, and conversion factor: 10,000 before assignment
    """

    chip: str
    lots: int
    days_left: int
    settle_tick: int
    factor_bp: int = BP


class MarginTerms(NamedTuple):
    """What the margin of an account is computed with, besides its positions.

    rates             charges, shares and pairs of `margin.toml`
    psr_mills         price scan range by chip
    certificates      lots of the account's REGISTERED certificates that are not tendered, by chip, month and tier floor
    registered_lots   REGISTERED lots of all accounts by chip and month (MARGIN-010)
    spot_months       month indices in their spot window: concentration counts there; empty without certificates
    addon_months      month indices from the close 5 business days before LTD to LTD (MARGIN-009)
    deliveries        lots whose month has had its last settlement
    """

    rates: MarginFile
    psr_mills: Mapping[str, int]
    certificates: Mapping[tuple[str, int, int], int] = {}
    registered_lots: Mapping[ChipMonth, int] = {}
    spot_months: frozenset[int] = frozenset()
    addon_months: frozenset[int] = frozenset()
    deliveries: tuple[DeliveryHold, ...] = ()


class MarginParts(NamedTuple):
    """Parts of the initial margin in mills. `inter` is a credit: the total is the sum of the others less it."""

    scan: int
    intra: int
    tier: int
    cover: int
    addon: int
    concentration: int
    delivery: int
    inter: int

    @property
    def total(self) -> int:
        return sum(self) - 2 * self.inter


class MonthLots:
    """Net lots of one commodity by (month index, tier floor). A longer period counts in each of its months."""

    def __init__(self) -> None:
        self.lots: Counter[tuple[int, int]] = Counter()

    def add(self, name: OutrightName, lots: int) -> None:
        for month in name.period.months:
            self.lots[month, name.floor_bp] += lots

    def by_month(self) -> Mapping[int, list[int]]:
        """Signed GPU-hours of each tier, by month."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for (month, _), lots in self.lots.items():
            found[month].append(lots * month_hours(month))
        return found

    def cover(self, certificates: Mapping[tuple[int, int], int]) -> int:
        """Take shorts that certificates back out of the lots, from the highest tier down; returns their hours
        (MARGIN-008).

        certificates   lots by (month index, tier floor); one covers its own tier and lower ones
        """
        left = Counter(certificates)
        hours = 0
        for month, floor_bp in sorted(self.lots, key=lambda key: -key[1]):
            for backing in [key for key in left if key[0] == month and key[1] >= floor_bp]:
                lots = min(left[backing], max(0, -self.lots[month, floor_bp]))
                left[backing] -= lots
                self.lots[month, floor_bp] += lots
                hours += lots * month_hours(month)
        return hours


def initial_margin(positions: Mapping[OutrightName, int], terms: MarginTerms) -> MarginParts:
    """Initial margin of one account (MARGIN-001).

    positions    signed lots of each outright, long > 0
    OutOfRange   a contract that belongs to no commodity, or a chip without a scan range
    """
    commodities = _by_commodity(positions)
    names = dict.fromkeys([*commodities, *(hold.chip for hold in terms.deliveries)])
    parts: list[MarginParts] = []
    nets: dict[Commodity, int] = {}
    for name in names:
        net_hours, one = _commodity_margin(name, commodities.get(name, MonthLots()), terms)
        nets[name] = net_hours
        parts.append(one)
    sums = [sum(column) for column in zip(*parts, strict=True)] or [0] * len(MarginParts._fields)
    return MarginParts(*sums)._replace(inter=inter_credit(nets, terms))


def scan_charge(net_hours: int, psr_mills: int) -> int:
    """Net GPU-hours over all months and tiers times the scan range (MARGIN-002, MARGIN-003)."""
    return abs(net_hours) * psr_mills


def intra_charge(month_nets: Iterable[int], intra_mills: int) -> int:
    """Hours of long months matched with those of short ones (MARGIN-005). `month_nets`: signed, net over tiers."""
    return _matched(month_nets) * intra_mills


def tier_charge(months: Iterable[Iterable[int]], tier_mills: int) -> int:
    """Hours matched between tiers inside each month (MARGIN-006). `months`: signed hours of the tiers of each month."""
    return sum(_matched(tiers) for tiers in months) * tier_mills


def covered_charge(hours: int, psr_mills: int, rates: MarginFile) -> int:
    """Charge on short hours that certificates back, instead of scan, intra and tier (MARGIN-008)."""
    return share_ceil(need_range("hours", hours, 0) * psr_mills, rates.covered_bp)


def addon_charge(hours: int, psr_mills: int, rates: MarginFile) -> int:
    """Charge on uncovered short hours near the last trading day (MARGIN-009)."""
    return share_ceil(need_range("hours", hours, 0) * psr_mills, rates.delivery_addon_bp)


def concentration_steps(lots: int, registered_lots: int, rates: MarginFile) -> int:
    """Steps that net lots of a spot month are above the free share of the registered lots (MARGIN-010).

    Without registered lots any lots are 8 steps; no lots are no step.
    """
    need_range("registered lots", registered_lots, 0)
    if not lots:
        return 0
    if not registered_lots:
        return rates.concentration_steps_unregistered
    share_bp = abs(lots) * BP // registered_lots
    return ceil_div(max(0, share_bp - rates.concentration_from_bp), rates.concentration_step_bp)


def concentration_charge(initial_mills: int, steps: int, rates: MarginFile) -> int:
    """A tenth of the commodity's margin before credits for each step (MARGIN-010)."""
    return share_ceil(need_range("initial margin", initial_mills, 0) * steps, rates.concentration_charge_bp)


def delivery_charge(hold: DeliveryHold, psr_mills: int, rates: MarginFile) -> int:
    """What is held from the last settlement until the last day is paid: a share of the scan range on the hours left,
    from the buyer the invoices of the next days as well (MARGIN-011)."""
    need_range("days left", hold.days_left, 0)
    day_hours = 24 * abs(hold.lots)
    charge = share_ceil(day_hours * hold.days_left * psr_mills, rates.in_delivery_bp)
    if hold.lots < 0:
        return charge
    prefund_hours = day_hours * min(hold.days_left, rates.prefund_days)
    return charge + share_floor(hold.settle_tick * prefund_hours, hold.factor_bp)


def inter_credit(nets: Mapping[Commodity, int], terms: MarginTerms) -> int:
    """Credit for opposite nets of two commodities, pair by pair in the configured order (MARGIN-007).

    nets   signed GPU-hours that were scanned, by commodity; hours used by one pair are not used again
    """
    left = dict(nets)
    credit = 0
    for pair in terms.rates.pair:
        first, second = (left.get(leg, 0) for leg in pair.legs)
        if first * second < 0:
            used = _paired_hours(pair, first, second)
            scanned = sum(
                scan_charge(hours, psr_of(leg, terms.psr_mills)) for leg, hours in zip(pair.legs, used, strict=True)
            )
            credit += share_floor(scanned, pair.credit_bp)
            for leg, hours in zip(pair.legs, used, strict=True):
                left[leg] -= hours if left[leg] > 0 else -hours
    return credit


def maintenance(initial_mills: int, rates: MarginFile) -> int:
    """Maintenance margin in mills; equity below it leads to a call back to the initial margin (MARGIN-012)."""
    return share_ceil(need_range("initial margin", initial_mills, 0), rates.maintenance_bp)


def commodity_of(name: OutrightName) -> Commodity:
    """The commodity of an outright. OutOfRange: its family has no margin of this kind."""
    if name.family in PHYSICAL:
        return name.chip
    if name.family is Family.IDX:
        return f"{name.chip}/I"
    raise OutOfRange(f"family {name.family.name} belongs to no commodity: PHY, TOP and IDX do")


def psr_of(commodity: Commodity, psr_mills: Mapping[str, int]) -> int:
    """Scan range of a commodity; the index has its chip's (MARGIN-004). OutOfRange: the chip has none."""
    chip = commodity.removesuffix("/I")
    if chip not in psr_mills:
        raise OutOfRange(f"chip {chip} has no scan range: {' '.join(psr_mills)} have")
    return psr_mills[chip]


def _by_commodity(positions: Mapping[OutrightName, int]) -> Mapping[Commodity, MonthLots]:
    found: defaultdict[Commodity, MonthLots] = defaultdict(MonthLots)
    for name, lots in positions.items():
        if lots:
            found[commodity_of(name)].add(name, lots)
    return found


def _commodity_margin(name: Commodity, lots: MonthLots, terms: MarginTerms) -> tuple[int, MarginParts]:
    """(net hours that are scanned, parts without inter) of one commodity."""
    rates, psr_mills = terms.rates, psr_of(name, terms.psr_mills)
    held = _month_lots(lots)
    backed = lots.cover({key[1:]: count for key, count in terms.certificates.items() if key[0] == name})
    months = lots.by_month()
    nets = [sum(tiers) for tiers in months.values()]
    shorts = sum(-hours for month in terms.addon_months for hours in months.get(month, ()) if hours < 0)
    physical = not name.endswith("/I")
    parts = MarginParts(
        scan=scan_charge(sum(nets), psr_mills),
        intra=intra_charge(nets, rates.intra_mills),
        tier=tier_charge(months.values(), rates.tier_mills),
        cover=covered_charge(backed, psr_mills, rates),
        addon=addon_charge(shorts if physical else 0, psr_mills, rates),
        concentration=0,
        delivery=sum(delivery_charge(hold, psr_mills, rates) for hold in terms.deliveries if hold.chip == name),
        inter=0,
    )
    steps = sum(
        concentration_steps(held[month], terms.registered_lots.get((name, month), 0), rates)
        for month in terms.spot_months
        if physical
    )
    return sum(nets), parts._replace(concentration=concentration_charge(parts.total, steps, rates))


def _month_lots(lots: MonthLots) -> Counter[int]:
    """Net lots by month over tiers, covered ones too."""
    found: Counter[int] = Counter()
    for (month, _), count in lots.lots.items():
        found[month] += count
    return found


def _matched(hours: Iterable[int]) -> int:
    """The smaller of the sum of longs and the sum of shorts."""
    listed = list(hours)
    longs = sum(one for one in listed if one > 0)
    return min(longs, longs - sum(listed))


def _paired_hours(pair: Pair, first: int, second: int) -> tuple[int, int]:
    """Hours of the two legs that offset each other, in the ratio of the pair."""
    count = min(abs(first) // pair.ratio[0], abs(second) // pair.ratio[1])
    return pair.ratio[0] * count, pair.ratio[1] * count
