"""Initial margin of one account, month by month and tier by tier (MARGIN-001 to MARGIN-012, LIMIT-001)."""

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from contracts_spec.errors import OutOfRange
from contracts_spec.schema import Spec
from exchange.reference.formulas.calendar import code_of, months_of, period_hours, period_of, terms_of

PARTS = ("scan", "intra", "tier", "cover", "addon", "concentration", "delivery", "inter")
Cell = tuple[str, str, int]  # commodity, month code, tier floor


class AccountTerms(NamedTuple):
    """What an account's margin depends on besides its positions. Months are codes.

    certificates   lots by (chip, month, tier floor); registered: of all accounts, by (chip, month)
    spot, addon    months in their spot window, and near their last trading day
    deliveries     (chip, signed lots, days left, settlement, factor) of months after their last trading day
    """

    certificates: Mapping[tuple[str, str, int], int] = {}
    registered: Mapping[tuple[str, str], int] = {}
    spot: Collection[str] = ()
    addon: Collection[str] = ()
    deliveries: Sequence[tuple[str, int, int, int, int]] = ()


NOTHING_ELSE = AccountTerms()


def initial(spec: Spec, positions: Mapping[str, int], terms: AccountTerms = NOTHING_ELSE) -> dict[str, int]:
    """Every part of the initial margin, and the total (MARGIN-001).

    positions    signed lots by symbol
    ValueError   a symbol is not an outright's, whatever its lots
    """
    cells: dict[Cell, int] = {}
    for symbol, lots in positions.items():
        outright = terms_of(symbol)
        for month in months_of(outright.period) if lots else []:
            cell = (commodity(symbol), code_of(month), outright.floor_bp)
            cells[cell] = cells.get(cell, 0) + lots
    names = sorted({cell[0] for cell in cells} | {one[0] for one in terms.deliveries})
    found = dict.fromkeys(PARTS, 0)
    nets: dict[str, int] = {}
    for name in names:
        own = {cell: lots for cell, lots in cells.items() if cell[0] == name}
        parts, nets[name] = of_commodity(spec, name, own, terms)
        for part, mills in parts.items():
            found[part] += mills
    found["inter"] = credit(spec, nets)
    return found | {"total": sum(found.values()) - 2 * found["inter"]}


def commodity(symbol: str) -> str:
    """A chip, or its index (MARGIN-001). OutOfRange: another family."""
    terms = terms_of(symbol)
    if terms.family not in ("PHY", "TOP", "IDX"):
        raise OutOfRange(f"{symbol} belongs to no commodity")
    return f"{terms.chip}/I" if terms.family == "IDX" else terms.chip


def of_commodity(spec: Spec, name: str, cells: Mapping[Cell, int], terms: AccountTerms) -> tuple[dict[str, int], int]:
    """(parts without inter, net hours that are scanned) of one commodity."""
    scan_range = psr(spec, name.removesuffix("/I"))
    rates, months = spec.margin, sorted({cell[1] for cell in cells})
    left, backed = without_covered(name, cells, terms.certificates)
    parts = dict.fromkeys(PARTS, 0)
    net = {month: sum(hours(cell) * lots for cell, lots in left.items() if cell[1] == month) for month in months}
    parts["scan"] = abs(sum(net.values())) * scan_range
    parts["intra"] = rates.intra_mills * min(
        sum(max(0, one) for one in net.values()), sum(max(0, -one) for one in net.values())
    )
    for month in months:
        tiers = [hours(cell) * lots for cell, lots in left.items() if cell[1] == month]
        parts["tier"] += rates.tier_mills * min(sum(max(0, one) for one in tiers), sum(max(0, -one) for one in tiers))
    parts["cover"] = ceil(Fraction(backed * scan_range * rates.covered_bp, 10_000))
    if not name.endswith("/I"):
        short = sum(hours(cell) * -lots for cell, lots in left.items() if lots < 0 and cell[1] in terms.addon)
        parts["addon"] = ceil(Fraction(short * scan_range * rates.delivery_addon_bp, 10_000))
    for chip, lots, days, price, factor in terms.deliveries:
        if chip == name:
            parts["delivery"] += in_delivery(spec, chip, lots, days, price, factor)
    steps = 0
    for month in months if not name.endswith("/I") else []:
        if month in terms.spot:
            lots = sum(count for cell, count in cells.items() if cell[1] == month)
            steps += steps_of(spec, lots, terms.registered.get((name, month), 0))
    parts["concentration"] = ceil(Fraction(sum(parts.values()) * steps * rates.concentration_charge_bp, 10_000))
    return parts, sum(net.values())


def without_covered(
    name: str, cells: Mapping[Cell, int], certificates: Mapping[tuple[str, str, int], int]
) -> tuple[dict[Cell, int], int]:
    """(lots that are not covered, hours that are) (MARGIN-008). Lot by lot, the highest contract first."""
    free = [key for key, count in certificates.items() for _ in range(count)]
    left, backed = dict(cells), 0
    for cell in sorted(cells, key=lambda one: -one[2]):
        while left[cell] < 0:
            fitting = [one for one in free if one[:2] == (name, cell[1]) and one[2] >= cell[2]]
            if not fitting:
                break
            free.remove(fitting[0])
            left[cell] += 1
            backed += hours(cell)
    return left, backed


def hours(cell: Cell) -> int:
    """Hours of a cell's month."""
    return period_hours(period_of(cell[1]))


def in_delivery(spec: Spec, chip: str, lots: int, days: int, price: int, factor: int) -> int:
    """Both sides a quarter of the scan on the hours left, the buyer seven days of invoices (MARGIN-011)."""
    if days < 0:
        raise OutOfRange("days left")
    charge = ceil(Fraction(abs(lots) * 24 * days * psr(spec, chip) * spec.margin.in_delivery_bp, 10_000))
    invoices = min(days, spec.margin.prefund_days) * 24 * lots
    return charge + (floor(Fraction(price * invoices * factor, 10_000)) if lots > 0 else 0)


def credit(spec: Spec, nets: Mapping[str, int]) -> int:
    """Credit of the pairs in their order (MARGIN-007)."""
    left = {name: Fraction(net) for name, net in nets.items()}
    found = 0
    for pair in spec.margin.pair:
        one, other = pair.legs
        if left.get(one, 0) * left.get(other, 0) >= 0:
            continue
        count = min(floor(abs(left[one]) / pair.ratio[0]), floor(abs(left[other]) / pair.ratio[1]))
        scanned = 0
        for leg, ratio in zip(pair.legs, pair.ratio, strict=True):
            scanned += ratio * count * psr(spec, leg.removesuffix("/I"))
            left[leg] += ratio * count * (-1 if left[leg] > 0 else 1)
        found += floor(Fraction(scanned * pair.credit_bp, 10_000))
    return found


def psr(spec: Spec, chip: str) -> int:
    """Scan range of a chip (MARGIN-004). OutOfRange: it has none."""
    ranges = {one.name: one.psr_mills for one in spec.chips if one.psr_mills is not None}
    if chip not in ranges:
        raise OutOfRange(f"{chip} has no scan range")
    return ranges[chip]


def covered(spec: Spec, gpu_hours: int, chip: str) -> int:
    """A quarter of the scan on covered short hours (MARGIN-008)."""
    if gpu_hours < 0:
        raise OutOfRange("hours")
    return ceil(Fraction(gpu_hours * psr(spec, chip) * spec.margin.covered_bp, 10_000))


def addon(spec: Spec, gpu_hours: int, chip: str) -> int:
    """Half of the scan on uncovered short hours (MARGIN-009)."""
    if gpu_hours < 0:
        raise OutOfRange("hours")
    return ceil(Fraction(gpu_hours * psr(spec, chip) * spec.margin.delivery_addon_bp, 10_000))


def steps_of(spec: Spec, lots: int, registered: int) -> int:
    """Started tenths above a quarter of the registered lots (MARGIN-010)."""
    if registered < 0:
        raise OutOfRange("registered lots")
    if lots == 0 or registered == 0:
        return 0 if lots == 0 else spec.margin.concentration_steps_unregistered
    above = floor(Fraction(abs(lots), registered) * 10_000) - spec.margin.concentration_from_bp
    return max(0, ceil(Fraction(above, spec.margin.concentration_step_bp)))


def concentration(spec: Spec, margin: int, lots: int, registered: int) -> tuple[int, int]:
    """(steps, charge) (MARGIN-010)."""
    if margin < 0:
        raise OutOfRange("margin")
    steps = steps_of(spec, lots, registered)
    return steps, ceil(Fraction(margin * steps * spec.margin.concentration_charge_bp, 10_000))


def maintenance_of(spec: Spec, margin: int) -> int:
    """Four fifths, rounded up (MARGIN-012)."""
    if margin < 0:
        raise OutOfRange("margin")
    return ceil(Fraction(margin * spec.margin.maintenance_bp, 10_000))


def spot_limit(spec: Spec, chip: str, registered: int) -> int:
    """Spot-month limit: a quarter of the registered lots, at least 500, at most the chip's cap (LIMIT-001)."""
    cap = spec.chip(chip).spot_cap_lots
    if cap is None or registered < 0:
        raise OutOfRange("chip or registered lots")
    share = floor(Fraction(registered * spec.products.limits.spot_share_bp, 10_000))
    return min(cap, max(spec.products.limits.spot_floor_lots, share))
